// How the light of each source is spread: half-light radius and windowed signal to noise.
#include "profiles.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "flags.hpp"
#include "photons.hpp"
#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr int subpixels = 5;
constexpr int window_subpixels = 11;
constexpr int growth_steps = 64;
constexpr int growth_block = 8;
constexpr double growth_reach = 6.0;
constexpr double smallest_half_light = 0.5;
constexpr double window_reach = 4.0;
constexpr int window_iterations = 16;
// half a chord of a row that passes by the circle, in subpixels; no chord and no distance is longer,
// so that 32 bits hold sums of the two
constexpr double none_inside = -1e9;
constexpr double middle = 0.5 * (window_subpixels + 1);
// beyond this distance from the edge all of a pixel's subpixels are on the same side
constexpr double edge_width = 0.65;

using Curve = std::array<double, growth_steps>;

// First subpixels whose centres lie beyond both ends of the chords that the radii
// `begin + 1` to `stop`, in steps, cut from a row of subpixels.
SKYSEG_WIDE
void set_chords(double step, double sy, double centre, int begin, int stop, std::int32_t count,
                std::int32_t* __restrict left, std::int32_t* __restrict right) {
    const auto beyond = [count](double position) { return truncated(position + 1.0, std::int32_t{0}, count); };
    for (int k = begin; k < stop; ++k) {
        const double radius = (k + 1) * step;
        const double chord2 = radius * radius - sy * sy;
        const double half = std::sqrt(chord2 > 0.0 ? chord2 : 0.0) * subpixels;
        left[k] = beyond(centre - half);
        right[k] = beyond(centre + half);
    }
}

// Light within radii `begin + 1` to `stop`, in steps, around a position among the values. A
// pixel is cut into subpixels. Those of one row that lie in a circle follow each other, so
// that their light is a difference of two running sums.
void grow(ImageView<const float> values, double cx, double cy, double step, int begin, int stop, Curve& curve) {
    const Int count = values.columns * subpixels;
    std::vector<double> running(count + 1);
    std::int32_t left[growth_steps], right[growth_steps];
    const double centre = (cx + 0.5) * subpixels - 0.5, radius = stop * step;
    std::fill(curve.begin() + begin, curve.begin() + stop, 0.0);
    const Int first_row = truncated(std::floor(cy - radius), Int{0}, values.rows);
    const Int stop_row = std::min(truncated(std::floor(cy + radius)) + 2, values.rows);
    for (Int y = first_row; y < stop_row; ++y) {
        for (Int x = 0; x < values.columns; ++x) {
            const double v = values(y, x);
            double* at = &running[x * subpixels];
            for (int i = 0; i < subpixels; ++i) at[i + 1] = at[0] + (i + 1) * v;
        }
        for (int j = 0; j < subpixels; ++j) {
            const double sy = static_cast<double>(y) - cy + (j + 0.5) / subpixels - 0.5;
            const int first = truncated(std::fabs(sy) / step, begin, stop);
            set_chords(step, sy, centre, first, stop, static_cast<std::int32_t>(count), left, right);
            for (int k = first; k < stop; ++k) curve[k] += running[right[k]] - running[left[k]];
        }
    }
    for (int k = begin; k < stop; ++k) curve[k] /= subpixels * subpixels;
}

// Radius that holds some light, between two steps of the growth curve.
double radius_of(Curve const& curve, double light, double limit) {
    const double step = limit / growth_steps;
    int i = 0;
    while (i < growth_steps - 1 && curve[i] < light) ++i;
    if (i == 0) return curve[0] != 0.0 ? std::min(step * light / curve[0], limit) : 0.0;
    const double rise = curve[i] - curve[i - 1];
    return std::min(step * (i + (rise != 0.0 ? (light - curve[i - 1]) / rise : 0.0)), limit);
}

struct Sums {
    double light = 0.0, x = 0.0, y = 0.0, noise = 0.0;
};

