// Thresholds, and runs of pixels above them.
#include "thresholding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "filtering.hpp"

namespace skyseg {

namespace {

SKYSEG_WIDE
void thresholds_of(const float* variance, double factor, double level, float* __restrict out, Int n) {
    // a kernel with negative weights may leave a variance below 0, of which no noise is known
    const float unknown = factor > 0.0 ? std::numeric_limits<float>::infinity() : static_cast<float>(level);
    for (Int x = 0; x < n; ++x) {
        const double limit = factor * std::sqrt(static_cast<double>(variance[x]));
        const auto known = static_cast<float>(limit > level ? limit : level);
        out[x] = variance[x] < 0.0f ? unknown : known;
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

void set_thresholds(std::span<const float> variance, Threshold threshold, std::span<float> out) {
    constexpr double smallest = std::numeric_limits<float>::min();
    thresholds_of(variance.data(), threshold.factor, std::max(threshold.level, smallest), out.data(), std::ssize(out));
}

Runs find_runs(ImageView<const float> filtered, ImageView<const float> threshold) {
    Scan scan;
    for (Int y = 0; y < filtered.rows; ++y) scan.add_row(filtered.row(y), threshold.row(y), y);
    return scan.runs(2);
}

Runs scan_rows(ImageView<const float> image, ImageView<const float> variance, ImageView<const float> kernel,
               Threshold threshold, Int first, Int stop) {
    Scan scan;
    std::vector<float> light(image.columns), spread(image.columns), limit(image.columns);
    for (Int y = first; y < stop; ++y) {
        filter_row(image, kernel, y, light);
        filter_row(variance, kernel, y, spread);
        set_thresholds(spread, threshold, limit);
        scan.add_row(light, limit, y);
    }
    Runs found = scan.runs(4);
    take(image, found, found.values.row(2));
    take(variance, found, found.values.row(3));
    return found;
}

}  // namespace skyseg
