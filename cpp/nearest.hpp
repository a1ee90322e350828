#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Points by rows of one y each, of ascending x: where they are, and which number each had.
struct PointRows {
    std::span<const double> x;
    std::span<const Int> number;
    std::span<const double> y;   // of each row, ascending
    std::span<const Int> begin;  // where the points of each row begin, and the last ones end
};

// Lists of points, a list a place, as runs of points that follow each other.
struct PointRuns {
    std::vector<std::int32_t> first, stop;
    std::vector<Int> begin;  // where the runs of each place begin, and the last ones end
};

// Finds the `count` points nearest to each of some places. Of points at one distance those of lower
// numbers are nearer. It is the quicker the nearer each place is to the one before it.
PointRuns find_nearest(PointRows const& points, std::span<const double> x, std::span<const double> y, Int count);

// Points of some places, as `find_nearest` lists them: `count` of each.
struct PointLists {
    std::span<const std::int32_t> first, stop;
    std::span<const Int> begin;
    Int count;
};

// Median absolute deviation of the values of the points of each place.
void measure_deviations(PointLists const& lists, std::span<const double> values, std::span<double> out);

}  // namespace skyseg