SKYSEG_WIDE
void add_row(const float* row, double weight, double* __restrict sums, Int first, Int stop) {
    for (Int i = first; i < stop; ++i) sums[i] += weight * static_cast<double>(row[i]);
}

// A Gaussian window on the pixels around a source.
class Window {
public:
    explicit Window(double sigma) : sigma_(sigma), reach_(window_reach * sigma) {}

    // Light and its first moments around a position, and if asked for its variance. The
    // columns are summed first, side by side, which a processor does at once. A pixel on the
    // edge counts by its subpixels inside.
    Sums sums(CutOut const& cut, double wx, double wy, bool noisy) {
        const Int height = cut.values.rows, width = cut.values.columns;
        set_gaussian(across_, width, wx);
        set_gaussian(down_, height, wy);
        light_.assign(width, 0.0);
        tilt_.assign(width, 0.0);
        noise_.assign(width, 0.0);
        for (Int y = 0; y < height; ++y) {
            const double dy = static_cast<double>(y) - wy;
            const double weight = down_[y], weight_dy = weight * dy, weight2 = weight * weight;
            const auto touched = chord(wx, (reach_ + edge_width) * (reach_ + edge_width) - dy * dy, width);
            const double inner = std::max(reach_ - edge_width, 0.0);
            auto whole = chord(wx, inner * inner - dy * dy, width);
            if (whole.first >= whole.stop) whole = {touched.stop, touched.stop};
            add_row(cut.values.row(y).data(), weight, light_.data(), whole.first, whole.stop);
            add_row(cut.values.row(y).data(), weight_dy, tilt_.data(), whole.first, whole.stop);
            if (noisy) add_row(cut.noise.row(y).data(), weight2, noise_.data(), whole.first, whole.stop);
            set_edges(dy);
            Int x = touched.first < whole.first ? touched.first : whole.stop;
            while (x < touched.stop) {
                const double part =
                    part_inside(std::min(std::fabs(static_cast<double>(x) - wx) * window_subpixels, -none_inside));
                light_[x] += part * weight * static_cast<double>(cut.values(y, x));
                tilt_[x] += part * weight_dy * static_cast<double>(cut.values(y, x));
                noise_[x] += part * part * weight2 * static_cast<double>(cut.noise(y, x));
                x = x + 1 != whole.first ? x + 1 : whole.stop;
            }
        }
        Sums out;
        for (Int x = 0; x < width; ++x) {
            out.light += light_[x] * across_[x];
            out.x += light_[x] * (across_[x] * (static_cast<double>(x) - wx));
            out.y += tilt_[x] * across_[x];
            out.noise += noise_[x] * across_[x] * across_[x];
        }
        return out;
    }

private:
    struct Range {
        Int first, stop;
    };

    void set_gaussian(std::vector<double>& weights, Int count, double centre) const {
        weights.resize(count);
        for (Int i = 0; i < count; ++i) {
            const double distance = static_cast<double>(i) - centre;
            weights[i] = std::exp(-(distance * distance) / (2.0 * sigma_ * sigma_));
        }
    }

    // Pixels of a row whose centres lie on a chord, from the square of its half.
    static Range chord(double centre, double square, Int width) {
        if (square < 0.0) return {0, 0};
        const double half = std::sqrt(square);
        return {truncated(std::ceil(centre - half), Int{0}, width),
                truncated(std::floor(centre + half) + 1.0, Int{0}, width)};
    }

    // Half-chords of the circle, in subpixels, in the rows of subpixels of a row of pixels.
    void set_edges(double dy) {
        for (int j = 0; j < window_subpixels; ++j) {
            const double sy = dy + (j + 0.5) / window_subpixels - 0.5;
            const double square = reach_ * reach_ - sy * sy;
            edges_[j] = square > 0.0 ? std::min(std::sqrt(square) * window_subpixels, -none_inside) : none_inside;
        }
    }

