// Light, barycentre and spread in a Gaussian window as wide as the source.
#include "gaussian_window.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "flags.hpp"
#include "whole_numbers.hpp"

namespace skyseg {

namespace {

constexpr int window_subpixels = 11;
constexpr double window_reach = 4.0;
constexpr int window_iterations = 16;
// half a chord of a row that passes by the circle, in subpixels; no chord and no distance is longer,
// so that 32 bits hold sums of the two
constexpr double none_inside = -1e9;
constexpr double middle = 0.5 * (window_subpixels + 1);
// beyond this distance from the edge all of a pixel's subpixels are on the same side
constexpr double edge_width = 0.65;

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

    // Second moments of the light about a position, and the variances of the first ones.
    void add_moments(CutOut const& cut, double wx, double wy, Windowed& out) {
        const Int width = cut.values.columns;
        for (Int y = 0; y < cut.values.rows; ++y) {
            const double dy = static_cast<double>(y) - wy;
            const auto touched = chord(wx, (reach_ + edge_width) * (reach_ + edge_width) - dy * dy, width);
            set_edges(dy);
            for (Int x = touched.first; x < touched.stop; ++x) {
                const double dx = static_cast<double>(x) - wx;
                const double weight = part_of(dx, dy) * across_[x] * down_[y];
                const double light = weight * static_cast<double>(cut.values(y, x));
                const double noise = weight * weight * static_cast<double>(cut.noise(y, x));
                out.xx += light * dx * dx;
                out.yy += light * dy * dy;
                out.xy += light * dx * dy;
                out.error_xx += noise * dx * dx;
                out.error_yy += noise * dy * dy;
                out.error_xy += noise * dx * dy;
            }
        }
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

    // Part of a pixel in the circle, from its distances to the centre.
    double part_of(double dx, double dy) const {
        if (dx * dx + dy * dy < (reach_ - edge_width) * (reach_ - edge_width) && reach_ > edge_width) return 1.0;
        return part_inside(std::min(std::fabs(dx) * window_subpixels, -none_inside));
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
    if (!rules.gain.is_known()) return;
    for (Int i = 0; i < cut.values.rows * cut.values.columns; ++i) {
        float& noise = cut.noise.values[i];
        noise = static_cast<float>(static_cast<double>(noise) + rules.gain.photons(cut.values.values[i], noise));
    }
}

}  // namespace

Windowed measure_in_window(Scene const& scene, CutOut const& around, Source const& source, double half_light,
                           Rules const& rules, Int& flags) {
    const double sigma = half_light * 2.0 / 2.35, reach = window_reach * sigma;
    CutOut cut;
    Window window(sigma);
    Windowed out{};
    out.x = source.x;
    out.y = source.y;
    double at_x = 0.0, at_y = 0.0;
    for (out.steps = 1; out.steps <= window_iterations; ++out.steps) {
        const Box box(scene, out.x, out.y, reach, reach);
        if (!box.held) {
            flags |= flag::beyond_scene;
            return out;
        }
        if (box.circle_cut) flags |= flag::aperture_incomplete;
        // what stands for a masked pixel moves with the centre, the others stay
        if (out.steps == 1 && around.box.holds(box))
            cut = CutOut(around, box);
        else if (!box.same_pixels(cut.box))
            cut = CutOut(scene, source.number, rules.mask, box, out.x, out.y);
        else if (cut.masked > 0 && rules.mask == Mask::correct)
            cut.mirror(scene, source.number, out.x, out.y);
        at_x = out.x - static_cast<double>(box.x0);
        at_y = out.y - static_cast<double>(box.y0);
        const auto sums = window.sums(cut, at_x, at_y, false);
        if (!(sums.light > 0.0)) break;
        const double mx = sums.x / sums.light, my = sums.y / sums.light;
        out.x += 2.0 * mx;
        out.y += 2.0 * my;
        if (mx * mx + my * my < 1e-8) break;
    }
    add_photons(cut, rules);
    const auto sums = window.sums(cut, at_x, at_y, true);
    out.flux = sums.light;
    out.variance = sums.noise;
    if (rules.asked.moments) {
        window.add_moments(cut, at_x, at_y, out);
        // about the barycentre, which is not the centre where the search had no end
        if (sums.light > 0.0) {
            out.xx -= sums.x * sums.x / sums.light;
            out.yy -= sums.y * sums.y / sums.light;
            out.xy -= sums.x * sums.y / sums.light;
        }
    }
    return out;
}

}  // namespace skyseg
