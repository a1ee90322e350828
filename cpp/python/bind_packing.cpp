// The coding of products.
#include "../rice.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

static py::array bind_rice(py::object const& given, Int left, Int right) {
    const auto values = image<const std::int32_t>(given, "image");
    check_has_pixels(values, "image");
    checked(left, "left", 0, values.columns - 1);
    checked(right, "right", left + 1, values.columns);
    if (values.rows > 1 && (right - left) % rice_block != 0)
        refuse("right", "the columns of several rows have to be whole blocks of " + std::to_string(rice_block));
    return as_array(unlocked([&] { return rice(values, left, right); }));
}

static bool bind_unrice(py::object const& code, py::object const& given, Int left, Int right) {
    const auto bytes = row<const std::uint8_t>(code, "code");
    const auto values = image<std::int32_t>(given, "image");
    check_has_pixels(values, "image");
    checked(left, "left", 0, values.columns - 1);
    checked(right, "right", left + 1, values.columns);
    return unlocked([&] { return unrice(bytes, values, left, right); });
}

void bind_packing(py::module_& module) {
    module.def("rice", &bind_rice, "image"_a, "left"_a, "right"_a,
               "Code columns `left` to `right` row by row, as RICE_1 of FITS.");
    module.def("unrice", &bind_unrice, "code"_a, "image"_a, "left"_a, "right"_a,
               "Set columns `left` to `right`, row by row, to the numbers of a code of RICE_1, and return whether "
               "the code holds them all and nothing else.");
}

}  // namespace skyseg::python
