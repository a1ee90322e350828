// The variance that an error map stands for.
#include "maps.hpp"

#include "bad_pixels.hpp"

namespace skyseg {

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

void to_variance(ImageView<float> err, ImageView<const bool> bad, bool is_rms, float factor) {
    for (Int y = 0; y < err.rows; ++y) {
        float* row = err.row(y).data();
        const auto* holes = bytes_of(bad.row(y));
        if (is_rms)
            square(row, holes, err.columns);
        else
            invert(row, holes, factor * factor, err.columns);
    }
}

}  // namespace skyseg
