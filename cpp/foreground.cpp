// The detection kernel, and runs of pixels above the threshold.
#include "foreground.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace skyseg {

namespace {

// Adds a row of a kernel of any width.
void add_shifted(std::span<const float> source, std::span<const float> weights, std::span<float> row) {
    const Int n = std::ssize(row), width = std::ssize(weights);
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

void filter_row(ImageView<const float> image, ImageView<const float> kernel, Int y, std::span<float> out) {
    const Int above = kernel.rows / 2;
    std::fill(out.begin(), out.end(), 0.0f);
    for (Int j = std::max<Int>(0, above - y); j < std::min(kernel.rows, image.rows + above - y); ++j) {
        const auto source = image.row(y + j - above);
        if (kernel.columns == 5 && image.columns > 4)
            add_five(source.data(), kernel.row(j).data(), out.data(), image.columns);
        else
            add_shifted(source, kernel.row(j), out);
    }
}

SKYSEG_WIDE
void thresholds_of(const float* variance, double factor, float* __restrict out, Int n) {
    constexpr double smallest = std::numeric_limits<float>::min();
    for (Int x = 0; x < n; ++x) {
        const double limit = factor * std::sqrt(static_cast<double>(variance[x]));
        out[x] = static_cast<float>(limit > smallest ? limit : smallest);
    }
}

SKYSEG_WIDE
bool any_above(const float* light, const float* limit, Int n) {
    int above = 0;
    for (Int x = 0; x < n; ++x) above += light[x] > limit[x];
    return above > 0;
}

// Runs that are found row by row, with two values of each pixel.
struct Scan {
    std::vector<Int> start, length;
    std::vector<float> light, limit;

    void add_row(std::span<const float> row, std::span<const float> limits, Int y) {
        constexpr Int block = 64;
        const Int n = std::ssize(row);
        Int before = -2;
        for (Int begin = 0; begin < n; begin += block) {
            const Int stop = std::min(begin + block, n);
            if (!any_above(row.data() + begin, limits.data() + begin, stop - begin)) continue;
            for (Int x = begin; x < stop; ++x) {
                if (!(row[x] > limits[x])) continue;
                if (before != x - 1) {
                    start.push_back(y * n + x);
                    length.push_back(0);
                }
                ++length.back();
                light.push_back(row[x]);
                limit.push_back(limits[x]);
                before = x;
            }
        }
    }

    // The runs with `maps` values of each pixel, of which those found are the first two.
    Runs runs(Int maps) {
        Runs out{std::move(start), std::move(length), Image<float>(maps, std::ssize(light))};
        std::copy(light.begin(), light.end(), out.values.row(0).begin());
        std::copy(limit.begin(), limit.end(), out.values.row(1).begin());
        return out;
    }
};

void take(ImageView<const float> image, Runs const& runs, std::span<float> out) {
    auto to = out.begin();
    for (std::size_t run = 0; run < runs.start.size(); ++run)
        to = std::copy_n(image.first + runs.start[run], runs.length[run], to);
}

}  // namespace

void filter_image(ImageView<const float> image, ImageView<const float> kernel, ImageView<float> out) {
    for (Int y = 0; y < image.rows; ++y) filter_row(image, kernel, y, out.row(y));
}

void set_thresholds(std::span<const float> variance, double factor, std::span<float> out) {
    thresholds_of(variance.data(), factor, out.data(), std::ssize(out));
}

Runs find_runs(ImageView<const float> filtered, ImageView<const float> threshold) {
    Scan scan;
    for (Int y = 0; y < filtered.rows; ++y) scan.add_row(filtered.row(y), threshold.row(y), y);
    return scan.runs(2);
}

Runs scan_rows(ImageView<const float> image, ImageView<const float> variance, ImageView<const float> kernel,
               double factor, Int first, Int stop) {
    Scan scan;
    std::vector<float> light(image.columns), spread(image.columns), limit(image.columns);
    for (Int y = first; y < stop; ++y) {
        filter_row(image, kernel, y, light);
        filter_row(variance, kernel, y, spread);
        set_thresholds(spread, factor, limit);
        scan.add_row(light, limit, y);
    }
    Runs found = scan.runs(4);
    take(image, found, found.values.row(2));
    take(variance, found, found.values.row(3));
    return found;
}

}  // namespace skyseg
