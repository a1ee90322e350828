#pragma once

#include "photometry.hpp"

namespace skyseg {

struct Radii {
    double part, half;
};

// Radius to which the growth curve of the light is followed.
double growth_limit(Source const& source, Rules const& rules);
Radii measure_light_radii(Scene const& scene, CutOut const& cut, Source const& source, double total, Rules const& rules,
                          Int& flags);
double windowed_snr(Scene const& scene, CutOut const& cut, Source const& source, double half_light, Rules const& rules,
                    Int& flags);

}  // namespace skyseg
