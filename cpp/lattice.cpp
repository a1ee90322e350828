// The points nearest to places, where all lie on a lattice.
#include "lattice.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace skyseg {

namespace {

constexpr Int half = 31, wide = 2 * half + 1;
// words of memory for each point, at the most
constexpr Int most_words = 4;
constexpr double most_cells = 1e9;

struct Cell {
    Int row, bit;
};

// A disc on the lattice: the bits of its rows, and the cells on its edge by rows.
struct Disc {
    std::array<std::uint64_t, wide> rows;
    std::vector<Cell> edge;
    Int reach;
};

// All discs that differ, by their size.
std::vector<Disc> make_discs() {
    std::vector<std::vector<Cell>> edges(half * half + 1);
    for (Int y = -half; y <= half; ++y)
        for (Int x = -half; x <= half; ++x)
            if (y * y + x * x <= half * half)
                edges[static_cast<std::size_t>(y * y + x * x)].push_back({y + half, x + half});
    std::vector<Disc> out;
    Disc disc{};
    for (std::size_t distance2 = 0; distance2 < edges.size(); ++distance2) {
        if (edges[distance2].empty()) continue;
        for (auto const& [row, bit] : edges[distance2])
            disc.rows[static_cast<std::size_t>(row)] |= std::uint64_t{1} << bit;
        disc.edge = edges[distance2];
        disc.reach = static_cast<Int>(std::sqrt(static_cast<double>(distance2)));
        out.push_back(disc);
    }
    return out;
}

std::vector<Disc> const& all_discs() {
    static const std::vector<Disc> discs = make_discs();
    return discs;
}

SKYSEG_WIDE
Int count_inside(const std::uint64_t* bits, const std::uint64_t* disc, Int n) {
    Int count = 0;
    for (Int k = 0; k < n; ++k) count += std::popcount(bits[k] & disc[k]);
    return count;
}

// Takes 63 bits of each of some rows of words from a bit of one word on, and how many points are before them.
SKYSEG_WIDE
void read_bits(const std::uint64_t* words, const std::int32_t* before, Int stride, int shift, Int n,
               std::uint64_t* __restrict out, std::int32_t* __restrict out_before) {
    const std::uint64_t below = (std::uint64_t{1} << shift) - 1;
    for (Int k = 0; k < n; ++k) {
        const std::uint64_t low = words[k * stride], high = words[k * stride + 1];
        out[k] = (low >> shift) | ((high << 1) << (63 - shift));
        out_before[k] = before[k * stride] + std::popcount(low & below);
    }
}

SKYSEG_WIDE
void list_runs(const std::uint64_t* around, const std::uint64_t* chosen, const std::int32_t* before, Int n,
               std::int32_t* __restrict first, std::int32_t* __restrict size) {
    for (Int k = 0; k < n; ++k) {
        const std::uint64_t lowest = chosen[k] & (~chosen[k] + 1);
        first[k] = before[k] + std::popcount(around[k] & (lowest - 1));
        size[k] = std::popcount(chosen[k]);
    }
}

// The largest step that some places are multiples of from one of them on; 0 where they are no whole numbers.
Int find_step(std::span<const double> places, double first, Int step) {
    for (const double place : places) {
        const double away = place - first;
        if (!(std::abs(away) <= most_cells) || away != std::floor(away)) return 0;
        step = std::gcd(step, static_cast<Int>(away));
        if (step == 1) return 1;
    }
    return step;
}

}  // namespace

LatticePoints::LatticePoints(PointRows const& points, Int count) : count_(count) {
    if (lie_on_lattice(points)) set_bits(points);
}

// Whether points lie on a lattice that is not too large, each at a place of its own, and in the order of their numbers.
bool LatticePoints::lie_on_lattice(PointRows const& points) {
    left_ = *std::ranges::min_element(points.x);
    top_ = points.y.front();
    const Int across = find_step(points.x, left_, 0);
    const Int step = across == 0 ? 0 : find_step(points.y, top_, across);
    if (step == 0 || !std::ranges::is_sorted(points.number)) return false;
    for (std::size_t row = 0; row < points.y.size(); ++row) {
        const auto of_row = part(points.x, points.begin[row], points.begin[row + 1]);
        if (std::ranges::adjacent_find(of_row) != of_row.end()) return false;
    }
    side_ = static_cast<double>(step);
    rows_ = static_cast<Int>((points.y.back() - top_) / side_) + 1;
    columns_ = static_cast<Int>((*std::ranges::max_element(points.x) - left_) / side_) + 1;
    stride_ = (columns_ + 2 * half) / 64 + 2;
    if ((rows_ + 2 * half) * stride_ <= most_words * std::ssize(points.x) + 64 * wide) return true;
    rows_ = 0;
    return false;
}

