#pragma once

#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Values that are coded with the same number of low bits.
inline constexpr Int rice_block = 32;

std::vector<std::uint8_t> rice(ImageView<const std::int32_t> image, Int left, Int right);

}  // namespace skyseg
