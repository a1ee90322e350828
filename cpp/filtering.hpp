#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

void filter_row(ImageView<const float> image, ImageView<const float> kernel, Int y, std::span<float> out);
// Columns `begin` to before `stop` of a row.
void filter_part(ImageView<const float> image, ImageView<const float> kernel, Int y, Int begin, Int stop,
                 std::vector<float>& out);
void filter_image(ImageView<const float> image, ImageView<const float> kernel, ImageView<float> out);

}  // namespace skyseg
