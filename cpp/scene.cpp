// What apertures are laid on: pixels, who owns them, and what stands for a masked one.
#include "scene.hpp"

#include <algorithm>
#include <cmath>

#include "maps.hpp"

namespace skyseg {

static Int floor_of(double value) { return static_cast<Int>(std::floor(value)); }

Box::Box(Scene const& scene, double cx, double cy, double rx, double ry)
    : x0(floor_of(cx - rx + 0.5)), x1(floor_of(cx + rx + 0.5) + 1), y0(floor_of(cy - ry + 0.5)),
      y1(floor_of(cy + ry + 0.5) + 1) {
    // less than half a pixel beyond the left or lower edge does not count as cut
    cut = x0 < -1 || y0 < -1 || x1 > scene.nx || y1 > scene.ny;
    x0 = std::max(x0, Int{0});
    y0 = std::max(y0, Int{0});
    x1 = std::min(x1, scene.nx);
    y1 = std::min(y1, scene.ny);
    held = scene.left <= std::max(x0 - 1, Int{0}) &&
           std::min(x1 + 1, scene.nx) <= scene.left + scene.image.columns &&
           scene.low <= std::max(y0 - 1, Int{0}) && std::min(y1 + 1, scene.ny) <= scene.low + scene.image.rows;
}

// Copies a row, with zeros for what is not the source's own, and counts the others.
SKYSEG_WIDE
static int copy_row(const float* image, const float* variance, const std::int32_t* owner, std::int32_t name,
                    bool anyone, float* __restrict values, float* __restrict noise, bool* __restrict own, Int n) {
    int count = 0;
    for (Int i = 0; i < n; ++i) {
        const bool free = (variance[i] < bad_variance) & (anyone | (owner[i] == 0) | (owner[i] == name));
        own[i] = free;
        values[i] = free ? image[i] : 0.0f;
        noise[i] = free ? variance[i] : 0.0f;
        count += free;
    }
    return count;
}

CutOut::CutOut(Scene const& scene, Int number, int mask, Box const& box, double cx, double cy)
    : values(box.height(), box.width()), noise(box.height(), box.width()), own(box.height(), box.width()),
      masked(box.height() * box.width()) {
    for (Int j = 0; j < box.height(); ++j) {
        const Int y = box.y0 - scene.low + j, x = box.x0 - scene.left;
        masked -= copy_row(&scene.image(y, x), &scene.variance(y, x), &scene.owner(y, x),
                           static_cast<std::int32_t>(number), mask == unmasked, values.row(j).data(),
                           noise.row(j).data(), own.row(j).data(), box.width());
    }
    if (masked > 0 && mask == mirrored) mirror(scene, number, box, cx, cy);
}

void CutOut::mirror(Scene const& scene, Int number, Box const& box, double cx, double cy) {
    for (Int y = 0; y < own.rows; ++y) {
        for (Int x = 0; x < own.columns; ++x) {
            if (own(y, x)) continue;
            values(y, x) = noise(y, x) = 0.0f;
            const auto mx = static_cast<Int>(2.0 * cx + 0.49999 - static_cast<double>(box.x0 + x));
            const auto my = static_cast<Int>(2.0 * cy + 0.49999 - static_cast<double>(box.y0 + y));
            if (mx < 0 || my < 0 || mx >= scene.nx || my >= scene.ny) continue;
            const float variance = scene.variance(my - scene.low, mx - scene.left);
            const auto owner = scene.owner(my - scene.low, mx - scene.left);
            if (!(variance < bad_variance && (owner == 0 || owner == number))) continue;
            values(y, x) = scene.image(my - scene.low, mx - scene.left);
            noise(y, x) = variance;
        }
    }
}

}  // namespace skyseg
