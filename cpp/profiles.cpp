// Radii of circles that hold parts of the light of each source.
#include "profiles.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "flags.hpp"
#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr int subpixels = 5;
constexpr int growth_steps = 64;
constexpr int growth_block = 8;
constexpr double growth_reach = 6.0;
constexpr double smallest_half_light = 0.5;

using Curve = std::array<double, growth_steps>;

// Subpixels of a row of pixels that radii cut: first ones beyond both ends of their chords, of each row of
// subpixels and each radius of a block; both alike where a radius does not reach the row.
struct Cuts {
    std::int32_t left[subpixels][growth_block], right[subpixels][growth_block];
};

// Cuts of a row at a distance from the centre by radii that are the multiples of a step which follow the one of
// number `begin`. There are `count` subpixels in a row of them.
SKYSEG_SHORT
void set_cuts(double step, double dy, double centre, int begin, std::int32_t count, Cuts& cuts) {
    const auto beyond = [count](double position) { return truncated(position + 1.0, std::int32_t{0}, count); };
    for (int j = 0; j < subpixels; ++j) {
        const double sy = dy + (j + 0.5) / subpixels - 0.5;
        const int first = truncated(std::fabs(sy) / step, begin, begin + growth_block) - begin;
        for (int k = 0; k < growth_block; ++k) {
            const double radius = (begin + k + 1) * step;
            const double chord2 = radius * radius - sy * sy;
            const double half = std::sqrt(chord2 > 0.0 ? chord2 : 0.0) * subpixels;
            const auto left = beyond(centre - half), right = beyond(centre + half);
            cuts.left[j][k] = left;
            cuts.right[j][k] = k < first ? left : right;
        }
    }
}

// Light within the radii of a block, in steps, around a position among the values. A pixel is cut into
// subpixels. Those of one row that lie in a circle follow each other, so that their light is a difference of
// two running sums.
void grow(ImageView<const float> values, double cx, double cy, double step, int begin, double* curve) {
    const double centre = (cx + 0.5) * subpixels - 0.5, radius = (begin + growth_block) * step;
    const Int first_row = truncated(std::floor(cy - radius), Int{0}, values.rows);
    const Int stop_row = std::min(truncated(std::floor(cy + radius)) + 2, values.rows);
    const Int columns = truncated(cx + radius + 3.0, Int{0}, values.columns);
    std::vector<double> running(columns * subpixels + 1);
    Cuts cuts;
    std::fill_n(curve, growth_block, 0.0);
    for (Int y = first_row; y < stop_row; ++y) {
        const float* row = &values(y, 0);
        for (Int x = 0; x < columns; ++x) {
            const double v = row[x];
            double* at = &running[x * subpixels];
            for (int i = 0; i < subpixels; ++i) at[i + 1] = at[0] + (i + 1) * v;
        }
        set_cuts(step, static_cast<double>(y) - cy, centre, begin, static_cast<std::int32_t>(columns * subpixels),
                 cuts);
        for (int j = 0; j < subpixels; ++j)
            for (int k = 0; k < growth_block; ++k) curve[k] += running[cuts.right[j][k]] - running[cuts.left[j][k]];
    }
    for (int k = 0; k < growth_block; ++k) curve[k] /= subpixels * subpixels;
}

// Radius that holds some light, between two steps of the growth curve. Where the light is not
// reached before the curve's last step, SExtractor prolongs the curve from there by what it
// rose in the step before the last.
double radius_of(Curve const& curve, double light, double limit) {
    const double step = limit / growth_steps;
    int i = 0;
    while (i < growth_steps - 1 && curve[i] < light) ++i;
    if (i == 0) return curve[0] != 0.0 ? std::min(step * light / curve[0], limit) : 0.0;
    const int above = std::min(i, growth_steps - 2);
    const double rise = curve[above] - curve[above - 1];
    return std::min(step * (i + (rise != 0.0 ? (light - curve[above - 1]) / rise : 0.0)), limit);
}

// A curve that falls has no radius beyond its end: what is prolonged beyond the centre is as far
// as the curve was followed.
double not_negative(double radius, double limit) { return radius < 0.0 ? limit : radius; }

}  // namespace

double growth_limit(Source const& source, Rules const& rules) {
    return std::max(growth_reach * source.a, rules.first_circle);
}

double measure_light_radii(Scene const& scene, CutOut const& cut, Source const& source, double total,
                           Rules const& rules, std::span<double> radii, Int& flags) {
    const double limit = growth_limit(source, rules), step = limit / growth_steps;
    const Box box(scene, source.x, source.y, limit + 1.5, limit + 1.5);
    if (box.circle_cut) flags |= flag::aperture_incomplete;
    const auto values = cut.patch(box).values;
    const double x = source.x - static_cast<double>(box.x0), y = source.y - static_cast<double>(box.y0);
    const double wanted = std::max(*std::ranges::max_element(rules.light_parts), 0.5) * total;
    Curve curve{};
    for (int begin = 0; begin < growth_steps; begin += growth_block) {
        const auto from = curve.begin() + begin;
        grow(values, x, y, step, begin, &*from);
        if (*std::max_element(from, from + growth_block) >= wanted) break;
    }
    std::ranges::transform(rules.light_parts, radii.begin(),
                           [&](double part) { return not_negative(radius_of(curve, part * total, limit), limit); });
    return std::max(std::fabs(radius_of(curve, 0.5 * total, limit)), smallest_half_light);
}

}  // namespace skyseg
