#pragma once

#include "arrays.hpp"

namespace skyseg {

// Level of a mesh that has too few good pixels.
inline constexpr float empty_mesh = -1e30f;

void measure_meshes(ImageView<const float> image, ImageView<const bool> bad, ImageView<const float> guide, bool guided,
                    Int size, double pearson, ImageView<float> level, ImageView<float> sigma);

}  // namespace skyseg
