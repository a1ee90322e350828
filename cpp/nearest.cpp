// The points nearest to places, among those of the cells that a disc touches.
#include "nearest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

// more than what distances are rounded by
constexpr double margin = 1e-6;
// as far as the place before had to look, and so much farther, all of the nearest are found for the most part
constexpr double usual_growth = 1.04;
// squared distances about that of the place before, among which the last of the nearest is sought first
constexpr double near_part = 0.07;
// values for each of those beyond one, near the median and near the deviation from it, of normal ones
constexpr double middle_density = 0.269, deviation_density = 0.429;
constexpr int most_steps = 24;
// stands for what is farther than all, since this file knows of no infinity
constexpr double farthest = std::numeric_limits<double>::max();

struct Candidate {
    double distance2;
    Int number;
};

struct Disc {
    double x, y, radius;
};

Int cell_of(double place, double first, double side, Int cells) {
    return truncated(std::floor((place - first) / side), Int{0}, cells - 1);
}

SKYSEG_WIDE
void square_distances(const double* x, const double* y, double at_x, double at_y, double* __restrict out, Int n) {
    for (Int k = 0; k < n; ++k) {
        const double dx = x[k] - at_x, dy = y[k] - at_y;
        out[k] = dx * dx + dy * dy;
    }
}

// Calls `visit` with spans of points, among which are all that lie in a disc.
template <class Visit>
void visit_disc(PointCells const& cells, Disc disc, Visit visit) {
    const double radius = disc.radius * (1 + margin) + margin;
    const Int first = cell_of(disc.y - radius, cells.top, cells.side, cells.rows);
    const Int last = cell_of(disc.y + radius, cells.top, cells.side, cells.rows);
    for (Int row = first; row <= last; ++row) {
        const double above = cells.top + static_cast<double>(row) * cells.side;
        const double away = std::max({above - disc.y, disc.y - above - cells.side, 0.0});
        const double half = std::sqrt(std::max(radius * radius - away * away, 0.0)) + margin;
        const Int left = cell_of(disc.x - half, cells.left, cells.side, cells.columns);
        const Int right = cell_of(disc.x + half, cells.left, cells.side, cells.columns);
        const auto* begin = cells.begin.data() + row * cells.columns;
        visit(begin[left], begin[right + 1]);
    }
}

// From a place to the farthest corner of all cells.
double farthest_corner(PointCells const& cells, double x, double y) {
    const double right = cells.left + static_cast<double>(cells.columns) * cells.side;
    const double bottom = cells.top + static_cast<double>(cells.rows) * cells.side;
    return std::hypot(std::max(std::abs(x - cells.left), std::abs(x - right)),
                      std::max(std::abs(y - cells.top), std::abs(y - bottom)));
}

SKYSEG_WIDE
Int count_below(const double* values, double limit, Int n) {
    Int count = 0;
    for (Int k = 0; k < n; ++k) count += values[k] < limit;
    return count;
}

// Takes values that are near enough, and the highest number for the others: beyond `reach2` none, and at it those up
// to a number.
SKYSEG_WIDE
void take_near(const double* distances2, const Int* numbers, const double* values, double reach2, Int last,
               double* __restrict out, Int n) {
    for (Int k = 0; k < n; ++k) {
        const bool is_near = (distances2[k] < reach2) | ((distances2[k] == reach2) & (numbers[k] <= last));
        out[k] = is_near ? values[k] : farthest;
    }
}

SKYSEG_WIDE
void measure_deviations_from(const double* values, double middle, double* __restrict out, Int n) {
    for (Int k = 0; k < n; ++k) out[k] = std::fabs(values[k] - middle);
}

// The largest of the values below a limit, and the least of the others.
SKYSEG_WIDE
void find_beside(const double* values, double limit, Int n, double* __restrict out) {
    double below = -farthest, from = farthest;
    for (Int k = 0; k < n; ++k) {
        const double low = values[k] < limit ? values[k] : -farthest;
        const double high = values[k] < limit ? farthest : values[k];
        below = low > below ? low : below;
        from = high < from ? high : from;
    }
    out[0] = below;
    out[1] = from;
}

// Finds the nearest points of places one after the other.
class NearestPoints {
public:
    NearestPoints(PointCells const& cells, Int count)
        : cells_(cells), count_(count), last_{usual_reach2(), 0}, x_(0.0), y_(0.0), is_first_(true) {}

    // Values of the nearest points of a place, in no order, and the highest number for others.
    std::span<double> list(double x, double y, std::span<const double> values) {
        double bound = farthest_corner(cells_, x, y);
        // as many points are within the reach of the place before and the way from there
        if (!is_first_) bound = std::min(bound, std::sqrt(last_.distance2) + std::hypot(x - x_, y - y_));
        bound = bound * (1 + margin) + margin;
        const bool found =
            look({x, y, std::min(std::sqrt(last_.distance2) * usual_growth, bound)}) || look({x, y, bound});
        // where points are not in their cells
        if (!found) look_at_all(x, y);
        x_ = x, y_ = y, is_first_ = false;
        return take(values);
    }

private:
    struct Span {
        Int first, stop;
    };

    // How far the nearest are where all points lie evenly.
    double usual_reach2() const {
        const double area = static_cast<double>(cells_.rows * cells_.columns) * cells_.side * cells_.side;
        return area * static_cast<double>(count_) / (3.0 * static_cast<double>(std::ssize(cells_.x)));
    }

