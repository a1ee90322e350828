#pragma once

#include <span>

#include "arrays.hpp"

namespace skyseg {

// Variance of a pixel without a measurement; an image and its rms lie below it.
inline constexpr float bad_variance = 1e30f;
// Most pixels that one value fills along a row or a column.
inline constexpr std::int16_t interpolation_length = 16;

void mark_bad(ImageView<const float> sci, ImageView<const float> err, float low, float high, ImageView<bool> bad);
void fill(ImageView<float> sci, ImageView<float> variance, ImageView<const bool> bad,
          std::span<std::int16_t> left_in_column);
void count_down(ImageView<const bool> bad, std::span<std::int16_t> left_in_column);
// Marks the columns of which a bad pixel above all good ones may be filled from above: there it matters
// how many pixels are filled further up.
void mark_dependent(ImageView<const bool> bad, std::span<bool> dependent);

}  // namespace skyseg
