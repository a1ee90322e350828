#pragma once

#include "arrays.hpp"

namespace skyseg {

// Means of the finite pixels among each two by two; NaN where there is none.
void halve(ImageView<const float> image, ImageView<float> out);

}  // namespace skyseg
