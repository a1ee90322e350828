#pragma once

#include <cstdint>
#include <span>

#include "arrays.hpp"

namespace skyseg {

// Points in square cells, by rows of cells: where they are, and which number each had.
struct PointCells {
    std::span<const double> x, y;
    std::span<const Int> number;
    std::span<const Int> begin;  // where the points of each cell begin, and the last ones end
    double left, top, side;
    Int rows, columns;
};

// Median absolute deviation of the values of the `count` points nearest to each of some places. Of points
// at one distance those of lower numbers are nearer. It is the quicker the nearer each place is to the one
// before it.
void measure_deviations(PointCells const& cells, std::span<const double> x, std::span<const double> y, Int count,
                        std::span<const double> values, std::span<double> out);

}  // namespace skyseg
