// What apertures are laid on: pixels, who owns them, and what stands for a masked one.
#include "scene.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "bad_pixels.hpp"
#include "whole_numbers.hpp"

namespace skyseg {

static Int floor_of(double value) { return truncated(std::floor(value)); }

Box::Box(Scene const& scene, double cx, double cy, double rx, double ry)
    : x0(floor_of(cx - rx + 0.5)), x1(floor_of(cx + rx + 0.5) + 1), y0(floor_of(cy - ry + 0.5)),
      y1(floor_of(cy + ry + 0.5) + 1) {
    const bool beyond = x1 > scene.nx || y1 > scene.ny;
    cut = beyond || x0 < 0 || y0 < 0;
    circle_cut = beyond || x0 < -1 || y0 < -1;
    x0 = std::clamp(x0, Int{0}, scene.nx);
    y0 = std::clamp(y0, Int{0}, scene.ny);
    x1 = std::clamp(x1, Int{0}, scene.nx);
    y1 = std::clamp(y1, Int{0}, scene.ny);
    held = scene.left <= std::max(x0 - 1, Int{0}) && std::min(x1 + 1, scene.nx) <= scene.left + scene.image.columns &&
           scene.top <= std::max(y0 - 1, Int{0}) && std::min(y1 + 1, scene.ny) <= scene.top + scene.image.rows;
}

// Copies a row, with zeros for what is not the source's own, and counts the others.
SKYSEG_SHORT
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

// Has some values brought into the processor's cache, where the compiler knows how.
template <class T>
static void fetch_row([[maybe_unused]] ImageView<const T> const& image, [[maybe_unused]] Int y, [[maybe_unused]] Int x0,
                      [[maybe_unused]] Int x1) {
#if defined(__GNUC__)
    constexpr Int line = 64 / sizeof(T);
    for (Int x = x0; x < x1; x += line) __builtin_prefetch(&image(y, x));
    __builtin_prefetch(&image(y, x1 - 1));
#endif
}

// Pixels of a box, with room for a register to be read from the last of them on.
static Image<float> room_for(Box const& box) {
    const Int count = box.height() * box.width();
    Image<float> out;
    out.values = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(count + register_width));
    std::fill_n(out.values.get() + count, register_width, 0.0f);
    out.rows = box.height();
    out.columns = box.width();
    return out;
}

CutOut::CutOut(Scene const& scene, Int number, Mask mask, Box const& pixels, double cx, double cy)
    : box(pixels), values(room_for(box)), noise(room_for(box)), own(box.height(), box.width()),
      masked(box.height() * box.width()) {
    // a processor does not guess where the next rows of a box begin
    constexpr Int ahead = 4;
    const Int x = box.x0 - scene.left, stop = x + box.width();
    for (Int j = 0; j < box.height(); ++j) {
        const Int y = box.y0 - scene.top + j;
        if (j + ahead < box.height() && stop > x) {
            fetch_row(scene.image, y + ahead, x, stop);
            fetch_row(scene.variance, y + ahead, x, stop);
            fetch_row(scene.owner, y + ahead, x, stop);
        }
        masked -=
            copy_row(&scene.image(y, x), &scene.variance(y, x), &scene.owner(y, x), static_cast<std::int32_t>(number),
                     mask == Mask::none, values.row(j).data(), noise.row(j).data(), own.row(j).data(), box.width());
    }
    if (masked > 0 && mask == Mask::correct) mirror(scene, number, cx, cy);
}

template <class T>
static void copy(ImageView<const T> from, Image<T> const& to) {
    for (Int y = 0; y < from.rows; ++y) std::ranges::copy(from.row(y), to.row(y).begin());
}

CutOut::CutOut(CutOut const& whole, Box const& pixels)
    : box(pixels), values(room_for(box)), noise(room_for(box)), own(box.height(), box.width()), masked(0) {
    const auto from = whole.patch(box);
    copy(from.values, values);
    copy(from.noise, noise);
    copy(from.own, own);
    for (Int y = 0; y < from.own.rows; ++y) masked += std::ranges::count(from.own.row(y), false);
}

Patch CutOut::patch(Box const& part) const {
    const auto cut = [&](auto const& image) {
        return image.view().part(part.y0 - box.y0, part.y0 - box.y0 + part.height(), part.x0 - box.x0,
                                 part.x0 - box.x0 + part.width());
    };
    return {cut(values), cut(noise), cut(own)};
}

// Where pixels from `first` on have their mirror images in a scene, -1 where they have none.
static std::vector<Int> opposite(Int first, Int count, double centre, Int scene_first, Int scene_count) {
    std::vector<Int> out(count);
    for (Int i = 0; i < count; ++i) {
        const auto place = truncated(2.0 * centre + 0.49999 - static_cast<double>(first + i));
        out[i] = place >= scene_first && place < scene_first + scene_count ? place - scene_first : -1;
    }
    return out;
}

void CutOut::mirror(Scene const& scene, Int number, double cx, double cy) {
    const auto columns = opposite(box.x0, own.columns, cx, scene.left, scene.image.columns);
    const auto rows = opposite(box.y0, own.rows, cy, scene.top, scene.image.rows);
    for (Int y = 0; y < own.rows; ++y) {
        const auto* is_own = bytes_of(own.row(y));
        float *to_values = values.row(y).data(), *to_noise = noise.row(y).data();
        const Int my = rows[y], row = std::max(my, Int{0});
        const float *image = &scene.image(row, 0), *variance = &scene.variance(row, 0);
        const std::int32_t* owner = &scene.owner(row, 0);
        for (Int x = 0; x < own.columns; ++x) {
            const void* next = std::memchr(is_own + x, 0, static_cast<std::size_t>(own.columns - x));
            if (!next) break;
            // those that are masked lie side by side for the most part
            for (x = static_cast<const unsigned char*>(next) - is_own; x < own.columns && !is_own[x]; ++x) {
                const Int mx = columns[x], at = std::max(mx, Int{0});
                const bool is_there = my >= 0 && mx >= 0;
                const bool is_free = variance[at] < bad_variance && (owner[at] == 0 || owner[at] == number);
                to_values[x] = is_there && is_free ? image[at] : 0.0f;
                to_noise[x] = is_there && is_free ? variance[at] : 0.0f;
            }
        }
    }
}

}  // namespace skyseg
