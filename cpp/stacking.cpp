// Pixels of several bands combined into one.
#include "stacking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bad_pixels.hpp"

namespace skyseg {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_measured(float value, float noise, float highest) {
    return (std::fabs(value) < bad_variance) & (noise > 0.0f) & (noise < highest);
}

// Weight of a pixel, 0 of a bad one.
double weigh(float noise, bool is_good, bool is_weight) {
    const double rms = is_good ? static_cast<double>(noise) : infinite;
    return is_weight ? (is_good ? static_cast<double>(noise) : 0.0) : 1.0 / (rms * rms);
}

SKYSEG_WIDE
void add_fluxes(const float* sci, const float* noise, StackRules const& rules, double scale, double* __restrict total,
                double* __restrict second, std::uint8_t* __restrict count, Int n) {
    const auto [method, is_weight, highest] = rules;
    const double scale2 = scale * scale;
    for (Int k = 0; k < n; ++k) {
        const bool is_good = is_measured(sci[k], noise[k], highest);
        const double flux = is_good ? static_cast<double>(sci[k]) : 0.0;
        const double weight = weigh(noise[k], is_good, is_weight) / scale2;
        second[k] += weight;
        total[k] += weight * (flux * scale);
        count[k] = static_cast<std::uint8_t>(count[k] + is_good);
    }
}

SKYSEG_WIDE
void add_ratios(const float* sci, const float* noise, StackRules const& rules, double* __restrict total,
                double* __restrict second, std::uint8_t* __restrict count, Int n) {
    const auto [method, is_weight, highest] = rules;
    const bool is_largest = method == StackMethod::max_snr;
    for (Int k = 0; k < n; ++k) {
        const bool is_good = is_measured(sci[k], noise[k], highest);
        const double flux = is_good ? static_cast<double>(sci[k]) : 0.0;
        const double snr = flux * std::sqrt(weigh(noise[k], is_good, is_weight));
        const double largest = is_good & (snr > total[k]) ? snr : total[k];
        total[k] = is_largest ? largest : total[k] + snr * snr;
        second[k] += snr;
        count[k] = static_cast<std::uint8_t>(count[k] + is_good);
    }
}

}  // namespace

void add_to_stack(StackRules const& rules, std::span<const float> sci, std::span<const float> noise, double scale,
                  StackSums const& sums) {
    auto *total = sums.total.data(), *second = sums.second.data();
    auto* count = sums.count.data();
    if (rules.method == StackMethod::ivw)
        add_fluxes(sci.data(), noise.data(), rules, scale, total, second, count, std::ssize(sci));
    else
        add_ratios(sci.data(), noise.data(), rules, total, second, count, std::ssize(sci));
}

void finish_stack(StackRules const& rules, std::span<const double> mean, std::span<const double> scatter,
                  StackSums const& sums, StackedPixels const& out) {
    const bool is_flux = rules.method == StackMethod::ivw;
    for (std::size_t k = 0; k < sums.total.size(); ++k) {
        const double weight = is_flux ? sums.second[k] : 1.0;
        double value = sums.total[k];
        if (is_flux) value /= weight;
        if (rules.method == StackMethod::chi || rules.method == StackMethod::chi_mean) value = std::sqrt(value);
        if (rules.method == StackMethod::chi_mean) {
            // of one band alone chi has lost the sign
            const auto bands = std::min<std::size_t>(sums.count[k], mean.size() - 1);
            value = sums.count[k] == 1 ? sums.second[k] : (value - mean[bands]) / scatter[bands];
        }
        const auto sci = static_cast<float>(value), wht = static_cast<float>(weight);
        const bool is_good = sums.count[k] > 0 && std::isfinite(sci) && std::isfinite(wht) && wht > 0.0f;
        out.sci[k] = is_good ? sci : std::numeric_limits<float>::quiet_NaN();
        out.err[k] = is_good ? static_cast<float>(1.0 / std::sqrt(weight)) : std::numeric_limits<float>::infinity();
        out.wht[k] = is_good ? wht : 0.0f;
        if (!is_good) sums.count[k] = 0;
    }
}

}  // namespace skyseg
