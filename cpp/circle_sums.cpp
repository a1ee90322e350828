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

// Pixels of an axis within a distance of a centre: `squares` are their squared distances, which fall
// to the centre and rise beyond it, `limit` is the squared distance.
struct Range {
    Int first, stop;

    Range(std::vector<float> const& squares, float limit) : first(0), stop(std::ssize(squares)) {
        while (first < stop && squares[first] > limit) ++first;
        while (first < stop && squares[stop - 1] > limit) --stop;
    }
};

// Pixels of some that lie within two distances of a centre.
struct Within {
    std::int32_t larger, smaller;
};

inline Within count_within(const float* across, Int count, float down, float larger, float smaller) {
    Within out{0, 0};
    for (Int x = 0; x < count; ++x) {
        const float square = across[x] + down;
        out.larger += square <= larger;
        out.smaller += square <= smaller;
    }
    return out;
}

struct Ends {
    std::int32_t *first, *stop;
};

// Pixels of rows within two distances of a centre: where they begin and stop in each row. Whole registers of
// those before and from the nearest to the centre are counted.
SKYSEG_SHORT
void find_chords(const float* before, Int before_count, const float* after, Int after_count, const float* down,
                 Int rows, float larger, float smaller, std::int32_t nearest, Ends touched, Ends whole) {
    for (Int y = 0; y < rows; ++y) {
        const auto left = count_within(before, before_count, down[y], larger, smaller);
        const auto right = count_within(after, after_count, down[y], larger, smaller);
        touched.first[y] = nearest - left.larger;
        touched.stop[y] = nearest + right.larger;
        whole.first[y] = nearest - left.smaller;
        whole.stop[y] = nearest + right.smaller;
    }
}

// Sums of parts of rows of two images in double precision, each in four parts that a processor adds at once.
SKYSEG_SHORT
void sum_rows(ImageView<const float> image, ImageView<const float> other, const std::int32_t* first,
              const std::int32_t* stop, double* __restrict sums, double* __restrict other_sums) {
    for (Int y = 0; y < image.rows; ++y) {
        const float *values = &image(y, 0) + first[y], *others = &other(y, 0) + first[y];
        const Int count = stop[y] - first[y], whole = count - count % 4;
        double parts[4] = {0.0, 0.0, 0.0, 0.0}, other_parts[4] = {0.0, 0.0, 0.0, 0.0};
        for (Int i = 0; i < whole; i += 4) {
            for (int k = 0; k < 4; ++k) parts[k] += values[i + k];
            for (int k = 0; k < 4; ++k) other_parts[k] += others[i + k];
        }
        for (Int i = whole; i < count; ++i) {
            parts[0] += values[i];
            other_parts[0] += others[i];
        }
        sums[y] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
        other_sums[y] = (other_parts[0] + other_parts[1]) + (other_parts[2] + other_parts[3]);
    }
}

SKYSEG_SHORT
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
// subpixels.
SKYSEG_SHORT
void count_inside(const float* across, const float* down, const std::int32_t* columns, const std::int32_t* lines,
                  float radius2, std::int32_t* __restrict counts, Int n) {
    for (Int k = 0; k < n; ++k) {
        const std::int32_t column = columns[k] * subpixels, line = lines[k] * subpixels;
        std::int32_t count = 0;
        for (int j = 0; j < subpixels; ++j)
            for (int i = 0; i < subpixels; ++i) count += across[column + i] + down[line + j] < radius2;
        counts[k] = count;
    }
}

// The square of a distance; finite, so that pixels an infinite distance away are farther.
float squared(float distance) { return std::min(distance * distance, std::numeric_limits<float>::max()); }

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
    constexpr float beyond_all = std::numeric_limits<float>::infinity();
    nearest = std::ranges::min_element(pixels) - pixels.begin();
    before.assign(padded(nearest), beyond_all);
    after.assign(padded(count - nearest), beyond_all);
    std::copy(pixels.begin(), pixels.begin() + nearest, before.begin());
    std::copy(pixels.begin() + nearest, pixels.end(), after.begin());
}

void LaidCircle::lay(Squares const& across, Squares const& down, double radius) {
    const auto r = static_cast<float>(radius);
    const float inner = squared(std::max(r - edge_width, 0.0f)), outer = squared(r + edge_width);
    const Range rows(down.pixels, outer), columns(across.pixels, outer);
    top_ = rows.first;
    const Int count = rows.stop - rows.first;
    for (auto* ends : {&touched_, &whole_}) {
        ends->first.resize(count);
        ends->stop.resize(count);
    }
    const Int skipped = std::min(columns.first, across.nearest) / register_width * register_width;
    find_chords(across.before.data() + skipped, std::ssize(across.before) - skipped, across.after.data(),
                padded(std::max(columns.stop - across.nearest, Int{0})), down.pixels.data() + top_, count, outer, inner,
                static_cast<std::int32_t>(across.nearest), {touched_.first.data(), touched_.stop.data()},
                {whole_.first.data(), whole_.stop.data()});
    list_edge();
    count_inside(across.parts.data(), down.parts.data(), columns_.data(), lines_.data(), r * r, counts_.data(),
                 std::ssize(counts_));
}

void LaidCircle::list_edge() {
    // as many as are usual at once: processors guess the lengths of short loops badly
    constexpr std::int32_t usual = 4;
    const Int rows = std::ssize(whole_.first);
    edge_stop_.resize(rows);
    Int most = 0;
    for (Int y = 0; y < rows; ++y) most += (whole_.first[y] - touched_.first[y]) + (touched_.stop[y] - whole_.stop[y]);
    columns_.resize(most + usual);
    lines_.resize(most + usual);
    counts_.resize(most);
    std::int32_t *column = columns_.data(), *line = lines_.data();
    for (Int y = 0; y < rows; ++y) {
        const auto row = static_cast<std::int32_t>(top_ + y);
        const auto list = [&](std::int32_t first, std::int32_t stop) {
            for (std::int32_t i = 0; i < usual; ++i) column[i] = first + i;
            for (std::int32_t i = 0; i < usual; ++i) line[i] = row;
            for (std::int32_t i = usual; i < stop - first; ++i) {
                column[i] = first + i;
                line[i] = row;
            }
            column += stop - first;
            line += stop - first;
        };
        list(touched_.first[y], whole_.first[y]);
        list(whole_.stop[y], touched_.stop[y]);
        edge_stop_[y] = static_cast<std::size_t>(column - columns_.data());
    }
}

CircleSums LaidCircle::sum(ImageView<const float> light, ImageView<const float> variance) {
    const auto values = rows_of(light), noise = rows_of(variance);
    sum_rows(values, noise, whole_.first.data(), whole_.stop.data(), sums_.data(), noise_sums_.data());
    CircleSums sum;
    std::size_t k = 0;
    for (Int y = 0; y < values.rows; ++y) {
        const float *value_row = &values(y, 0), *noise_row = &noise(y, 0);
        for (; k < edge_stop_[y]; ++k) {
            const double weight = parts_by_count[counts_[k]];
            sum.light += weight * static_cast<double>(value_row[columns_[k]]);
            sum.area += weight;
            sum.variance += weight * static_cast<double>(noise_row[columns_[k]]);
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
        for (; k < edge_stop_[y]; ++k) sum += parts_by_count[counts_[k]] * static_cast<double>(row[columns_[k]]);
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
