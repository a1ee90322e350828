#pragma once

#include <cstdint>
#include <span>

#include "arrays.hpp"

namespace skyseg {

// See `StackMethod` in engine/stacking.py.
enum class StackMethod : int { ivw = 0, chi = 1, chi_mean = 2, max_snr = 3 };

// How the pixels of bands are combined, and what their noise maps hold: weights, or rms below a highest one.
struct StackRules {
    StackMethod method;
    bool is_weight;
    float highest;
};

// What is summed over the bands: the sum itself, that of weights or of signal to noise, and the bands whose
// pixel is good.
struct StackSums {
    std::span<double> total, second;
    std::span<std::uint8_t> count;
};

struct StackedPixels {
    std::span<float> sci, err, wht;
};

// Adds the pixels of a band; `scale` is what one unit of it is in those of the stack.
void add_to_stack(StackRules const& rules, std::span<const float> sci, std::span<const float> noise, double scale,
                  StackSums const& sums);

// What the sums come to. `mean` and `scatter` are those of chi in pure noise, by the number of bands.
void finish_stack(StackRules const& rules, std::span<const double> mean, std::span<const double> scatter,
                  StackSums const& sums, StackedPixels const& out);

}  // namespace skyseg
