#pragma once

#include "arrays.hpp"

namespace skyseg {

// Level of a mesh that has too few good pixels.
inline constexpr float empty_mesh = -1e30f;

void measure_meshes(Grid<const float> image, Grid<const bool> bad, Grid<const float> guide, bool guided, Int size,
                    Grid<float> level, Grid<float> sigma);
void draw_spline(Grid<const double> level, Int size, Int y0, Int x0, Grid<float> out);
void round_to_steps(Grid<const float> background, float scale, Grid<std::int32_t> out);

}  // namespace skyseg
