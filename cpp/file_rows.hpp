#pragma once

#include <cstdint>
#include <span>

#include "arrays.hpp"

namespace skyseg {

// Fills rows with the bytes that stand in an open file from `place` on, each `step` bytes behind the
// one before. Returns how many are filled: the rest does not stand there, or the system has no such call.
// Words of 32 bits, most significant byte first, can be turned into those of the processor.
Int read_rows(int file, Int place, Int step, bool are_words, ImageView<std::uint8_t> const& out);

// Turns words of 32 bits of the processor into those of FITS, and returns their sum.
std::uint64_t turn_and_sum(std::span<std::uint32_t> words);

}  // namespace skyseg
