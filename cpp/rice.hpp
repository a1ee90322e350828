#pragma once

#include "arrays.hpp"

namespace skyseg {

List<std::uint8_t> rice(Grid<const std::int32_t> image, Int left, Int right);

}  // namespace skyseg
