// Which source gets the pixels of a blend that belong to no branch.
#include "assignment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

#include "scanning.hpp"

namespace skyseg {

namespace {

// A branch's Gaussian profile: it has the core's shape and falls to the threshold at the
// core's edge, but is at most four times as high as the core's peak.
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
struct Expected {
    double xx = 0.0, yy = 0.0, xy = 0.0, light = 0.0, area = 0.0;

    void add(double part, double dx, double dy, double value) {
        xx += part * value * dx * dx;
        yy += part * value * dy * dy;
        xy += part * value * dx * dy;
        light += part * value;
        area += part;
    }
};

class Assignment {
public:
    Assignment(std::span<const Int> own, std::span<const float> light, double lowest, Int width,
               std::vector<Int>& branch, Int branches)
        : own_(own), light_(light), width_(width), branch_(branch), expected_(branches), parts_(branches) {
        for (Int k = 0; k < branches; ++k) {
            std::vector<Int> index;
            std::vector<float> value;
            for (std::size_t p = 0; p < own.size(); ++p) {
                if (branch[p] != k) continue;
                index.push_back(own[p]);
                value.push_back(light[p]);
            }
            moments_.emplace_back(index, value, width);
            profiles_.emplace_back(moments_.back(), *std::max_element(value.begin(), value.end()), lowest);
        }
    }

    std::vector<Moments> run() {
        preferred_ = branch_;
        for (std::size_t p = 0; p < own_.size(); ++p) {
            const Int k = branch_[p];
            if (k >= 0)
                expected_[k].add(1.0, x(p) - moments_[k].x, y(p) - moments_[k].y, light_[p]);
            else
                preferred_[p] = highest_profile(p);
        }
        near_ = earlier_neighbours(own_, width_);
        later_ = later_neighbours(near_);
        assign_connected();
        assign_layers();
        for (std::size_t k = 0; k < moments_.size(); ++k) {
            const auto& mean = expected_[k];
            auto& m = moments_[k];
            m.xx = mean.xx / mean.light;
            m.yy = mean.yy / mean.light;
            m.xy = mean.xy / mean.light;
            m.light = mean.light;
            m.area = mean.area;
        }
        return std::move(moments_);
    }

private:
    double x(Int p) const { return static_cast<double>(own_[p] % width_); }
    double y(Int p) const { return static_cast<double>(own_[p] / width_); }
    Int neighbour(Int p, int side) const { return side < 4 ? near_[p][side] : later_[p][side - 4]; }

    // Branch with the highest profile at a pixel; adds the pixel to what each is expected to get.
    Int highest_profile(Int p) {
        const double px = x(p), py = y(p);
        std::size_t best = 0;
        for (std::size_t k = 0; k < profiles_.size(); ++k) {
            parts_[k] = profiles_[k].at(px, py);
            if (parts_[k] > parts_[best]) best = k;
        }
        const double highest = parts_[best];
        double total = 0.0;
        for (auto& each : parts_) {
            each = std::exp(each - highest);
            total += each;
        }
        for (std::size_t k = 0; k < profiles_.size(); ++k)
            expected_[k].add(parts_[k] / total, px - moments_[k].x, py - moments_[k].y, light_[p]);
        return static_cast<Int>(best);
    }

    // Assigns those that are connected with their branch through pixels that prefer the same.
    void assign_connected() {
        std::vector<Int> stack;
        for (Int p = 0; p < std::ssize(branch_); ++p)
            if (branch_[p] >= 0) stack.push_back(p);
        while (!stack.empty()) {
            const Int p = stack.back();
            stack.pop_back();
            for (int side = 0; side < 8; ++side) {
                const Int q = neighbour(p, side);
                if (q < 0 || branch_[q] != unassigned || preferred_[q] != preferred_[p]) continue;
                branch_[q] = assigned - preferred_[q];
                stack.push_back(q);
            }
        }
    }

    // Layer by layer, the others go to a branch that their neighbours have gone to.
    void assign_layers() {
        std::vector<Int> left;
        for (Int p = 0; p < std::ssize(branch_); ++p)
            if (branch_[p] == unassigned) left.push_back(p);
        while (!left.empty()) {
            for (const Int p : left) preferred_[p] = best_neighbour(p);
            for (const Int p : left)
                if (preferred_[p] != unassigned) branch_[p] = assigned - preferred_[p];
            if (std::erase_if(left, [&](Int p) { return branch_[p] != unassigned; }) == 0)
                throw std::invalid_argument("index: the pixels of an object are not connected");
        }
    }

    // Branch with the highest profile at a pixel among those of its neighbours.
    Int best_neighbour(Int p) const {
        const double px = x(p), py = y(p);
        Int best = unassigned;
        for (int side = 0; side < 8; ++side) {
            const Int q = neighbour(p, side);
            if (q < 0 || branch_[q] == unassigned) continue;
            const Int k = std::max(branch_[q], assigned - branch_[q]);
            if (best == unassigned) {
                best = k;
                continue;
            }
            const double here = profiles_[k].at(px, py), there = profiles_[best].at(px, py);
            if (here > there || (here == there && k < best)) best = k;
        }
        return best;
    }

    std::span<const Int> own_;
    std::span<const float> light_;
    Int width_;
    std::vector<Int>& branch_;
    std::vector<Int> preferred_;
    std::vector<Moments> moments_;
    std::vector<Profile> profiles_;
    std::vector<Expected> expected_;
    std::vector<double> parts_;
    Neighbours near_, later_;
};

}  // namespace

// Assigns each pixel of no branch to a branch, and returns the branches' moments. A pixel prefers
// the branch whose profile is the highest there. Those that are connected with that branch through
// pixels that prefer the same go to it. Then, layer by layer, the others go to the branch with the
// highest profile among those that their neighbours have gone to, so that each source stays in one
// piece.
std::vector<Moments> assign_pixels(std::span<const Int> own, std::span<const float> light, double lowest, Int width,
                                   std::vector<Int>& branch, Int branches) {
    return Assignment(own, light, lowest, width, branch, branches).run();
}

}  // namespace skyseg
