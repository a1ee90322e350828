// Light in circles, and in Kron and Petrosian ellipses.
#include "apertures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "circle_sums.hpp"
#include "flags.hpp"

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

struct FirstMoment {
    double mean = 0.0;
    Int bad = 0, area = 0;
};

// Mean radius by light; pixels that are not the source's to use, and all pixels.
FirstMoment first_moment(Patch const& patch, Box const& box, Aperture const& aperture, Source const& source) {
    FirstMoment out;
    double moment = 0.0, light = 0.0;
    for_pixels(box, aperture, source, [&](Int y, Int x, double r2) {
        ++out.area;
        if (!patch.own(y, x)) {
            ++out.bad;
            return;
        }
        const double value = patch.values(y, x);
        moment += std::sqrt(r2) * value;
        light += value;
    });
    out.mean = moment > 0.0 && light > 0.0 ? moment / light : 0.0;
    return out;
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
    Int bad = 0, area = 0;
    double flux = 0.0, error = 0.0;
    for_pixels(box, aperture, source, [&](Int y, Int x, double) {
        const double value = patch.values(y, x), variance = patch.noise(y, x);
        ++area;
        bad += !patch.own(y, x);
        flux += value;
        error += variance + rules.gain.photons_in_sum(value, variance);
    });
    if (is_crowded(bad, area)) flags |= flag::crowded;
    flux -= source.sky * static_cast<double>(area);
    error += rules.gain.photons_of_sum(flux);
    return {flux, std::sqrt(error), flux > 0.0 ? radius : 0.0};
}

double find_kron(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules, Int& flags) {
    const auto wide = first_aperture(source, rules);
    const auto around = box_of(scene, wide, source);
    if (around.cut) flags |= flag::aperture_incomplete;
    const auto moment = first_moment(cut.patch(around), around, wide, source);
    if (moment.area == 0) return -1.0;
    if (is_crowded(moment.bad, moment.area)) flags |= flag::crowded;
    return std::max(rules.kron_factor * moment.mean, rules.kron_least);
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
