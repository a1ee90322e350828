#pragma once

#include "arrays.hpp"

namespace skyseg {

void draw_spline(ImageView<const float> level, Int size, Int y0, Int x0, ImageView<float> out);
void draw_spline(ImageView<const double> level, Int size, Int y0, Int x0, ImageView<float> out);
// The same as whole numbers of steps, of which `scale` are one.
void draw_steps(ImageView<const double> level, Int size, Int y0, Int x0, float scale, ImageView<std::int32_t> out);

}  // namespace skyseg
