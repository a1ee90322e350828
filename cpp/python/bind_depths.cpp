// Where circles are empty, the light in them, and how it scatters around places.
#include <algorithm>
#include <limits>
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

constexpr double farthest = 1e150;
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

// Numbers whose size is no larger than another one, many of which are looked at at once.
std::span<const double> limited_row(py::object const& given, const char* name, double most) {
    const auto values = row<const double>(given, name);
    bool inside = true;
    for (const double value : values) inside &= (value >= -most) & (value <= most);
    if (!inside) refuse(name, "holds values that are not finite, or too large");
    return values;
}

// Coordinates of which no squared distance is beyond all numbers.
std::span<const double> coordinates(py::object const& given, const char* name) {
    return limited_row(given, name, farthest);
}

PointRows rows_of(py::object const& x, py::object const& number, py::object const& y, py::object const& begin) {
    const auto across = coordinates(x, "x");
    const Int n = checked(std::ssize(across), "x", 1, longest);
    const PointRows out{.x = across,
                        .number = row<const Int>(number, "number", n),
                        .y = coordinates(y, "y"),
                        .begin = starts(begin, "begin", n, 1)};
    if (std::ssize(out.begin) != std::ssize(out.y) + 1) refuse("begin", "has to have a value more than y");
    for (std::size_t k = 1; k < out.y.size(); ++k)
        if (out.y[k] <= out.y[k - 1]) refuse("y", "has to rise from row to row");
    for (std::size_t k = 0; k < out.y.size(); ++k)
        if (!std::ranges::is_sorted(part(out.x, out.begin[k], out.begin[k + 1])))
            refuse("x", "may not fall within a row");
    return out;
}

py::dict bind_find_nearest(py::object const& x, py::object const& number, py::object const& y, py::object const& begin,
                           py::object const& at_x, py::object const& at_y, Int count) {
    const PointRows points = rows_of(x, number, y, begin);
    const auto across = coordinates(at_x, "at_x"), down = coordinates(at_y, "at_y");
    if (across.size() != down.size()) refuse("at_y", "has to have as many values as at_x");
    checked(count, "count", 1, std::ssize(points.x));
    auto found = unlocked([&] { return find_nearest(points, across, down, count); });
    return results("first", std::move(found.first), "stop", std::move(found.stop), "begin", std::move(found.begin));
}

// Lists of points of which there are so many.
PointLists lists_of(py::object const& first, py::object const& stop, py::object const& begin, Int count, Int points) {
    const auto from = row<const std::int32_t>(first, "first");
    const PointLists out{.first = from,
                         .stop = row<const std::int32_t>(stop, "stop", std::ssize(from)),
                         .begin = starts(begin, "begin", std::ssize(from), 1),
                         .count = checked(count, "count", 1, points)};
    for (std::size_t place = 0; place + 1 < out.begin.size(); ++place) {
        Int listed = 0;
        bool inside = true;
        for (Int run = out.begin[place]; run < out.begin[place + 1]; ++run) {
            const Int one = out.first[static_cast<std::size_t>(run)], end = out.stop[static_cast<std::size_t>(run)];
            inside &= (one >= 0) & (one <= end) & (end <= points);
            listed += end - one;
        }
        if (!inside) refuse("first", "and stop are no runs of " + std::to_string(points) + " points");
        if (listed != count) refuse("begin", "has to list " + std::to_string(count) + " points a place");
    }
    return out;
}

void bind_measure_deviations(py::object const& first, py::object const& stop, py::object const& begin, Int count,
                             py::object const& values, py::object const& out) {
    const auto given = limited_row(values, "values", std::numeric_limits<double>::max());
    const PointLists lists = lists_of(first, stop, begin, count, std::ssize(given));
    const auto found = row<double>(out, "out", std::ssize(lists.begin) - 1);
    for (auto const& in : {first, stop, begin, values}) check_apart(out, "out", in, "an input");
    unlocked([&] { measure_deviations(lists, given, found); });
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
    module.def("find_nearest", &bind_find_nearest, py::kw_only(), "x"_a, "number"_a, "y"_a, "begin"_a, "at_x"_a,
               "at_y"_a, "count"_a, "List the points nearest to each place, as runs of points that follow each other.");
    module.def("measure_deviations", &bind_measure_deviations, py::kw_only(), "first"_a, "stop"_a, "begin"_a, "count"_a,
               "values"_a, "out"_a, "Median absolute deviation of the values of the points listed for each place.");
}

}  // namespace skyseg::python
