#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// See `Deblended` in engine/deblending.py.
struct Deblended {
    std::vector<Int> order, start, parent, core;
    Image<double> moments;
};

// Most thresholds of a region.
inline constexpr Int most_thresholds = 1024;

Deblended deblend(std::span<const Int> index, std::span<const float> value, std::span<const float> threshold,
                  std::span<const Int> start, Int width, Int nthresh, double mincont);

}  // namespace skyseg
