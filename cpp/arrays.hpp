// Arrays as the loops see them: views of memory that somebody else owns, and images that own theirs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

// A loop that a processor works several values at once in is compiled for wide registers
// as well, and the processor chooses. Sums stay in their order: the results are the same. Loops over
// few values are slower in the widest registers.
#if defined(SKYSEG_WIDE)
#define SKYSEG_SHORT
#elif defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define SKYSEG_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#define SKYSEG_SHORT __attribute__((target_clones("avx2", "default")))
#else
#define SKYSEG_WIDE
#define SKYSEG_SHORT
#endif

namespace skyseg {

using Int = std::int64_t;

// As many values in double precision as the widest registers hold, and a number of values that fills registers.
inline constexpr Int register_width = 8;
constexpr Int padded(Int count) { return (count + register_width - 1) / register_width * register_width; }

template <class T>
std::span<T> part(std::span<T> row, Int first, Int stop) {
    return row.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(stop - first));
}

// An image, or a rectangle of one, whose rows lie `stride` values apart.
template <class T>
struct ImageView {
    T* first;
    Int rows, columns, stride;

    T& operator()(Int y, Int x) const { return first[y * stride + x]; }
    std::span<T> row(Int y) const { return row(y, 0, columns); }
    std::span<T> row(Int y, Int x0, Int x1) const {
        return {first + y * stride + x0, static_cast<std::size_t>(x1 - x0)};
    }
    ImageView part(Int y0, Int y1, Int x0, Int x1) const {
        return {first + y0 * stride + x0, y1 - y0, x1 - x0, stride};
    }
    operator ImageView<const T>() const
        requires(!std::is_const_v<T>)
    {
        return {first, rows, columns, stride};
    }
};

// The bytes of a mask, of which compilers load several at once, as they do not of bools.
inline const unsigned char* bytes_of(std::span<const bool> row) {
    return reinterpret_cast<const unsigned char*>(row.data());
}

// An image that owns its memory, which is not set at first.
template <class T>
struct Image {
    std::unique_ptr<T[]> values;
    Int rows, columns;

    Image() : Image(0, 0) {}
    Image(Int height, Int width)
        : values(std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(height * width))), rows(height),
          columns(width) {}
    static Image zeros(Int height, Int width) {
        Image out(height, width);
        std::fill_n(out.values.get(), height * width, T{});
        return out;
    }
    ImageView<T> view() const { return {values.get(), rows, columns, columns}; }
    std::span<T> row(Int y) const { return view().row(y); }
    T& operator()(Int y, Int x) const { return values[static_cast<std::size_t>(y * columns + x)]; }
};

}  // namespace skyseg
