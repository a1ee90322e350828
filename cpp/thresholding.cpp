// Thresholds, and runs of pixels above them.
#include "thresholding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
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

SKYSEG_WIDE
bool any_above(const float* light, float limit, Int n) {
    int above = 0;
    for (Int x = 0; x < n; ++x) above += light[x] > limit;
    return above > 0;
}

// Pixels of a row that are looked at together.
constexpr Int block = 64;

// The least of some values; 0 where one is below 0, or not finite.
SKYSEG_WIDE
float least_of(const float* values, Int n) {
    // floats from 0 on are in the order of their bits, and the bits of all others come after them
    constexpr auto infinite = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
    std::uint32_t least = infinite, most = 0;
    for (Int x = 0; x < n; ++x) {
        const auto bits = std::bit_cast<std::uint32_t>(values[x]);
        least = std::min(least, bits);
        most = std::max(most, bits);
    }
    return most < infinite ? std::bit_cast<float>(least) : 0.0f;
}

// What the threshold of the pixels of a block is at the least, by the least variance around it.
class Floor {
public:
    Floor(ImageView<const float> variance, ImageView<const float> kernel, Threshold threshold)
        : reach_(std::max(kernel.rows, kernel.columns) / 2), threshold_(threshold),
          least_(variance.rows, (variance.columns + block - 1) / block) {
        bool is_bound = kernel.columns / 2 <= block;
        for (Int j = 0; j < kernel.rows; ++j) {
            for (const float weight : kernel.row(j)) {
                is_bound = is_bound && weight >= 0.0f;
                total_ += static_cast<double>(weight);
            }
        }
        // sums in single precision are off by this part of them at the most
        const auto terms = static_cast<double>(kernel.rows * kernel.columns + 8);
        rounded_ = 1.0 - terms * static_cast<double>(std::numeric_limits<float>::epsilon());
        if (!is_bound || !(rounded_ > 0.0)) total_ = 0.0;
        for (Int y = 0; y < least_.rows; ++y)
            for (Int b = 0; b < least_.columns; ++b)
                least_(y, b) = least_of(&variance(y, b * block), std::min(block, variance.columns - b * block));
    }

    // Beyond the image there is nothing, and so no least.
    float at(Int y, Int b) const {
        const bool is_inside = y >= reach_ && y + reach_ < least_.rows && b > 0 && b + 1 < least_.columns;
        float least = is_inside ? std::numeric_limits<float>::max() : 0.0f;
        if (is_inside)
            for (Int j = y - reach_; j <= y + reach_; ++j)
                for (Int i = b - 1; i <= b + 1; ++i) least = std::min(least, least_(j, i));
        const double limit = threshold_.factor * std::sqrt(total_ * static_cast<double>(least));
        return static_cast<float>(std::max(threshold_.level, limit) * rounded_);
    }

private:
    Int reach_;
    Threshold threshold_;
    Image<float> least_;
    double total_ = 0.0, rounded_ = 0.0;
};

// Runs that are found row by row, with two values of each pixel.
struct Scan {
    std::vector<Int> start, length;
    std::vector<float> light, limit;

    void add_row(std::span<const float> row, std::span<const float> limits, Int y) {
        const Int n = std::ssize(row);
        for (Int begin = 0; begin < n; begin += block) {
            const Int stop = std::min(begin + block, n);
            if (any_above(row.data() + begin, limits.data() + begin, stop - begin))
                add_part(part(row, begin, stop), part(limits, begin, stop), y * n, begin);
        }
    }

    // Adds pixels from a column on of the row that begins with pixel `row_begin`.
    void add_part(std::span<const float> row, std::span<const float> limits, Int row_begin, Int column) {
        for (Int x = 0; x < std::ssize(row); ++x) {
            if (!(row[x] > limits[x])) continue;
            const Int place = row_begin + column + x;
            const bool follows = column + x > 0 && !start.empty() && start.back() + length.back() == place;
            if (!follows) {
                start.push_back(place);
                length.push_back(0);
            }
            ++length.back();
            light.push_back(row[x]);
            limit.push_back(limits[x]);
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
    const Floor floor(variance, kernel, threshold);
    std::vector<float> light(image.columns), spread, limit(block);
    for (Int y = first; y < stop; ++y) {
        filter_row(image, kernel, y, light);
        for (Int x = 0; x < image.columns; x += block) {
            const Int n = std::min(block, image.columns - x);
            if (!any_above(light.data() + x, floor.at(y, x / block), n)) continue;
            filter_part(variance, kernel, y, x, x + n, spread);
            const auto limits = part<float>(limit, 0, n);
            set_thresholds(spread, threshold, limits);
            scan.add_part(part<const float>(light, x, x + n), limits, y * image.columns, x);
        }
    }
    Runs found = scan.runs(4);
    take(image, found, found.values.row(2));
    take(variance, found, found.values.row(3));
    return found;
}

}  // namespace skyseg
