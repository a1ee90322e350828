// All apertures of a source, laid on one cut-out as far as it goes.
#include "photometry.hpp"

#include <algorithm>

#include "apertures.hpp"
#include "profiles.hpp"

namespace skyseg {

// Pixels that all but the last Kron ellipse and the window need.
static Box box_around(Scene const& scene, Source const& source, Rules const& rules) {
    const auto wide = first_aperture(source, rules);
    const auto circles = rules.radii.empty() ? 0.0 : *std::max_element(rules.radii.begin(), rules.radii.end());
    const double round = std::max(circles + 0.75, growth_limit(source, rules) + 1.5);
    return Box(scene, source.x, source.y, std::max(round, wide.width()), std::max(round, wide.height()));
}

static void measure(Scene const& scene, Source const& source, Rules const& rules, Photometry const& out, Int k) {
    const auto box = box_around(scene, source, rules);
    Int& flags = out.flags[k];
    if (!box.held) {
        flags |= rules.bits.beyond;
        return;
    }
    const CutOut cut(scene, source.number, rules.mask, box, source.x, source.y);
    measure_circles(scene, cut, source, rules, out.circles.row(k), out.circle_errors.row(k), flags);
    const auto kron = measure_kron(scene, cut, source, rules, flags);
    out.kron[k] = kron.flux;
    out.kron_error[k] = kron.error;
    out.kron_radius[k] = kron.radius;
    const auto radii = measure_light_radii(scene, cut, source, kron.flux, rules, flags);
    out.radius[k] = radii.part;
    out.snr[k] = windowed_snr(scene, cut, source, radii.half, rules, flags);
}

void measure_apertures(Scene const& scene, Row<const Int> numbers, Ellipses const& ellipses, Rules const& rules,
                       Photometry const& out) {
    const auto& [x, y, a, b, cxx, cyy, cxy] = ellipses;
    for (Int k = 0; k < std::ssize(numbers); ++k)
        measure(scene, {numbers[k], x[k], y[k], a[k], b[k], cxx[k], cyy[k], cxy[k]}, rules, out, k);
}

}  // namespace skyseg
