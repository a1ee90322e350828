#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "nearest.hpp"

namespace skyseg {

// Finds the nearest points of places where both lie on one square lattice, of which each row is bits: discs on it
// have the same masks everywhere.
class LatticePoints {
public:
    LatticePoints(PointRows const& points, Int count);

    // Appends the list of a place; false where it is not found this way, and nothing is appended.
    bool add(double x, double y, PointRuns& out);

private:
    static constexpr Int half = 31, wide = 2 * half + 1;

    bool lie_on_lattice(PointRows const& points);
    void set_bits(PointRows const& points);
    bool find_disc(Int row, Int column);
    void read(Int row, Int column, Int reach);
    void list(PointRuns& out) const;

    const Int count_;
    double left_ = 0.0, top_ = 0.0, side_ = 0.0;
    Int rows_ = 0, columns_ = 0, stride_ = 0;
    std::vector<std::uint64_t> words_;
    std::vector<std::int32_t> before_;  // points before each word
    // the lattice around a place, and the points of it that are the nearest
    std::array<std::uint64_t, wide> around_{}, chosen_{};
    std::array<std::int32_t, wide> before_around_{};
    Int reach_ = 0;
    std::size_t disc_ = 0;  // up to whose edge the last nearest are
};

}  // namespace skyseg
