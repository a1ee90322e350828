// Which source gets the pixels of a blend that belong to no branch.
#include "sharing.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "scanning.hpp"

namespace skyseg {

namespace {

// A branch's Gaussian profile: it has the core's shape and falls to the threshold at the
// core's rim, but is at most four times as high as the core's peak.
struct Profile {
    double x, y, height, cxx, cyy, cxy;

    Profile(Moments const& core, float peak, double lowest) : x(core.x), y(core.y) {
        const Ellipse e(core.xx, core.yy, core.xy);
        height = std::min(core.area / (2.0 * std::numbers::pi * e.a * e.b),
                          std::log(4.0 * static_cast<double>(peak) / lowest));
        cxx = e.cxx;
        cyy = e.cyy;
        cxy = e.cxy;
    }

    // Log height over the threshold at a pixel.
    double at(double px, double py) const {
        const double dx = px - x, dy = py - y;
        return height - 0.5 * (cxx * dx * dx + cyy * dy * dy + cxy * dx * dy);
    }
};

// What a branch is expected to get: its moments about the core's barycentre, light, area.
struct Share {
    double xx = 0.0, yy = 0.0, xy = 0.0, light = 0.0, area = 0.0;

    void add(double share, double dx, double dy, double value) {
        xx += share * value * dx * dx;
        yy += share * value * dy * dy;
        xy += share * value * dx * dy;
        light += share * value;
        area += share;
    }
};

class Sharing {
public:
    Sharing(Row<const Int> own, Row<const float> light, double lowest, Int width, List<Int>& branch, Int branches)
        : own_(own), light_(light), width_(width), branch_(branch), shares_(branches), expected_(branches) {
        for (Int k = 0; k < branches; ++k) {
            List<Int> index;
            List<float> value;
            for (std::size_t p = 0; p < own.size(); ++p) {
                if (branch[p] != k) continue;
                index.push_back(own[p]);
                value.push_back(light[p]);
            }
            moments_.emplace_back(index, value, width);
            profiles_.emplace_back(moments_.back(), *std::max_element(value.begin(), value.end()), lowest);
        }
    }

    List<Moments> run() {
        wish_ = branch_;
        for (std::size_t p = 0; p < own_.size(); ++p) {
            const Int k = branch_[p];
            if (k >= 0)
                shares_[k].add(1.0, x(p) - moments_[k].x, y(p) - moments_[k].y, light_[p]);
            else
                wish_[p] = wish_of(p);
        }
        near_ = earlier_neighbours(own_, width_);
        later_ = later_neighbours(near_);
        grant_wishes();
        settle_rings();
        for (std::size_t k = 0; k < moments_.size(); ++k) {
            const auto& share = shares_[k];
            auto& m = moments_[k];
            m.xx = share.xx / share.light;
            m.yy = share.yy / share.light;
            m.xy = share.xy / share.light;
            m.light = share.light;
            m.area = share.area;
        }
        return std::move(moments_);
    }

private:
    double x(Int p) const { return static_cast<double>(own_[p] % width_); }
    double y(Int p) const { return static_cast<double>(own_[p] / width_); }
    Int neighbour(Int p, int side) const { return side < 4 ? near_[p][side] : later_[p][side - 4]; }

    // Branch with the highest profile at a pixel; adds what each is expected to get to its share.
    Int wish_of(Int p) {
        const double px = x(p), py = y(p);
        std::size_t best = 0;
        for (std::size_t k = 0; k < profiles_.size(); ++k) {
            expected_[k] = profiles_[k].at(px, py);
            if (expected_[k] > expected_[best]) best = k;
        }
        const double highest = expected_[best];
        double total = 0.0;
        for (auto& each : expected_) {
            each = std::exp(each - highest);
            total += each;
        }
        for (std::size_t k = 0; k < profiles_.size(); ++k)
            shares_[k].add(expected_[k] / total, px - moments_[k].x, py - moments_[k].y, light_[p]);
        return static_cast<Int>(best);
    }

    // Those that are connected with their branch through pixels that want the same.
    void grant_wishes() {
        List<Int> stack;
        for (Int p = 0; p < std::ssize(branch_); ++p)
            if (branch_[p] >= 0) stack.push_back(p);
        while (!stack.empty()) {
            const Int p = stack.back();
            stack.pop_back();
            for (int side = 0; side < 8; ++side) {
                const Int q = neighbour(p, side);
                if (q < 0 || branch_[q] != nobody || wish_[q] != wish_[p]) continue;
                branch_[q] = given - wish_[q];
                stack.push_back(q);
            }
        }
    }

    // Ring by ring, the others go to a branch that their neighbours have gone to.
    void settle_rings() {
        List<Int> left;
        for (Int p = 0; p < std::ssize(branch_); ++p)
            if (branch_[p] == nobody) left.push_back(p);
        while (!left.empty()) {
            for (const Int p : left) wish_[p] = best_neighbour(p);
            for (const Int p : left)
                if (wish_[p] != nobody) branch_[p] = given - wish_[p];
            std::erase_if(left, [&](Int p) { return branch_[p] != nobody; });
        }
    }

    // Branch with the highest profile at a pixel among those of its neighbours.
    Int best_neighbour(Int p) const {
        const double px = x(p), py = y(p);
        Int best = nobody;
        for (int side = 0; side < 8; ++side) {
            const Int q = neighbour(p, side);
            if (q < 0 || branch_[q] == nobody) continue;
            const Int k = std::max(branch_[q], given - branch_[q]);
            if (best == nobody) {
                best = k;
                continue;
            }
            const double here = profiles_[k].at(px, py), there = profiles_[best].at(px, py);
            if (here > there || (here == there && k < best)) best = k;
        }
        return best;
    }

    Row<const Int> own_;
    Row<const float> light_;
    Int width_;
    List<Int>& branch_;
    List<Int> wish_;
    List<Moments> moments_;
    List<Profile> profiles_;
    List<Share> shares_;
    List<double> expected_;
    Neighbours near_, later_;
};

}  // namespace

// Gives each pixel of no branch to a branch, and returns the branches' moments. A pixel
// wants to go to the branch whose profile is the highest there. Those that are connected with
// their branch through pixels that want the same get their wish. Then, ring by ring, the
// others go to the branch with the highest profile among those that their neighbours have
// gone to, so that each source stays in one piece.
List<Moments> share_out(Row<const Int> own, Row<const float> light, double lowest, Int width, List<Int>& branch,
                        Int branches) {
    return Sharing(own, light, lowest, width, branch, branches).run();
}

}  // namespace skyseg
