#pragma once

#include <array>

#include "arrays.hpp"

namespace skyseg {

// Positions of four of the neighbours of each pixel; -1 where there is none.
using Neighbours = List<std::array<Int, 4>>;

inline Int root_of(List<Int>& parent, Int i) {
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

List<Int> scan_order(Row<const Int> index, Int width);
List<Int> run_begins(Row<const Int> index, Int width);
Neighbours earlier_neighbours(Row<const Int> own, Int width);
Neighbours later_neighbours(Neighbours const& near);
Image<Int> neighbours(Row<const Int> own, Int width);

}  // namespace skyseg
