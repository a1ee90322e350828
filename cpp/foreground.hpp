#pragma once

#include "arrays.hpp"

namespace skyseg {

// First pixels and lengths of runs, and values of their pixels in some maps.
struct Runs {
    List<Int> start, length;
    Image<float> values;
};

void filter_image(Grid<const float> image, Grid<const float> kernel, Grid<float> out);
void set_thresholds(Row<const float> variance, double factor, Row<float> out);
Runs find_runs(Grid<const float> filtered, Grid<const float> threshold);
Runs scan_rows(Grid<const float> image, Grid<const float> variance, Grid<const float> kernel, double factor, Int first,
               Int stop);

}  // namespace skyseg
