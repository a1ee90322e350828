#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// What CLEAN needs to know of each source, in the order in which a scan completes them; see
// `Shapes` in engine/shapes.py.
struct CleanInput {
    std::span<const double> x, y, a, b, cxx, cyy, cxy, flux, area, threshold, mark;
};

// The source that has each one's pixels, and the one whose completion decided so: itself, or
// the one that absorbed it or was just complete when it was absorbed.
struct Cleaned {
    std::vector<Int> absorber, trigger;
};

Cleaned clean(CleanInput const& input, double beta);

}  // namespace skyseg
