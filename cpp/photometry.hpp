#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "photons.hpp"
#include "scene.hpp"

namespace skyseg {

// What is asked for. The window needs the growth curve, and that the Kron ellipse.
struct Asked {
    bool kron, growth, window, moments, petro;
};

// Radii of ellipses in units of the sources' axes, where they were found in another image: those of
// Kron and of Petrosian; none where they are to be found in this one.
struct Reaches {
    std::span<const double> kron, petro;
};

// What is measured of every source, and how.
struct Rules {
    std::span<const double> radii;        // of the circles
    double kron_factor, kron_least;       // PHOT_AUTOPARAMS
    double petro_factor, petro_least;     // PHOT_PETROPARAMS
    double first_circle, second_circle;   // PHOT_AUTOAPERS, diameters
    std::span<const double> light_parts;  // PHOT_FLUXFRAC
    Mask mask;                            // MASK_TYPE
    Gain gain;
    Asked asked;
    Reaches reaches;
};

// A source: where it is, its ellipse, its number among the scene's owners, and the level of the sky
// around it.
struct Source {
    Int number;
    double x, y, a, b, cxx, cyy, cxy, sky;

    bool is_finite() const {
        return std::isfinite(x) && std::isfinite(y) && std::isfinite(a) && std::isfinite(b) && std::isfinite(cxx) &&
               std::isfinite(cyy) && std::isfinite(cxy) && std::isfinite(sky);
    }
};

// Sources by number, with their ellipses and their skies.
struct Ellipses {
    std::span<const Int> number;
    std::span<const double> x, y, a, b, cxx, cyy, cxy, sky;
};

// Light in an ellipse, and the ellipse's radius in units of the source's axes.
struct Light {
    double flux, error, radius;
};

// What a Gaussian window around a source holds: its centre, its light with the variance of it, the
// light's second moments, and the variances of the centre; those of sums that no light weighs.
struct Windowed {
    double x, y, flux, variance, xx, yy, xy, error_xx, error_yy, error_xy;
    Int steps;  // of the search for the centre, one more than there may be where it has no end
};

// See `Photometry` in engine/_photometry.py.
struct Photometry {
    Image<double> aper, aper_error, radius;
    std::vector<Light> kron, petro;
    std::vector<Windowed> window;
    std::vector<Int> flags;

    Photometry(Int sources, Int circles, Int parts)
        : aper(Image<double>::zeros(sources, circles)), aper_error(Image<double>::zeros(sources, circles)),
          radius(Image<double>::zeros(sources, parts)), kron(sources), petro(sources), window(sources), flags(sources) {
    }
};

Photometry measure_apertures(Scene const& scene, Ellipses const& sources, Rules const& rules);

// Radii of ellipses, whatever light they hold, and flags of what they were found by.
struct FoundReaches {
    std::vector<double> kron, petro;
    std::vector<Int> kron_flags, petro_flags;

    explicit FoundReaches(Int sources) : kron(sources), petro(sources), kron_flags(sources), petro_flags(sources) {}
};

FoundReaches find_reaches(Scene const& scene, Ellipses const& sources, Rules const& rules);

}  // namespace skyseg
