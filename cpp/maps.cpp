// The variance that an error map stands for.
#include "maps.hpp"

#include "bad_pixels.hpp"

namespace skyseg {

SKYSEG_WIDE
static void scale(float* row, const unsigned char* holes, float factor2, Int n) {
    for (Int x = 0; x < n; ++x) {
        const float variance = factor2 * row[x];
        row[x] = holes[x] != 0 ? bad_variance : variance;
    }
}

SKYSEG_WIDE
static void square(float* row, const unsigned char* holes, float factor2, Int n) {
    for (Int x = 0; x < n; ++x) {
        const float variance = factor2 * (row[x] * row[x]);
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

void to_variance(ImageView<float> err, ImageView<const bool> bad, int power, float factor) {
    const auto work = power == 2 ? square : power == 1 ? scale : invert;
    for (Int y = 0; y < err.rows; ++y) work(err.row(y).data(), bytes_of(bad.row(y)), factor * factor, err.columns);
}

}  // namespace skyseg
