// Splitting connected regions into sources, by a tree of thresholds.
#include "deblending.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "assignment.hpp"
#include "scanning.hpp"

namespace skyseg {

namespace {

// fewest pixels of a branch (SExtractor's MAXDEBAREA)
constexpr Int branch_area = 3;

// Whether all pixels but one have a neighbour that is brighter, or as bright and earlier.
bool has_one_maximum(std::span<const float> light, Neighbours const& near) {
    std::vector<unsigned char> exceeded(light.size());
    for (std::size_t p = 0; p < light.size(); ++p)
        for (const Int q : near[p])
            if (q >= 0) exceeded[light[q] >= light[p] ? static_cast<Int>(p) : q] = 1;
    return std::count(exceeded.begin(), exceeded.end(), 0) <= 1;
}

// Order that sorts numbers; equal ones keep theirs.
std::vector<Int> order_of(std::vector<Int> const& keys) {
    std::vector<Int> order(keys.size());
    std::iota(order.begin(), order.end(), Int{0});
    std::stable_sort(order.begin(), order.end(), [&](Int i, Int j) { return keys[i] < keys[j]; });
    return order;
}

// How many of some ascending steps but the first lie below each value.
SKYSEG_WIDE
void count_steps(const float* light, const float* steps, Int step_count, std::int32_t* __restrict level, Int n) {
    constexpr Int block = 256;
    for (Int begin = 0; begin < n; begin += block) {
        const Int stop = std::min(begin + block, n);
        for (Int p = begin; p < stop; ++p) level[p] = 0;
        for (Int k = 1; k < step_count; ++k) {
            const float step = steps[k];
            for (Int p = begin; p < stop; ++p) level[p] += step < light[p];
        }
    }
}

// A connected part of a region above one of the thresholds.
struct Node {
    Int below, area, threshold, last;
    double flux;
};

// The tree of the connected parts of at least three pixels at each threshold.
class Tree {
public:
    Tree(std::span<const float> light, Neighbours const& near, double lowest, Int nthresh)
        : light_(light), near_(near), nthresh_(nthresh), first_node_(nthresh + 1), steps_(nthresh) {
        set_levels(lowest);
        sort_edges();
        sort_pixels();
        grow();
    }

    Int level(Int p) const { return level_[p]; }
    bool has_root() const { return first(0) < stop(0); }
    double flux() const { return nodes_[first(0)].flux; }

    // Nodes that are sources: where a part falls into two or more that stand out. They come
    // highest threshold first and, at one threshold, in the order of their ancestors and then
    // of their last pixels.
    std::vector<Node> sources(double contrast) const {
        const auto rank = ranks();
        std::vector<unsigned char> whole(nodes_.size(), 1);
        std::vector<Int> standing(nodes_.size());
        std::vector<Node> chosen;
        for (Int k = nthresh_ - 1; k > 0; --k) {
            const auto order = order_of(std::vector<Int>(rank.begin() + first(k), rank.begin() + stop(k)));
            for (const Int i : order) {
                const Node& node = nodes_[first(k) + i];
                standing[node.below] += stands_out(node, contrast);
                whole[node.below] &= whole[first(k) + i];
            }
            for (const Int i : order) {
                const Node& node = nodes_[first(k) + i];
                if (standing[node.below] < 2) continue;
                whole[node.below] = 0;
                if (whole[first(k) + i] && stands_out(node, contrast)) chosen.push_back(node);
            }
        }
        return chosen;
    }

private:
    // Nodes of threshold k are those from `first(k)` to `stop(k)`; the highest come first.
    Int first(Int k) const { return first_node_[k + 1]; }
    Int stop(Int k) const { return first_node_[k]; }

    // Highest threshold, counted from 0, that each pixel exceeds.
    void set_levels(double lowest) {
        const double ratio = static_cast<double>(*std::max_element(light_.begin(), light_.end())) / lowest;
        for (Int k = 0; k < nthresh_; ++k)
            steps_[k] =
                static_cast<float>(lowest * std::pow(ratio, static_cast<double>(k) / static_cast<double>(nthresh_)));
        level_.resize(light_.size());
        count_steps(light_.data(), steps_.data(), nthresh_, level_.data(), std::ssize(light_));
    }

