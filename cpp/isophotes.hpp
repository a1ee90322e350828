#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"
#include "thresholding.hpp"

namespace skyseg {

// Pixels of objects with their unfiltered light, and the objects' ellipses.
struct IsophoteInput {
    std::span<const float> light, variance;
    std::span<const Int> index, start;
    std::span<const double> x, y, a, b;
};

struct IsophoteRules {
    Threshold analysis;
    double satur_level;
    double gain, noise2;  // GAIN, and the squared noise it refers to
};

// See `isophotal` in engine/_isophotes.py.
struct Isophotes {
    std::vector<double> flux, variance, fwhm;
    std::vector<Int> area, flags, xmin, xmax, ymin, ymax;

    Isophotes(Int n, Int ny, Int nx)
        : flux(n), variance(n), fwhm(n), area(n), flags(n), xmin(n, nx), xmax(n), ymin(n, ny), ymax(n) {}
};

Isophotes measure_isophotes(IsophoteInput const& input, IsophoteRules const& rules, Int ny, Int nx);

}  // namespace skyseg
