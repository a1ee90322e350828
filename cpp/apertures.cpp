// Light in circles, and in Kron and Petrosian ellipses.
#include "apertures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "circle_sums.hpp"
#include "flags.hpp"
#include "whole_numbers.hpp"

namespace skyseg {

namespace {

// a tenth of an aperture that is a neighbour's, or bad, crowds it
constexpr Int crowding = 10;
constexpr double kron_reach = 6.0;
// rings out to the reach of the first ellipse, which is cut into steps
constexpr int petro_steps = 20, petro_rings = 16;
constexpr double petro_middle = 1.1, petro_width = 1.2;
constexpr double petro_density = 0.2;

// Photon noise of the pixels that a circle touches, in full on its edge too: those in its box
// whose centres lie within its radius and 3/4 of a pixel.
double photons_of(Patch const& patch, Box const& box, Source const& source, double radius, Rules const& rules) {
    const double cx = source.x, cy = source.y, reach = radius + 0.75;
    double photons = 0.0;
    for (Int y = 0; y < patch.values.rows; ++y) {
        const auto py = static_cast<double>(box.y0 + y);
        if (std::floor(cy - radius + 0.5) > py || py > std::floor(cy + radius + 0.5)) continue;
        for (Int x = 0; x < patch.values.columns; ++x) {
            const auto px = static_cast<double>(box.x0 + x);
            if (std::floor(cx - radius + 0.5) > px || px > std::floor(cx + radius + 0.5)) continue;
            if ((px - cx) * (px - cx) + (py - cy) * (py - cy) < reach * reach)
                photons += rules.gain.photons_in_sum(patch.values(y, x), patch.noise(y, x));
        }
    }
    return photons;
}

// Calls with each pixel of a box within an ellipse around a centre, and its squared radius.
template <class Use>
void for_pixels(Box const& box, Aperture const& aperture, Source const& source, Use use) {
    const double limit = aperture.reach * aperture.reach;
    for (Int y = 0; y < box.height(); ++y) {
        const double dy = static_cast<double>(box.y0 + y) - source.y;
        for (Int x = 0; x < box.width(); ++x) {
            const double r2 = aperture.radius2(static_cast<double>(box.x0 + x) - source.x, dy);
            if (r2 <= limit) use(y, x, r2);
        }
    }
}

// A row of an ellipse: the squared radius of its pixels, by their places along the row.
struct EllipseRow {
    double cxx, cxy, row_term, dy, limit, first, centre;

    EllipseRow(Box const& box, Aperture const& aperture, Source const& source, Int y)
        : cxx(aperture.cxx), cxy(aperture.cxy), dy(static_cast<double>(box.y0 + y) - source.y),
          limit(aperture.reach * aperture.reach), first(static_cast<double>(box.x0)), centre(source.x) {
        row_term = aperture.cyy * dy * dy;
    }

    double radius2(std::int32_t x) const {
        const double dx = (first + static_cast<double>(x)) - centre;
        return cxx * dx * dx + row_term + cxy * dx * dy;
    }

    struct Part {
        std::int32_t begin, stop;

        // The same and others beside them, so that they fill registers.
        Part filled(Int width) const {
            constexpr auto lanes = static_cast<std::int32_t>(register_width);
            return {begin / lanes * lanes,
                    std::min((stop + lanes - 1) / lanes * lanes, static_cast<std::int32_t>(width))};
        }
    };

    // Pixels of the row, of so many, that may lie in the ellipse: all that do, and a few beside them.
    Part near(Int width) const {
        constexpr double farthest = 1e7;
        const auto all = static_cast<std::int32_t>(width);
        const double middle = -0.5 * cxy * dy / cxx, square = middle * middle - (row_term - limit) / cxx;
        const double half = std::sqrt(std::max(square, 0.0)) + 2.0;
        if (!(cxx > 0.0 && std::fabs(middle) < farthest && half < farthest)) return {0, all};
        const double at = centre - first + middle;
        return {truncated(at - half, 0, all), std::min(truncated(at + half, 0, all) + 1, all)};
    }
};

// What the pixels of a row that lie in an ellipse add to two sums; others add nothing.
struct Terms {
    std::vector<double> first, second;

    explicit Terms(Int width) : first(width), second(width) {}

