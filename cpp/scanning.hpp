#pragma once

#include <array>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Positions of four of the neighbours of each pixel; -1 where there is none.
using Neighbours = std::vector<std::array<Int, 4>>;

inline Int root_of(std::vector<Int>& parent, Int i) {
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

std::vector<Int> scan_order(std::span<const Int> index, Int width);
std::vector<Int> run_begins(std::span<const Int> index, Int width);
Neighbours earlier_neighbours(std::span<const Int> own, Int width);
Neighbours later_neighbours(Neighbours const& near);

}  // namespace skyseg
