#pragma once

#include <span>

#include "photometry.hpp"

namespace skyseg {

// Radius to which the growth curve of the light is followed.
double growth_limit(Source const& source, Rules const& rules);
// Sets the radii of circles that hold parts of the light; the one that holds half of it is returned,
// at least half a pixel.
double measure_light_radii(Scene const& scene, CutOut const& cut, Source const& source, double total,
                           Rules const& rules, std::span<double> radii, Int& flags);

}  // namespace skyseg
