// Arrays as the loops see them: rows and images in memory that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

// A loop that a processor works several values at once in is compiled for wide registers
// as well, and the processor chooses. Sums stay in their order: the results are the same.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define SKYSEG_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SKYSEG_WIDE
#endif

namespace skyseg {

using Int = std::int64_t;

template <class T>
using Row = std::span<T>;

template <class T>
Row<T> part(Row<T> row, Int first, Int stop) {
    return row.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(stop - first));
}

// An image, or a rectangle of one, whose rows lie `stride` values apart.
template <class T>
struct Grid {
    T* first;
    Int rows, columns, stride;

    T& operator()(Int y, Int x) const { return first[y * stride + x]; }
    Row<T> row(Int y) const { return row(y, 0, columns); }
    Row<T> row(Int y, Int x0, Int x1) const {
        return {first + y * stride + x0, static_cast<std::size_t>(x1 - x0)};
    }
    Grid part(Int y0, Int y1, Int x0, Int x1) const {
        return {first + y0 * stride + x0, y1 - y0, x1 - x0, stride};
    }
    operator Grid<const T>() const
        requires(!std::is_const_v<T>)
    {
        return {first, rows, columns, stride};
    }
};

// The bytes of a mask, of which compilers load several at once, as they do not of bools.
inline const unsigned char* bytes_of(Row<const bool> row) {
    return reinterpret_cast<const unsigned char*>(row.data());
}

// An image that owns its memory, which is not set at first.
template <class T>
struct Image {
    std::unique_ptr<T[]> values;
    Int rows, columns;

    Image(Int rows, Int columns)
        : values(std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(rows * columns))),
          rows(rows), columns(columns) {}
    Grid<T> grid() const { return {values.get(), rows, columns, columns}; }
    Row<T> row(Int y) const { return grid().row(y); }
    T& operator()(Int y, Int x) const { return values[static_cast<std::size_t>(y * columns + x)]; }
};

template <class T>
using List = std::vector<T>;

}  // namespace skyseg
