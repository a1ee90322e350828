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

// Finds how far the nearest points of each of some places are: the squared distance of the last of
// `count`, and its number. Of points at one distance those of lower numbers are nearer. It is the
// quicker the nearer each place is to the one before it.
void find_reach(PointCells const& cells, std::span<const double> x, std::span<const double> y, Int count,
                std::span<double> reach2, std::span<Int> last);

// Lists a value of each of the points that `find_reach` has found, a row a place.
void gather_within(PointCells const& cells, std::span<const double> x, std::span<const double> y,
                   std::span<const double> reach2, std::span<const Int> last, std::span<const double> values,
                   ImageView<double> out);

}  // namespace skyseg
