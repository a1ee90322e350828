#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// Squared distances from the centre along one axis: of pixels, and of their subpixels. In
// single precision throughout, which decides for subpixels on the very edge.
struct Squares {
    std::vector<float> pixels, parts;
    // the pixel that is the nearest to the centre, those before it and those from it on; behind these
    // some an infinite distance away, so that they fill registers
    Int nearest;
    std::vector<float> before, after;

    Squares(Int first, Int count, double centre);
};

struct CircleSums {
    double light = 0.0, variance = 0.0, area = 0.0;
};

// A circle on the pixels of a box: those that lie in it whole, and those near its edge, which count by
// the part of their 5 x 5 subpixels inside.
class LaidCircle {
public:
    void lay(Squares const& across, Squares const& down, double radius);
    CircleSums sum(ImageView<const float> light, ImageView<const float> variance);
    double sum_light(ImageView<const float> light);

private:
    // Pixels of each row: the first, and the one after the last.
    struct Chords {
        std::vector<std::int32_t> first, stop;
    };
    void list_edge();
    // The rows that it touches, with room for their sums.
    ImageView<const float> rows_of(ImageView<const float> image);

    Int top_ = 0;
    Chords touched_, whole_;
    std::vector<std::size_t> edge_stop_;  // of each row, behind its last pixel near the edge
    // pixels near the edge, and how many of their subpixels are inside
    std::vector<std::int32_t> columns_, lines_, counts_;
    std::vector<double> sums_, noise_sums_;
};

// Light in circles of one radius on an image; NaN where a centre is not finite.
void sum_circles(ImageView<const float> image, std::span<const double> x, std::span<const double> y, double radius,
                 std::span<double> out);

}  // namespace skyseg