    // Part of a pixel's subpixels in the circle, from its distance along the row in subpixels.
    double part_inside(double distance) const {
        const auto clipped = [](double position) {
            return std::min(std::max(static_cast<int>(position), 0), window_subpixels);
        };
        int count = 0;
        for (const double edge : edges_) count += clipped(edge + middle - distance);
        if (distance < 0.5 * window_subpixels) {
            // in the centre's column a chord cuts both sides of a pixel
            for (const double edge : edges_)
                count -= edge > 0.0 ? window_subpixels - clipped(edge + middle + distance) : 0;
        }
        return count / static_cast<double>(window_subpixels * window_subpixels);
    }

    double sigma_, reach_;
    std::vector<double> across_, down_, light_, tilt_, noise_;
    std::array<double, window_subpixels> edges_;
};

void add_photons(CutOut& cut, Rules const& rules) {
    if (!(rules.gain > 0.0)) return;
    for (Int i = 0; i < cut.values.rows * cut.values.columns; ++i) {
        float& noise = cut.noise.values[i];
        noise = static_cast<float>(static_cast<double>(noise) +
                                   photon_noise(cut.values.values[i], noise, rules.gain, rules.noise2));
    }
}

}  // namespace

double growth_limit(Source const& source, Rules const& rules) {
    return std::max(growth_reach * source.a, rules.first_circle);
}

Radii measure_light_radii(Scene const& scene, CutOut const& cut, Source const& source, double total, Rules const& rules,
                          Int& flags) {
    const double limit = growth_limit(source, rules), step = limit / growth_steps;
    const Box box(scene, source.x, source.y, limit + 1.5, limit + 1.5);
    if (box.cut) flags |= flag::aperture_incomplete;
    const auto values = cut.patch(box).values;
    const double x = source.x - static_cast<double>(box.x0), y = source.y - static_cast<double>(box.y0);
    const double wanted = std::max(rules.light_part, 0.5) * total;
    Curve curve{};
    for (int begin = 0; begin < growth_steps; begin += growth_block) {
        grow(values, x, y, step, begin, begin + growth_block, curve);
        const auto from = curve.begin() + begin;
        if (*std::max_element(from, from + growth_block) >= wanted) break;
    }
    const double half = std::fabs(radius_of(curve, 0.5 * total, limit));
    return {radius_of(curve, rules.light_part * total, limit), std::max(half, smallest_half_light)};
}

// The window is centred by iteration on the windowed barycentre.
double windowed_snr(Scene const& scene, CutOut const& around, Source const& source, double half_light,
                    Rules const& rules, Int& flags) {
    const double sigma = half_light * 2.0 / 2.35, reach = window_reach * sigma;
    CutOut cut;
    Window window(sigma);
    double wx = source.x, wy = source.y, at_x = 0.0, at_y = 0.0;
    for (int i = 0; i < window_iterations; ++i) {
        const Box box(scene, wx, wy, reach, reach);
        if (!box.held) {
            flags |= flag::beyond_scene;
            return std::nan("");
        }
        if (box.cut) flags |= flag::aperture_incomplete;
        // what stands for a masked pixel moves with the centre, the others stay
        if (i == 0 && around.box.holds(box))
            cut = CutOut(around, box);
        else if (!box.same_pixels(cut.box))
            cut = CutOut(scene, source.number, rules.mask, box, wx, wy);
        else if (cut.masked > 0 && rules.mask == Mask::correct)
            cut.mirror(scene, source.number, wx, wy);
        at_x = wx - static_cast<double>(box.x0);
        at_y = wy - static_cast<double>(box.y0);
        const auto sums = window.sums(cut, at_x, at_y, false);
        if (!(sums.light > 0.0)) break;
        const double mx = sums.x / sums.light, my = sums.y / sums.light;
        wx += 2.0 * mx;
        wy += 2.0 * my;
        if (mx * mx + my * my < 1e-8) break;
    }
    add_photons(cut, rules);
    const auto sums = window.sums(cut, at_x, at_y, true);
    return sums.noise > 0.0 ? sums.light / std::sqrt(sums.noise) : std::nan("");
}

}  // namespace skyseg
