// Images made ready to be looked at.
#include "../halving.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

void bind_halve(py::object const& given, py::object const& out) {
    const auto pixels = image<const float>(given, "image");
    const auto means = image<float>(out, "out", (pixels.rows + 1) / 2, (pixels.columns + 1) / 2);
    check_apart(out, "out", given, "image");
    unlocked([&] { halve(pixels, means); });
}

}  // namespace

void bind_display(py::module_& module) {
    module.def("halve", &bind_halve, "image"_a, "out"_a,
               "Take the mean of the finite pixels among each two by two, NaN where there is none.");
}

}  // namespace skyseg::python
