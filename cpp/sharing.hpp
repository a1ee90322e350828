#pragma once

#include "arrays.hpp"
#include "shapes.hpp"

namespace skyseg {

// Branch of a pixel that has none; `given - k` says that it was given to branch k.
inline constexpr Int nobody = -1, given = -2;

List<Moments> share_out(Row<const Int> own, Row<const float> light, double lowest, Int width, List<Int>& branch,
                        Int branches);

}  // namespace skyseg
