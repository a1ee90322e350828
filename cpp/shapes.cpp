// Position, size and shape of objects.
#include "shapes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

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

Moments::Moments(std::span<const Int> index, std::span<const float> value, Int width) {
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
float mark_of(std::span<const float> light, std::span<const float> limit, std::vector<float>& heap) {
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

}  // namespace

Image<double> as_table(std::vector<Moments> const& moments) {
    Image<double> out(std::ssize(moments), 7);
    for (Int k = 0; k < out.rows; ++k) {
        const auto& m = moments[k];
        std::ranges::copy(std::array{m.x, m.y, m.xx, m.yy, m.xy, m.light, m.area}, out.row(k).begin());
    }
    return out;
}

Image<double> measure_moments(std::span<const Int> index, std::span<const float> value, std::span<const Int> start,
                              Int width) {
    std::vector<Moments> found;
    for (Int k = 0; k + 1 < std::ssize(start); ++k)
        found.emplace_back(part(index, start[k], start[k + 1]), part(value, start[k], start[k + 1]), width);
    return as_table(found);
}

Shapes measure_shapes(std::span<const float> value, std::span<const float> threshold, std::span<const Int> start,
                      ImageView<const double> moments, Int minarea) {
    // with more pixels than any object has, there is no mark either
    Int largest = 0;
    for (Int i = 0; i < moments.rows; ++i) largest = std::max(largest, start[i + 1] - start[i]);
    std::vector<float> heap(std::min(minarea, largest + 1));
    Shapes out(moments.rows);
    for (Int i = 0; i < moments.rows; ++i) {
        const auto light = part(value, start[i], start[i + 1]), limit = part(threshold, start[i], start[i + 1]);
        const auto row = moments.row(i);
        const Ellipse e(row[2], row[3], row[4]);
        out.x[i] = row[0];
        out.y[i] = row[1];
        out.a[i] = e.a;
        out.b[i] = e.b;
        out.theta[i] = e.theta;
        out.cxx[i] = e.cxx;
        out.cyy[i] = e.cyy;
        out.cxy[i] = e.cxy;
        out.flux[i] = row[5];
        out.peak[i] = *std::max_element(light.begin(), light.end());
        out.threshold[i] = *std::min_element(limit.begin(), limit.end());
        out.mark[i] = mark_of(light, limit, heap);
        out.area[i] = row[6];
    }
    return out;
}

}  // namespace skyseg