    // Calls with neighbouring pairs and the highest level that both exceed, but for those that others
    // join before, at that level or above it.
    template <class Use>
    void for_edges(Use use) const {
        constexpr std::int32_t none = -1;
        const auto level_of = [&](Int q) { return q >= 0 ? level_[q] : none; };
        for (Int p = 0; p < std::ssize(light_); ++p) {
            const auto& [left, corner, above, other_corner] = near_[p];
            const std::int32_t own = level_[p], at_left = level_of(left), at_corner = std::min(own, level_of(corner)),
                               at_above = std::min(own, level_of(above)),
                               at_other = std::min(own, level_of(other_corner));
            if (at_left > none) use(p, left, std::min(own, at_left));
            if (at_corner > std::max(at_left, level_of(above))) use(p, corner, at_corner);
            if (at_above > at_left) use(p, above, at_above);
            if (at_other > level_of(above)) use(p, other_corner, at_other);
        }
    }

    // Neighbouring pairs, those that both exceed the lowest level only first.
    void sort_edges() {
        first_edge_.assign(nthresh_ + 1, 0);
        for_edges([&](Int, Int, std::int32_t level) { ++first_edge_[level + 1]; });
        std::partial_sum(first_edge_.begin(), first_edge_.end(), first_edge_.begin());
        edges_.resize(first_edge_.back());
        std::vector<Int> at = first_edge_;
        for_edges([&](Int p, Int q, std::int32_t level) { edges_[at[level]++] = {p, q}; });
    }

    // Pixels from the highest level down; those of one level keep their order.
    void sort_pixels() {
        std::vector<Int> at(nthresh_ + 1);
        for (const Int k : level_) ++at[nthresh_ - k];
        std::partial_sum(at.begin(), at.end(), at.begin());
        by_level_.resize(level_.size());
        for (Int p = 0; p < std::ssize(level_); ++p) by_level_[at[nthresh_ - 1 - level_[p]]++] = p;
    }

    // Joins pixels from the highest threshold down and puts down the parts at each.
    void grow() {
        const Int size = std::ssize(light_);
        std::vector<Int> parent(size), area(size, 1), last(size), node_of(size, -1), active;
        std::iota(parent.begin(), parent.end(), Int{0});
        std::iota(last.begin(), last.end(), Int{0});
        std::vector<double> flux(light_.begin(), light_.end());
        first_node_[nthresh_] = 0;
        Int at = 0;
        for (Int k = nthresh_ - 1; k >= 0; --k) {
            for (; at < size && level_[by_level_[at]] == k; ++at) active.push_back(by_level_[at]);
            for (Int e = first_edge_[k]; e < first_edge_[k + 1]; ++e) {
                Int a = root_of(parent, edges_[e].first), b = root_of(parent, edges_[e].second);
                if (a == b) continue;
                if (area[a] < area[b]) std::swap(a, b);
                parent[b] = a;
                area[a] += area[b];
                flux[a] += flux[b];
                last[a] = std::max(last[a], last[b]);
            }
            std::erase_if(active, [&](Int p) { return parent[p] != p; });
            for (const Int p : active) {
                if (area[p] < branch_area) continue;
                node_of[p] = std::ssize(nodes_);
                nodes_.push_back({-1, area[p], k, last[p], flux[p]});
            }
            first_node_[k] = std::ssize(nodes_);
            if (k + 1 < nthresh_)
                for (Int node = first(k + 1); node < stop(k + 1); ++node)
                    nodes_[node].below = node_of[root_of(parent, nodes_[node].last)];
        }
    }

    bool stands_out(Node const& node, double contrast) const {
        const float excess = static_cast<float>(node.flux) - steps_[node.threshold] * static_cast<float>(node.area);
        return static_cast<double>(excess) > contrast;
    }

    // Order of the nodes of each threshold: by their ancestor's, then by last pixel.
    std::vector<Int> ranks() const {
        std::vector<Int> rank(nodes_.size()), keys;
        for (Int k = 1; k < nthresh_; ++k) {
            keys.clear();
            for (Int node = first(k); node < stop(k); ++node) keys.push_back(nodes_[node].last);
            const auto by_last = order_of(keys);
            for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = rank[nodes_[first(k) + by_last[i]].below];
            const auto by_above = order_of(keys);
            for (std::size_t i = 0; i < keys.size(); ++i) rank[first(k) + by_last[by_above[i]]] = static_cast<Int>(i);
        }
        return rank;
    }