    // Looks for the last of the nearest in a disc, and tells whether it has as many.
    bool look(Disc disc) {
        spans_.clear();
        n_ = 0;
        visit_disc(cells_, disc, [&](Int first, Int stop) { add(disc, {first, stop}); });
        return choose(disc.radius * disc.radius);
    }

    void look_at_all(double x, double y) {
        spans_.clear();
        n_ = 0;
        add({x, y, 0.0}, {0, std::ssize(cells_.x)});
        choose(farthest);
    }

    // Measures the distances of some points.
    void add(Disc disc, Span span) {
        const Int more = span.stop - span.first;
        if (n_ + more > std::ssize(distances2_)) {
            const auto room = static_cast<std::size_t>(2 * (n_ + more));
            distances2_.resize(room);
            values_.resize(room);
            near_.resize(room);
        }
        square_distances(cells_.x.data() + span.first, cells_.y.data() + span.first, disc.x, disc.y,
                         distances2_.data() + n_, more);
        spans_.push_back(span);
        n_ += more;
    }

    // Chooses the last of the nearest; of the points listed those within a distance are all that are there.
    bool choose(double within2) {
        if (n_ < count_) return false;
        double low = last_.distance2 * (1 - near_part), high = std::min(last_.distance2 * (1 + near_part), within2);
        Int below = count_below(distances2_.data(), low, n_);
        if (below >= count_) low = 0.0, below = 0;
        Int inside = take_between(low, high);
        if (below + inside < count_) inside = take_between(low, within2);
        if (below + inside < count_) return false;
        const auto wanted = near_.begin() + (count_ - below - 1);
        std::nth_element(near_.begin(), wanted, near_.begin() + inside, [](auto const& one, auto const& other) {
            return one.distance2 != other.distance2 ? one.distance2 < other.distance2 : one.number < other.number;
        });
        last_ = *wanted;
        return true;
    }

    // Takes the points from one squared distance to another one.
    Int take_between(double low, double high) {
        const double* distance2 = distances2_.data();
        auto* next = near_.data();
        for (auto const& [first, stop] : spans_)
            for (Int point = first; point < stop; ++point, ++distance2) {
                *next = {*distance2, cells_.number[static_cast<std::size_t>(point)]};
                next += (*distance2 >= low) & (*distance2 <= high);
            }
        return next - near_.data();
    }

    std::span<double> take(std::span<const double> values) {
        Int at = 0;
        for (auto const& [first, stop] : spans_) {
            take_near(distances2_.data() + at, cells_.number.data() + first, values.data() + first, last_.distance2,
                      last_.number, values_.data() + at, stop - first);
            at += stop - first;
        }
        return part(std::span(values_), 0, at);
    }

    PointCells const& cells_;
    const Int count_;
    std::vector<Span> spans_;
    std::vector<double> distances2_, values_;
    std::vector<Candidate> near_;
    Int n_ = 0;
    Candidate last_;
    double x_, y_;
    bool is_first_;
};

// Finds medians of lists that differ little from one to the next.
class Medians {
public:
    explicit Medians(double density) : density_(density) {}

    // The median of the least values, of whose number it is: that of the middle, or the mean of the middle two.
    double find(std::span<const double> values, Int count, double deviation) {
        const Int low_rank = (count - 1) / 2, high_rank = count / 2, n = std::ssize(values);
        const double step = deviation / (density_ * static_cast<double>(count));
        double low = -farthest, high = farthest;
        for (int k = 0; k < most_steps && low < last_ && last_ < high; ++k) {
            const Int below = count_below(values.data(), last_, n);
            if (below == high_rank) {
                double beside[2];
                find_beside(values.data(), last_, n, beside);
                last_ = low_rank == high_rank ? beside[1] : (beside[0] + beside[1]) / 2;
                return last_;
            }
            (below < high_rank ? low : high) = last_;
            last_ += step * static_cast<double>(high_rank - below);
            if (!(low < last_ && last_ < high)) last_ = (low + high) / 2;
        }
        ordered_.assign(values.begin(), values.end());
        return choose(low_rank, high_rank);
    }

private:
    // The mean of two of some values in their order, which are one or follow each other.
    double choose(Int low_rank, Int high_rank) {
        const auto upper = ordered_.begin() + high_rank;
        std::nth_element(ordered_.begin(), upper, ordered_.end());
        last_ = low_rank == high_rank ? *upper : (*std::max_element(ordered_.begin(), upper) + *upper) / 2;
        return last_;
    }

    double density_;
    std::vector<double> ordered_;
    double last_ = 0.0;
};

}  // namespace

void measure_deviations(PointCells const& cells, std::span<const double> x, std::span<const double> y, Int count,
                        std::span<const double> values, std::span<double> out) {
    NearestPoints nearest(cells, count);
    Medians middles(middle_density), deviations(deviation_density);
    std::vector<double> away;
    double deviation = 0.0;
    for (std::size_t place = 0; place < x.size(); ++place) {
        const auto found = nearest.list(x[place], y[place], values);
        const double middle = middles.find(found, count, deviation);
        away.resize(found.size());
        measure_deviations_from(found.data(), middle, away.data(), std::ssize(found));
        out[place] = deviation = deviations.find(away, count, deviation);
    }
}

}  // namespace skyseg
