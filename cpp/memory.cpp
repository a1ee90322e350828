// What a process does with memory that it no longer uses.
#include "memory.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace skyseg {

void keep_memory([[maybe_unused]] Int stores) {
#if defined(__GLIBC__)
    constexpr int mebibyte = 1 << 20;
    mallopt(M_ARENA_MAX, static_cast<int>(stores));
    // the largest that it takes
    mallopt(M_MMAP_THRESHOLD, 32 * mebibyte);
    mallopt(M_TRIM_THRESHOLD, 128 * mebibyte);
#endif
}

}  // namespace skyseg
