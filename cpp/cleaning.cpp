// CLEAN: spurious detections in the wings of brighter sources are given to them.
#include "cleaning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

// sources farther apart than this many times the sum of their major axes are not compared
constexpr double reach = 10.0;
constexpr double smallest_cell = 64.0;

struct Sources {
    CleanInput in;
    std::vector<double> flux, area;

    // Moffat profile of a source at a distance from its centre.
    double height(Int i, double dx, double dy, double beta) const {
        const double unit_area = std::numbers::pi * in.a[i] * in.b[i];
        const double peak = flux[i] / (2.0 * unit_area);
        const double alpha = (std::pow(peak / in.threshold[i], 1.0 / beta) - 1.0) * unit_area / area[i];
        const double fall = 1.0 + alpha * (in.cxx[i] * dx * dx + in.cyy[i] * dy * dy + in.cxy[i] * dx * dy);
        if (fall <= 1.0 || fall >= 1e10) return 0.0;
        return peak * std::pow(fall, -beta);
    }

    // One without a place or an extent neither absorbs nor is absorbed.
    bool is_placed(Int i) const { return std::isfinite(in.x[i]) && std::isfinite(in.y[i]) && std::isfinite(in.a[i]); }

    void give(Int from, Int to) {
        flux[to] += flux[from];
        area[to] += area[from];
    }
};

// The smallest power of two that is at least 1 and not below the major axis.
int size_class(double a) {
    int exponent = 0;
    const double part = std::frexp(std::max(a, 1.0), &exponent);
    return part == 0.5 ? exponent - 1 : exponent;
}

struct Extent {
    double low = std::numeric_limits<double>::infinity(), high = -low;

    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

// The grid of one class of sizes: the newest source of each cell, which leads to older ones.
struct Cells {
    Extent x, y;
    double side;
    Int columns, rows;
    std::vector<Int> newest;

    // With cells of some least side, larger where there would be many more than sources.
    Cells(double least_side, Extent across, Extent down, double sources) : x(across), y(down), side(least_side) {
        const auto count = [this](Extent e) { return std::floor((e.high / 2.0 - e.low / 2.0) / side * 2.0) + 1.0; };
        while (count(x) * count(y) > 16.0 * sources + 1024.0) side *= 2.0;
        columns = truncated(count(x));
        rows = truncated(count(y));
        newest.assign(columns * rows, -1);
    }

    Int column(double at) const { return truncated((at - x.low) / side, Int{0}, columns - 1); }
    Int row(double at) const { return truncated((at - y.low) / side, Int{0}, rows - 1); }
    Int& at(double px, double py) { return newest[row(py) * columns + column(px)]; }
};

class Cleaning {
public:
    Cleaning(CleanInput const& input, double beta)
        : s_{input, {input.flux.begin(), input.flux.end()}, {input.area.begin(), input.area.end()}}, in_(input),
          beta_(beta), absorber_(input.x.size()), before_(input.x.size(), -1) {
        std::iota(absorber_.begin(), absorber_.end(), Int{0});
        Extent x, y;
        int largest = 0;
        double placed = 0.0;
        for (Int i = 0; i < std::ssize(absorber_); ++i) {
            if (!s_.is_placed(i)) continue;
            x.add(in_.x[i]);
            y.add(in_.y[i]);
            largest = std::max(largest, size_class(in_.a[i]));
            ++placed;
        }
        for (int c = 0; c <= largest && placed > 0.0; ++c)
            cells_.emplace_back(std::ldexp(smallest_cell, c), x, y, placed);
    }

    Cleaned run() {
        for (Int i = 0; i < std::ssize(absorber_); ++i) {
            if (!s_.is_placed(i)) continue;
            find_neighbours(i);
            compare(i);
            if (absorber_[i] != i) continue;
            Int& newest = cells_[size_class(in_.a[i])].at(in_.x[i], in_.y[i]);
            before_[i] = newest;
            newest = i;
        }
        std::vector<Int> trigger(absorber_.size());
        for (Int i = 0; i < std::ssize(absorber_); ++i) trigger[i] = std::max(absorber_[i], i);
        for (Int i = 0; i < std::ssize(absorber_); ++i)
            while (absorber_[absorber_[i]] != absorber_[i]) absorber_[i] = absorber_[absorber_[i]];
        return {std::move(absorber_), std::move(trigger)};
    }

private:
    // Those that came before and are not yet absorbed, in the order in which they came.
    void find_neighbours(Int i) {
        near_.clear();
        const double x = in_.x[i], y = in_.y[i], a = in_.a[i];
        for (std::size_t c = 0; c < cells_.size(); ++c) {
            const auto& cells = cells_[c];
            const double far = reach * (a + std::ldexp(1.0, static_cast<int>(c)));
            const Int left = cells.column(x - far), right = cells.column(x + far);
            const Int low = cells.row(y - far), high = cells.row(y + far);
            for (Int row = low; row <= high; ++row)
                for (Int column = left; column <= right; ++column)
                    for (Int j = cells.newest[row * cells.columns + column]; j >= 0; j = before_[j]) {
                        const double limit = reach * (a + in_.a[j]);
                        const double dx = x - in_.x[j], dy = y - in_.y[j];
                        if (absorber_[j] == j && dx * dx + dy * dy < limit * limit) near_.push_back(j);
                    }
        }
        std::sort(near_.begin(), near_.end());
    }

    // Compares a source with its neighbours: it is absorbed by the first that can, or absorbs.
    void compare(Int i) {
        absorbed_.clear();
        for (const Int j : near_) {
            const bool brighter = s_.flux[j] < s_.flux[i];
            const Int big = brighter ? i : j, small = brighter ? j : i;
            const double rises = s_.height(big, in_.x[i] - in_.x[j], in_.y[i] - in_.y[j], beta_);
            if (!(static_cast<float>(rises) > in_.mark[small])) continue;
            if (small == i) {
                absorber_[i] = j;
                s_.give(i, j);
                return;
            }
            absorbed_.push_back(j);
        }
        for (const Int j : absorbed_) {
            absorber_[j] = i;
            s_.give(j, i);
        }
    }

    Sources s_;
    CleanInput in_;
    double beta_;
    std::vector<Int> absorber_, before_, near_, absorbed_;
    std::vector<Cells> cells_;
};

}  // namespace

Cleaned clean(CleanInput const& input, double beta) { return Cleaning(input, beta).run(); }

}  // namespace skyseg
