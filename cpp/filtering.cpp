// Convolution with the detection kernel.
#include "filtering.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace skyseg {

namespace {

// Adds a row of a kernel of any width.
SKYSEG_WIDE
void add_shifted(const float* source, const float* weights, Int width, float* __restrict row, Int n) {
    for (Int i = 0; i < width; ++i) {
        const Int shift = i - width / 2;
        const float weight = weights[i];
        for (Int x = std::max<Int>(0, -shift); x < n - std::max<Int>(0, shift); ++x)
            row[x] += weight * source[x + shift];
    }
}

// Adds a row of the usual kernel in one pass: the same sums, in the same order.
SKYSEG_WIDE
void add_five(const float* source, const float* weights, float* __restrict row, Int n) {
    const float a = weights[0], b = weights[1], c = weights[2], d = weights[3], e = weights[4];
    row[0] = ((row[0] + c * source[0]) + d * source[1]) + e * source[2];
    row[1] = (((row[1] + b * source[0]) + c * source[1]) + d * source[2]) + e * source[3];
    for (Int x = 0; x < n - 4; ++x) {
        const float value = (row[x + 2] + a * source[x]) + b * source[x + 1];
        row[x + 2] = ((value + c * source[x + 2]) + d * source[x + 3]) + e * source[x + 4];
    }
    const float value = (row[n - 2] + a * source[n - 4]) + b * source[n - 3];
    row[n - 2] = (value + c * source[n - 2]) + d * source[n - 1];
    row[n - 1] = ((row[n - 1] + a * source[n - 3]) + b * source[n - 2]) + c * source[n - 1];
}

using FiveByFive = std::array<float, 25>;

// Adds the part of a row of weights at a place that lies wholly in the image.
float added(float value, const float* source, const float* weights) {
    value = (value + weights[0] * source[0]) + weights[1] * source[1];
    return ((value + weights[2] * source[2]) + weights[3] * source[3]) + weights[4] * source[4];
}

// All rows of the usual kernel in one pass, where they lie in the image: the same sums, in the same order.
SKYSEG_WIDE
void filter_five(const float* source, Int stride, FiveByFive const& weights, float* __restrict row, Int n) {
    const float* w = weights.data();
    for (Int x = 0; x < n - 4; ++x) {
        float value = added(0.0f, source + x, w);
        value = added(value, source + stride + x, w + 5);
        value = added(value, source + 2 * stride + x, w + 10);
        value = added(value, source + 3 * stride + x, w + 15);
        row[x + 2] = added(value, source + 4 * stride + x, w + 20);
    }
    for (const Int x : {Int{0}, Int{1}, n - 2, n - 1}) {
        row[x] = 0.0f;
        for (Int j = 0; j < 5; ++j)
            for (Int i = std::max<Int>(0, 2 - x); i < std::min<Int>(5, n + 2 - x); ++i)
                row[x] += w[5 * j + i] * source[j * stride + x + i - 2];
    }
}

}  // namespace

void filter_row(ImageView<const float> image, ImageView<const float> kernel, Int y, std::span<float> out) {
    const Int above = kernel.rows / 2;
    if (kernel.rows == 5 && kernel.columns == 5 && image.columns > 4 && y >= 2 && y + 2 < image.rows) {
        FiveByFive weights;
        for (Int j = 0; j < 5; ++j) std::copy_n(kernel.row(j).begin(), 5, weights.begin() + 5 * j);
        filter_five(image.row(y - 2).data(), image.stride, weights, out.data(), image.columns);
        return;
    }
    std::fill(out.begin(), out.end(), 0.0f);
    for (Int j = std::max<Int>(0, above - y); j < std::min(kernel.rows, image.rows + above - y); ++j) {
        const auto source = image.row(y + j - above);
        if (kernel.columns == 5 && image.columns > 4)
            add_five(source.data(), kernel.row(j).data(), out.data(), image.columns);
        else
            add_shifted(source.data(), kernel.row(j).data(), kernel.columns, out.data(), image.columns);
    }
}

void filter_part(ImageView<const float> image, ImageView<const float> kernel, Int y, Int begin, Int stop,
                 std::vector<float>& out) {
    const Int left = std::max<Int>(begin - kernel.columns / 2, 0);
    const Int right = std::min(stop + kernel.columns / 2, image.columns);
    out.resize(static_cast<std::size_t>(right - left));
    filter_row(image.part(0, image.rows, left, right), kernel, y, out);
    out.erase(out.begin() + (stop - left), out.end());
    out.erase(out.begin(), out.begin() + (begin - left));
}

void filter_image(ImageView<const float> image, ImageView<const float> kernel, ImageView<float> out) {
    for (Int y = 0; y < image.rows; ++y) filter_row(image, kernel, y, out.row(y));
}

}  // namespace skyseg
