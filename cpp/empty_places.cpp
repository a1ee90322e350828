// Places around which no pixel is full.
#include "empty_places.hpp"

#include <algorithm>

namespace skyseg {

void measure_gaps(ImageView<const bool> full, ImageView<std::int32_t> out) {
    for (Int y = 0; y < full.rows; ++y) {
        const auto* is_full = bytes_of(full.row(y));
        auto* gaps = out.row(y).data();
        std::int32_t gap = 0;
        for (Int x = full.columns - 1; x >= 0; --x) {
            gap = is_full[x] != 0 ? 0 : gap + 1;
            gaps[x] = gap;
        }
    }
}

// Clears the places of a row of the lattice where a row of pixels is full.
static void keep_empty(const std::int32_t* gaps, std::span<const Int> columns, Int half, bool* __restrict out) {
    const auto wide = static_cast<std::int32_t>(2 * half + 1);
    for (std::size_t k = 0; k < columns.size(); ++k) out[k] &= gaps[columns[k] - half] >= wide;
}

void find_empty_places(ImageView<const std::int32_t> gaps, std::span<const Int> rows, std::span<const Int> columns,
                       std::span<const Int> halves, ImageView<bool> out) {
    for (Int row = 0; row < std::ssize(rows); ++row) {
        const auto places = out.row(row);
        std::ranges::fill(places, true);
        for (Int away = 0; away < std::ssize(halves); ++away)
            for (const Int y : {rows[row] - away, rows[row] + away})
                keep_empty(gaps.row(y).data(), columns, halves[away], places.data());
    }
}

}  // namespace skyseg
