#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "arrays.hpp"

namespace skyseg {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 of two open files, of all that is in them. Nothing where the processor has no instructions
// for it, or one cannot be read, or as soon as another thread says that it is not wanted any more.
std::optional<std::array<Digest, 2>> digest_pair(int first, int second, std::uint8_t& unwanted);

}  // namespace skyseg
