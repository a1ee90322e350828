// CLEAN: spurious detections in the wings of brighter sources are given to them.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "deblending.hpp"

namespace skyseg {

namespace {

// objects farther apart than this many times the sum of their major axes do not meet
constexpr double reach = 10.0;
constexpr double smallest_cell = 64.0;

struct Sources {
    Row<const double> x, y, a, b, cxx, cyy, cxy;
    List<double> flux, area;
    Row<const double> threshold, mark;

    // Moffat profile of a source at a distance from its centre.
    double height(Int i, double dx, double dy, double beta) const {
        const double unit_area = std::numbers::pi * a[i] * b[i];
        const double peak = flux[i] / (2.0 * unit_area);
        const double alpha = (std::pow(peak / threshold[i], 1.0 / beta) - 1.0) * unit_area / area[i];
        const double fall = 1.0 + alpha * (cxx[i] * dx * dx + cyy[i] * dy * dy + cxy[i] * dx * dy);
        if (fall <= 1.0 || fall >= 1e10) return 0.0;
        return peak * std::pow(fall, -beta);
    }

    void give(Int from, Int to) {
        flux[to] += flux[from];
        area[to] += area[from];
    }
};

// The grid of one class of sizes: the newest source of each cell, which leads to older ones.
struct Cells {
    double side, x0, y0;
    Int columns, rows;
    List<Int> newest;

    Cells(double side, double x0, double y0, double x1, double y1)
        : side(side), x0(x0), y0(y0), columns(static_cast<Int>((x1 - x0) / side) + 1),
          rows(static_cast<Int>((y1 - y0) / side) + 1), newest(columns * rows, -1) {}

    Int column(double x) const { return static_cast<Int>((x - x0) / side); }
    Int row(double y) const { return static_cast<Int>((y - y0) / side); }
    Int& at(double x, double y) { return newest[row(y) * columns + column(x)]; }
};

class Cleaning {
public:
    Cleaning(Sources sources, Row<const Int> size_class, double beta)
        : s_(std::move(sources)), size_class_(size_class), beta_(beta), eater_(s_.x.size()),
          before_(s_.x.size(), -1) {
        std::iota(eater_.begin(), eater_.end(), Int{0});
        const auto [x0, x1] = std::minmax_element(s_.x.begin(), s_.x.end());
        const auto [y0, y1] = std::minmax_element(s_.y.begin(), s_.y.end());
        const Int classes = *std::max_element(size_class.begin(), size_class.end()) + 1;
        for (Int c = 0; c < classes; ++c)
            cells_.emplace_back(smallest_cell * std::exp2(static_cast<double>(c)), *x0, *y0, *x1, *y1);
    }

    Cleaned run() {
        for (Int i = 0; i < std::ssize(eater_); ++i) {
            find_neighbours(i);
            meet(i);
            if (eater_[i] != i) continue;
            Int& newest = cells_[size_class_[i]].at(s_.x[i], s_.y[i]);
            before_[i] = newest;
            newest = i;
        }
        List<Int> newcomer(eater_.size());
        for (Int i = 0; i < std::ssize(eater_); ++i) newcomer[i] = std::max(eater_[i], i);
        for (Int i = 0; i < std::ssize(eater_); ++i)
            while (eater_[eater_[i]] != eater_[i]) eater_[i] = eater_[eater_[i]];
        return {std::move(eater_), std::move(newcomer)};
    }

private:
    // Those that came before and are not yet eaten, in the order in which they came.
    void find_neighbours(Int i) {
        near_.clear();
        for (Int c = 0; c < std::ssize(cells_); ++c) {
            const auto& cells = cells_[c];
            const double far = reach * (s_.a[i] + std::exp2(static_cast<double>(c)));
            const Int left = std::max(cells.column(s_.x[i] - far), Int{0});
            const Int right = std::min(cells.column(s_.x[i] + far), cells.columns - 1);
            const Int low = std::max(cells.row(s_.y[i] - far), Int{0});
            const Int high = std::min(cells.row(s_.y[i] + far), cells.rows - 1);
            for (Int row = low; row <= high; ++row)
                for (Int column = left; column <= right; ++column)
                    for (Int j = cells.newest[row * cells.columns + column]; j >= 0; j = before_[j]) {
                        const double limit = reach * (s_.a[i] + s_.a[j]);
                        const double dx = s_.x[i] - s_.x[j], dy = s_.y[i] - s_.y[j];
                        if (eater_[j] == j && dx * dx + dy * dy < limit * limit) near_.push_back(j);
                    }
        }
        std::sort(near_.begin(), near_.end());
    }

    // Lets a newcomer meet its neighbours: it is eaten, or eats.
    void meet(Int i) {
        eaten_.clear();
        for (const Int j : near_) {
            const bool brighter = s_.flux[j] < s_.flux[i];
            const Int big = brighter ? i : j, small = brighter ? j : i;
            const double rises = s_.height(big, s_.x[i] - s_.x[j], s_.y[i] - s_.y[j], beta_);
            if (!(static_cast<float>(rises) > s_.mark[small])) continue;
            if (small == i) {
                eater_[i] = j;
                s_.give(i, j);
                return;
            }
            eaten_.push_back(j);
        }
        for (const Int j : eaten_) {
            eater_[j] = i;
            s_.give(j, i);
        }
    }

    Sources s_;
    Row<const Int> size_class_;
    double beta_;
    List<Int> eater_, before_, near_, eaten_;
    List<Cells> cells_;
};

}  // namespace

Cleaned clean(Row<const double> x, Row<const double> y, Row<const double> a, Row<const double> b,
              Row<const double> cxx, Row<const double> cyy, Row<const double> cxy, Row<const double> flux,
              Row<const double> area, Row<const double> threshold, Row<const double> mark, Row<const Int> size_class,
              double beta) {
    Sources sources{x, y, a, b, cxx, cyy, cxy, {flux.begin(), flux.end()}, {area.begin(), area.end()}, threshold, mark};
    return Cleaning(std::move(sources), size_class, beta).run();
}

}  // namespace skyseg
