// The points nearest to places.
#include "../nearest.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

constexpr double farthest = 1e300;

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

std::span<const double> places(py::object const& given, const char* name, Int size) {
    row<const double>(given, name, size);
    return finite_row(given, name, -farthest);
}

void bind_find_reach(py::object const& x, py::object const& y, py::object const& number, py::object const& begin,
                     Int columns, double left, double top, double side, py::object const& at_x, py::object const& at_y,
                     Int count, py::object const& reach2, py::object const& last) {
    const PointCells cells = cells_of(x, y, number, begin, columns, left, top, side);
    const auto across = finite_row(at_x, "at_x", -farthest);
    const Int n = std::ssize(across);
    const auto down = places(at_y, "at_y", n);
    checked(count, "count", 1, std::ssize(cells.x));
    const auto reaches = row<double>(reach2, "reach2", n);
    const auto lasts = row<Int>(last, "last", n);
    check_apart(reach2, "reach2", last, "last");
    for (auto const& out : {reach2, last})
        for (auto const& in : {x, y, number, begin, at_x, at_y}) check_apart(out, "reach2 or last", in, "an input");
    unlocked([&] { find_reach(cells, across, down, count, reaches, lasts); });
}

void bind_gather_within(py::object const& x, py::object const& y, py::object const& number, py::object const& begin,
                        Int columns, double left, double top, double side, py::object const& at_x,
                        py::object const& at_y, py::object const& reach2, py::object const& last,
                        py::object const& values, py::object const& out) {
    const PointCells cells = cells_of(x, y, number, begin, columns, left, top, side);
    const auto across = finite_row(at_x, "at_x", -farthest);
    const Int n = std::ssize(across);
    const auto down = places(at_y, "at_y", n);
    const auto reaches = row<const double>(reach2, "reach2", n);
    const auto lasts = row<const Int>(last, "last", n);
    const auto given = row<const double>(values, "values", std::ssize(cells.x));
    const auto found = image<double>(out, "out");
    if (found.rows != n) refuse("out", "has " + std::to_string(found.rows) + " rows where a place needs one each");
    for (auto const& in : {x, y, number, begin, at_x, at_y, reach2, last, values})
        check_apart(out, "out", in, "an input");
    unlocked([&] { gather_within(cells, across, down, reaches, lasts, given, found); });
}

}  // namespace

void bind_nearest(py::module_& module) {
    module.def("find_reach", &bind_find_reach, py::kw_only(), "x"_a, "y"_a, "number"_a, "begin"_a, "columns"_a,
               "left"_a, "top"_a, "side"_a, "at_x"_a, "at_y"_a, "count"_a, "reach2"_a, "last"_a,
               "Find the squared distance of the last of the nearest points of each place, and its number.");
    module.def("gather_within", &bind_gather_within, py::kw_only(), "x"_a, "y"_a, "number"_a, "begin"_a, "columns"_a,
               "left"_a, "top"_a, "side"_a, "at_x"_a, "at_y"_a, "reach2"_a, "last"_a, "values"_a, "out"_a,
               "List a value of each of the points that `find_reach` has found, a row a place.");
}

}  // namespace skyseg::python
