#pragma once

#include "arrays.hpp"

namespace skyseg {

// Bits of the column FLAGS, with SExtractor's values; see `Flag` in engine/flags.py.
namespace flag {
inline constexpr Int crowded = 1, merged = 2, saturated = 4, truncated = 8, aperture_incomplete = 16;
// SExtractor's bit of isophotal data that are incomplete
inline constexpr Int not_covered = 32;
// of a source whose apertures reach beyond the scene; never in a catalogue
inline constexpr Int beyond_scene = Int{1} << 30;
}  // namespace flag

}  // namespace skyseg
