#pragma once

namespace skyseg {

// Variance of the photons of a pixel; none without a gain.
inline double photon_noise(double value, double variance, double gain, double noise2) {
    return gain > 0.0 && value > 0.0 ? value / gain * variance / noise2 : 0.0;
}

}  // namespace skyseg
