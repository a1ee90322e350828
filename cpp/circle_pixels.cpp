// Which pixels lie in a circle, and how much of those on its edge.
#include "circle_pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr int subpixels = 11;
// rows of subpixels in a row of pixels, and one that is in no circle: a number that wide registers hold
constexpr int lanes = 12;
// half a chord of a row that passes by the circle, in subpixels; no chord and no distance is longer,
// so that 32 bits hold sums of the two
constexpr double none_inside = -1e9;
constexpr double middle = 0.5 * (subpixels + 1);
// beyond this distance from the edge all of a pixel's subpixels are on the same side
constexpr double edge_width = 0.65;
// pixels of a row on one side of the edge, at the most but in the first and last rows
constexpr std::int32_t usual_edge = 3;

constexpr auto places = [] {
    std::array<double, lanes> out{};
    for (int j = 0; j < subpixels; ++j) out[j] = (j + 0.5) / subpixels;
    out[subpixels] = std::numeric_limits<double>::max();
    return out;
}();

constexpr auto parts = [] {
    std::array<double, subpixels * subpixels + 1> out{};
    for (int count = 0; count <= subpixels * subpixels; ++count)
        out[count] = count / static_cast<double>(subpixels * subpixels);
    return out;
}();

inline int clipped(double position) { return std::min(std::max(static_cast<int>(position), 0), subpixels); }

// First and last pixels whose centres lie on the chords that rows cut from a circle.
SKYSEG_WIDE
void find_chords(std::span<const double> down, double centre, double radius2, std::int32_t width,
                 std::int32_t* __restrict first, std::int32_t* __restrict stop) {
    for (std::size_t y = 0; y < down.size(); ++y) {
        const double square = radius2 - down[y] * down[y];
        const double half = std::sqrt(square < 0.0 ? 0.0 : square);
        const auto low = truncated(std::ceil(centre - half), std::int32_t{0}, width);
        const auto high = truncated(std::floor(centre + half) + 1.0, std::int32_t{0}, width);
        first[y] = square < 0.0 ? 0 : low;
        stop[y] = square < 0.0 ? 0 : high;
    }
}

// Half-chords of a circle, in subpixels, in the rows of subpixels of rows of pixels.
SKYSEG_WIDE
void find_half_chords(std::span<const double> down, double radius, double* __restrict out) {
    for (std::size_t y = 0; y < down.size(); ++y)
        for (int j = 0; j < lanes; ++j) {
            const double distance = down[y] + places[j] - 0.5;
            const double square = radius * radius - distance * distance;
            out[static_cast<Int>(y) * lanes + j] =
                square > 0.0 ? std::min(std::sqrt(square) * subpixels, -none_inside) : none_inside;
        }
}

// Subpixels of pixels that lie in a circle, from their distances to the centre along the rows.
SKYSEG_WIDE
void count_inside(std::span<const EdgePixel> pixels, const double* distances, const double* half_chords,
                  int* __restrict counts) {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const double* chords = half_chords + Int{pixels[i].y} * lanes;
        int count = 0;
        for (int j = 0; j < lanes; ++j) count += clipped(chords[j] + middle - distances[i]);
        counts[i] = count;
    }
}

// In the centre's column a chord cuts both sides of a pixel: subpixels that were counted too many.
int count_beyond(const double* chords, double distance) {
    int count = 0;
    for (int j = 0; j < subpixels; ++j)
        count += chords[j] > 0.0 ? subpixels - clipped(chords[j] + middle + distance) : 0;
    return count;
}

}  // namespace

void CirclePixels::lay(Int rows, Int columns, double cx, double cy, double radius) {
    down_.resize(rows);
    for (Int y = 0; y < rows; ++y) down_[y] = static_cast<double>(y) - cy;
    set_chords(columns, cx, radius + edge_width, touched_);
    set_chords(columns, cx, std::max(radius - edge_width, 0.0), whole_);
    list_edge(cx);
    set_parts(radius);
}

void CirclePixels::set_chords(Int columns, double cx, double radius, Chords& out) const {
    out.first.resize(down_.size());
    out.stop.resize(down_.size());
    find_chords(down_, cx, radius * radius, static_cast<std::int32_t>(columns), out.first.data(), out.stop.data());
}

void CirclePixels::list_edge(double cx) {
    Int most = 2 * usual_edge;
    for (std::size_t y = 0; y < down_.size(); ++y) {
        auto& [first, stop] = whole_;
        if (first[y] >= stop[y]) first[y] = stop[y] = touched_.stop[y];
        most += (first[y] - touched_.first[y]) + (touched_.stop[y] - stop[y]);
    }
    if (std::ssize(edge_) < most) {
        edge_.resize(most);
        distances_.resize(most);
        counts_.resize(most);
    }
    EdgePixel* __restrict pixels = edge_.data();
    double* __restrict distances = distances_.data();
    // as many as are usual at once: processors guess the lengths of short loops badly
    Int count = 0;
    const auto list = [&](std::int32_t y, std::int32_t first, std::int32_t stop) {
        const auto put = [&](std::int32_t i) {
            pixels[count + i] = {y, first + i, 0.0};
            distances[count + i] = std::min(std::fabs(static_cast<double>(first + i) - cx) * subpixels, -none_inside);
        };
        for (std::int32_t i = 0; i < usual_edge; ++i) put(i);
        for (std::int32_t i = usual_edge; i < stop - first; ++i) put(i);
        count += std::max(stop - first, 0);
    };
    above_ = 0;
    for (std::int32_t y = 0; y < std::ssize(down_); ++y) {
        list(y, touched_.first[y], whole_.first[y]);
        list(y, whole_.stop[y], touched_.stop[y]);
        if (down_[y] < 0.0) above_ = count;
    }
    count_ = count;
}

void CirclePixels::set_parts(double radius) {
    half_chords_.resize(down_.size() * lanes);
    find_half_chords(down_, radius, half_chords_.data());
    count_inside(edge(), distances_.data(), half_chords_.data(), counts_.data());
    for (Int i = 0; i < count_; ++i) {
        const double* chords = &half_chords_[Int{edge_[i].y} * lanes];
        const int beyond = distances_[i] < 0.5 * subpixels ? count_beyond(chords, distances_[i]) : 0;
        edge_[i].part = parts[counts_[i] - beyond];
    }
}

}  // namespace skyseg
