#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Axes, angle in degrees, and coefficients of an ellipse.
struct Ellipse {
    double a, b, theta, cxx, cyy, cxy;

    Ellipse(double xx, double yy, double xy);
};

// Barycentre, second moments about it, light and area of pixels.
struct Moments {
    double x, y, xx, yy, xy, light, area;

    Moments(std::span<const Int> index, std::span<const float> value, Int width);
};

// One row for each: x, y, xx, yy, xy, light, area.
Image<double> as_table(std::vector<Moments> const& moments);
Image<double> measure_moments(std::span<const Int> index, std::span<const float> value, std::span<const Int> start,
                              Int width);

// See `Shapes` in engine/shapes.py.
struct Shapes {
    std::vector<double> x, y, a, b, theta, cxx, cyy, cxy, flux, peak, threshold, mark, area;

    explicit Shapes(Int n)
        : x(n), y(n), a(n), b(n), theta(n), cxx(n), cyy(n), cxy(n), flux(n), peak(n), threshold(n), mark(n), area(n) {}
};

Shapes measure_shapes(std::span<const float> value, std::span<const float> threshold, std::span<const Int> start,
                      ImageView<const double> moments, Int minarea);

}  // namespace skyseg
