#pragma once

#include "arrays.hpp"

namespace skyseg {

// A list of each run's pixels, and where each of the lists begins, and the last one ends.
struct Regions {
    List<Int> place, first;
};

struct Pixels {
    List<Int> index;
    Image<float> values;
};

struct PixelRuns {
    List<Int> start, length, owner;
};

Regions connect(Row<const Int> start, Row<const Int> length, Int width, Int minarea, Int open_row);
Pixels gather(Row<const Int> start, Row<const Int> length, Grid<const float> values, Row<const Int> place,
              Row<const Int> first);
List<Int> ascending(Row<const Int> order, Row<const Int> start);
PixelRuns runs_of(Row<const Int> index, Row<const Int> first, Int width);
void draw_runs(Grid<std::int32_t> image, Row<const Int> start, Row<const Int> length, Row<const std::int32_t> names,
               Int top, Int left, Int width);

}  // namespace skyseg
