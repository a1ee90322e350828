#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Values that are coded with the same number of low bits.
inline constexpr Int rice_block = 32;

std::vector<std::uint8_t> rice(ImageView<const std::int32_t> image, Int left, Int right);

// Sets columns `left` to `right`, row by row, to the numbers of a code; false where it does not end with them.
bool unrice(std::span<const std::uint8_t> code, ImageView<std::int32_t> image, Int left, Int right);

}  // namespace skyseg