void LatticePoints::set_bits(PointRows const& points) {
    words_.assign(static_cast<std::size_t>((rows_ + 2 * half) * stride_), 0);
    before_.resize(words_.size());
    for (std::size_t row = 0; row < points.y.size(); ++row) {
        const Int at = static_cast<Int>((points.y[row] - top_) / side_) + half;
        for (const double x : part(points.x, points.begin[row], points.begin[row + 1])) {
            const Int bit = static_cast<Int>((x - left_) / side_) + half;
            words_[static_cast<std::size_t>(at * stride_ + bit / 64)] |= std::uint64_t{1} << (bit % 64);
        }
    }
    std::int32_t before = 0;
    for (std::size_t word = 0; word < words_.size(); ++word) {
        before_[word] = before;
        before += static_cast<std::int32_t>(std::popcount(words_[word]));
    }
}

bool LatticePoints::add(double x, double y, PointRuns& out) {
    if (rows_ == 0) return false;
    const double column = (x - left_) / side_, row = (y - top_) / side_;
    const bool is_inside =
        column >= 0.0 && column < static_cast<double>(columns_) && row >= 0.0 && row < static_cast<double>(rows_);
    if (!is_inside || column != std::floor(column) || row != std::floor(row)) return false;
    if (!find_disc(static_cast<Int>(row), static_cast<Int>(column))) return false;
    list(out);
    return true;
}

// Finds the least disc that holds as many points, and chooses them.
bool LatticePoints::find_disc(Int row, Int column) {
    auto const& discs = all_discs();
    const auto count_up_to = [&](std::size_t disc) {
        const Int reach = discs[disc].reach, first = half - reach;
        if (reach > reach_) read(row, column, std::min(reach + 2, half));
        return count_inside(around_.data() + first, discs[disc].rows.data() + first, 2 * reach + 1);
    };
    read(row, column, discs[disc_].reach);
    Int inside = count_up_to(disc_), within = disc_ > 0 ? count_up_to(disc_ - 1) : 0;
    while (inside < count_) {
        if (disc_ + 1 == discs.size()) return false;
        within = inside;
        inside = count_up_to(++disc_);
    }
    while (within >= count_) {
        --disc_;
        within = disc_ > 0 ? count_up_to(disc_ - 1) : 0;
    }
    for (Int k = half - reach_; k <= half + reach_; ++k) {
        const auto at = static_cast<std::size_t>(k);
        chosen_[at] = disc_ > 0 ? around_[at] & discs[disc_ - 1].rows[at] : 0;
    }
    for (auto const& [at, bit] : discs[disc_].edge) {
        const std::uint64_t takes = ((around_[static_cast<std::size_t>(at)] >> bit) & 1) & (within < count_);
        chosen_[static_cast<std::size_t>(at)] |= takes << bit;
        within += static_cast<Int>(takes);
    }
    return true;
}

void LatticePoints::read(Int row, Int column, Int reach) {
    const Int first = half - reach, word = (row + first) * stride_ + column / 64;
    read_bits(words_.data() + word, before_.data() + word, stride_, static_cast<int>(column % 64), 2 * reach + 1,
              around_.data() + first, before_around_.data() + first);
    reach_ = reach;
}

void LatticePoints::list(PointRuns& out) const {
    std::array<std::int32_t, wide> first, size;
    const Int begin = half - reach_, n = 2 * reach_ + 1;
    list_runs(around_.data() + begin, chosen_.data() + begin, before_around_.data() + begin, n, first.data(),
              size.data());
    for (std::size_t k = 0; k < static_cast<std::size_t>(n); ++k) {
        if (size[k] == 0) continue;
        out.first.push_back(first[k]);
        out.stop.push_back(first[k] + size[k]);
    }
    out.begin.push_back(std::ssize(out.first));
}

}  // namespace skyseg
