#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "scene.hpp"

namespace skyseg {

// What is measured of every source, and how.
struct Rules {
    std::span<const double> radii;       // of the circles
    double kron_factor, kron_least;      // PHOT_AUTOPARAMS
    double first_circle, second_circle;  // PHOT_AUTOAPERS, diameters
    double light_part;                   // PHOT_FLUXFRAC
    Mask mask;                           // MASK_TYPE
    double gain, noise2;                 // GAIN, and the squared noise it refers to
};

// A source: where it is, its ellipse, and its number among the scene's owners.
struct Source {
    Int number;
    double x, y, a, b, cxx, cyy, cxy;

    bool is_finite() const {
        return std::isfinite(x) && std::isfinite(y) && std::isfinite(a) && std::isfinite(b) && std::isfinite(cxx) &&
               std::isfinite(cyy) && std::isfinite(cxy);
    }
};

// Sources by number, with their ellipses.
struct Ellipses {
    std::span<const Int> number;
    std::span<const double> x, y, a, b, cxx, cyy, cxy;
};

// See `Photometry` in engine/_photometry.py.
struct Photometry {
    Image<double> aper, aper_error;
    std::vector<double> auto_flux, auto_error, kron, radius, snr;
    std::vector<Int> flags;

    Photometry(Int sources, Int circles)
        : aper(Image<double>::zeros(sources, circles)), aper_error(Image<double>::zeros(sources, circles)),
          auto_flux(sources), auto_error(sources), kron(sources), radius(sources), snr(sources), flags(sources) {}
};

Photometry measure_apertures(Scene const& scene, Ellipses const& sources, Rules const& rules);

}  // namespace skyseg
