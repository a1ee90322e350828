#include "tangent.hpp"

#include <cmath>
#include <numbers>

namespace skyseg {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double half_turn = 180.0, full_turn = 360.0;
constexpr double radius = half_turn / pi;

// Differences below this, and sines above that, have lost too many digits.
constexpr double smallest_difference = 1e-5, largest_sine = 0.99;

double radians_of(double angle) { return angle * pi / half_turn; }
double degrees_of(double angle) { return angle * half_turn / pi; }

struct Place {
    double longitude, latitude;
};

// The sphere whose native pole is where the plane touches it.
class Sphere {
public:
    explicit Sphere(Tangent const& tangent)
        : tangent_(tangent), colatitude_(90.0 - tangent.latitude), cos_(std::cos(radians_of(colatitude_))),
          sin_(std::sin(radians_of(colatitude_))) {}

    Place at(double x, double y) const {
        const double away = std::sqrt(x * x + y * y);
        const double phi = away == 0.0 ? 0.0 : degrees_of(std::atan2(x, -y));
        const double theta = degrees_of(std::atan2(radius, away));
        Place found = sin_ == 0.0 ? at_pole(phi, theta) : turned(phi - tangent_.pole, theta);
        found.longitude = in_range(found.longitude);
        return found;
    }

private:
    // Both poles are one.
    Place at_pole(double phi, double theta) const {
        return {phi + std::fmod(tangent_.longitude + half_turn - tangent_.pole, full_turn), theta};
    }

    // Equation 2 of the paper; where digits are lost, forms of it that keep them.
    Place turned(double from_pole, double theta) const {
        const double sin_theta = std::sin(radians_of(theta)), cos_theta = std::cos(radians_of(theta));
        const double sin_phi = std::sin(radians_of(from_pole)), cos_phi = std::cos(radians_of(from_pole));
        double towards = sin_theta * sin_ - cos_theta * cos_ * cos_phi;
        if (std::abs(towards) < smallest_difference)
            towards = -std::cos(radians_of(theta + colatitude_)) + cos_theta * cos_ * (1.0 - cos_phi);
        const double across = -cos_theta * sin_phi;
        const double around = towards != 0.0 || across != 0.0 ? degrees_of(std::atan2(across, towards))
                              : colatitude_ < 90.0            ? from_pole + half_turn
                                                              : -from_pole;
        return {tangent_.longitude + around, std::fmod(from_pole, half_turn) == 0.0
                                                 ? along_meridian(theta, cos_phi)
                                                 : beside_meridian(sin_theta * cos_ + cos_theta * sin_ * cos_phi,
                                                                   std::sqrt(towards * towards + across * across))};
    }

    double along_meridian(double theta, double cos_phi) const {
        double latitude = theta + cos_phi * colatitude_;
        if (latitude > 90.0) latitude = half_turn - latitude;
        if (latitude < -90.0) latitude = -half_turn - latitude;
        return latitude;
    }

    static double beside_meridian(double sine, double cosine) {
        return std::abs(sine) > largest_sine ? std::copysign(degrees_of(std::acos(cosine)), sine)
                                             : degrees_of(std::asin(sine));
    }

    // Within a turn, on the side of 0 on which the plane touches.
    double in_range(double longitude) const {
        if (tangent_.longitude >= 0.0 && longitude < 0.0) longitude += full_turn;
        if (tangent_.longitude < 0.0 && longitude > 0.0) longitude -= full_turn;
        if (longitude > full_turn) return longitude - full_turn;
        if (longitude < -full_turn) return longitude + full_turn;
        return longitude;
    }

    Tangent tangent_;
    double colatitude_, cos_, sin_;
};

}  // namespace

void deproject_tangent(Tangent const& tangent, std::span<const double> x, std::span<const double> y,
                       std::span<double> longitude, std::span<double> latitude) {
    const Sphere sphere(tangent);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Place found = sphere.at(x[i], y[i]);
        longitude[i] = found.longitude;
        latitude[i] = found.latitude;
    }
}

}  // namespace skyseg
