// All apertures of a source, laid on one cut-out as far as it goes.
#include "photometry.hpp"

#include <algorithm>
#include <limits>

#include "apertures.hpp"
#include "flags.hpp"
#include "gaussian_window.hpp"
#include "profiles.hpp"

namespace skyseg {

// Pixels that all but the last Kron ellipse and the window need.
static Box box_around(Scene const& scene, Source const& source, Rules const& rules) {
    const auto wide = first_aperture(source, rules);
    const auto circles = rules.radii.empty() ? 0.0 : *std::max_element(rules.radii.begin(), rules.radii.end());
    const double round = std::max(circles + 0.75, growth_limit(source, rules) + 1.5);
    return Box(scene, source.x, source.y, std::max(round, wide.width()), std::max(round, wide.height()));
}

static void measure(Scene const& scene, Source const& source, Rules const& rules, Photometry& out, Int k) {
    const auto box = box_around(scene, source, rules);
    Int& flags = out.flags[k];
    if (!box.held) {
        flags |= flag::beyond_scene;
        return;
    }
    const CutOut cut(scene, source.number, rules.mask, box, source.x, source.y);
    measure_circles(scene, cut, source, rules, out.aper.row(k), out.aper_error.row(k), flags);
    const auto& [kron, petro] = rules.reaches;
    if (rules.asked.petro) {
        const double reach = petro.empty() ? find_petro(scene, cut, source, rules, flags) : petro[k];
        out.petro[k] = measure_ellipse(scene, cut, source, reach, rules, flags);
    }
    if (!rules.asked.kron) return;
    const double reach = kron.empty() ? find_kron(scene, cut, source, rules, flags) : kron[k];
    out.kron[k] = measure_ellipse(scene, cut, source, reach, rules, flags);
    if (!rules.asked.growth) return;
    const double half = measure_light_radii(scene, cut, source, out.kron[k].flux, rules, out.radius.row(k), flags);
    if (rules.asked.window) out.window[k] = measure_in_window(scene, cut, source, half, rules, flags);
}

// A source without a place or a shape has no light either.
static void leave_out(Photometry& out, Int k) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    for (auto* values : {&out.aper, &out.aper_error, &out.radius}) std::ranges::fill(values->row(k), none);
    out.kron[k] = out.petro[k] = {none, none, none};
    out.window[k] = {none, none, none, none, none, none, none, none, none, none, 0};
}

static Source source_of(Ellipses const& sources, Int k) {
    const auto& [number, x, y, a, b, cxx, cyy, cxy, sky] = sources;
    return {number[k], x[k], y[k], a[k], b[k], cxx[k], cyy[k], cxy[k], sky[k]};
}

Photometry measure_apertures(Scene const& scene, Ellipses const& sources, Rules const& rules) {
    const Int n = std::ssize(sources.number);
    Photometry out(n, std::ssize(rules.radii), std::ssize(rules.light_parts));
    for (Int k = 0; k < n; ++k) {
        const auto source = source_of(sources, k);
        if (source.is_finite())
            measure(scene, source, rules, out, k);
        else
            leave_out(out, k);
    }
    return out;
}

FoundReaches find_reaches(Scene const& scene, Ellipses const& sources, Rules const& rules) {
    const Int n = std::ssize(sources.number);
    FoundReaches out(n);
    for (Int k = 0; k < n; ++k) {
        const auto source = source_of(sources, k);
        if (!source.is_finite()) continue;
        const auto wide = first_aperture(source, rules);
        const Box box(scene, source.x, source.y, wide.width(), wide.height());
        if (!box.held) {
            out.kron_flags[k] = out.petro_flags[k] = flag::beyond_scene;
            continue;
        }
        const CutOut cut(scene, source.number, rules.mask, box, source.x, source.y);
        if (rules.asked.petro) out.petro[k] = find_petro(scene, cut, source, rules, out.petro_flags[k]);
        if (rules.asked.kron) out.kron[k] = find_kron(scene, cut, source, rules, out.kron_flags[k]);
    }
    return out;
}

}  // namespace skyseg
