#pragma once

#include "arrays.hpp"

namespace skyseg {

inline constexpr float bad_variance = 1e30f;

void mark_bad(Grid<const float> sci, Grid<const float> err, float limit, Grid<bool> bad);
void to_variance(Grid<float> err, Grid<const bool> bad, bool is_rms, float factor);
void fill(Grid<float> sci, Grid<float> variance, Grid<const bool> bad, Row<std::int16_t> left_in_column);
void count_down(Grid<const bool> bad, Row<std::int16_t> left_in_column);

}  // namespace skyseg
