// Position, size and shape of objects, and their isophotal light.
#include "shapes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "photons.hpp"

namespace skyseg {

Ellipse::Ellipse(double xx, double yy, double xy) {
    // below this determinant of the second moments a pixel's own width is added to them
    constexpr double singular = 0.00694, pixel_variance = 1.0 / 12.0;
    double determinant = xx * yy - xy * xy;
    if (determinant < singular) {
        xx += pixel_variance;
        yy += pixel_variance;
        determinant = xx * yy - xy * xy;
    }
    const double difference = xx - yy;
    const double angle = difference != 0.0 ? std::atan2(2.0 * xy, difference) / 2.0 : std::numbers::pi / 4.0;
    const double spread = std::sqrt(0.25 * difference * difference + xy * xy);
    const double middle = 0.5 * (xx + yy);
    a = std::sqrt(middle + spread);
    b = std::sqrt(std::max(middle - spread, 0.0));
    theta = angle * (180.0 / std::numbers::pi);
    cxx = yy / determinant;
    cyy = xx / determinant;
    cxy = -2.0 * xy / determinant;
}

Moments::Moments(Row<const Int> index, Row<const float> value, Int width) {
    const Int x0 = index[0] % width, y0 = index[0] / width;
    double mx = 0.0, my = 0.0, mxx = 0.0, myy = 0.0, mxy = 0.0;
    light = 0.0;
    for (std::size_t p = 0; p < index.size(); ++p) {
        const auto dx = static_cast<double>(index[p] % width - x0), dy = static_cast<double>(index[p] / width - y0);
        const double v = value[p];
        light += v;
        mx += v * dx;
        my += v * dy;
        mxx += v * dx * dx;
        myy += v * dy * dy;
        mxy += v * dx * dy;
    }
    mx /= light;
    my /= light;
    x = mx + static_cast<double>(x0);
    y = my + static_cast<double>(y0);
    xx = mxx / light - mx * mx;
    yy = myy / light - my * my;
    xy = mxy / light - mx * my;
    area = static_cast<double>(index.size());
}

namespace {

// About the n-th highest value over the threshold, n the size of the heap. SExtractor looks
// for it with a heap, in the order of the list, and leaves out the pixel after the n-th and
// mends the heap one place too far down. What it finds decides what CLEAN eats, so the same
// search is made here.
float mark_of(Row<const float> light, Row<const float> limit, List<float>& heap) {
    const Int n = std::ssize(heap), size = std::ssize(light);
    if (size < n) return 0.0f;
    for (Int p = 0; p < n; ++p) heap[p] = light[p] - limit[p];
    if (size > n) {
        for (Int p = 1; p < n; ++p) {
            const float height = heap[p];
            Int place = p;
            for (; place > 0 && heap[place - 1] > height; --place) heap[place] = heap[place - 1];
            heap[place] = height;
        }
    }
    for (Int p = n + 1; p < size; ++p) {
        const float height = light[p] - limit[p];
        if (height <= heap[0]) continue;
        heap[0] = height;
        Int at = 0;
        while (2 * at + 2 <= n) {
            const Int right = 2 * at + 2;
            const bool go_right = right < n && heap[right - 1] > heap[right];
            const Int child = go_right ? right : right - 1;
            if (at >= n || heap[at] <= heap[child]) break;
            std::swap(heap[at], heap[child]);
            at = go_right ? right + 1 : right;
        }
    }
    return heap[0];
}

// FWHM of the Gaussian fitted, weighted by light, to the pixels above a level.
double core_fwhm(Row<const float> light, Row<const Int> index, Int nx, double cx, double cy, double ab, double level,
                 double saturation) {
    double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (std::size_t p = 0; p < index.size(); ++p) {
        const double value = light[p];
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

Image<double> as_table(List<Moments> const& moments) {
    Image<double> out(std::ssize(moments), 7);
    for (Int k = 0; k < out.rows; ++k) {
        const auto& m = moments[k];
        std::ranges::copy(std::array{m.x, m.y, m.xx, m.yy, m.xy, m.light, m.area}, out.row(k).begin());
    }
    return out;
}

Image<double> measure_moments(Row<const Int> index, Row<const float> value, Row<const Int> start, Int width) {
    List<Moments> found;
    for (Int k = 0; k + 1 < std::ssize(start); ++k)
        found.emplace_back(part(index, start[k], start[k + 1]), part(value, start[k], start[k + 1]), width);
    return as_table(found);
}

void measure_shapes(Row<const float> value, Row<const float> threshold, Row<const Int> start, Grid<const double> table,
                    Int minarea, Grid<double> out) {
    List<float> heap(minarea);
    for (Int i = 0; i < table.rows; ++i) {
        const auto light = part(value, start[i], start[i + 1]), limit = part(threshold, start[i], start[i + 1]);
        const Ellipse e(table(i, 2), table(i, 3), table(i, 4));
        const double found[] = {table(i, 0), table(i, 1), e.a, e.b, e.theta, e.cxx, e.cyy, e.cxy, table(i, 5),
                                *std::max_element(light.begin(), light.end()),
                                *std::min_element(limit.begin(), limit.end()), mark_of(light, limit, heap), table(i, 6)};
        for (Int k = 0; k < out.rows; ++k) out(k, i) = found[k];
    }
}

Isophotes measure_isophotes(Row<const float> light, Row<const float> variance, Row<const Int> index,
                            Row<const Int> start, Int ny, Int nx, Row<const double> cx, Row<const double> cy,
                            Row<const double> a, Row<const double> b, double thresh, double saturation,
                            Int saturated, double gain, double noise2) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const std::size_t n = start.size() - 1;
    Isophotes out{List<double>(n), List<double>(n), List<double>(n), List<Int>(n), List<Int>(n),
                  List<Int>(n, nx), List<Int>(n), List<Int>(n, ny), List<Int>(n)};
    for (std::size_t k = 0; k < n; ++k) {
        double lowest = infinite, peak = -infinite;
        for (Int p = start[k]; p < start[k + 1]; ++p) {
            const Int y = index[p] / nx, x = index[p] % nx;
            const double value = light[p], var = variance[p];
            const double limit = thresh * std::sqrt(var);
            lowest = std::min(lowest, limit);
            peak = std::max(peak, value);
            out.area[k] += value > limit;
            out.flux[k] += value;
            out.error[k] += var;
            out.error[k] += photon_noise(value, var, gain, noise2);
            out.xmin[k] = std::min(out.xmin[k], x);
            out.xmax[k] = std::max(out.xmax[k], x);
            out.ymin[k] = std::min(out.ymin[k], y);
            out.ymax[k] = std::max(out.ymax[k], y);
        }
        if (peak >= saturation) out.flags[k] |= saturated;
        const double level = std::max(peak / 5.0, lowest);
        if (level > 0.0)
            out.fwhm[k] = core_fwhm(part(light, start[k], start[k + 1]), part(index, start[k], start[k + 1]), nx,
                                    cx[k], cy[k], a[k] * b[k], level, saturation);
    }
    return out;
}

}  // namespace skyseg
