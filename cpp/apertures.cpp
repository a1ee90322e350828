// Light in circles and in Kron ellipses.
#include <algorithm>
#include <cmath>
#include <limits>

#include "photometry.hpp"
#include "photons.hpp"

namespace skyseg {

namespace {

constexpr double crowding = 0.1;
constexpr int subpixels = 5;
constexpr float subpixel = static_cast<float>(1.0 / subpixels);
constexpr float first_subpixel = static_cast<float>((1.0 / subpixels - 1.0) / 2.0);
// beyond this distance from the rim all of a pixel's subpixels are on the same side
constexpr float rim_width = 0.57f;
constexpr double kron_reach = 6.0;

// Squared distances from the centre along one axis: of pixels, and of their subpixels. In
// single precision throughout, which decides for subpixels on the very rim.
struct Squares {
    List<float> pixels, parts;

    Squares(Int first, Int count, double centre) : pixels(count), parts(count * subpixels) {
        for (Int i = 0; i < count; ++i) {
            auto distance = static_cast<float>(static_cast<double>(first + i) -
                                               static_cast<double>(static_cast<float>(centre)));
            pixels[i] = distance * distance;
            distance += first_subpixel;
            for (int j = 0; j < subpixels; ++j) {
                parts[i * subpixels + j] = distance * distance;
                distance += subpixel;
            }
        }
    }
};

struct Range {
    Int first, stop;
};

// Pixels of a row, among those of a range, within a distance of a centre: `across` are the
// squared distances along the row, which fall to the centre and rise beyond it, `down` that
// of the row itself; `limit` is the squared distance.
Range inside(List<float> const& across, float down, float limit, Range range) {
    auto [first, stop] = range;
    while (first < stop && across[first] + down > limit) ++first;
    while (first < stop && across[stop - 1] + down > limit) --stop;
    return {first, stop};
}

// Sum of values in double precision, in four parts that a processor adds at once.
double total_of(Row<const float> values) {
    double parts[4] = {0.0, 0.0, 0.0, 0.0};
    const Int whole = std::ssize(values) - std::ssize(values) % 4;
    for (Int i = 0; i < whole; i += 4)
        for (int k = 0; k < 4; ++k) parts[k] += values[i + k];
    for (Int i = whole; i < std::ssize(values); ++i) parts[0] += values[i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

// Part of a pixel's subpixels that lie in a circle, from their squared distances.
double part_inside(const float* across, const float* down, float radius2) {
    int count = 0;
    for (int j = 0; j < subpixels; ++j)
        for (int i = 0; i < subpixels; ++i) count += across[i] + down[j] < radius2;
    return count / static_cast<double>(subpixels * subpixels);
}

struct Light {
    double flux = 0.0, error = 0.0;
};

// Light and variance in a circle; of a pixel near the rim by its subpixels inside.
Light circle(CutOut const& cut, Squares const& across, Squares const& down, double radius) {
    const auto r = static_cast<float>(radius);
    const float inner = std::max(r - rim_width, 0.0f), outer = r + rim_width;
    const auto rows = inside(down.pixels, 0.0f, outer * outer, {0, std::ssize(down.pixels)});
    const auto columns = inside(across.pixels, 0.0f, outer * outer, {0, std::ssize(across.pixels)});
    Light sum;
    for (Int y = rows.first; y < rows.stop; ++y) {
        const auto touched = inside(across.pixels, down.pixels[y], outer * outer, columns);
        const auto whole = inside(across.pixels, down.pixels[y], inner * inner, touched);
        const auto values = cut.values.row(y), noise = cut.noise.row(y);
        for (Int x = touched.first; x < touched.stop; ++x) {
            if (x == whole.first) x = whole.stop;
            if (x == touched.stop) break;
            const double part = part_inside(&across.parts[x * subpixels], &down.parts[y * subpixels], r * r);
            sum.flux += part * static_cast<double>(values[x]);
            sum.error += part * static_cast<double>(noise[x]);
        }
        sum.flux += total_of(part(Row<const float>(values), whole.first, whole.stop));
        sum.error += total_of(part(Row<const float>(noise), whole.first, whole.stop));
    }
    return sum;
}

// Photon noise of the pixels that a circle touches, in full on its rim too: those in its box
// whose centres lie within its radius and 3/4 of a pixel.
double photons_of(CutOut const& cut, Box const& box, double cx, double cy, double radius, Gain gain) {
    const double reach = radius + 0.75;
    double photons = 0.0;
    for (Int y = 0; y < cut.values.rows; ++y) {
        const auto py = static_cast<double>(box.y0 + y);
        if (std::floor(cy - radius + 0.5) > py || py > std::floor(cy + radius + 0.5)) continue;
        for (Int x = 0; x < cut.values.columns; ++x) {
            const auto px = static_cast<double>(box.x0 + x);
            if (std::floor(cx - radius + 0.5) > px || px > std::floor(cx + radius + 0.5)) continue;
            if ((px - cx) * (px - cx) + (py - cy) * (py - cy) < reach * reach)
                photons += photon_noise(cut.values(y, x), cut.noise(y, x), gain.gain, gain.noise2);
        }
    }
    return photons;
}

// An ellipse of coefficients, as far as `reach` times its own size.
struct Aperture {
    double cxx, cyy, cxy, reach;

    double width() const { return half(cxx - cxy * cxy / (4.0 * cyy)); }
    double height() const { return half(cyy - cxy * cxy / (4.0 * cxx)); }
    double radius2(double dx, double dy) const { return cxx * dx * dx + cyy * dy * dy + cxy * dx * dy; }

    static Aperture circle(double diameter) { return {1.0, 1.0, 0.0, diameter / 2.0}; }

private:
    double half(double coefficient) const { return coefficient > 0.0 ? reach / std::sqrt(coefficient) : 0.0; }
};

// Calls with each pixel of a box within an ellipse around a centre, and its squared radius.
template <class Use>
void for_pixels(Box const& box, Aperture const& aperture, double cx, double cy, Use use) {
    const double limit = aperture.reach * aperture.reach;
    for (Int y = 0; y < box.height(); ++y) {
        const double dy = static_cast<double>(box.y0 + y) - cy;
        for (Int x = 0; x < box.width(); ++x) {
            const double r2 = aperture.radius2(static_cast<double>(box.x0 + x) - cx, dy);
            if (r2 <= limit) use(y, x, r2);
        }
    }
}

struct FirstMoment {
    double mean = 0.0;
    Int bad = 0, area = 0;
};

// Mean radius by light; pixels that are not the source's to use, and all pixels.
FirstMoment first_moment(CutOut const& cut, Box const& box, Aperture const& aperture, double cx, double cy) {
    FirstMoment out;
    double moment = 0.0, light = 0.0;
    for_pixels(box, aperture, cx, cy, [&](Int y, Int x, double r2) {
        ++out.area;
        if (!cut.own(y, x)) {
            ++out.bad;
            return;
        }
        const double value = cut.values(y, x);
        moment += std::sqrt(r2) * value;
        light += value;
    });
    out.mean = moment > 0.0 && light > 0.0 ? moment / light : 0.0;
    return out;
}

}  // namespace

void measure_circles(Scene const& scene, Row<const Int> numbers, Row<const double> cx, Row<const double> cy,
                     Row<const double> radii, int mask, Gain gain, FlagBits bits, Grid<double> flux,
                     Grid<double> error, Row<Int> flags) {
    const double largest = radii.empty() ? 0.0 : *std::max_element(radii.begin(), radii.end());
    for (Int k = 0; k < std::ssize(numbers); ++k) {
        const Box box(scene, cx[k], cy[k], largest + 0.75, largest + 0.75);
        if (!box.held) {
            flags[k] = bits.beyond;
            continue;
        }
        const CutOut cut(scene, numbers[k], mask, box, cx[k], cy[k]);
        const Squares across(box.x0, box.width(), cx[k]), down(box.y0, box.height(), cy[k]);
        for (Int i = 0; i < std::ssize(radii); ++i) {
            if (Box(scene, cx[k], cy[k], radii[i], radii[i]).cut) flags[k] |= bits.incomplete;
            auto [light, variance] = circle(cut, across, down, radii[i]);
            if (gain.gain > 0.0) variance += photons_of(cut, box, cx[k], cy[k], radii[i], gain);
            flux(k, i) = light;
            error(k, i) = std::sqrt(variance);
        }
    }
}

void measure_kron(Scene const& scene, Row<const Int> numbers, Shapes const& shapes, KronRule rule, int mask,
                  Gain gain, FlagBits bits, Row<double> flux, Row<double> error, Row<double> radius, Row<Int> flags) {
    for (Int k = 0; k < std::ssize(numbers); ++k) {
        const double cx = shapes.x[k], cy = shapes.y[k], size = std::sqrt(shapes.a[k] * shapes.b[k]);
        const auto ellipse = [&](double reach) {
            return Aperture{shapes.cxx[k], shapes.cyy[k], shapes.cxy[k], reach};
        };
        const bool is_small = kron_reach * size <= rule.first_circle / 2.0;
        const auto wide = is_small ? Aperture::circle(rule.first_circle) : ellipse(kron_reach);
        const Box around(scene, cx, cy, wide.width(), wide.height());
        if (!around.held) {
            flags[k] = bits.beyond;
            continue;
        }
        flags[k] = around.cut ? bits.incomplete : 0;
        const CutOut unmirrored(scene, numbers[k], std::min<int>(mask, blank), around, cx, cy);
        const auto moment = first_moment(unmirrored, around, wide, cx, cy);
        if (moment.area == 0) continue;
        if (static_cast<double>(moment.bad) > crowding * static_cast<double>(moment.area)) flags[k] |= bits.crowded;
        radius[k] = std::max(rule.factor * moment.mean, rule.least);
        auto aperture = ellipse(radius[k]);
        if (radius[k] * size <= rule.second_circle / 2.0) {
            aperture = Aperture::circle(rule.second_circle);
            radius[k] = 0.0;
        }
        const Box box(scene, cx, cy, aperture.width(), aperture.height());
        if (!box.held) {
            flags[k] = bits.beyond;
            continue;
        }
        if (box.cut) flags[k] |= bits.incomplete;
        const CutOut cut(scene, numbers[k], mask, box, cx, cy);
        Int bad = 0, area = 0;
        double light = 0.0, noise = 0.0;
        for_pixels(box, aperture, cx, cy, [&](Int y, Int x, double) {
            const double value = cut.values(y, x), variance = cut.noise(y, x);
            ++area;
            bad += !cut.own(y, x);
            light += value;
            noise += variance + photon_noise(value, variance, gain.gain, gain.noise2);
        });
        if (static_cast<double>(bad) > crowding * static_cast<double>(area)) flags[k] |= bits.crowded;
        flux[k] = light;
        error[k] = std::sqrt(noise);
        if (light <= 0.0) radius[k] = 0.0;
    }
}

}  // namespace skyseg
