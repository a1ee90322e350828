#pragma once

#include <span>

#include "arrays.hpp"

namespace skyseg {

void filter_row(ImageView<const float> image, ImageView<const float> kernel, Int y, std::span<float> out);
void filter_image(ImageView<const float> image, ImageView<const float> kernel, ImageView<float> out);

}  // namespace skyseg
