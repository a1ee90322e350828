#pragma once

#include "arrays.hpp"

namespace skyseg {

// A value without its fraction, as a whole number from `least` to `most`; `least` for NaN.
template <class Whole>
constexpr Whole truncated(double value, Whole least, Whole most) {
    const auto low = static_cast<double>(least), high = static_cast<double>(most);
    const double above = value > low ? value : low;
    return static_cast<Whole>(above < high ? above : high);
}

// Farther than any pixel, and exact in double precision.
inline constexpr Int far_away = Int{1} << 50;

inline Int truncated(double value) { return truncated(value, -far_away, far_away); }

}  // namespace skyseg