    std::span<const float> light_;
    Neighbours const& near_;
    Int nthresh_;
    std::vector<Node> nodes_;
    std::vector<Int> first_node_, first_edge_, by_level_;
    std::vector<std::int32_t> level_;
    std::vector<float> steps_;
    std::vector<std::pair<Int, Int>> edges_;
};

// Gives the connected pixels around a node's last one, of its level or above, a branch name.
void flood(std::vector<Int>& branch, Int name, Node const& node, Tree const& tree, Neighbours const& near,
           Neighbours const& later) {
    std::vector<Int> stack{node.last};
    branch[node.last] = name;
    while (!stack.empty()) {
        const Int p = stack.back();
        stack.pop_back();
        for (int side = 0; side < 8; ++side) {
            const Int q = side < 4 ? near[p][side] : later[p][side - 4];
            if (q < 0 || branch[q] == name || tree.level(q) < node.threshold) continue;
            branch[q] = name;
            stack.push_back(q);
        }
    }
}

// Gives the pixels of a region their branches, and returns how many sources it holds.
Int find_branches(std::span<const Int> own, std::span<const float> light, double lowest, Int width, Int nthresh,
                  double mincont, std::vector<Int>& branch) {
    branch.assign(own.size(), unassigned);
    if (std::ssize(own) < 2 * branch_area) return 1;
    const auto near = earlier_neighbours(own, width);
    if (has_one_maximum(light, near)) return 1;
    const Tree tree(light, near, lowest, nthresh);
    if (!tree.has_root()) return 1;
    const double total = static_cast<float>(tree.flux());
    const auto chosen = tree.sources(total * mincont);
    if (chosen.size() < 2) return 1;
    const auto later = later_neighbours(near);
    for (std::size_t k = 0; k < chosen.size(); ++k) flood(branch, static_cast<Int>(k), chosen[k], tree, near, later);
    return std::ssize(chosen);
}

// Lists the pixels branch by branch, the core before the pixels that were assigned to it.
void arrange(std::vector<Int> const& branch, std::span<const Int> own, Int width, Int branches, std::span<Int> order,
             std::vector<Int>& start, std::vector<Int>& core) {
    std::vector<std::vector<Int>> lists(branches);
    for (Int p = 0; p < std::ssize(branch); ++p)
        if (branch[p] >= 0) lists[branch[p]].push_back(p);
    for (auto& mine : lists) {
        std::vector<Int> index(mine.size()), sorted(mine.size());
        for (std::size_t p = 0; p < mine.size(); ++p) index[p] = own[mine[p]];
        const auto scanned = scan_order(index, width);
        for (std::size_t p = 0; p < mine.size(); ++p) sorted[p] = mine[scanned[p]];
        core.push_back(std::ssize(mine));
        mine = std::move(sorted);
    }
    for (const Int p : scan_order(own, width))
        if (branch[p] < 0) lists[assigned - branch[p]].push_back(p);
    auto to = order.begin();
    for (auto const& mine : lists) {
        to = std::copy(mine.begin(), mine.end(), to);
        start.push_back(start.back() + std::ssize(mine));
    }
}

}  // namespace

Deblended deblend(std::span<const Int> index, std::span<const float> value, std::span<const float> threshold,
                  std::span<const Int> start, Int width, Int nthresh, double mincont) {
    Deblended out{std::vector<Int>(index.size()), {0}, {}, {}, Image<double>(0, 7)};
    std::vector<Moments> table;
    std::vector<Int> branch;
    for (Int i = 0; i + 1 < std::ssize(start); ++i) {
        const Int first = start[i], stop = start[i + 1];
        const auto own = part(index, first, stop);
        const auto light = part(value, first, stop);
        const auto limits = part(threshold, first, stop);
        const double lowest = *std::min_element(limits.begin(), limits.end());
        const Int branches = find_branches(own, light, lowest, width, nthresh, mincont, branch);
        const auto order = part(std::span<Int>(out.order), first, stop);
        if (branches > 1) {
            const auto moments = assign_pixels(own, light, lowest, width, branch, branches);
            table.insert(table.end(), moments.begin(), moments.end());
            arrange(branch, own, width, branches, order, out.start, out.core);
        } else {
            std::ranges::copy(scan_order(own, width), order.begin());
            table.emplace_back(own, light, width);
            out.start.push_back(stop);
            out.core.push_back(stop - first);
        }
        for (auto& p : order) p += first;
        out.parent.insert(out.parent.end(), branches, i);
    }
    out.moments = as_table(table);
    return out;
}

}  // namespace skyseg
