// The points nearest to places, among those of the cells that a disc touches.
#include "nearest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr Int buckets = 256;
// more than what distances are rounded by
constexpr double margin = 1e-6;

struct Disc {
    double x, y, radius;
};

struct Candidate {
    double distance2;
    Int number;
};

Int cell_of(double place, double first, double side, Int cells) {
    return truncated(std::floor((place - first) / side), Int{0}, cells - 1);
}

double squared_distance(PointCells const& cells, Int point, double x, double y) {
    const auto at = static_cast<std::size_t>(point);
    const double dx = cells.x[at] - x, dy = cells.y[at] - y;
    return dx * dx + dy * dy;
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

// Chooses the last of the nearest of some candidates.
class Chooser {
public:
    Candidate choose(std::span<const Candidate> given, Int count) {
        double most2 = 0;
        for (auto const& each : given) most2 = std::max(most2, each.distance2);
        const double scale = most2 > 0 ? static_cast<double>(buckets) / most2 : 0.0;
        const auto bucket_of = [scale](Candidate const& each) {
            return static_cast<std::size_t>(truncated(each.distance2 * scale, Int{0}, buckets - 1));
        };
        held_.fill(0);
        for (auto const& each : given) ++held_[bucket_of(each)];
        std::size_t bucket = 0;
        while (bucket < buckets - 1 && count > held_[bucket]) count -= held_[bucket++];
        some_.clear();
        for (auto const& each : given)
            if (bucket_of(each) == bucket) some_.push_back(each);
        const auto wanted = some_.begin() + (count - 1);
        std::nth_element(some_.begin(), wanted, some_.end(), [](Candidate const& one, Candidate const& other) {
            return one.distance2 != other.distance2 ? one.distance2 < other.distance2 : one.number < other.number;
        });
        return *wanted;
    }

private:
    std::array<Int, buckets> held_;
    std::vector<Candidate> some_;
};

// Lists the points within a distance of a place; all of them where that has too few, as it has where
// points are not in their cells.
class Lister {
public:
    std::span<const Candidate> list(PointCells const& cells, Disc disc, Int least) {
        const double most = disc.radius * (1 + margin) + margin, most2 = most * most;
        count_ = 0;
        visit_disc(cells, disc, [&](Int first, Int stop) { add(cells, disc, first, stop, most2); });
        if (count_ < least) {
            count_ = 0;
            add(cells, disc, 0, std::ssize(cells.x), std::numeric_limits<double>::infinity());
        }
        return part(std::span<const Candidate>(near_), 0, count_);
    }

private:
    void add(PointCells const& cells, Disc disc, Int first, Int stop, double within2) {
        if (count_ + stop - first > std::ssize(near_))
            near_.resize(static_cast<std::size_t>(2 * (count_ + stop - first)));
        auto* out = near_.data();
        Int count = count_;
        for (Int point = first; point < stop; ++point) {
            const double distance2 = squared_distance(cells, point, disc.x, disc.y);
            out[count] = {distance2, cells.number[static_cast<std::size_t>(point)]};
            count += distance2 <= within2;
        }
        count_ = count;
    }

    std::vector<Candidate> near_;
    Int count_ = 0;
};

}  // namespace

void find_reach(PointCells const& cells, std::span<const double> x, std::span<const double> y, Int count,
                std::span<double> reach2, std::span<Int> last) {
    Lister lister;
    Chooser chooser;
    for (std::size_t place = 0; place < x.size(); ++place) {
        double radius = farthest_corner(cells, x[place], y[place]);
        if (place > 0) {
            // as many points are within the reach of the place before and the way from there
            const double way = std::hypot(x[place] - x[place - 1], y[place] - y[place - 1]);
            radius = std::min(radius, std::sqrt(reach2[place - 1]) + way);
        }
        const auto chosen = chooser.choose(lister.list(cells, {x[place], y[place], radius}, count), count);
        reach2[place] = chosen.distance2;
        last[place] = chosen.number;
    }
}

void gather_within(PointCells const& cells, std::span<const double> x, std::span<const double> y,
                   std::span<const double> reach2, std::span<const Int> last, std::span<const double> values,
                   ImageView<double> out) {
    std::vector<double> found;
    for (std::size_t place = 0; place < x.size(); ++place) {
        const double within2 = reach2[place];
        const Int last_there = last[place];
        Int count = 0;
        visit_disc(cells, {x[place], y[place], std::sqrt(within2)}, [&](Int first, Int stop) {
            if (count + stop - first > std::ssize(found))
                found.resize(static_cast<std::size_t>(2 * (count + stop - first)));
            auto* next = found.data() + count;
            for (Int point = first; point < stop; ++point) {
                const auto at = static_cast<std::size_t>(point);
                const double distance2 = squared_distance(cells, point, x[place], y[place]);
                *next = values[at];
                next += (distance2 < within2) | ((distance2 == within2) & (cells.number[at] <= last_there));
            }
            count = next - found.data();
        });
        const auto row = out.row(static_cast<Int>(place));
        const auto taken = std::min(count, std::ssize(row));
        std::copy_n(found.begin(), taken, row.begin());
        std::fill(row.begin() + taken, row.end(), std::numeric_limits<double>::quiet_NaN());
    }
}

}  // namespace skyseg
