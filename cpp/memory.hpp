#pragma once

#include "arrays.hpp"

namespace skyseg {

// Has the process keep what it frees, up to 128 MiB, for what it needs next, and its threads share so
// many stores of it: fresh memory from the system has to be cleared. Elsewhere than with glibc nothing
// is changed.
void keep_memory(Int stores);

}  // namespace skyseg
