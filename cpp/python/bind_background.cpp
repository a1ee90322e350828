// Bad pixels, variances, and the background.
#include "../bad_pixels.hpp"
#include "../maps.hpp"
#include "../mesh.hpp"
#include "../spline.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

void bind_mark_bad(py::object const& sci, py::object const& err, float low, float high, py::object const& out) {
    const auto values = image<const float>(sci, "sci");
    const auto errors = image_like<const float>(values, err, "err");
    const auto bad = image_like<bool>(values, out, "out");
    check_apart(out, "out", sci, "sci");
    check_apart(out, "out", err, "err");
    unlocked([&] { mark_bad(values, errors, low, high, bad); });
}

void bind_to_variance(py::object const& err, py::object const& bad, int power, float factor) {
    const auto values = image<float>(err, "err");
    const auto holes = image_like<const bool>(values, bad, "bad");
    check_apart(err, "err", bad, "bad");
    if (power != 2 && power != 1 && power != -1) throw py::value_error("power: has to be 2, 1 or -1");
    unlocked([&] { to_variance(values, holes, power, factor); });
}

void bind_fill(py::object const& sci, py::object const& variance, py::object const& bad,
               py::object const& left_in_column) {
    const auto values = image<float>(sci, "sci");
    const auto spread = image_like<float>(values, variance, "variance");
    const auto holes = image_like<const bool>(values, bad, "bad");
    const auto left = row<std::int16_t>(left_in_column, "left_in_column", values.columns);
    check_apart(sci, "sci", variance, "variance");
    check_apart(bad, "bad", sci, "sci");
    check_apart(bad, "bad", variance, "variance");
    for (auto const& other : {sci, variance, bad}) check_apart(left_in_column, "left_in_column", other, "an image");
    unlocked([&] { fill(values, spread, holes, left); });
}

void bind_count_down(py::object const& bad, py::object const& left_in_column) {
    const auto holes = image<const bool>(bad, "bad");
    const auto left = row<std::int16_t>(left_in_column, "left_in_column", holes.columns);
    check_apart(left_in_column, "left_in_column", bad, "bad");
    unlocked([&] { count_down(holes, left); });
}

void bind_mark_dependent(py::object const& bad, py::object const& out) {
    const auto holes = image<const bool>(bad, "bad");
    const auto dependent = row<bool>(out, "out", holes.columns);
    check_apart(out, "out", bad, "bad");
    unlocked([&] { mark_dependent(holes, dependent); });
}

void bind_measure_meshes(py::object const& sci, py::object const& bad, py::object const& guide, Int size,
                         double pearson, py::object const& level, py::object const& sigma) {
    const auto values = image<const float>(sci, "image");
    const auto holes = image_like<const bool>(values, bad, "bad");
    const auto shown = guide.is_none() ? values : image_like<const float>(values, guide, "guide");
    check_has_pixels(values, "image");
    // a histogram counts in 32 bits
    constexpr Int most = (Int{1} << 31) - 1;
    const Int side = std::min(checked(size, "size", 1, most), std::max(values.rows, values.columns));
    checked(std::min(side, values.rows) * std::min(side, values.columns), "size", 1, most);
    const Int rows = (values.rows - 1) / side + 1, columns = (values.columns - 1) / side + 1;
    const auto levels = image<float>(level, "level", rows, columns);
    const auto sigmas = image<float>(sigma, "sigma", rows, columns);
    check_apart(level, "level", sigma, "sigma");
    for (auto const& out : {level, sigma}) {
        check_apart(out, "level or sigma", sci, "image");
        check_apart(out, "level or sigma", bad, "bad");
        if (!guide.is_none()) check_apart(out, "level or sigma", guide, "guide");
    }
    unlocked([&] { measure_meshes(values, holes, shown, !guide.is_none(), side, pearson, levels, sigmas); });
}

template <class Real>
void draw_levels(py::object const& level, Int size, Int y0, Int x0, py::object const& out) {
    const auto nodes = image<const Real>(level, "level");
    const auto drawn = image<float>(out, "out");
    check_has_pixels(nodes, "level");
    checked(size, "size", 1, (Int{1} << 31) - 1);
    checked(y0, "y0", 0, nodes.rows * size - drawn.rows);
    checked(x0, "x0", 0, nodes.columns * size - drawn.columns);
    check_apart(out, "out", level, "level");
    unlocked([&] { draw_spline(nodes, size, y0, x0, drawn); });
}

void bind_draw_spline(py::object const& level, Int size, Int y0, Int x0, py::object const& out) {
    const bool is_single = py::isinstance<py::array_t<float>>(level);
    (is_single ? draw_levels<float> : draw_levels<double>)(level, size, y0, x0, out);
}

void bind_round_to_steps(py::object const& background, float scale, py::object const& out) {
    const auto values = image<const float>(background, "background");
    const auto steps = image_like<std::int32_t>(values, out, "out");
    check_apart(out, "out", background, "background");
    unlocked([&] { round_to_steps(values, scale, steps); });
}

}  // namespace

void bind_background(py::module_& module) {
    module.def("mark_bad", &bind_mark_bad, "sci"_a, "err"_a, "low"_a, "high"_a, "out"_a,
               "Mark pixels whose value is not below BAD_VARIANCE or whose error is not between two limits.");
    module.def("to_variance", &bind_to_variance, "err"_a, "bad"_a, "power"_a, "factor"_a,
               "Set err = factor^2 err^power in place: of an rms (2), a variance (1) or a weight (-1); BAD_VARIANCE\n"
               "where bad.");
    module.def("fill", &bind_fill, "sci"_a, "variance"_a, "bad"_a, "left_in_column"_a,
               "Fill bad pixels in place from the left, else from above, as long as a column's number is not used up.");
    module.def("count_down", &bind_count_down, "bad"_a, "left_in_column"_a,
               "Bring up to date how many more pixels of each column may be filled from above, as `fill` does.");
    module.def("mark_dependent", &bind_mark_dependent, "bad"_a, "out"_a,
               "Mark the columns where what is filled depends on how many pixels are filled above these rows.");
    module.def("measure_meshes", &bind_measure_meshes, "image"_a, "bad"_a, "guide"_a, "size"_a, "pearson"_a, "level"_a,
               "sigma"_a, "Measure level and scatter of the sky in meshes, where a guide shows sky if one is given.");
    module.def("draw_spline", &bind_draw_spline, "level"_a, "size"_a, "y0"_a, "x0"_a, "out"_a,
               "Draw a part of the bicubic spline through the levels at the centres of meshes.");
    module.def("round_to_steps", &bind_round_to_steps, "background"_a, "scale"_a, "out"_a,
               "Round background * scale to whole numbers.");
}

}  // namespace skyseg::python
