// Level and scatter of the sky in meshes, as SExtractor estimates them.
#include "mesh.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr Int max_levels = 4096;
constexpr double half_width = 5.0;
constexpr double least_good_part = 0.5;
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct Moments {
    double mean, scatter;
    Int count;
};

// Sums of each column of a mesh, the places of a row's values in a histogram, and how many values lie
// before each of its bins.
struct Columns {
    std::vector<double> total, total2;
    std::vector<std::int32_t> used, places, histogram;
    std::vector<Int> counts;

    explicit Columns(Int width) : total(width), total2(width), used(width), places(width) {}
};

// Values that are used; those that are not are NaN, which no comparison is true for.
using Values = Image<float>;

SKYSEG_WIDE
void copy_used(const float* values, const unsigned char* holes, float* __restrict out, Int n) {
    for (Int x = 0; x < n; ++x) out[x] = holes[x] != 0 ? not_a_number : values[x];
}

Values used_values(ImageView<const float> image, ImageView<const bool> bad) {
    Values out(image.rows, image.columns);
    for (Int y = 0; y < image.rows; ++y)
        copy_used(image.row(y).data(), bytes_of(bad.row(y)), out.row(y).data(), image.columns);
    return out;
}

SKYSEG_WIDE
void add_row(const float* values, float low, float high, double* __restrict total, double* __restrict total2,
             std::int32_t* __restrict used, Int n) {
    for (Int x = 0; x < n; ++x) {
        const bool good = (values[x] >= low) & (values[x] <= high);
        const double value = good ? values[x] : 0.0f;
        total[x] += value;
        total2[x] += value * value;
        used[x] += good;
    }
}

// Mean, scatter and number of the values from `low` to `high`; zeros where none is. Each
// column is summed by itself, which a processor does side by side.
Moments moments_of(Values const& values, float low, float high, Columns& sums) {
    std::fill(sums.total.begin(), sums.total.end(), 0.0);
    std::fill(sums.total2.begin(), sums.total2.end(), 0.0);
    std::fill(sums.used.begin(), sums.used.end(), 0);
    const Int n = values.columns;
    for (Int y = 0; y < values.rows; ++y)
        add_row(values.row(y).data(), low, high, sums.total.data(), sums.total2.data(), sums.used.data(), n);
    const Int count = std::accumulate(sums.used.begin(), sums.used.begin() + n, Int{0});
    const double total = std::accumulate(sums.total.begin(), sums.total.begin() + n, 0.0);
    const double total2 = std::accumulate(sums.total2.begin(), sums.total2.begin() + n, 0.0);
    const double mean = total / static_cast<double>(std::max<Int>(count, 1));
    const double square = total2 / static_cast<double>(std::max<Int>(count, 1));
    return {mean, std::sqrt(std::max(square - mean * mean, 0.0)), count};
}

struct Limits {
    float low, high;
    Int count;
};

Limits limits_of(Values const& values, Columns& sums) {
    const auto all = moments_of(values, -infinite, infinite, sums);
    return {static_cast<float>(all.mean - 2.0 * all.scatter), static_cast<float>(all.mean + 2.0 * all.scatter),
            all.count};
}

// Position of the first bin of a histogram, width of a bin, and number of bins.
struct Bins {
    float zero, scale;
    Int levels;

    explicit Bins(Moments m) {
        const double levels_per_pixel = std::sqrt(2.0 / std::numbers::pi) * 5.0 / 4.0;
        levels = std::min(static_cast<Int>(levels_per_pixel * static_cast<double>(m.count) + 1.0), max_levels);
        scale = m.scatter > 0.0 ? static_cast<float>(2.0 * half_width * m.scatter / static_cast<double>(levels)) : 1.0f;
        zero = static_cast<float>(m.mean - half_width * m.scatter);
    }
};

// Bin of each value, counted from 1; 0 where it has none.
SKYSEG_WIDE
void set_places(const float* values, float scale, float offset, float last, std::int32_t* __restrict places, Int n) {
    for (Int x = 0; x < n; ++x) {
        const float position = values[x] / scale + offset;
        const bool has_bin = (position > -1.0f) & (position < last);
        places[x] = static_cast<std::int32_t>(has_bin ? position : -1.0f) + 1;
    }
}

std::span<const std::int32_t> places_of(std::span<const float> values, Bins bins, Columns& columns) {
    const float offset = static_cast<float>(0.499999 - static_cast<double>(bins.zero / bins.scale));
    set_places(values.data(), bins.scale, offset, static_cast<float>(bins.levels), columns.places.data(),
               std::ssize(values));
    return {columns.places.data(), values.size()};
}

using Histogram = std::span<const std::int32_t>;

// First and second moment of some bins of a histogram.
struct BinMoments {
    Int first = 0, second = 0;

    SKYSEG_WIDE
    void add(Histogram histogram, Int begin, Int stop, Int sign) {
        Int once = 0, twice = 0;
        for (Int i = begin; i < stop; ++i) {
            const Int moment = i * histogram[i];
            once += moment;
            twice += i * moment;
        }
        first += sign * once;
        second += sign * twice;
    }
    // Leaves out the bins from `begin` to `stop`, or takes those back to it in.
    void leave_out(Histogram histogram, Int begin, Int stop) {
        if (begin <= stop)
            add(histogram, begin, stop, -1);
        else
            add(histogram, stop, begin, 1);
    }
};

