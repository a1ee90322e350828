#pragma once

namespace skyseg {

// GAIN, the squared noise of the image that it refers to, and whether it falls where the variance
// rises (WEIGHT_GAIN).
struct Gain {
    double electrons, noise2;
    bool weighted;

    bool is_known() const { return electrons > 0.0; }
    // Variance of the photons of a pixel.
    double photons(double value, double variance) const {
        if (!(is_known() && value > 0.0)) return 0.0;
        return weighted ? value / electrons * variance / noise2 : value / electrons;
    }
    // What a pixel adds to the variance of a sum of pixels, and what the sum itself adds: where the
    // gain is the same everywhere, pixels below zero count as well, and the sky around is gone.
    double photons_in_sum(double value, double variance) const { return weighted ? photons(value, variance) : 0.0; }
    double photons_of_sum(double light) const { return weighted ? 0.0 : photons(light, 0.0); }
};

}  // namespace skyseg
