#pragma once

#include <span>

namespace skyseg {

// Where a plane touches the sphere, in degrees, and the native longitude of the celestial pole.
struct Tangent {
    double longitude, latitude, pole;
};

// Longitudes and latitudes of places in a plane, all in degrees: the gnomonic projection of
// Calabretta and Greisen (2002), turned back.
void deproject_tangent(Tangent const& tangent, std::span<const double> x, std::span<const double> y,
                       std::span<double> longitude, std::span<double> latitude);

}  // namespace skyseg
