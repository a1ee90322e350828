// A region as a scan along the rows meets it: neighbours, and the list of its pixels.
#include "scanning.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

namespace skyseg {

namespace {

// What a scan knows of a region: parts that look separate, each with a list of pixels.
class Scan {
public:
    Scan(std::span<const Int> index, Int width) : index_(index), width_(width), begin_(run_begins(index, width)) {
        const auto runs = begin_.size() - 1;
        following_.assign(index.size(), -1);
        ends_.assign(runs, {-1, -1});
        parent_.resize(runs);
        std::iota(parent_.begin(), parent_.end(), Int{0});
        met_.resize(runs);
    }

    std::vector<Int> order() {
        Int above = 0, stop = 0, row = -1;
        for (Int run = 0; run < std::ssize(parent_); ++run) {
            const Int first = index_[begin_[run]], length = begin_[run + 1] - begin_[run];
            if (first / width_ != row) {
                row = first / width_;
                above = row_above(run);
                stop = run;
            }
            while (above < stop && index_[begin_[above + 1] - 1] + width_ < first - 1) ++above;
            Int other = above;
            met_[run] = first;
            if (other < stop && below(other) <= first) {
                parent_[run] = root_of(parent_, other);
                ++other;
            }
            Int done = 0;
            while (done < length || (other < stop && below(other) == first + length)) {
                // the pixels before the next run above, which the one after them joins
                const Int step = other < stop ? std::min(below(other) - first, length) : length;
                if (step > done) {
                    append(ends_[root_of(parent_, run)], begin_[run] + done, begin_[run] + step);
                    done = step;
                }
                if (other < stop && below(other) == first + done) {
                    join(run, other);
                    ++other;
                }
            }
        }
        return walk();
    }

private:
    struct Ends {
        Int first, last;
    };

    // Place right below the first pixel of a run.
    Int below(Int run) const { return index_[begin_[run]] + width_; }

    // Finds the first run of the row above, and where the scan of this row meets their parts.
    Int row_above(Int run) {
        Int above = run;
        while (above > 0 && index_[begin_[above - 1]] / width_ == index_[begin_[run]] / width_ - 1) --above;
        for (Int other = run - 1; other >= above; --other) met_[root_of(parent_, other)] = below(other);
        return above;
    }

    // Puts pixels `first` to `stop` at the end of a list.
    void append(Ends& ends, Int first, Int stop) {
        (ends.first < 0 ? ends.first : following_[ends.last]) = first;
        for (Int p = first; p < stop - 1; ++p) following_[p] = p + 1;
        ends.last = stop - 1;
    }

    void join(Int run, Int other) {
        Int a = root_of(parent_, run), b = root_of(parent_, other);
        if (a == b) return;
        if (met_[a] > met_[b]) std::swap(a, b);
        following_[ends_[a].last] = ends_[b].first;
        ends_[a].last = ends_[b].last;
        parent_[b] = a;
    }

    std::vector<Int> walk() const {
        std::vector<Int> order;
        order.reserve(following_.size());
        for (Int run = 0; run < std::ssize(parent_); ++run)
            for (Int p = parent_[run] == run ? ends_[run].first : -1; p >= 0; p = following_[p]) order.push_back(p);
        return order;
    }

    std::span<const Int> index_;
    Int width_;
    std::vector<Int> begin_, following_, parent_, met_;
    std::vector<Ends> ends_;
};

}  // namespace

// Order in which a scan collects the pixels of a connected region, given by their flat
// indices, ascending. A scan along the rows knows of a region only what it has seen: parts
// that look separate are collected apart, and where a run of pixels joins two parts, the
// list of the part that the scan of this row met later is put behind that of the other. A
// part is met where its leftmost run on the row above begins, a new one with its first pixel.
std::vector<Int> scan_order(std::span<const Int> index, Int width) { return Scan(index, width).order(); }

// Position of each run's first pixel, and the number of pixels.
std::vector<Int> run_begins(std::span<const Int> index, Int width) {
    std::vector<Int> begin;
    Int row_end = 0;
    for (Int p = 0; p < std::ssize(index); ++p) {
        if (p == 0 || index[p] != index[p - 1] + 1 || index[p] == row_end) {
            row_end = (index[p] / width + 1) * width;
            begin.push_back(p);
        }
    }
    begin.push_back(std::ssize(index));
    return begin;
}

// Each pixel's 4 neighbours that a scan meets before.
Neighbours earlier_neighbours(std::span<const Int> own, Int width) {
    Neighbours out(own.size(), {-1, -1, -1, -1});
    Int above = 0, x = 0;
    for (Int p = 0; p < std::ssize(own); ++p) {
        const bool follows = p > 0 && own[p - 1] == own[p] - 1 && x + 1 < width;
        x = follows ? x + 1 : own[p] % width;
        if (follows) out[p][0] = p - 1;
        const Int corner = own[p] - width - 1;
        while (above < p && own[above] < corner) ++above;
        Int at = above;
        for (Int shift = 0; shift < 3; ++shift) {
            if (at >= p || own[at] != corner + shift) continue;
            const Int column = x - 1 + shift;
            if (column >= 0 && column < width) out[p][1 + shift] = at;
            ++at;
        }
    }
    return out;
}

// The 4 neighbours that a scan meets after.
Neighbours later_neighbours(Neighbours const& near) {
    Neighbours out(near.size(), {-1, -1, -1, -1});
    for (Int p = 0; p < std::ssize(near); ++p)
        for (int side = 0; side < 4; ++side)
            if (near[p][side] >= 0) out[near[p][side]][side] = p;
    return out;
}

}  // namespace skyseg
