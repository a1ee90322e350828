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
// sixth, and so its maps, and these, differ from a natural spline by about 0.005 sigma. In
// single precision, and in this order, nearly all of its bits are the program's.
template <class Real>
void set_curvature(std::span<const Real> nodes, std::span<Real> out, std::vector<Real>& slope) {
    const Int n = std::ssize(nodes);
    std::fill(out.begin(), out.end(), Real{0});
    if (n < 3) return;
    slope.assign(n, Real{0});
    for (Int i = 1; i < n - 1; ++i) {
        const Real pivot = 4 - slope[i - 1];
        slope[i] = 1 / pivot;
        out[i] = (nodes[i + 1] + nodes[i - 1] - 2 * nodes[i] - out[i - 1]) / pivot;
    }
    for (Int i = n - 2; i > 0; --i) out[i] -= slope[i] * out[i + 1] / 6;
}

// Node before a position, and the weights of values and curvatures on its two sides.
template <class Real>
struct Place {
    Int node;
    Real s, t, s2, t2;

    Place(Int nodes, double position) {
        node = truncated(std::floor(position), Int{0}, std::max(nodes - 2, Int{0}));
        const double beyond = nodes > 1 ? position - static_cast<double>(node) : 0.0;
        t = static_cast<Real>(beyond);
        s = static_cast<Real>(1.0 - beyond);
        s2 = s * s - 1;
        t2 = t * t - 1;
    }

    // the powers are multiplied out along a column, and not along a row
    Real along_column(Real above, Real below, Real curved_above, Real curved_below) const {
        return s * above + t * below + (s * s * s - s) * curved_above + (t * t * t - t) * curved_below;
    }
};

// First pixel after each node of a row's part, and what the nodes on both sides weigh there.
template <class Real>
struct Weights {
    std::vector<Int> begin;
    std::vector<Real> s, t, s2, t2;

    Weights(Int nodes, Int size, Int x0, Int nx) : begin(std::max(nodes, Int{2})), s(nx), t(nx), s2(nx), t2(nx) {
        for (Int x = 0; x < nx; ++x) {
            // a mesh of even size has its centre between two pixels
            const Place<Real> place(nodes, (static_cast<double>(x0 + x) + 0.5) / static_cast<double>(size) - 0.5);
            begin[place.node + 1] = x + 1;
            s[x] = place.s;
            t[x] = place.t;
            s2[x] = place.s2;
            t2[x] = place.t2;
        }
        // a node beyond the part has no pixel
        for (std::size_t i = 1; i < begin.size(); ++i) begin[i] = std::max(begin[i], begin[i - 1]);
    }
};

SKYSEG_WIDE
void draw_between(float* __restrict row, const float* s, const float* t, const float* s2, const float* t2, float left,
                  float right, float curved_left, float curved_right, Int n) {
    for (Int x = 0; x < n; ++x) row[x] = s[x] * (left + s2[x] * curved_left) + t[x] * (right + t2[x] * curved_right);
}

SKYSEG_WIDE
void draw_between(float* __restrict row, const double* s, const double* t, const double* s2, const double* t2,
                  double left, double right, double curved_left, double curved_right, Int n) {
    for (Int x = 0; x < n; ++x)
        row[x] = static_cast<float>(s[x] * (left + s2[x] * curved_left) + t[x] * (right + t2[x] * curved_right));
}

template <class Real>
void draw(ImageView<const Real> level, Int size, Int y0, Int x0, ImageView<float> out) {
    const Int nby = level.rows, nbx = level.columns;
    std::vector<Real> slope;
    Image<Real> down(nbx, nby), columns(nbx, nby);
    for (Int i = 0; i < nbx; ++i) {
        for (Int j = 0; j < nby; ++j) columns(i, j) = level(j, i);
        set_curvature<Real>(columns.row(i), down.row(i), slope);
    }
    const Weights<Real> weights(nbx, size, x0, out.columns);
    // a single node stands on both sides
    std::vector<Real> nodes(std::max(nbx, Int{2})), curvature(nodes.size());
    for (Int y = y0; y < y0 + out.rows; ++y) {
        const Place<Real> at(nby, static_cast<double>(y) / static_cast<double>(size) - 0.5);
        const Int j = at.node, after = std::min(j + 1, nby - 1);
        for (Int i = 0; i < nbx; ++i)
            nodes[i] = at.along_column(columns(i, j), columns(i, after), down(i, j), down(i, after));
        nodes.back() = nodes[nbx - 1];
        // along a single row of nodes SExtractor draws straight lines
        if (nby > 1) set_curvature<Real>(nodes, curvature, slope);
        for (std::size_t i = 0; i + 1 < weights.begin.size(); ++i) {
            const Int x = weights.begin[i], n = weights.begin[i + 1] - x;
            draw_between(out.row(y - y0).data() + x, weights.s.data() + x, weights.t.data() + x, weights.s2.data() + x,
                         weights.t2.data() + x, nodes[i], nodes[i + 1], curvature[i], curvature[i + 1], n);
        }
    }
}

}  // namespace

void draw_spline(ImageView<const float> level, Int size, Int y0, Int x0, ImageView<float> out) {
    draw(level, size, y0, x0, out);
}

void draw_spline(ImageView<const double> level, Int size, Int y0, Int x0, ImageView<float> out) {
    draw(level, size, y0, x0, out);
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
