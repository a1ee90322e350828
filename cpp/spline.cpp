// SExtractor's bicubic spline through the meshes of the background.
#include "spline.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "whole_numbers.hpp"

namespace skyseg {

namespace {

// Curvature of SExtractor's spline through equidistant nodes. A natural cubic spline would
// take the whole of the next node's curvature in the back substitution; SExtractor takes a
// sixth, and so its maps, and these, differ from a natural spline by about 0.005 sigma.
void set_curvature(std::span<const double> nodes, std::span<double> out, std::vector<double>& slope) {
    const Int n = std::ssize(nodes);
    std::fill(out.begin(), out.end(), 0.0);
    if (n < 3) return;
    slope.assign(n, 0.0);
    for (Int i = 1; i < n - 1; ++i) {
        const double pivot = 4.0 - slope[i - 1];
        slope[i] = 1.0 / pivot;
        out[i] = (nodes[i + 1] + nodes[i - 1] - 2.0 * nodes[i] - out[i - 1]) / pivot;
    }
    for (Int i = n - 2; i > 0; --i) out[i] -= slope[i] * out[i + 1] / 6.0;
}

// Node before a position, and the weights of values and curvatures on its two sides.
struct Place {
    Int node;
    double s, t, s3, t3;

    Place(Int nodes, double position) {
        node = truncated(std::floor(position), Int{0}, std::max(nodes - 2, Int{0}));
        t = nodes > 1 ? position - static_cast<double>(node) : 0.0;
        s = 1.0 - t;
        s3 = s * s * s - s;
        t3 = t * t * t - t;
    }
};

// First pixel after each node of a row's part, and what the nodes on both sides weigh there.
struct Weights {
    std::vector<Int> begin;
    std::vector<double> s, t, s3, t3;

    Weights(Int nodes, Int size, Int x0, Int nx) : begin(std::max(nodes, Int{2})), s(nx), t(nx), s3(nx), t3(nx) {
        for (Int x = 0; x < nx; ++x) {
            // a mesh of even size has its centre between two pixels
            const Place place(nodes, (static_cast<double>(x0 + x) + 0.5) / static_cast<double>(size) - 0.5);
            begin[place.node + 1] = x + 1;
            s[x] = place.s;
            t[x] = place.t;
            s3[x] = place.s3;
            t3[x] = place.t3;
        }
        // a node beyond the part has no pixel
        for (std::size_t i = 1; i < begin.size(); ++i) begin[i] = std::max(begin[i], begin[i - 1]);
    }
};

SKYSEG_WIDE
void draw_between(float* __restrict row, const double* s, const double* t, const double* s3, const double* t3,
                  double left, double right, double curved_left, double curved_right, Int n) {
    for (Int x = 0; x < n; ++x)
        row[x] = static_cast<float>(s[x] * left + t[x] * right + s3[x] * curved_left + t3[x] * curved_right);
}

}  // namespace

void draw_spline(ImageView<const double> level, Int size, Int y0, Int x0, ImageView<float> out) {
    const Int nby = level.rows, nbx = level.columns;
    std::vector<double> slope;
    Image<double> down(nbx, nby), columns(nbx, nby);
    for (Int i = 0; i < nbx; ++i) {
        for (Int j = 0; j < nby; ++j) columns(i, j) = level(j, i);
        set_curvature(columns.row(i), down.row(i), slope);
    }
    const Weights weights(nbx, size, x0, out.columns);
    // a single node stands on both sides
    std::vector<double> nodes(std::max(nbx, Int{2})), curvature(nodes.size());
    for (Int y = y0; y < y0 + out.rows; ++y) {
        const Place at(nby, static_cast<double>(y) / static_cast<double>(size) - 0.5);
        const Int j = at.node, after = std::min(j + 1, nby - 1);
        for (Int i = 0; i < nbx; ++i)
            nodes[i] = at.s * columns(i, j) + at.t * columns(i, after) + at.s3 * down(i, j) + at.t3 * down(i, after);
        nodes.back() = nodes[nbx - 1];
        // along a single row of nodes SExtractor draws straight lines
        if (nby > 1) set_curvature(nodes, curvature, slope);
        for (std::size_t i = 0; i + 1 < weights.begin.size(); ++i) {
            const Int x = weights.begin[i], n = weights.begin[i + 1] - x;
            draw_between(out.row(y - y0).data() + x, weights.s.data() + x, weights.t.data() + x, weights.s3.data() + x,
                         weights.t3.data() + x, nodes[i], nodes[i + 1], curvature[i], curvature[i + 1], n);
        }
    }
}

// A value that is none, or beyond what 32 bits hold, becomes the nearer end of what they do.
SKYSEG_WIDE
void round_to_steps(ImageView<const float> background, float scale, ImageView<std::int32_t> out) {
    // the outermost floats that 32 bits hold
    constexpr float lowest = -2147483648.0f, highest = 2147483520.0f;
    for (Int y = 0; y < out.rows; ++y) {
        const float* from = background.row(y).data();
        std::int32_t* to = out.row(y).data();
        for (Int x = 0; x < out.columns; ++x) {
            const float steps = std::rint(from[x] * scale), above = steps > lowest ? steps : lowest;
            to[x] = static_cast<std::int32_t>(above < highest ? above : highest);
        }
    }
}

}  // namespace skyseg
