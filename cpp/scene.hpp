#pragma once

#include "arrays.hpp"

namespace skyseg {

// See `Scene` in engine/scene.py.
struct Scene {
    ImageView<const float> image, variance;
    ImageView<const std::int32_t> owner;
    Int top, left, ny, nx;
};

// What stands for the pixels that are not the source's own (MASK_TYPE): they themselves, zeros,
// or those opposite the centre.
enum class Mask : int { none = 0, blank = 1, correct = 2 };

// Pixels around a centre, cut at the edge of the image.
struct Box {
    Int x0, x1, y0, y1;
    bool cut;         // by the edge of the image
    bool circle_cut;  // the same of a circle, which may have a pixel beyond the left and lower edge
    bool held;        // all of it, and what mirrors it, by the scene

    Box() : x0(0), x1(0), y0(0), y1(0), cut(false), circle_cut(false), held(true) {}
    Box(Scene const& scene, double cx, double cy, double rx, double ry);

    Int width() const { return x1 > x0 ? x1 - x0 : 0; }
    Int height() const { return y1 > y0 ? y1 - y0 : 0; }
    bool same_pixels(Box const& other) const { return holds(other) && other.holds(*this); }
    bool holds(Box const& other) const { return x0 <= other.x0 && other.x1 <= x1 && y0 <= other.y0 && other.y1 <= y1; }
};

// Values and variances to use for the pixels of a box, and which are the source's own.
struct Patch {
    ImageView<const float> values, noise;
    ImageView<const bool> own;
};

// The pixels around a centre, as they are to be used for a source.
struct CutOut {
    Box box;
    Image<float> values, noise;
    Image<bool> own;
    Int masked;  // pixels that are not the source's own

    CutOut() : values(0, 0), noise(0, 0), own(0, 0), masked(0) {}
    CutOut(Scene const& scene, Int number, Mask mask, Box const& pixels, double cx, double cy);
    // A copy of a part of another one.
    CutOut(CutOut const& whole, Box const& pixels);

    Patch patch(Box const& part) const;
    // Replaces what is not the source's own by what lies opposite the centre.
    void mirror(Scene const& scene, Int number, double cx, double cy);
};

}  // namespace skyseg
