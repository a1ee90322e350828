// Runs to lists of connected pixels, and back.
#include "regions.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "scanning.hpp"

namespace skyseg {

namespace {

// Root run of each run's region: its last run, so that roots ascend with completion.
std::vector<Int> roots(std::span<const Int> start, std::span<const Int> length, Int width) {
    const Int n = std::ssize(start);
    std::vector<Int> parent(n);
    std::iota(parent.begin(), parent.end(), Int{0});
    Int above = 0;
    for (Int run = 0; run < n; ++run) {
        const Int row = start[run] / width, begin = start[run] % width, end = begin + length[run] - 1;
        while (start[above] / width < row - 1) ++above;
        while (above < run && start[above] / width == row - 1 && start[above] % width + length[above] < begin) ++above;
        for (Int other = above; other < run && start[other] / width == row - 1; ++other) {
            if (start[other] % width > end + 1) break;
            const Int a = root_of(parent, other), b = root_of(parent, run);
            parent[std::min(a, b)] = std::max(a, b);
        }
    }
    for (Int run = 0; run < n; ++run) parent[run] = root_of(parent, run);
    return parent;
}

}  // namespace

// Each region has a list; all that have too few pixels share the last but one, and those
// that may go on below `open_row` the last one.
Regions connect(std::span<const Int> start, std::span<const Int> length, Int width, Int minarea, Int open_row) {
    constexpr Int small = -2, open = -1;
    const Int n = std::ssize(start);
    const auto root = roots(start, length, width);
    std::vector<Int> area(n);
    std::vector<unsigned char> goes_on(n);
    for (Int run = 0; run < n; ++run) {
        area[root[run]] += length[run];
        goes_on[root[run]] |= start[run] / width == open_row;
    }
    Regions out{std::vector<Int>(n), {0}};
    auto& [place, first] = out;
    Int count = 0, n_small = 0, n_open = 0;
    for (Int run = 0; run < n; ++run) {
        if (root[run] != run) continue;
        if (goes_on[run]) {
            place[run] = open;
            n_open += area[run];
        } else if (area[run] < minarea) {
            place[run] = small;
            n_small += area[run];
        } else {
            place[run] = count++;
            first.push_back(first.back() + area[run]);
        }
    }
    first.push_back(first.back() + n_small);
    first.push_back(first.back() + n_open);
    // a root is the last run of its region, so it has its list before the others
    for (Int run = n - 1; run >= 0; --run) {
        const Int whole = place[root[run]];
        place[run] = whole >= 0 ? whole : count + whole - small;
    }
    return out;
}

Pixels gather(std::span<const Int> start, std::span<const Int> length, ImageView<const float> values,
              std::span<const Int> place, std::span<const Int> first) {
    Pixels out{std::vector<Int>(first.back()), Image<float>(values.rows, first.back())};
    std::vector<Int> at(first.begin(), first.end());
    Int position = 0;
    for (std::size_t run = 0; run < start.size(); ++run) {
        const Int to = at[place[run]], n = length[run];
        std::iota(out.index.begin() + to, out.index.begin() + to + n, start[run]);
        for (Int k = 0; k < values.rows; ++k) std::copy_n(&values(k, position), n, &out.values(k, to));
        at[place[run]] += n;
        position += n;
    }
    return out;
}

PickedPixels pick(std::span<const Int> start, std::span<const Int> length, std::span<const Int> place,
                  std::span<const Int> first, PartOfImage const& part, Int width) {
    PickedPixels out{std::vector<Int>(first.back()), Image<float>(2, first.back()),
                     std::vector<std::uint8_t>(first.size() - 1)};
    std::vector<Int> at(first.begin(), first.end());
    for (std::size_t run = 0; run < start.size(); ++run) {
        const Int to = at[place[run]], n = length[run];
        const Int y = start[run] / width - part.top, x = start[run] % width - part.left;
        std::iota(out.index.begin() + to, out.index.begin() + to + n, start[run]);
        std::copy_n(&part.light(y, x), n, &out.values(0, to));
        std::copy_n(&part.variance(y, x), n, &out.values(1, to));
        const auto bad = part.bad.row(y, x, x + n);
        if (std::ranges::find(bad, false) != bad.end()) out.covered[place[run]] = 1;
        at[place[run]] += n;
    }
    return out;
}

// The values of the pixels of some runs, which lie run by run.
Image<float> take_runs(std::span<const Int> length, ImageView<const float> values, std::span<const bool> which) {
    Int count = 0;
    for (std::size_t run = 0; run < length.size(); ++run) count += which[run] ? length[run] : 0;
    Image<float> out(values.rows, count);
    for (Int k = 0; k < values.rows; ++k) {
        const float* from = values.row(k).data();
        float* to = out.row(k).data();
        for (std::size_t run = 0; run < length.size(); ++run) {
            if (which[run]) to = std::copy_n(from, length[run], to);
            from += length[run];
        }
    }
    return out;
}

ListedPixels arrange(std::span<const Int> order, std::span<const Int> index, std::span<const float> value,
                     std::span<const float> threshold) {
    ListedPixels out{std::vector<Int>(order.size()), std::vector<float>(order.size()),
                     std::vector<float>(order.size())};
    for (std::size_t p = 0; p < order.size(); ++p) {
        out.index[p] = index[order[p]];
        out.value[p] = value[order[p]];
        out.threshold[p] = threshold[order[p]];
    }
    return out;
}

// Which lists have a pixel on the edge of the image among the first ones, as many as are their core.
std::vector<std::uint8_t> touch_edge(std::span<const Int> index, std::span<const Int> start, std::span<const Int> core,
                                     Int ny, Int nx) {
    std::vector<std::uint8_t> out(core.size());
    const Int last_row = (ny - 1) * nx;
    Int row = 0;
    for (std::size_t i = 0; i < core.size(); ++i) {
        bool touches = false;
        for (const Int pixel : part(index, start[i], start[i] + core[i])) {
            // most lie in the row of the one before
            if (pixel < row || pixel - row >= nx) row = pixel - pixel % nx;
            const Int column = pixel - row;
            touches |= (column == 0) | (column == nx - 1) | (row == 0) | (row == last_row);
        }
        out[i] = touches;
    }
    return out;
}

// Sorts the positions `order` that belong to each object; all of them together are 0 to n.
std::vector<Int> ascending(std::span<const Int> order, std::span<const Int> start) {
    const Int n = std::ssize(order), objects = std::ssize(start) - 1;
    std::vector<Int> owner(n, -1), at(start.begin(), start.end()), out(n);
    for (Int i = 0; i < objects; ++i)
        for (Int k = start[i]; k < start[i + 1]; ++k) {
            if (owner[order[k]] >= 0) throw std::invalid_argument("order: holds a position twice");
            owner[order[k]] = i;
        }
    for (Int position = 0; position < n; ++position) out[at[owner[position]]++] = position;
    return out;
}

PixelRuns runs_of(std::span<const Int> index, std::span<const Int> first, Int width) {
    PixelRuns out;
    for (Int i = 0; i + 1 < std::ssize(first); ++i) {
        const auto own = part(index, first[i], first[i + 1]);
        const auto begin = run_begins(own, width);
        for (std::size_t run = 0; run + 1 < begin.size(); ++run) {
            out.start.push_back(own[begin[run]]);
            out.length.push_back(begin[run + 1] - begin[run]);
            out.owner.push_back(i);
        }
    }
    return out;
}

void draw_runs(ImageView<std::int32_t> image, std::span<const Int> start, std::span<const Int> length,
               std::span<const std::int32_t> names, Int top, Int left, Int width) {
    for (std::size_t run = 0; run < start.size(); ++run) {
        const Int row = start[run] / width - top, column = start[run] % width - left;
        const Int first = std::max(column, Int{0}), stop = std::min(column + length[run], image.columns);
        for (Int x = first; x < stop; ++x) image(row, x) = names[run];
    }
}

}  // namespace skyseg
