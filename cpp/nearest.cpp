// The points nearest to places, and how their values scatter.
#include "nearest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lattice.hpp"

namespace skyseg {

namespace {

// squared distances about that of the place before, among which the last of the nearest is sought first
constexpr double near_part = 0.07;
// values for each of those beyond one, near the median and near the deviation from it, of normal ones
constexpr double middle_density = 0.269, deviation_density = 0.429;
constexpr int most_steps = 24;
// stands for what is farther than all, since this file knows of no infinity
constexpr double farthest = std::numeric_limits<double>::max();
// values that are copied at once
constexpr Int at_once = 8;

struct Candidate {
    double distance2;
    Int number;
};

// The first from `first` to `stop` of which something holds that holds of all behind it, sought from a guess.
template <class Holds>
Int find_first(Int first, Int stop, Int guess, Holds holds) {
    guess = std::clamp(guess, first, stop);
    Int low = first, high = stop;
    if (guess < stop && !holds(guess)) {
        low = guess + 1;
        for (Int step = 1; low < high; step *= 2) {
            const Int probe = std::min(low + step, high) - 1;
            if (holds(probe)) {
                high = probe;
                break;
            }
            low = probe + 1;
        }
    } else {
        high = guess;
        for (Int step = 1; low < high; step *= 2) {
            const Int probe = std::max(high - step, low);
            if (!holds(probe)) {
                low = probe + 1;
                break;
            }
            high = probe;
        }
    }
    while (low < high) {
        const Int middle = low + (high - low) / 2;
        if (holds(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// Finds the nearest points of places one after the other.
class NearestPoints {
public:
    NearestPoints(PointRows const& points, Int count)
        : points_(points), count_(count), last_{usual_reach2(), 0}, guesses_(points.y.size(), {0, 0, 0}) {}

    void add(double x, double y, PointRuns& out) {
        double low2 = last_.distance2 * (1 - near_part), high2 = last_.distance2 * (1 + near_part);
        while (!look(x, y, low2, high2)) {
            high2 = sure_ >= count_ ? low2 : std::max(2 * high2, 1.0);
            low2 = 0.0;
        }
        const auto begin = out.first.size();
        for (auto const& cut : cuts_) list(x, cut, begin, out);
        out.begin.push_back(std::ssize(out.first));
    }

private:
    // Where points of a row are near enough, and where they surely are.
    struct Cut {
        double down2;
        Int first, inner, outer, stop;
    };

    struct Guess {
        Int middle, first, stop;
    };

    // How far the nearest are where all points lie evenly.
    double usual_reach2() const {
        double left = farthest, right = -farthest;
        for (std::size_t row = 0; row < points_.y.size(); ++row) {
            left = std::min(left, points_.x[static_cast<std::size_t>(points_.begin[row])]);
            right = std::max(right, points_.x[static_cast<std::size_t>(points_.begin[row + 1] - 1)]);
        }
        const double area = (right - left + 1) * (points_.y.back() - points_.y.front() + 1);
        return area * static_cast<double>(count_) / (3.0 * static_cast<double>(std::ssize(points_.x)));
    }

    double distance2(Int point, double x, double down2) const {
        const double across = points_.x[static_cast<std::size_t>(point)] - x;
        return across * across + down2;
    }

    double down2(Int row, double y) const {
        const double down = points_.y[static_cast<std::size_t>(row)] - y;
        return down * down;
    }

    // Looks for the last of the nearest among points up to a squared distance, of which those below another one
    // are nearer; tells whether it is there.
    bool look(double x, double y, double low2, double high2) {
        const Int rows = std::ssize(points_.y);
        cuts_.clear();
        ring_.clear();
        sure_ = 0;
        row_ = find_first(0, rows, row_, [&](Int row) { return points_.y[static_cast<std::size_t>(row)] >= y; });
        Int row = row_;
        while (row > 0 && down2(row - 1, y) <= high2) --row;
        for (; row < rows; ++row) {
            const double away2 = down2(row, y);
            if (away2 <= high2)
                cut(row, x, away2, low2, high2);
            else if (row >= row_)
                break;
        }
        const Int rank = count_ - sure_ - 1;
        if (rank < 0 || rank >= std::ssize(ring_)) return false;
        std::nth_element(ring_.begin(), ring_.begin() + rank, ring_.end(), [](auto const& one, auto const& other) {
            return one.distance2 != other.distance2 ? one.distance2 < other.distance2 : one.number < other.number;
        });
        last_ = ring_[static_cast<std::size_t>(rank)];
        return true;
    }

    void cut(Int row, double x, double away2, double low2, double high2) {
        const auto place = static_cast<std::size_t>(row);
        const Int begin = points_.begin[place], end = points_.begin[place + 1];
        auto& [middle, first, stop] = guesses_[place];
        middle = find_first(begin, end, middle, [&](Int k) { return points_.x[static_cast<std::size_t>(k)] >= x; });
        first = find_first(begin, middle, first, [&](Int k) { return distance2(k, x, away2) <= high2; });
        stop = find_first(middle, end, stop, [&](Int k) { return distance2(k, x, away2) > high2; });
        Int inner = first, outer = stop;
        for (; inner < middle; ++inner)
            if (!put_on_ring(inner, x, away2, low2)) break;
        for (; outer > middle; --outer)
            if (!put_on_ring(outer - 1, x, away2, low2)) break;
        sure_ += outer - inner;
        if (first < stop) cuts_.push_back({away2, first, inner, outer, stop});
    }

    bool put_on_ring(Int point, double x, double away2, double low2) {
        const double found = distance2(point, x, away2);
        if (found < low2) return false;
        ring_.push_back({found, points_.number[static_cast<std::size_t>(point)]});
        return true;
    }

    // Lists the nearest of a row.
    void list(double x, Cut const& cut, std::size_t begin, PointRuns& out) const {
        const auto put = [&](Int first, Int stop) {
            if (first >= stop) return;
            if (out.stop.size() > begin && out.stop.back() == first) {
                out.stop.back() = static_cast<std::int32_t>(stop);
                return;
            }
            out.first.push_back(static_cast<std::int32_t>(first));
            out.stop.push_back(static_cast<std::int32_t>(stop));
        };
        const auto put_if_near = [&](Int point) {
            const double found = distance2(point, x, cut.down2);
            if (found < last_.distance2 ||
                (found == last_.distance2 && points_.number[static_cast<std::size_t>(point)] <= last_.number))
                put(point, point + 1);
        };
        for (Int point = cut.first; point < cut.inner; ++point) put_if_near(point);
        put(cut.inner, cut.outer);
        for (Int point = std::max(cut.outer, cut.inner); point < cut.stop; ++point) put_if_near(point);
    }

    PointRows const& points_;
    const Int count_;
    Candidate last_;
    std::vector<Guess> guesses_;
    std::vector<Cut> cuts_;
    std::vector<Candidate> ring_;
    Int row_ = 0, sure_ = 0;
};

// Beside a limit: how many of some values are below it, the largest of these, and the least of the others.
struct Beside {
    Int below;
    double lower, upper;
};

SKYSEG_WIDE
void look_beside(const double* values, double limit, Int n, Beside* __restrict out) {
    Int count = 0;
    double below = -farthest, from = farthest;
    for (Int k = 0; k < n; ++k) {
        const bool is_below = values[k] < limit;
        const double low = is_below ? values[k] : -farthest;
        const double high = is_below ? farthest : values[k];
        count += is_below;
        below = low > below ? low : below;
        from = high < from ? high : from;
    }
    *out = {count, below, from};
}

SKYSEG_WIDE
void measure_deviations_from(const double* values, double middle, double* __restrict out, Int n) {
    for (Int k = 0; k < n; ++k) out[k] = std::fabs(values[k] - middle);
}

// Finds medians of lists that differ little from one to the next.
class Medians {
public:
    Medians(Int count, double density) : count_(count), density_(density) {}

    // The median of as many values: that of the middle, or the mean of the middle two.
    double find(const double* values, double deviation) {
        const Int low_rank = (count_ - 1) / 2, high_rank = count_ / 2;
        const double step = deviation / (density_ * static_cast<double>(count_));
        double low = -farthest, high = farthest;
        for (int k = 0; k < most_steps && low < last_ && last_ < high; ++k) {
            Beside found;
            look_beside(values, last_, count_, &found);
            if (found.below == high_rank)
                return last_ = low_rank == high_rank ? found.upper : (found.lower + found.upper) / 2;
            (found.below < high_rank ? low : high) = last_;
            // a step of one value ends at the median, where no two are equal
            if (found.below == high_rank + 1)
                last_ = found.lower;
            else if (found.below == high_rank - 1)
                last_ = std::nextafter(found.upper, farthest);
            else
                last_ += step * static_cast<double>(high_rank - found.below);
            if (std::abs(found.below - high_rank) > 1 && !(low < last_ && last_ < high)) last_ = (low + high) / 2;
        }
        ordered_.assign(values, values + count_);
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

    const Int count_;
    const double density_;
    std::vector<double> ordered_;
    double last_ = 0.0;
};

// Copies the values of runs of points side by side.
void gather(PointLists const& lists, std::size_t place, std::span<const double> values, double* __restrict out) {
    const Int end = std::ssize(values);
    for (Int run = lists.begin[place]; run < lists.begin[place + 1]; ++run) {
        const Int first = lists.first[static_cast<std::size_t>(run)];
        const Int size = lists.stop[static_cast<std::size_t>(run)] - first;
        const double* from = values.data() + first;
        // some more than there are, which the next ones replace
        if (first + size + at_once <= end)
            for (Int k = 0; k < size; k += at_once) std::copy_n(from + k, at_once, out + k);
        else
            std::copy_n(from, size, out);
        out += size;
    }
}

}  // namespace

PointRuns find_nearest(PointRows const& points, std::span<const double> x, std::span<const double> y, Int count) {
    PointRuns out;
    out.begin.push_back(0);
    NearestPoints nearest(points, count);
    LatticePoints lattice(points, count);
    for (std::size_t place = 0; place < x.size(); ++place)
        if (!lattice.add(x[place], y[place], out)) nearest.add(x[place], y[place], out);
    return out;
}

void measure_deviations(PointLists const& lists, std::span<const double> values, std::span<double> out) {
    const auto room = static_cast<std::size_t>(lists.count + at_once);
    std::vector<double> found(room), away(room);
    Medians middles(lists.count, middle_density), deviations(lists.count, deviation_density);
    double deviation = 0.0;
    for (std::size_t place = 0; place < out.size(); ++place) {
        gather(lists, place, values, found.data());
        const double middle = middles.find(found.data(), deviation);
        measure_deviations_from(found.data(), middle, away.data(), lists.count);
        out[place] = deviation = deviations.find(away.data(), deviation);
    }
}

}  // namespace skyseg
