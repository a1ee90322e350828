#pragma once

#include "arrays.hpp"

namespace skyseg {

void to_variance(ImageView<float> err, ImageView<const bool> bad, bool is_rms, float factor);

}  // namespace skyseg
