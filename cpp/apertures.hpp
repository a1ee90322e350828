#pragma once

#include <cmath>
#include <span>

#include "photometry.hpp"

namespace skyseg {

// An ellipse of coefficients, as far as `reach` times its own size.
struct Aperture {
    double cxx, cyy, cxy, reach;

    double width() const { return half(cxx - cxy * cxy / (4.0 * cyy)); }
    double height() const { return half(cyy - cxy * cxy / (4.0 * cxx)); }
    double radius2(double dx, double dy) const { return cxx * dx * dx + cyy * dy * dy + cxy * dx * dy; }

    static Aperture circle(double diameter) { return {1.0, 1.0, 0.0, diameter / 2.0}; }
    static Aperture ellipse(Source const& source, double reach) { return {source.cxx, source.cyy, source.cxy, reach}; }

private:
    double half(double coefficient) const { return coefficient > 0.0 ? reach / std::sqrt(coefficient) : 0.0; }
};

// The pixels that may be touched by the largest circle, and those that set the Kron radius.
Box box_of_circles(Scene const& scene, Source const& source, Rules const& rules);
Aperture first_aperture(Source const& source, Rules const& rules);

void measure_circles(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules,
                     std::span<double> flux, std::span<double> error, Int& flags);

// Radii of the Kron and the Petrosian ellipse in units of the source's axes; below 0 where the first
// ellipse has no pixel.
double find_kron(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules, Int& flags);
double find_petro(Scene const& scene, CutOut const& cut, Source const& source, Rules const& rules, Int& flags);
// Light in an ellipse of some radius, or in the smallest circle, whose radius is told as 0.
Light measure_ellipse(Scene const& scene, CutOut const& cut, Source const& source, double radius, Rules const& rules,
                      Int& flags);

}  // namespace skyseg
