// From pixels to the sky.
#include <vector>

#include "../tangent.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

py::dict bind_deproject_tangent(py::object const& x, py::object const& y, double longitude, double latitude,
                                double pole) {
    const auto across = row<const double>(x, "x");
    const auto along = row<const double>(y, "y", std::ssize(across));
    std::vector<double> found(across.size()), beside(across.size());
    unlocked([&] {
        deproject_tangent({.longitude = longitude, .latitude = latitude, .pole = pole}, across, along, found, beside);
    });
    return results("longitude", std::move(found), "latitude", std::move(beside));
}

}  // namespace

void bind_sky(py::module_& module) {
    module.def("deproject_tangent", &bind_deproject_tangent, py::kw_only(), "x"_a, "y"_a, "longitude"_a, "latitude"_a,
               "pole"_a, "Turn places in a plane that touches the sphere into longitudes and latitudes, in degrees.");
}

}  // namespace skyseg::python
