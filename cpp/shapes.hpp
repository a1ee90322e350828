#pragma once

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

    Moments(Row<const Int> index, Row<const float> value, Int width);
};

// One row for each: x, y, xx, yy, xy, light, area.
Image<double> as_table(List<Moments> const& moments);
Image<double> measure_moments(Row<const Int> index, Row<const float> value, Row<const Int> start, Int width);

struct Isophotes {
    List<double> flux, error, fwhm;
    List<Int> area, flags, xmin, xmax, ymin, ymax;
};

void measure_shapes(Row<const float> value, Row<const float> threshold, Row<const Int> start, Grid<const double> table,
                    Int minarea, Grid<double> out);
Isophotes measure_isophotes(Row<const float> light, Row<const float> variance, Row<const Int> index,
                            Row<const Int> start, Int ny, Int nx, Row<const double> cx, Row<const double> cy,
                            Row<const double> a, Row<const double> b, double thresh, double saturation,
                            Int saturated, double gain, double noise2);

}  // namespace skyseg
