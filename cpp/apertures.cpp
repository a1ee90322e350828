// Light in circles, and in Kron and Petrosian ellipses.
#include "apertures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "flags.hpp"

namespace skyseg {

namespace {

// a tenth of an aperture that is a neighbour's, or bad, crowds it
constexpr Int crowding = 10;
constexpr int subpixels = 5;
constexpr float subpixel = static_cast<float>(1.0 / subpixels);
constexpr float first_subpixel = static_cast<float>((1.0 / subpixels - 1.0) / 2.0);
// beyond this distance from the edge all of a pixel's subpixels are on the same side
constexpr float edge_width = 0.57f;
constexpr double kron_reach = 6.0;
// rings out to the reach of the first ellipse, which is cut into steps
constexpr int petro_steps = 20, petro_rings = 16;
constexpr double petro_middle = 1.1, petro_width = 1.2;
constexpr double petro_density = 0.2;

// Squared distances from the centre along one axis: of pixels, and of their subpixels. In
// single precision throughout, which decides for subpixels on the very edge.
struct Squares {
    std::vector<float> pixels, parts;

    Squares(Int first, Int count, double centre) : pixels(count), parts(count * subpixels) {
        for (Int i = 0; i < count; ++i) {
            auto distance =
                static_cast<float>(static_cast<double>(first + i) - static_cast<double>(static_cast<float>(centre)));
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
Range inside(std::vector<float> const& across, float down, float limit, Range range) {
    auto [first, stop] = range;
    while (first < stop && across[first] + down > limit) ++first;
    while (first < stop && across[stop - 1] + down > limit) --stop;
    return {first, stop};
}

// Sum of values in double precision, in four parts that a processor adds at once.
double total_of(std::span<const float> values) {
    double parts[4] = {0.0, 0.0, 0.0, 0.0};
    const Int whole = std::ssize(values) - std::ssize(values) % 4;
    for (Int i = 0; i < whole; i += 4)
        for (int k = 0; k < 4; ++k) parts[k] += values[i + k];
    for (Int i = whole; i < std::ssize(values); ++i) parts[0] += values[i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

// Parts of pixels by the number of their subpixels inside.
constexpr auto parts_by_count = [] {
    std::array<double, subpixels * subpixels + 1> out{};
    for (int count = 0; count <= subpixels * subpixels; ++count)
        out[count] = count / static_cast<double>(subpixels * subpixels);
    return out;
}();

// Counts the subpixels of pixels that lie in a circle: `across` and `down` are the squared distances of
// subpixels, of which those of pixel i begin at `columns[i]` and `rows[i]`.
SKYSEG_WIDE
void count_inside(const float* across, const float* down, const std::int32_t* columns, const std::int32_t* rows,
                  float radius2, std::int32_t* __restrict counts, Int n) {
    for (Int k = 0; k < n; ++k) {
        std::int32_t count = 0;
        for (int j = 0; j < subpixels; ++j)
            for (int i = 0; i < subpixels; ++i) count += across[columns[k] + i] + down[rows[k] + j] < radius2;
        counts[k] = count;
    }
}

// Pixels near the edge of a circle, row by row, how many of their subpixels lie inside, and the pixels
// of each row that lie inside whole.
struct Edge {
    std::vector<std::int32_t> columns, rows, counts;
    std::vector<Range> wholes;

    void clear() {
        columns.clear();
        rows.clear();
        wholes.clear();
    }
    void add(Int y, Int first, Int stop) {
        for (Int x = first; x < stop; ++x) {
            columns.push_back(static_cast<std::int32_t>(x * subpixels));
            rows.push_back(static_cast<std::int32_t>(y * subpixels));
        }
    }
    void count(Squares const& across, Squares const& down, float radius2) {
        counts.resize(columns.size());
        count_inside(across.parts.data(), down.parts.data(), columns.data(), rows.data(), radius2, counts.data(),
                     std::ssize(columns));
    }
};

struct CircleSums {
    double light = 0.0, variance = 0.0, area = 0.0;
};

// Light and variance in a circle; of a pixel near the edge by its subpixels inside.
CircleSums circle(Patch const& patch, Squares const& across, Squares const& down, double radius, Edge& edge) {
    const auto r = static_cast<float>(radius);
    const float inner = std::max(r - edge_width, 0.0f), outer = r + edge_width;
    const auto rows = inside(down.pixels, 0.0f, outer * outer, {0, std::ssize(down.pixels)});
    const auto columns = inside(across.pixels, 0.0f, outer * outer, {0, std::ssize(across.pixels)});
    edge.clear();
    for (Int y = rows.first; y < rows.stop; ++y) {
        const auto touched = inside(across.pixels, down.pixels[y], outer * outer, columns);
        const auto whole = inside(across.pixels, down.pixels[y], inner * inner, touched);
        edge.add(y, touched.first, whole.first);
        edge.wholes.push_back(whole);
        edge.add(y, whole.stop, touched.stop);
    }
    edge.count(across, down, r * r);
    CircleSums sum;
    std::size_t k = 0;
    for (Int y = rows.first; y < rows.stop; ++y) {
        const auto values = patch.values.row(y), noise = patch.noise.row(y);
        for (; k < edge.rows.size() && edge.rows[k] == y * subpixels; ++k) {
            const double part = parts_by_count[static_cast<std::size_t>(edge.counts[k])];
            const auto x = static_cast<std::size_t>(edge.columns[k] / subpixels);
            sum.light += part * static_cast<double>(values[x]);
            sum.area += part;
            sum.variance += part * static_cast<double>(noise[x]);
        }
        const auto whole = edge.wholes[static_cast<std::size_t>(y - rows.first)];
        sum.light += total_of(part(values, whole.first, whole.stop));
        sum.area += static_cast<double>(std::max<Int>(whole.stop - whole.first, 0));
        sum.variance += total_of(part(noise, whole.first, whole.stop));
    }
    return sum;
}

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
    Edge edge;
    for (std::size_t i = 0; i < rules.radii.size(); ++i) {
        const double radius = rules.radii[i];
        if (Box(scene, source.x, source.y, radius, radius).circle_cut) flags |= flag::aperture_incomplete;
        auto sum = circle(patch, across, down, radius, edge);
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
