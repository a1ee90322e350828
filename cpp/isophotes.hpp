#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"
#include "photons.hpp"
#include "thresholding.hpp"

namespace skyseg {

// Pixels of objects with their unfiltered light, and the objects' ellipses.
struct IsophoteInput {
    std::span<const float> light, variance;
    std::span<const Int> index, start;
    std::span<const double> x, y, a, b;
    std::span<const double> saturation;  // level of a saturated pixel, the sky being gone
    std::span<const double> sky;         // what is left of the sky around each object
};

struct IsophoteRules {
    Threshold analysis;
    Gain gain;
};

// See `isophotal` in engine/_isophotes.py.
struct Isophotes {
    std::vector<double> flux, variance, fwhm, peak, lowest;
    std::vector<Int> area, flags, xmin, xmax, ymin, ymax;

    Isophotes(Int n, Int ny, Int nx)
        : flux(n), variance(n), fwhm(n), peak(n), lowest(n), area(n), flags(n), xmin(n, nx), xmax(n), ymin(n, ny),
          ymax(n) {}
};

Isophotes measure_isophotes(IsophoteInput const& input, IsophoteRules const& rules, Int ny, Int nx);

// Pixels above each of several levels from an object's lowest threshold to its peak, in equal
// ratios: one row for each object.
Image<Int> measure_level_areas(std::span<const float> light, std::span<const Int> start, std::span<const double> lowest,
                               std::span<const double> peak, Int levels);

// Pixels of objects with their filtered light, and the objects' barycentres.
struct CentroidInput {
    std::span<const float> value;
    std::span<const Int> index, start;
    std::span<const double> x, y;
};

// Brightest filtered pixel of each object, and the variance of its barycentre.
struct Centroids {
    std::vector<Int> x_peak, y_peak;
    std::vector<double> x_variance, y_variance, covariance;

    explicit Centroids(Int n) : x_peak(n), y_peak(n), x_variance(n), y_variance(n), covariance(n) {}
};

Centroids measure_centroids(CentroidInput const& input, Int nx, double gain, double noise2);

}  // namespace skyseg
