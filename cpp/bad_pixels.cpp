// Which pixels are bad, and the filling of holes.
#include "bad_pixels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

namespace skyseg {

SKYSEG_WIDE
void mark_bad(ImageView<const float> sci, ImageView<const float> err, float low, float high, ImageView<bool> bad) {
    for (Int y = 0; y < sci.rows; ++y) {
        const float* values = sci.row(y).data();
        const float* errors = err.row(y).data();
        bool* holes = bad.row(y).data();
        for (Int x = 0; x < sci.columns; ++x) {
            const float e = errors[x];
            holes[x] = !((std::fabs(values[x]) < bad_variance) & (e > low) & (e < high));
        }
    }
}

// Column of the first bad pixel of a row from column `x` on; the row's length where none is.
static Int next_bad(std::span<const bool> holes, Int x) {
    const auto* bytes = bytes_of(holes);
    const void* found = std::memchr(bytes + x, 1, holes.size() - static_cast<std::size_t>(x));
    return found ? static_cast<const unsigned char*>(found) - bytes : std::ssize(holes);
}

// Calls with each bad pixel and whether it may be filled from the left, and brings up to date
// how many more pixels of each column may be filled from above.
template <class Use>
static void for_bad(ImageView<const bool> bad, std::span<std::int16_t> left_in_column, Use use) {
    for (Int y = 0; y < bad.rows; ++y) {
        const auto holes = bad.row(y);
        int left_in_row = 0;
        for (Int x = 0; x < bad.columns; ++x) {
            const Int next = next_bad(holes, x);
            if (next > x) {
                left_in_row = interpolation_length;
                std::fill(left_in_column.begin() + x, left_in_column.begin() + next, interpolation_length);
            }
            if (next == bad.columns) break;
            x = next;
            const bool from_left = left_in_row > 0, from_above = !from_left && left_in_column[x] > 0;
            left_in_row -= from_left;
            left_in_column[x] = static_cast<std::int16_t>(left_in_column[x] - from_above);
            use(y, x, from_left, from_above);
        }
    }
}

void fill(ImageView<float> sci, ImageView<float> variance, ImageView<const bool> bad,
          std::span<std::int16_t> left_in_column) {
    for_bad(bad, left_in_column, [&](Int y, Int x, bool from_left, bool from_above) {
        if (from_left || (from_above && y > 0)) {
            const Int from_y = from_left ? y : y - 1, from_x = from_left ? x - 1 : x;
            sci(y, x) = sci(from_y, from_x);
            variance(y, x) = variance(from_y, from_x);
        } else if (!(variance(y, x) < bad_variance)) {
            sci(y, x) = 0.0f;
            variance(y, x) = bad_variance;
        }
    });
}

void count_down(ImageView<const bool> bad, std::span<std::int16_t> left_in_column) {
    for_bad(bad, left_in_column, [](Int, Int, bool, bool) {});
}

void mark_dependent(ImageView<const bool> bad, std::span<bool> dependent) {
    std::fill(dependent.begin(), dependent.end(), false);
    // more than there is below a good pixel
    std::vector<std::int16_t> left_in_column(dependent.size(), 2 * interpolation_length);
    for_bad(bad, left_in_column, [&](Int, Int x, bool, bool from_above) {
        if (from_above && left_in_column[x] >= interpolation_length) dependent[x] = true;
    });
}

}  // namespace skyseg
