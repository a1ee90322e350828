#pragma once

#include "photometry.hpp"

namespace skyseg {

// Lays a Gaussian window on a source and moves it to the windowed barycentre.
Windowed measure_in_window(Scene const& scene, CutOut const& cut, Source const& source, double half_light,
                           Rules const& rules, Int& flags);

}  // namespace skyseg
