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

// Column whose squared distance from the centre is the least.
Int middle_of(std::vector<float> const& squares) { return std::ranges::min_element(squares) - squares.begin(); }

// Pixels of an axis within a distance of a centre: `squares` are their squared distances, which fall
// to the centre and rise beyond it, `limit` is the squared distance.
struct Range {
    Int first, stop;

    Range(std::vector<float> const& squares, float limit) : first(0), stop(std::ssize(squares)) {
        while (first < stop && squares[first] > limit) ++first;
        while (first < stop && squares[stop - 1] > limit) --stop;
    }
};

// Pixels of rows within a distance of a centre, among those from `begin` to `end`: where they begin and
// stop in each row. Of these `middle` is the nearest to the centre along a row.
SKYSEG_WIDE
void find_chords(const float* across, Int begin, Int middle, Int end, const float* down, float limit,
                 std::int32_t* __restrict first, std::int32_t* __restrict stop, Int rows) {
    for (Int y = 0; y < rows; ++y) {
        std::int32_t before = 0, beyond = 0;
        for (Int x = begin; x < middle; ++x) before += across[x] + down[y] > limit;
        for (Int x = middle; x < end; ++x) beyond += across[x] + down[y] > limit;
        first[y] = static_cast<std::int32_t>(begin) + before;
        stop[y] = static_cast<std::int32_t>(end) - beyond;
    }
}

// Sums of parts of rows in double precision, each in four parts that a processor adds at once.
SKYSEG_WIDE
void sum_rows(ImageView<const float> image, const std::int32_t* first, const std::int32_t* stop,
              double* __restrict sums) {
    for (Int y = 0; y < image.rows; ++y) {
        const float* values = &image(y, 0) + first[y];
        const Int count = stop[y] - first[y], whole = count - count % 4;
        double parts[4] = {0.0, 0.0, 0.0, 0.0};
        for (Int i = 0; i < whole; i += 4)
            for (int k = 0; k < 4; ++k) parts[k] += values[i + k];
        for (Int i = whole; i < count; ++i) parts[0] += values[i];
        sums[y] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
    }
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
    const Range rows(down.pixels, outer * outer), columns(across.pixels, outer * outer);
    top_ = rows.first;
    const Int count = rows.stop - rows.first;
    for (auto* ends : {&touched_, &whole_}) {
        ends->first.resize(count);
        ends->stop.resize(count);
    }
    const auto chords = [&](float distance, Chords& out) {
        find_chords(across.pixels.data(), columns.first,
                    std::clamp(middle_of(across.pixels), columns.first, columns.stop), columns.stop,
                    down.pixels.data() + top_, distance * distance, out.first.data(), out.stop.data(), count);
    };
    chords(outer, touched_);
    chords(inner, whole_);
    list_edge();
    counts_.resize(columns_.size());
    count_inside(across.parts.data(), down.parts.data(), columns_.data(), lines_.data(), r * r, counts_.data(),
                 std::ssize(columns_));
    edge_.resize(columns_.size());
    for (std::size_t k = 0; k < columns_.size(); ++k)
        edge_[k] = {columns_[k] / subpixels, parts_by_count[static_cast<std::size_t>(counts_[k])]};
}

void LaidCircle::list_edge() {
    const Int rows = std::ssize(whole_.first);
    edge_stop_.resize(rows);
    Int most = 0;
    for (Int y = 0; y < rows; ++y) most += (whole_.first[y] - touched_.first[y]) + (touched_.stop[y] - whole_.stop[y]);
    columns_.resize(most);
    lines_.resize(most);
    std::size_t at = 0;
    for (Int y = 0; y < rows; ++y) {
        const auto list = [&](std::int32_t first, std::int32_t stop) {
            for (std::int32_t x = first; x < stop; ++x, ++at) {
                columns_[at] = x * subpixels;
                lines_[at] = static_cast<std::int32_t>(top_ + y) * subpixels;
            }
        };
        list(touched_.first[y], whole_.first[y]);
        list(whole_.stop[y], touched_.stop[y]);
        edge_stop_[y] = at;
    }
}

CircleSums LaidCircle::sum(ImageView<const float> light, ImageView<const float> variance) {
    const auto values = rows_of(light), noise = rows_of(variance);
    sum_rows(values, whole_.first.data(), whole_.stop.data(), sums_.data());
    sum_rows(noise, whole_.first.data(), whole_.stop.data(), noise_sums_.data());
    CircleSums sum;
    std::size_t k = 0;
    for (Int y = 0; y < values.rows; ++y) {
        const float *value_row = &values(y, 0), *noise_row = &noise(y, 0);
        for (; k < edge_stop_[y]; ++k) {
            const auto [x, weight] = edge_[k];
            sum.light += weight * static_cast<double>(value_row[x]);
            sum.area += weight;
            sum.variance += weight * static_cast<double>(noise_row[x]);
        }
        sum.light += sums_[y];
        sum.area += static_cast<double>(whole_.stop[y] - whole_.first[y]);
        sum.variance += noise_sums_[y];
    }
    return sum;
}

double LaidCircle::sum_light(ImageView<const float> light) {
    const auto values = rows_of(light);
    sum_rows(values, whole_.first.data(), whole_.stop.data(), sums_.data());
    double sum = 0.0;
    std::size_t k = 0;
    for (Int y = 0; y < values.rows; ++y) {
        const float* row = &values(y, 0);
        for (; k < edge_stop_[y]; ++k) sum += edge_[k].part * static_cast<double>(row[edge_[k].x]);
        sum += sums_[y];
    }
    return sum;
}

ImageView<const float> LaidCircle::rows_of(ImageView<const float> image) {
    const Int count = std::ssize(whole_.first);
    sums_.resize(count);
    noise_sums_.resize(count);
    return image.part(top_, top_ + count, 0, image.columns);
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
