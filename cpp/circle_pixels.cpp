// Which pixels lie in a circle, and how much of those on its edge.
#include "circle_pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr int subpixels = 11;
constexpr auto each_subpixel = std::make_integer_sequence<int, subpixels>{};
// half a chord of a row that passes by the circle, in subpixels; no chord and no distance is longer,
// so that 32 bits hold sums of the two
constexpr double none_inside = -1e9;
constexpr double middle = 0.5 * (subpixels + 1);
// pixels whose centres lie farther inside or outside of a chord's end, in subpixels, are so whole
constexpr double half_pixel = 0.5 * (subpixels - 1) + 0.001;
// pixels of a row on one side of the edge, at the most but in the first and last rows
constexpr int usual_edge = 3;

constexpr auto places = [] {
    std::array<double, subpixels> out{};
    for (int j = 0; j < subpixels; ++j) out[j] = (j + 0.5) / subpixels;
    return out;
}();

constexpr auto parts_by_count = [] {
    std::array<double, subpixels * subpixels + 1> out{};
    for (int count = 0; count <= subpixels * subpixels; ++count)
        out[count] = count / static_cast<double>(subpixels * subpixels);
    return out;
}();

inline int clipped(double position) { return std::min(std::max(static_cast<int>(position), 0), subpixels); }

// Half-chords, in subpixels, that a circle cuts from the rows of subpixels of a row of pixels.
struct HalfChords {
    double half[subpixels];

    HalfChords(double down, double radius) { set(down, radius, each_subpixel); }

    // Subpixels that lie in the circle, of a pixel at some distance from the centre along the row.
    int count(double distance) const { return count(distance, each_subpixel); }

    // In the centre's column a chord cuts both sides of a pixel: subpixels that were counted too many.
    int count_beyond(double distance) const {
        int count = 0;
        for (const double chord : half) count += chord > 0.0 ? subpixels - clipped(chord + middle + distance) : 0;
        return count;
    }

private:
    template <int... j>
    void set(double down, double radius, std::integer_sequence<int, j...>) {
        ((half[j] = of_row(down + places[j] - 0.5, radius)), ...);
    }
    static double of_row(double distance, double radius) {
        const double square = radius * radius - distance * distance;
        return square > 0.0 ? std::min(std::sqrt(square) * subpixels, -none_inside) : none_inside;
    }
    template <int... j>
    int count(double distance, std::integer_sequence<int, j...>) const {
        return (clipped(half[j] + middle - distance) + ...);
    }
};

inline double distance_of(std::int32_t x, double centre) {
    return std::min(std::fabs(static_cast<double>(x) - centre) * subpixels, -none_inside);
}

// Counts of some pixels that follow each other, of 8 bits each.
template <int... i>
inline std::int32_t pack_counts(HalfChords const& chords, std::int32_t first, double centre,
                                std::integer_sequence<int, i...>) {
    return ((chords.count(distance_of(first + i, centre)) << 8 * i) + ...);
}

// Finds which pixels of each row are not outside, whether all but a few at both ends are inside whole,
// and how many subpixels of these few are inside.
SKYSEG_WIDE
void find_edges(const double* down, Int rows, double centre, double radius, std::int32_t columns,
                std::int32_t* __restrict first, std::int32_t* __restrict stop, std::int32_t* __restrict usual,
                std::int32_t* __restrict left, std::int32_t* __restrict right) {
    constexpr auto each = std::make_integer_sequence<int, usual_edge>{};
    for (Int y = 0; y < rows; ++y) {
        const HalfChords chords(down[y], radius);
        const double begin = chords.half[0], end = chords.half[subpixels - 1];
        const double least = std::min(begin, end);
        const double most = std::fabs(down[y]) < 0.5 ? radius * subpixels : std::max(begin, end);
        const double outer = (most + half_pixel) / subpixels, inner = (least - half_pixel) / subpixels;
        const auto low = truncated(std::ceil(centre - outer), std::int32_t{0}, columns);
        const auto high = std::max(truncated(std::floor(centre + outer) + 1.0, std::int32_t{0}, columns), low);
        const auto last = high - usual_edge;
        first[y] = low;
        stop[y] = high;
        usual[y] = (last - low >= usual_edge) & (least > subpixels) &
                   (centre - inner <= static_cast<double>(low + usual_edge)) &
                   (static_cast<double>(last) <= centre + inner + 1.0);
        left[y] = pack_counts(chords, low, centre, each);
        right[y] = pack_counts(chords, last, centre, each);
    }
}

// Fills rows with ones from the first to the last pixel that is not outside, and zeros.
SKYSEG_SHORT
void fill_rows(const std::int32_t* first, const std::int32_t* stop, ImageView<double> parts) {
    for (Int y = 0; y < parts.rows; ++y) {
        double* __restrict row = &parts(y, 0);
        const std::int32_t from = first[y], to = stop[y], columns = static_cast<std::int32_t>(parts.columns);
        for (std::int32_t x = 0; x < columns; ++x) row[x] = (x >= from) & (x < to) ? 1.0 : 0.0;
    }
}

// Sets the parts of pixels of a row that follow each other, but for chords that end in them on both sides.
SKYSEG_WIDE
void set_parts(HalfChords const& chords, std::int32_t first, std::int32_t count, double centre,
               double* __restrict parts) {
    for (std::int32_t i = 0; i < count; ++i) parts[i] = parts_by_count[chords.count(distance_of(first + i, centre))];
}

}  // namespace

void CirclePixels::lay(Int rows, Int columns, double cx, double cy, double radius) {
    stride_ = padded(columns) + register_width;
    const Int more_rows = padded(rows);
    down_.resize(more_rows);
    for (Int y = 0; y < more_rows; ++y) down_[y] = static_cast<double>(y) - cy;
    for (auto* values : {&first_, &stop_, &usual_, &left_, &right_}) values->resize(more_rows);
    parts_.resize(rows * stride_);
    find_edges(down_.data(), more_rows, cx, radius, static_cast<std::int32_t>(columns), first_.data(), stop_.data(),
               usual_.data(), left_.data(), right_.data());
    fill_rows(first_.data(), stop_.data(), {parts_.data(), rows, padded(columns), stride_});
    for (Int y = 0; y < rows; ++y) {
        if (!usual_[y]) {
            set_row(y, cx, radius);
            continue;
        }
        double *begin = &parts_[y * stride_ + first_[y]], *end = &parts_[y * stride_ + stop_[y] - usual_edge];
        for (int i = 0; i < usual_edge; ++i) {
            begin[i] = parts_by_count[left_[y] >> 8 * i & 255];
            end[i] = parts_by_count[right_[y] >> 8 * i & 255];
        }
    }
}

void CirclePixels::set_row(Int y, double cx, double radius) {
    const std::int32_t first = first_[y], stop = stop_[y];
    if (first == stop) return;
    const HalfChords chords(down_[y], radius);
    double* row = &parts_[y * stride_];
    set_parts(chords, first, static_cast<std::int32_t>(padded(stop - first)), cx, row + first);
    const auto middle_column = static_cast<std::int32_t>(truncated(cx, Int{first}, Int{stop} - 1));
    for (std::int32_t x = middle_column; x < std::min(middle_column + 2, stop); ++x) {
        const double distance = distance_of(x, cx);
        if (distance < 0.5 * subpixels) row[x] = parts_by_count[chords.count(distance) - chords.count_beyond(distance)];
    }
}

}  // namespace skyseg
