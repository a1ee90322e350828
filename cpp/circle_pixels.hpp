#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// How much of each pixel of a rectangle lies in a circle: 1 within, 0 beyond, and on its edge the part of
// the pixel's 11 x 11 subpixels inside.
class CirclePixels {
public:
    // Lays a circle on some rows and columns, by its centre among them.
    void lay(Int rows, Int columns, double cx, double cy, double radius);

    // Distance of each row from the centre.
    std::span<const double> down() const { return down_; }
    // The parts of a row; behind its last pixel what follows is finite.
    const double* parts(Int y) const { return &parts_[y * stride_]; }

private:
    // Sets the parts of a row, each of its pixels by itself.
    void set_row(Int y, double cx, double radius);

    std::vector<double> down_, parts_;
    std::vector<std::int32_t> first_, stop_, usual_, left_, right_;
    Int stride_ = 0;
};

}  // namespace skyseg
