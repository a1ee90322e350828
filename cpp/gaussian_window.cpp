// Light, barycentre and spread in a Gaussian window as wide as the source.
#include "gaussian_window.hpp"

#include <cmath>
#include <span>
#include <utility>
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

// Adds light and its distance from the centre, each row with a weight. Of whole registers: what is behind
// the last column is added to sums that nobody reads.
SKYSEG_SHORT
void add_light(ImageView<const float> values, CirclePixels const& circle, const double* weights,
               double* __restrict light, double* __restrict tilt) {
    const Int columns = padded(values.columns);
    for (Int y = 0; y < values.rows; ++y) {
        const float* row = &values(y, 0);
        const double* parts = circle.parts(y);
        const double weight = weights[y], weight_dy = weight * circle.down()[y];
        for (Int x = 0; x < columns; ++x) {
            const auto value = static_cast<double>(row[x]);
            light[x] += parts[x] * weight * value;
            tilt[x] += parts[x] * weight_dy * value;
        }
    }
}

// Adds variance, each row with the square of a weight.
SKYSEG_SHORT
void add_noise(ImageView<const float> values, CirclePixels const& circle, const double* weights,
               double* __restrict noise) {
    const Int columns = padded(values.columns);
    for (Int y = 0; y < values.rows; ++y) {
        const float* row = &values(y, 0);
        const double* parts = circle.parts(y);
        const double weight2 = weights[y] * weights[y];
        for (Int x = 0; x < columns; ++x) noise[x] += parts[x] * parts[x] * weight2 * static_cast<double>(row[x]);
    }
}

// A Gaussian window on the pixels around a source.
class Window {
public:
    explicit Window(double sigma) : sigma_(sigma), reach_(window_reach * sigma) {}

    // Light and its first moments around a position. The columns are summed first, side by side,
    // which a processor does at once.
    Sums sums(Patch const& cut, double wx, double wy) {
        const Int height = cut.values.rows, width = cut.values.columns;
        set_gaussian(across_, width, wx);
        set_gaussian(down_, height, wy);
        circle_.lay(height, width, wx, wy, reach_);
        columns_.light.assign(padded(width), 0.0);
        columns_.tilt.assign(padded(width), 0.0);
        add_light(cut.values, circle_, down_.data(), columns_.light.data(), columns_.tilt.data());
        Sums out;
        for (Int x = 0; x < width; ++x) {
            out.light += columns_.light[x] * across_[x];
            out.x += columns_.light[x] * (across_[x] * (static_cast<double>(x) - wx));
            out.y += columns_.tilt[x] * across_[x];
        }
        return out;
    }

    // Variance of the light around the position that the last sums are of.
    double variance(Patch const& cut) {
        const Int width = cut.values.columns;
        columns_.noise.assign(padded(width), 0.0);
        add_noise(cut.noise, circle_, down_.data(), columns_.noise.data());
        double out = 0.0;
        for (Int x = 0; x < width; ++x) out += columns_.noise[x] * across_[x] * across_[x];
        return out;
    }

    // Second moments of the light about the position that the last sums are of, and the variances
    // of the first ones.
    void add_moments(Patch const& cut, double wx, Windowed& out) const {
        for (Int y = 0; y < cut.values.rows; ++y)
            for (Int x = 0; x < cut.values.columns; ++x) {
                const double part = circle_.parts(y)[x];
                if (part == 0.0) continue;
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

    double sigma_, reach_;
    std::vector<double> across_, down_;
    CirclePixels circle_;
    ColumnSums columns_;
};

// The pixels around a centre that moves: first those of a cut-out, until others are needed.
class Pixels {
public:
    Pixels(Scene const& scene, CutOut const& around, Source const& source, Rules const& rules)
        : scene_(scene), around_(around), source_(source), rules_(rules) {}

    Patch const& patch() const { return patch_; }

    void move(Box const& box, double x, double y) {
        if (!is_laid_ && around_.box.holds(box)) {
            box_ = box;
            patch_ = around_.patch(box);
        } else if (!is_laid_ || !box.same_pixels(box_)) {
            box_ = box;
            take(CutOut(scene_, source_.number, rules_.mask, box, x, y));
        } else if ((is_own_ ? cut_ : around_).masked > 0 && rules_.mask == Mask::correct) {
            // what stands for a masked pixel moves with the centre, the others stay
            own();
            if (cut_.masked > 0) cut_.mirror(scene_, source_.number, x, y);
        }
        is_laid_ = true;
    }

    void add_photons() {
        if (!rules_.gain.is_known()) return;
        own();
        for (Int i = 0; i < cut_.values.rows * cut_.values.columns; ++i) {
            float& noise = cut_.noise.values[i];
            noise = static_cast<float>(static_cast<double>(noise) + rules_.gain.photons(cut_.values.values[i], noise));
        }
    }

private:
    // Copies pixels that are still those of the cut-out around the source.
    void own() {
        if (!is_own_) take(CutOut(around_, box_));
    }
    void take(CutOut&& cut) {
        cut_ = std::move(cut);
        patch_ = cut_.patch(cut_.box);
        is_own_ = true;
    }

    Scene const& scene_;
    CutOut const& around_;
    Source const& source_;
    Rules const& rules_;
    CutOut cut_;
    Box box_;
    Patch patch_{};
    bool is_laid_ = false, is_own_ = false;
};

}  // namespace

Windowed measure_in_window(Scene const& scene, CutOut const& around, Source const& source, double half_light,
                           Rules const& rules, Int& flags) {
    const double sigma = half_light * 2.0 / 2.35, reach = window_reach * sigma;
    Pixels pixels(scene, around, source, rules);
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
        pixels.move(box, out.x, out.y);
        at_x = out.x - static_cast<double>(box.x0);
        sums = window.sums(pixels.patch(), at_x, out.y - static_cast<double>(box.y0));
        if (!(sums.light > 0.0)) break;
        const double mx = sums.x / sums.light, my = sums.y / sums.light;
        out.x += 2.0 * mx;
        out.y += 2.0 * my;
        if (mx * mx + my * my < 1e-8) break;
    }
    pixels.add_photons();
    out.flux = sums.light;
    out.variance = window.variance(pixels.patch());
    if (rules.asked.moments) {
        window.add_moments(pixels.patch(), at_x, out);
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
