#pragma once

#include <span>
#include <vector>

#include "arrays.hpp"
#include "shapes.hpp"

namespace skyseg {

// Branch of a pixel that has none; `assigned - k` says that it was assigned to branch k.
inline constexpr Int unassigned = -1, assigned = -2;

std::vector<Moments> assign_pixels(std::span<const Int> own, std::span<const float> light, double lowest, Int width,
                                   std::vector<Int>& branch, Int branches);

}  // namespace skyseg
