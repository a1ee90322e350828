#pragma once

#include "scene.hpp"

namespace skyseg {

// Bits of a source's flags that photometry sets.
struct FlagBits {
    Int crowded, incomplete, beyond;
};

struct Gain {
    double gain, noise2;
};

void measure_circles(Scene const& scene, Row<const Int> numbers, Row<const double> cx, Row<const double> cy,
                     Row<const double> radii, int mask, Gain gain, FlagBits bits, Grid<double> flux,
                     Grid<double> error, Row<Int> flags);

struct Shapes {
    Row<const double> x, y, a, b, cxx, cyy, cxy;
};

struct KronRule {
    double factor, least, first_circle, second_circle;
};

void measure_kron(Scene const& scene, Row<const Int> numbers, Shapes const& shapes, KronRule rule, int mask,
                  Gain gain, FlagBits bits, Row<double> flux, Row<double> error, Row<double> radius, Row<Int> flags);
void measure_light_radii(Scene const& scene, Row<const Int> numbers, Row<const double> cx, Row<const double> cy,
                         Row<const double> a, Row<const double> total, double part, double least, int mask,
                         FlagBits bits, Row<double> radius, Row<double> half_light, Row<Int> flags);
void measure_windows(Scene const& scene, Row<const Int> numbers, Row<const double> cx, Row<const double> cy,
                     Row<const double> half_light, int mask, Gain gain, FlagBits bits, Row<double> snr,
                     Row<Int> flags);

}  // namespace skyseg
