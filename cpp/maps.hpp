#pragma once

#include "arrays.hpp"

namespace skyseg {

void to_variance(ImageView<float> err, ImageView<const bool> bad, int power, float factor);

}  // namespace skyseg