// Median of bins `low` to `high`, in units of bins. SExtractor moves two marks towards each other
// from both ends, the one with less behind it by a bin at a time; the median lies where they meet:
// the lower mark moves on while less lies before it than after it.
double median_of(Histogram histogram, std::vector<Int> const& counts, Int low, Int high) {
    Int split = low, stop = high + 1;
    while (split < stop) {
        const Int middle = (split + stop) / 2;
        if (counts[middle] - counts[low] < counts[high + 1] - counts[middle + 1])
            split = middle + 1;
        else
            stop = middle;
    }
    if (split == 0) return 0.0;
    const Int below = counts[split] - counts[low], above = counts[high + 1] - counts[split];
    const Int at_split = split < std::ssize(histogram) ? histogram[split] : 0;
    const Int densest = std::max<Int>(at_split, histogram[split - 1]);
    return static_cast<double>(split) - 0.5 + static_cast<double>(above - below) / (2.0 * static_cast<double>(densest));
}

struct Level {
    float level, sigma;
};

// The histogram's bins are clipped at 3 sigma around the median until that changes nothing.
Level mode_of(Histogram histogram, std::vector<Int>& counts, double mean, double zero, double scale, double pearson) {
    const Int last = std::ssize(histogram) - 1;
    Int low = 0, high = last;
    double sigma = 10.0 * static_cast<double>(last), before = 1.0, median = mean;
    counts.assign(1, 0);
    counts.resize(histogram.size() + 1);
    std::partial_sum(histogram.begin(), histogram.end(), counts.begin() + 1);
    BinMoments sums;
    sums.add(histogram, low, high + 1, 1);
    for (int i = 0; i < 100 && !(sigma < 0.1 || std::fabs(sigma / before - 1.0) <= 1e-4); ++i) {
        before = sigma;
        const auto count = static_cast<double>(counts[high + 1] - counts[low]);
        mean = static_cast<double>(sums.first);
        sigma = static_cast<double>(sums.second);
        median = median_of(histogram, counts, low, high);
        if (count > 0.0) {
            mean /= count;
            sigma = sigma / count - mean * mean;
        }
        sigma = sigma > 0.0 ? std::sqrt(sigma) : 0.0;
        const Int low_before = low, high_before = high;
        double cut = median - 3.0 * sigma;
        low = cut > 0.0 ? truncated(cut + 0.5, Int{0}, last + 1) : 0;
        cut = median + 3.0 * sigma;
        high = cut < static_cast<double>(last) ? truncated(cut > 0.0 ? cut + 0.5 : cut - 0.5, Int{-1}, last) : last;
        sums.leave_out(histogram, low_before, low);
        sums.leave_out(histogram, high + 1, high_before + 1);
    }
    double position = mean;
    if (sigma > 0.0)
        position = std::fabs((mean - median) / sigma) < 0.3 ? pearson * median - (pearson - 1.0) * mean : median;
    return {static_cast<float>(zero + position * scale), static_cast<float>(sigma * scale)};
}

// Leaves out the values where the guide lies beyond limits.
void leave_out(Values& values, Values const& guide, Limits limits) {
    for (Int i = 0; i < values.rows * values.columns; ++i)
        if (!(guide.values[i] >= limits.low && guide.values[i] <= limits.high)) values.values[i] = not_a_number;
}

// Leaves out the values where the guide has no bin in the histogram of its own sky.
void leave_out(Values& values, Values const& guide, Bins bins, Columns& columns) {
    for (Int y = 0; y < values.rows; ++y) {
        const auto places = places_of(guide.row(y), bins, columns);
        for (Int x = 0; x < values.columns; ++x)
            if (places[x] == 0) values(y, x) = not_a_number;
    }
}

// Without a guide, the image shows itself where there is sky.
Level measure_mesh(ImageView<const float> image, ImageView<const bool> bad, ImageView<const float> guide, bool guided,
                   double pearson, Columns& columns) {
    constexpr Level none{empty_mesh, empty_mesh};
    auto values = used_values(image, bad);
    const auto limits = limits_of(values, columns);
    const double least = static_cast<double>(image.rows * image.columns) * least_good_part;
    if (static_cast<float>(limits.count) < static_cast<float>(least)) return none;
    Values shown = guided ? used_values(guide, bad) : Values(0, 0);
    const auto guide_limits = guided ? limits_of(shown, columns) : Limits{};
    if (guided) leave_out(values, shown, guide_limits);
    const auto sky = moments_of(values, limits.low, limits.high, columns);
    if (sky.count == 0) return none;
    const Bins bins(sky);
    if (guided) {
        values = used_values(image, bad);
        leave_out(values, shown, Bins(moments_of(shown, guide_limits.low, guide_limits.high, columns)), columns);
    }
    // bin 0 is for values that have none
    columns.histogram.assign(bins.levels + 1, 0);
    for (Int y = 0; y < image.rows; ++y)
        for (const auto place : places_of(values.row(y), bins, columns)) ++columns.histogram[place];
    return mode_of(Histogram(columns.histogram).subspan(1), columns.counts, static_cast<float>(sky.mean), bins.zero,
                   bins.scale, pearson);
}

}  // namespace

void measure_meshes(ImageView<const float> image, ImageView<const bool> bad, ImageView<const float> guide, bool guided,
                    Int size, double pearson, ImageView<float> level, ImageView<float> sigma) {
    Columns columns(std::min(size, image.columns));
    for (Int j = 0; j < level.rows; ++j) {
        for (Int i = 0; i < level.columns; ++i) {
            const Int y1 = std::min((j + 1) * size, image.rows), x1 = std::min((i + 1) * size, image.columns);
            const auto cut = [&](auto grid) { return grid.part(j * size, y1, i * size, x1); };
            const auto found = measure_mesh(cut(image), cut(bad), cut(guide), guided, pearson, columns);
            level(j, i) = found.level;
            sigma(j, i) = found.sigma;
        }
    }
}

}  // namespace skyseg
