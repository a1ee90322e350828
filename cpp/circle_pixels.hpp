#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// A pixel on the edge of a circle, and the part of its subpixels inside.
struct EdgePixel {
    std::int32_t y, x;
    double part;
};

// Pixels of a rectangle in a circle: those that lie in it whole, and those on its edge. A pixel is
// cut into 11 x 11 subpixels.
class CirclePixels {
public:
    // Lays a circle on some rows and columns, by its centre among them.
    void lay(Int rows, Int columns, double cx, double cy, double radius);

    // Distance of each row from the centre.
    std::span<const double> down() const { return down_; }
    // Pixels of each row that lie in the circle whole: the first, and the one after the last.
    std::span<const std::int32_t> first() const { return whole_.first; }
    std::span<const std::int32_t> stop() const { return whole_.stop; }
    // Pixels on the edge, along the rows: of all rows, of those above the centre, and of the others.
    std::span<const EdgePixel> edge() const { return part(std::span(edge_), 0, count_); }
    std::span<const EdgePixel> edge_above() const { return part(edge(), 0, above_); }
    std::span<const EdgePixel> edge_below() const { return part(edge(), above_, count_); }

private:
    struct Chords {
        std::vector<std::int32_t> first, stop;
    };

    void set_chords(Int columns, double cx, double radius, Chords& out) const;
    void list_edge(double cx);
    void set_parts(double radius);

    std::vector<double> down_, half_chords_, distances_;
    std::vector<int> counts_;
    std::vector<EdgePixel> edge_;
    Chords touched_, whole_;
    Int count_ = 0, above_ = 0;  // pixels on the edge
};

}  // namespace skyseg