    // Adds them one after the other.
    void add_to(double& one, double& other, EllipseRow::Part part) const {
        double sum = one, second_sum = other;
        for (std::int32_t x = part.begin; x < part.stop; ++x) {
            sum += first[x];
            second_sum += second[x];
        }
        one = sum;
        other = second_sum;
    }
};

// Pixels in an aperture, and those of them that are not the source's to use.
struct Counts {
    Int area = 0, bad = 0;
};

inline void set_moments(EllipseRow const& row, EllipseRow::Part part, const float* values, const unsigned char* own,
                        double* __restrict moment, double* __restrict light, Counts& counts) {
    std::int32_t area = 0, bad = 0;
    for (std::int32_t x = part.begin; x < part.stop; ++x) {
        const double r2 = row.radius2(x), value = values[x];
        const bool is_in = r2 <= row.limit, is_own = own[x] != 0, counts_here = is_in & is_own;
        area += is_in;
        bad += is_in & !is_own;
        const double term = std::sqrt(counts_here ? r2 : 0.0) * value;
        moment[x] = counts_here ? term : 0.0;
        light[x] = counts_here ? value : 0.0;
    }
    counts.area += area;
    counts.bad += bad;
}

inline void set_light(EllipseRow const& row, EllipseRow::Part part, const float* values, const float* noise,
                      const unsigned char* own, double* __restrict light, double* __restrict variance, Counts& counts) {
    std::int32_t area = 0, bad = 0;
    for (std::int32_t x = part.begin; x < part.stop; ++x) {
        const bool is_in = row.radius2(x) <= row.limit, is_own = own[x] != 0;
        area += is_in;
        bad += is_in & !is_own;
        light[x] = is_in ? values[x] : 0.0;
        variance[x] = is_in ? noise[x] : 0.0;
    }
    counts.area += area;
    counts.bad += bad;
}

// Two sums over an ellipse, and its pixels.
struct EllipseSums {
    double first = 0.0, second = 0.0;
    Counts counts;
};

// Sums of light times radius and of light.
SKYSEG_SHORT
void add_moments(Patch const& patch, Box const& box, Aperture const& aperture, Source const& source, Terms& terms,
                 EllipseSums& sums) {
    for (Int y = 0; y < patch.values.rows; ++y) {
        const EllipseRow row(box, aperture, source, y);
        const auto part = row.near(patch.values.columns);
        set_moments(row, part.filled(patch.values.columns), &patch.values(y, 0), bytes_of(patch.own.row(y)),
                    terms.first.data(), terms.second.data(), sums.counts);
        terms.add_to(sums.first, sums.second, part);
    }
}

// Sums of light and of variance, with that of photons.
SKYSEG_SHORT
void add_light(Patch const& patch, Box const& box, Aperture const& aperture, Source const& source, Gain const& gain,
               Terms& terms, EllipseSums& sums) {
    const bool has_photons = gain.is_known() && gain.weighted;
    for (Int y = 0; y < patch.values.rows; ++y) {
        const EllipseRow row(box, aperture, source, y);
        const auto part = row.near(patch.values.columns);
        const float *values = &patch.values(y, 0), *noise = &patch.noise(y, 0);
        set_light(row, part.filled(patch.values.columns), values, noise, bytes_of(patch.own.row(y)), terms.first.data(),
                  terms.second.data(), sums.counts);
        for (std::int32_t x = part.begin; has_photons && x < part.stop; ++x)
            if (row.radius2(x) <= row.limit) terms.second[x] += gain.photons_in_sum(values[x], noise[x]);
        terms.add_to(sums.first, sums.second, part);
    }
}

bool is_crowded(Int bad, Int area) { return bad > 0 && bad * crowding >= area; }

Box box_of(Scene const& scene, Aperture const& aperture, Source const& source) {
    return Box(scene, source.x, source.y, aperture.width(), aperture.height());
}

// Pixels of a part of an aperture.
struct Part {
    double light = 0.0;
    Int area = 0, bad = 0;

