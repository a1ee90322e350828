// Copies of images half as wide and as high.
#include "halving.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skyseg {

namespace {

// Of one or two columns of one or two rows.
float mean_of_finite(const float* upper, const float* lower, Int x, Int stop) {
    double total = 0.0;
    int count = 0;
    for (Int at = x; at < stop; ++at) {
        double line = 0.0;
        for (const float* row : {upper, lower}) {
            if (!row || !std::isfinite(row[at])) continue;
            line += static_cast<double>(row[at]);
            ++count;
        }
        total += line;
    }
    return count ? static_cast<float>(total / count) : std::numeric_limits<float>::quiet_NaN();
}

// Of whole two by two; false where a pixel is not finite, and then the row is to be done anew.
SKYSEG_WIDE
bool halve_row(const float* upper, const float* lower, Int pairs, float* out) {
    int wrong = 0;
    for (Int x = 0; x < pairs; ++x) {
        const double left = static_cast<double>(upper[2 * x]) + static_cast<double>(lower[2 * x]);
        const double right = static_cast<double>(upper[2 * x + 1]) + static_cast<double>(lower[2 * x + 1]);
        const double total = left + right;
        out[x] = static_cast<float>(total * 0.25);
        wrong |= !(std::fabs(total) <= std::numeric_limits<double>::max());
    }
    return !wrong;
}

}  // namespace

void halve(ImageView<const float> image, ImageView<float> out) {
    const Int pairs = image.columns / 2;
    for (Int y = 0; y < out.rows; ++y) {
        const float* upper = image.row(2 * y).data();
        const float* lower = 2 * y + 1 < image.rows ? image.row(2 * y + 1).data() : nullptr;
        float* means = out.row(y).data();
        const bool whole = lower && halve_row(upper, lower, pairs, means);
        for (Int x = whole ? pairs : 0; x < out.columns; ++x)
            means[x] = mean_of_finite(upper, lower, 2 * x, std::min(2 * x + 2, image.columns));
    }
}

}  // namespace skyseg
