#pragma once

#include "scene.hpp"

namespace skyseg {

// Bits of a source's flags that photometry sets.
struct FlagBits {
    Int crowded, incomplete, beyond;
};

// What is measured of every source, and how.
struct Rules {
    Row<const double> radii;                               // of the circles
    double kron_factor, kron_least;                        // PHOT_AUTOPARAMS
    double first_circle, second_circle;                    // PHOT_AUTOAPERS, diameters
    double light_part;                                     // PHOT_FLUXFRAC
    int mask;                                              // see Mask
    double gain, noise2;                                   // GAIN, and the squared noise it refers to
    FlagBits bits;
};

// A source: where it is, its ellipse, and its number among the scene's owners.
struct Source {
    Int number;
    double x, y, a, b, cxx, cyy, cxy;
};

struct Ellipses {
    Row<const double> x, y, a, b, cxx, cyy, cxy;
};

// One place for each source, in `circles` and `circle_errors` one row.
struct Photometry {
    Grid<double> circles, circle_errors;
    Row<double> kron, kron_error, kron_radius, radius, snr;
    Row<Int> flags;
};

void measure_apertures(Scene const& scene, Row<const Int> numbers, Ellipses const& ellipses, Rules const& rules,
                       Photometry const& out);

}  // namespace skyseg
