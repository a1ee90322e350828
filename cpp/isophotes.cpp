// The unfiltered light of each source's own pixels.
#include "isophotes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "flags.hpp"

namespace skyseg {

namespace {

// FWHM of the Gaussian fitted, weighted by light, to the pixels above a level, over some sky.
double core_fwhm(std::span<const float> light, std::span<const Int> index, Int nx, double cx, double cy, double ab,
                 double sky, double level, double saturation) {
    double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (std::size_t p = 0; p < index.size(); ++p) {
        const double value = light[p] - sky;
        if (!(value > level && value < saturation)) continue;
        const double dx = static_cast<double>(index[p] % nx) - cx, dy = static_cast<double>(index[p] / nx) - cy;
        const double r2 = dx * dx + dy * dy, log = std::log(value), weight = value * value;
        s += weight;
        sx += r2 * weight;
        sxx += r2 * r2 * weight;
        sy += log * weight;
        sxy += log * r2 * weight;
    }
    const double determinant = s * sxx - sx * sx;
    if (determinant == 0.0) return 0.0;
    const double slope = std::max(-(s * sxy - sx * sy) / determinant, ab > 0.0 ? 1.0 / (13.0 * ab) : 0.0);
    if (slope <= 0.0) return 0.0;
    const double width = 1.6651 / std::sqrt(slope);
    // undersampling makes a profile look wider than it is
    return width - 1.0 / (4.0 * width);
}

}  // namespace

Isophotes measure_isophotes(IsophoteInput const& input, IsophoteRules const& rules, Int ny, Int nx) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const auto& [light, variance, index, start, cx, cy, a, b, saturation, sky] = input;
    const Int n = std::ssize(start) - 1;
    Isophotes out(n, ny, nx);
    for (Int k = 0; k < n; ++k) {
        double lowest = infinite, peak = -infinite;
        for (Int p = start[k]; p < start[k + 1]; ++p) {
            const Int y = index[p] / nx, x = index[p] % nx;
            const double value = light[p], var = variance[p];
            const double limit = std::max(rules.analysis.level, rules.analysis.factor * std::sqrt(var));
            lowest = std::min(lowest, limit);
            peak = std::max(peak, value);
            out.area[k] += value > limit;
            out.flux[k] += value;
            out.variance[k] += var;
            out.variance[k] += rules.gain.photons_in_sum(value, var);
            out.xmin[k] = std::min(out.xmin[k], x);
            out.xmax[k] = std::max(out.xmax[k], x);
            out.ymin[k] = std::min(out.ymin[k], y);
            out.ymax[k] = std::max(out.ymax[k], y);
        }
        if (peak >= saturation[k]) out.flags[k] |= flag::saturated;
        // areas, saturation and the photons of single pixels are those of the light with the sky
        out.flux[k] -= sky[k] * static_cast<double>(start[k + 1] - start[k]);
        out.variance[k] += rules.gain.photons_of_sum(out.flux[k]);
        out.peak[k] = peak - sky[k];
        out.lowest[k] = lowest - sky[k];
        const double level = std::max(out.peak[k] / 5.0, out.lowest[k]);
        if (level > 0.0)
            out.fwhm[k] = core_fwhm(part(light, start[k], start[k + 1]), part(index, start[k], start[k + 1]), nx, cx[k],
                                    cy[k], a[k] * b[k], sky[k], level, saturation[k] - sky[k]);
    }
    return out;
}

Image<Int> measure_level_areas(std::span<const float> light, std::span<const Int> start, std::span<const double> lowest,
                               std::span<const double> peak, Int levels) {
    auto out = Image<Int>::zeros(std::ssize(lowest), levels);
    std::vector<double> level(static_cast<std::size_t>(levels));
    for (Int k = 0; k < out.rows; ++k) {
        for (Int i = 0; i < levels; ++i) {
            const double step = static_cast<double>(i) / static_cast<double>(levels);
            level[i] = lowest[k] > 0.0 ? lowest[k] * std::pow(peak[k] / lowest[k], step) : 0.0;
        }
        for (const double value : part(light, start[k], start[k + 1]))
            for (Int i = 0; i < levels && value > level[i]; ++i) ++out(k, i);
    }
    return out;
}

Centroids measure_centroids(CentroidInput const& input, Int nx, double gain, double noise2) {
    constexpr double pixel_variance = 1.0 / 12.0;
    const auto& [value, index, start, cx, cy] = input;
    const Int n = std::ssize(start) - 1;
    Centroids out(n);
    for (Int k = 0; k < n; ++k) {
        double light = 0.0, sum = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
        Int brightest = start[k];
        for (Int p = start[k]; p < start[k + 1]; ++p) {
            const double dx = static_cast<double>(index[p] % nx) - cx[k],
                         dy = static_cast<double>(index[p] / nx) - cy[k];
            const double variance = noise2 + (gain > 0.0 ? value[p] / gain : 0.0);
            light += value[p];
            sum += variance;
            xx += variance * dx * dx;
            yy += variance * dy * dy;
            xy += variance * dx * dy;
            if (value[p] > value[brightest]) brightest = p;
        }
        if (start[k] == start[k + 1]) continue;
        out.x_peak[k] = index[brightest] % nx;
        out.y_peak[k] = index[brightest] / nx;
        // pixels in a line: the barycentre lies somewhere in their width
        const double width = sum * pixel_variance;
        if (xx * yy - xy * xy < width * width) {
            xx += width;
            yy += width;
        }
        const double scale = 1.0 / (light * light);
        out.x_variance[k] = xx * scale;
        out.y_variance[k] = yy * scale;
        out.covariance[k] = xy * scale;
    }
    return out;
}

}  // namespace skyseg
