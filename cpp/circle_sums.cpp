// Light in circles, pixels on whose edges are cut into subpixels.
#include "circle_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scene.hpp"

namespace skyseg {

namespace {

constexpr int subpixels = 5;
constexpr float subpixel = static_cast<float>(1.0 / subpixels);
constexpr float first_subpixel = static_cast<float>((1.0 / subpixels - 1.0) / 2.0);
// beyond this distance from the edge all of a pixel's subpixels are on the same side
constexpr float edge_width = 0.57f;

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
// subpixels, of which those of pixel i begin at `columns[i]` and `lines[i]`.
SKYSEG_WIDE
void count_inside(const float* across, const float* down, const std::int32_t* columns, const std::int32_t* lines,
                  float radius2, std::int32_t* __restrict counts, Int n) {
    for (Int k = 0; k < n; ++k) {
        std::int32_t count = 0;
        for (int j = 0; j < subpixels; ++j)
            for (int i = 0; i < subpixels; ++i) count += across[columns[k] + i] + down[lines[k] + j] < radius2;
        counts[k] = count;
    }
}

// Whether pixels lie as far from a centre in single precision as others do.
bool same_distances(Int first, double centre, Int other_first, double other_centre) {
    const auto distance = [](Int pixel, double from) {
        return static_cast<double>(pixel) - static_cast<double>(static_cast<float>(from));
    };
    return distance(first, centre) == distance(other_first, other_centre);
}

}  // namespace

Squares::Squares(Int first, Int count, double centre) : pixels(count), parts(count * subpixels) {
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

void LaidCircle::lay(Squares const& across, Squares const& down, double radius) {
    const auto r = static_cast<float>(radius);
    const float inner = std::max(r - edge_width, 0.0f), outer = r + edge_width;
    const auto rows = inside(down.pixels, 0.0f, outer * outer, {0, std::ssize(down.pixels)});
    const auto columns = inside(across.pixels, 0.0f, outer * outer, {0, std::ssize(across.pixels)});
    top_ = rows.first;
    rows_.clear();
    edge_.clear();
    columns_.clear();
    lines_.clear();
    for (Int y = rows.first; y < rows.stop; ++y) {
        const auto touched = inside(across.pixels, down.pixels[y], outer * outer, columns);
        const auto whole = inside(across.pixels, down.pixels[y], inner * inner, touched);
        add_edge(y, touched.first, whole.first);
        add_edge(y, whole.stop, touched.stop);
        rows_.push_back({whole.first, whole.stop, columns_.size()});
    }
    counts_.resize(columns_.size());
    count_inside(across.parts.data(), down.parts.data(), columns_.data(), lines_.data(), r * r, counts_.data(),
                 std::ssize(columns_));
    for (std::size_t k = 0; k < columns_.size(); ++k)
        edge_.push_back({columns_[k] / subpixels, parts_by_count[static_cast<std::size_t>(counts_[k])]});
}

void LaidCircle::add_edge(Int y, Int first, Int stop) {
    for (Int x = first; x < stop; ++x) {
        columns_.push_back(static_cast<std::int32_t>(x * subpixels));
        lines_.push_back(static_cast<std::int32_t>(y * subpixels));
    }
}

CircleSums LaidCircle::sum(ImageView<const float> light, ImageView<const float> variance) const {
    CircleSums sum;
    std::size_t k = 0;
    Int y = top_;
    for (auto const& [first, stop, edge_stop] : rows_) {
        const auto values = light.row(y), noise = variance.row(y);
        for (; k < edge_stop; ++k) {
            const auto [x, weight] = edge_[k];
            sum.light += weight * static_cast<double>(values[static_cast<std::size_t>(x)]);
            sum.area += weight;
            sum.variance += weight * static_cast<double>(noise[static_cast<std::size_t>(x)]);
        }
        sum.light += total_of(part(values, first, stop));
        sum.area += static_cast<double>(stop - first);
        sum.variance += total_of(part(noise, first, stop));
        ++y;
    }
    return sum;
}

double LaidCircle::sum_light(ImageView<const float> light) const {
    double sum = 0.0;
    std::size_t k = 0;
    Int y = top_;
    for (auto const& [first, stop, edge_stop] : rows_) {
        const auto values = light.row(y);
        for (; k < edge_stop; ++k)
            sum += edge_[k].part * static_cast<double>(values[static_cast<std::size_t>(edge_[k].x)]);
        sum += total_of(part(values, first, stop));
        ++y;
    }
    return sum;
}

void sum_circles(ImageView<const float> image, std::span<const double> x, std::span<const double> y, double radius,
                 std::span<double> out) {
    const Scene scene{
        .image = image, .variance = image, .owner = {}, .top = 0, .left = 0, .ny = image.rows, .nx = image.columns};
    LaidCircle circle;
    Box laid;
    std::size_t last = x.size();
    for (std::size_t place = 0; place < x.size(); ++place) {
        if (!std::isfinite(x[place]) || !std::isfinite(y[place])) {
            out[place] = std::numeric_limits<double>::quiet_NaN();
            continue;
        }
        const Box box(scene, x[place], y[place], radius + 0.75, radius + 0.75);
        // most lie on their pixels as the one before
        const bool is_alike = last < x.size() && box.width() == laid.width() && box.height() == laid.height() &&
                              same_distances(box.x0, x[place], laid.x0, x[last]) &&
                              same_distances(box.y0, y[place], laid.y0, y[last]);
        if (!is_alike) {
            circle.lay({box.x0, box.width(), x[place]}, {box.y0, box.height(), y[place]}, radius);
            laid = box;
            last = place;
        }
        out[place] = circle.sum_light(image.part(box.y0, box.y0 + box.height(), box.x0, box.x0 + box.width()));
    }
}

}  // namespace skyseg
