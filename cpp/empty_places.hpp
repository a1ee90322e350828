#pragma once

#include <cstdint>
#include <span>

#include "arrays.hpp"

namespace skyseg {

// How many pixels from each one on are not full, along its row.
void measure_gaps(ImageView<const bool> full, ImageView<std::int32_t> out);

// Tells at which places of a lattice no pixel is full in some rows: `halves` says for each row from the
// one of the place on, and above it likewise, how many pixels on either side of the place's column are
// looked at.
void find_empty_places(ImageView<const std::int32_t> gaps, std::span<const Int> rows, std::span<const Int> columns,
                       std::span<const Int> halves, ImageView<bool> out);

}  // namespace skyseg
