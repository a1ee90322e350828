// Light, barycentre and spread in a Gaussian window as wide as the source.
#include "gaussian_window.hpp"

#include <cmath>
#include <span>
#include <vector>

#include "circle_pixels.hpp"
#include "flags.hpp"

namespace skyseg {

namespace {

constexpr double window_reach = 4.0;
constexpr int window_iterations = 16;

struct Sums {
    double light = 0.0, x = 0.0, y = 0.0;
};

// Sums over the rows of a cut-out, side by side for each of its columns.
struct ColumnSums {
    std::vector<double> light, tilt, noise;
};

// Adds light and its distance from the centre, each row with a weight.
SKYSEG_WIDE
void add_light(ImageView<const float> values, CirclePixels const& circle, const double* weights,
               double* __restrict light, double* __restrict tilt) {
    for (Int y = 0; y < values.rows; ++y) {
        const float* row = &values(y, 0);
        const double weight = weights[y], weight_dy = weight * circle.down()[y];
        for (Int x = circle.first()[y]; x < circle.stop()[y]; ++x) {
            const auto value = static_cast<double>(row[x]);
            light[x] += weight * value;
            tilt[x] += weight_dy * value;
        }
    }
}

// Adds variance, each row with the square of a weight.
SKYSEG_WIDE
void add_noise(ImageView<const float> values, CirclePixels const& circle, const double* weights,
               double* __restrict noise) {
    for (Int y = 0; y < values.rows; ++y) {
        const float* row = &values(y, 0);
        const double weight2 = weights[y] * weights[y];
        for (Int x = circle.first()[y]; x < circle.stop()[y]; ++x) noise[x] += weight2 * static_cast<double>(row[x]);
    }
}

// A Gaussian window on the pixels around a source.
class Window {
public:
    explicit Window(double sigma) : sigma_(sigma), reach_(window_reach * sigma) {}

    // Light and its first moments around a position. The columns are summed first, side by side,
    // which a processor does at once.
    Sums sums(CutOut const& cut, double wx, double wy) {
        const Int height = cut.values.rows, width = cut.values.columns;
        set_gaussian(across_, width, wx);
        set_gaussian(down_, height, wy);
        circle_.lay(height, width, wx, wy, reach_);
        columns_.light.assign(width, 0.0);
        columns_.tilt.assign(width, 0.0);
        // in each column the pixels of the edge come before and after the others
        add_edge_light(cut, circle_.edge_above());
        add_light(cut.values.view(), circle_, down_.data(), columns_.light.data(), columns_.tilt.data());
        add_edge_light(cut, circle_.edge_below());
        Sums out;
        for (Int x = 0; x < width; ++x) {
            out.light += columns_.light[x] * across_[x];
            out.x += columns_.light[x] * (across_[x] * (static_cast<double>(x) - wx));
            out.y += columns_.tilt[x] * across_[x];
        }
        return out;
    }

    // Variance of the light around the position that the last sums are of.
    double variance(CutOut const& cut) {
        const Int width = cut.values.columns;
        columns_.noise.assign(width, 0.0);
        add_edge_noise(cut, circle_.edge_above());
        add_noise(cut.noise.view(), circle_, down_.data(), columns_.noise.data());
        add_edge_noise(cut, circle_.edge_below());
        double out = 0.0;
        for (Int x = 0; x < width; ++x) out += columns_.noise[x] * across_[x] * across_[x];
        return out;
    }

    // Second moments of the light about the position that the last sums are of, and the variances
    // of the first ones.
    void add_moments(CutOut const& cut, double wx, Windowed& out) const {
        auto edge = circle_.edge().begin();
        for (Int y = 0; y < cut.values.rows; ++y) {
            const auto add = [&](Int x, double part) {
                const double dx = static_cast<double>(x) - wx, dy = circle_.down()[y];
                const double weight = part * across_[x] * down_[y];
                const double light = weight * static_cast<double>(cut.values(y, x));
                const double noise = weight * weight * static_cast<double>(cut.noise(y, x));
                out.xx += light * dx * dx;
                out.yy += light * dy * dy;
                out.xy += light * dx * dy;
                out.error_xx += noise * dx * dx;
                out.error_yy += noise * dy * dy;
                out.error_xy += noise * dx * dy;
            };
            const auto add_edge_to = [&](Int stop) {
                for (; edge != circle_.edge().end() && edge->y == y && edge->x < stop; ++edge) add(edge->x, edge->part);
            };
            add_edge_to(circle_.first()[y]);
            for (Int x = circle_.first()[y]; x < circle_.stop()[y]; ++x) add(x, 1.0);
            add_edge_to(cut.values.columns);
        }
    }

private:
    void set_gaussian(std::vector<double>& weights, Int count, double centre) const {
        weights.resize(count);
        for (Int i = 0; i < count; ++i) {
            const double distance = static_cast<double>(i) - centre;
            weights[i] = std::exp(-(distance * distance) / (2.0 * sigma_ * sigma_));
        }
    }

    // Adds pixels of the circle's edge, each by its subpixels inside.
    void add_edge_light(CutOut const& cut, std::span<const EdgePixel> pixels) {
        for (const auto& [y, x, part] : pixels) {
            const double weight = down_[y], weight_dy = weight * circle_.down()[y], value = cut.values(y, x);
            columns_.light[x] += part * weight * value;
            columns_.tilt[x] += part * weight_dy * value;
        }
    }

    void add_edge_noise(CutOut const& cut, std::span<const EdgePixel> pixels) {
        for (const auto& [y, x, part] : pixels) {
            const double weight = down_[y];
            columns_.noise[x] += part * part * (weight * weight) * static_cast<double>(cut.noise(y, x));
        }
    }

    double sigma_, reach_;
    std::vector<double> across_, down_;
    CirclePixels circle_;
    ColumnSums columns_;
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
    double at_x = 0.0;
    Sums sums;
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
        sums = window.sums(cut, at_x, out.y - static_cast<double>(box.y0));
        if (!(sums.light > 0.0)) break;
        const double mx = sums.x / sums.light, my = sums.y / sums.light;
        out.x += 2.0 * mx;
        out.y += 2.0 * my;
        if (mx * mx + my * my < 1e-8) break;
    }
    add_photons(cut, rules);
    out.flux = sums.light;
    out.variance = window.variance(cut);
    if (rules.asked.moments) {
        window.add_moments(cut, at_x, out);
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
