// Where circles are empty, the light in them, and how it scatters around places.
#include <algorithm>
#include <utility>
#include <vector>

#include "../circle_sums.hpp"
#include "../empty_places.hpp"
#include "../nearest.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

constexpr double farthest = 1e300;
constexpr Int longest = (Int{1} << 31) - 1;

py::array bind_measure_gaps(py::object const& full) {
    const auto pixels = image<const bool>(full, "full");
    checked(pixels.columns, "full", 0, longest);
    Image<std::int32_t> gaps(pixels.rows, pixels.columns);
    unlocked([&] { measure_gaps(pixels, gaps.view()); });
    return as_array(std::move(gaps));
}

// Rows or columns of a lattice, which stay away from both ends of an axis.
std::span<const Int> lattice_of(py::object const& given, const char* name, Int away, Int length) {
    const auto places = row<const Int>(given, name);
    for (const Int each : places) checked(each, name, away, length - 1 - away);
    return places;
}

py::array bind_find_empty_places(py::object const& gaps, py::object const& rows, py::object const& columns,
                                 py::object const& halves) {
    const auto free = image<const std::int32_t>(gaps, "gaps");
    const auto widths = row<const Int>(halves, "halves");
    if (widths.empty()) refuse("halves", "has no value");
    for (const Int each : widths) checked(each, "halves", 0, free.columns);
    const auto down = lattice_of(rows, "rows", std::ssize(widths) - 1, free.rows);
    const auto across = lattice_of(columns, "columns", *std::ranges::max_element(widths), free.columns);
    Image<bool> found(std::ssize(down), std::ssize(across));
    unlocked([&] { find_empty_places(free, down, across, widths, found.view()); });
    return as_array(std::move(found));
}

py::array bind_sum_circles(py::object const& given, py::object const& x, py::object const& y, double radius) {
    const auto values = image<const float>(given, "image");
    check_has_pixels(values, "image");
    checked(values.rows, "image", 1, longest);
    checked(values.columns, "image", 1, longest);
    const auto across = row<const double>(x, "x");
    const auto down = row<const double>(y, "y", std::ssize(across));
    checked_finite(radius, "radius", 0.0);
    std::vector<double> found(across.size());
    unlocked([&] { sum_circles(values, across, down, radius, found); });
    return as_array(std::move(found));
}

PointCells cells_of(py::object const& x, py::object const& y, py::object const& number, py::object const& begin,
                    Int columns, double left, double top, double side) {
    const auto across = finite_row(x, "x", -farthest);
    const Int n = std::ssize(across);
    PointCells out{.x = across,
                   .y = row<const double>(y, "y", n),
                   .number = row<const Int>(number, "number", n),
                   .begin = starts(begin, "begin", n, 0),
                   .left = checked_finite(left, "left", -farthest),
                   .top = checked_finite(top, "top", -farthest),
                   .side = checked_finite(side, "side", 1e-3),
                   .rows = 0,
                   .columns = columns};
    finite_row(y, "y", -farthest);
    const Int cells = std::ssize(out.begin) - 1;
    checked(columns, "columns", 1, cells);
    if (cells % columns != 0) refuse("begin", "has to have rows of " + std::to_string(columns) + " cells");
    out.rows = cells / columns;
    return out;
}

std::span<const double> finite_row_of(py::object const& given, const char* name, Int size) {
    row<const double>(given, name, size);
    return finite_row(given, name, -farthest);
}

void bind_measure_deviations(py::object const& x, py::object const& y, py::object const& number,
                             py::object const& begin, Int columns, double left, double top, double side,
                             py::object const& at_x, py::object const& at_y, Int count, py::object const& values,
                             py::object const& out) {
    const PointCells cells = cells_of(x, y, number, begin, columns, left, top, side);
    const auto across = finite_row(at_x, "at_x", -farthest);
    const Int n = std::ssize(across);
    const auto down = finite_row_of(at_y, "at_y", n);
    checked(count, "count", 1, std::ssize(cells.x));
    const auto given = finite_row_of(values, "values", std::ssize(cells.x));
    const auto found = row<double>(out, "out", n);
    for (auto const& in : {x, y, number, begin, at_x, at_y, values}) check_apart(out, "out", in, "an input");
    unlocked([&] { measure_deviations(cells, across, down, count, given, found); });
}

}  // namespace

void bind_depths(py::module_& module) {
    module.def("measure_gaps", &bind_measure_gaps, "full"_a,
               "Count the pixels from each one on, along its row, of which none is full.");
    module.def(
        "find_empty_places", &bind_find_empty_places, py::kw_only(), "gaps"_a, "rows"_a, "columns"_a, "halves"_a,
        "Tell at which places of a lattice so many pixels on either side are not full, in the row of the place,\n"
        "and in those above and below it in turn.");
    module.def("sum_circles", &bind_sum_circles, py::kw_only(), "image"_a, "x"_a, "y"_a, "radius"_a,
               "Sum the light in circles of one radius.");
    module.def("measure_deviations", &bind_measure_deviations, py::kw_only(), "x"_a, "y"_a, "number"_a, "begin"_a,
               "columns"_a, "left"_a, "top"_a, "side"_a, "at_x"_a, "at_y"_a, "count"_a, "values"_a, "out"_a,
               "Median absolute deviation of the values of the points nearest to each place.");
}

}  // namespace skyseg::python
