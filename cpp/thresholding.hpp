#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// First pixels and lengths of runs, and values of their pixels in some maps.
struct Runs {
    std::vector<Int> start, length;
    Image<float> values;
};

// A multiple of each pixel's noise, but at least a level.
struct Threshold {
    double factor, level;
};

void set_thresholds(std::span<const float> variance, Threshold threshold, std::span<float> out);
Runs find_runs(ImageView<const float> filtered, ImageView<const float> threshold);
Runs scan_rows(ImageView<const float> image, ImageView<const float> variance, ImageView<const float> kernel,
               Threshold threshold, Int first, Int stop);

}  // namespace skyseg
