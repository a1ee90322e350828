#pragma once

#include "arrays.hpp"

namespace skyseg {

void draw_spline(ImageView<const float> level, Int size, Int y0, Int x0, ImageView<float> out);
void draw_spline(ImageView<const double> level, Int size, Int y0, Int x0, ImageView<float> out);
void round_to_steps(ImageView<const float> background, float scale, ImageView<std::int32_t> out);

}  // namespace skyseg