    void add(double value) {
        light += value;
        ++area;
    }
    double mean() const { return area > 0 ? light / static_cast<double>(area) : 0.0; }
    bool is_crowded() const { return bad > 0 && bad * crowding >= area + bad; }
};

struct Petrosian {
    double radius = 0.0;
    bool crowded = false;
};

// Radius in units of the source's axes at which its light is a fifth as dense as inside; that of
// the last ring if it is so nowhere, and 0 where there is no light. A ring reaches from a multiple of
// the step to a fifth beyond it. It is crowded by what lies within the outer edge of that ring.
Petrosian petrosian(Patch const& patch, Box const& box, Aperture const& aperture, Source const& source) {
    const double step = aperture.reach / petro_steps;
    std::array<Part, petro_rings> rings, insides, wholes;
    for_pixels(box, aperture, source, [&](Int y, Int x, double r2) {
        const double steps = std::sqrt(r2) / step;
        for (int i = 0; i < petro_rings; ++i) {
            const double low = i + 1;
            if (steps >= petro_width * low) continue;
            if (!patch.own(y, x)) {
                ++wholes[i].bad;
                continue;
            }
            ++wholes[i].area;
            if (steps < petro_middle * low) insides[i].add(patch.values(y, x));
            if (steps > low) rings[i].add(patch.values(y, x));
        }
    });
    Petrosian out;
    for (int i = 0; i < petro_rings; ++i) {
        const double ring = rings[i].mean(), inside = insides[i].mean();
        const bool is_lit = ring != 0.0 && inside != 0.0;
        out = {is_lit ? petro_middle * step * (i + 1) : 0.0, wholes[i].is_crowded()};
        if (is_lit && ring < petro_density * inside) break;
    }
    return out;
}

}  // namespace

Box box_of_circles(Scene const& scene, Source const& source, Rules const& rules) {
    const double largest = rules.radii.empty() ? 0.0 : *std::max_element(rules.radii.begin(), rules.radii.end());
    return Box(scene, source.x, source.y, largest + 0.75, largest + 0.75);
}

void measure_circles(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules,
                     std::span<double> flux, std::span<double> error, Int& flags) {
    const auto box = box_of_circles(scene, source, rules);
    const auto patch = cut.patch(box);
    const Squares across(box.x0, box.width(), source.x), down(box.y0, box.height(), source.y);
    LaidCircle circle;
    for (std::size_t i = 0; i < rules.radii.size(); ++i) {
        const double radius = rules.radii[i];
        if (Box(scene, source.x, source.y, radius, radius).circle_cut) flags |= flag::aperture_incomplete;
        circle.lay(across, down, radius);
        auto sum = circle.sum(patch.values, patch.noise);
        if (rules.gain.is_known() && rules.gain.weighted) sum.variance += photons_of(patch, box, source, radius, rules);
        flux[i] = sum.light - source.sky * sum.area;
        sum.variance += rules.gain.photons_of_sum(flux[i]);
        error[i] = std::sqrt(sum.variance);
    }
}

Aperture first_aperture(Source const& source, Rules const& rules) {
    const bool is_small = kron_reach * std::sqrt(source.a * source.b) <= rules.first_circle / 2.0;
    return is_small ? Aperture::circle(rules.first_circle) : Aperture::ellipse(source, kron_reach);
}

Light measure_ellipse(Scene const& scene, CutOut const& cut, Source const& source, double radius, Rules const& rules,
                      Int& flags) {
    if (radius < 0.0) return {};
    auto aperture = Aperture::ellipse(source, radius);
    if (radius * std::sqrt(source.a * source.b) <= rules.second_circle / 2.0) {
        aperture = Aperture::circle(rules.second_circle);
        radius = 0.0;
    }
    const auto box = box_of(scene, aperture, source);
    if (!box.held) {
        flags |= flag::beyond_scene;
        return {};
    }
    if (box.cut) flags |= flag::aperture_incomplete;
    CutOut farther;
    if (!cut.box.holds(box)) farther = CutOut(scene, source.number, rules.mask, box, source.x, source.y);
    const auto patch = cut.box.holds(box) ? cut.patch(box) : farther.patch(box);
    EllipseSums sums;
    Terms terms(box.width());
    add_light(patch, box, aperture, source, rules.gain, terms, sums);
    if (is_crowded(sums.counts.bad, sums.counts.area)) flags |= flag::crowded;
    const double flux = sums.first - source.sky * static_cast<double>(sums.counts.area);
    const double variance = sums.second + rules.gain.photons_of_sum(flux);
    return {flux, std::sqrt(variance), flux > 0.0 ? radius : 0.0};
}

double find_kron(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules, Int& flags) {
    const auto wide = first_aperture(source, rules);
    const auto around = box_of(scene, wide, source);
    if (around.cut) flags |= flag::aperture_incomplete;
    EllipseSums sums;
    Terms terms(around.width());
    add_moments(cut.patch(around), around, wide, source, terms, sums);
    const auto [moment, light, counts] = sums;
    if (counts.area == 0) return -1.0;
    if (is_crowded(counts.bad, counts.area)) flags |= flag::crowded;
    const double mean = moment > 0.0 && light > 0.0 ? moment / light : 0.0;
    return std::max(rules.kron_factor * mean, rules.kron_least);
}

double find_petro(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules, Int& flags) {
    const auto wide = first_aperture(source, rules);
    const auto around = box_of(scene, wide, source);
    if (around.cut) flags |= flag::aperture_incomplete;
    const auto [radius, crowded] = petrosian(cut.patch(around), around, wide, source);
    if (crowded) flags |= flag::crowded;
    return std::max(rules.petro_factor * radius, rules.petro_least);
}

}  // namespace skyseg
