// Bad pixels, variances, and the filling of holes.
#include "maps.hpp"

#include <cmath>

namespace skyseg {

static constexpr float largest = 1e30f;
static constexpr std::int16_t interpolation_length = 16;

SKYSEG_WIDE
void mark_bad(Grid<const float> sci, Grid<const float> err, float limit, Grid<bool> bad) {
    for (Int y = 0; y < sci.rows; ++y) {
        const float* values = sci.row(y).data();
        const float* errors = err.row(y).data();
        bool* holes = bad.row(y).data();
        for (Int x = 0; x < sci.columns; ++x) {
            const float e = errors[x];
            holes[x] = !((std::fabs(values[x]) < largest) & (e > 0.0f) & (e < limit));
        }
    }
}

SKYSEG_WIDE
static void square(float* row, const unsigned char* holes, Int n) {
    for (Int x = 0; x < n; ++x) {
        const float variance = row[x] * row[x];
        row[x] = holes[x] != 0 ? bad_variance : variance;
    }
}

SKYSEG_WIDE
static void invert(float* row, const unsigned char* holes, float factor2, Int n) {
    for (Int x = 0; x < n; ++x) {
        const float variance = factor2 / row[x];
        row[x] = holes[x] != 0 ? bad_variance : variance;
    }
}

void to_variance(Grid<float> err, Grid<const bool> bad, bool is_rms, float factor) {
    for (Int y = 0; y < err.rows; ++y) {
        float* row = err.row(y).data();
        const auto* holes = bytes_of(bad.row(y));
        if (is_rms)
            square(row, holes, err.columns);
        else
            invert(row, holes, factor * factor, err.columns);
    }
}

void fill(Grid<float> sci, Grid<float> variance, Grid<const bool> bad, Row<std::int16_t> left_in_column) {
    for (Int y = 0; y < bad.rows; ++y) {
        int left_in_row = 0;
        for (Int x = 0; x < bad.columns; ++x) {
            if (!bad(y, x)) {
                left_in_row = interpolation_length;
                left_in_column[x] = interpolation_length;
                continue;
            }
            sci(y, x) = 0.0f;
            variance(y, x) = bad_variance;
            if (left_in_row > 0) {
                --left_in_row;
                sci(y, x) = sci(y, x - 1);
                variance(y, x) = variance(y, x - 1);
            } else if (left_in_column[x] > 0) {
                --left_in_column[x];
                if (y > 0) {
                    sci(y, x) = sci(y - 1, x);
                    variance(y, x) = variance(y - 1, x);
                }
            }
        }
    }
}

void count_down(Grid<const bool> bad, Row<std::int16_t> left_in_column) {
    for (Int y = 0; y < bad.rows; ++y) {
        int left_in_row = 0;
        for (Int x = 0; x < bad.columns; ++x) {
            if (!bad(y, x)) {
                left_in_row = interpolation_length;
                left_in_column[x] = interpolation_length;
            } else if (left_in_row > 0) {
                --left_in_row;
            } else if (left_in_column[x] > 0) {
                --left_in_column[x];
            }
        }
    }
}

}  // namespace skyseg
