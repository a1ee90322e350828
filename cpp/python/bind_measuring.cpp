// Shapes, isophotes and apertures.
#include <algorithm>
#include <vector>

#include "../isophotes.hpp"
#include "../photometry.hpp"
#include "../shapes.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

constexpr Int longest = (Int{1} << 31) - 1;

py::array bind_measure_moments(py::object const& index, py::object const& value, py::object const& start, Int width) {
    const auto pixels = indices(index, "index");
    const auto light = row<const float>(value, "value", std::ssize(pixels));
    const auto lists = starts(start, "start", std::ssize(pixels), 1);
    checked(width, "width", 1, most_pixels);
    return as_array(unlocked([&] { return measure_moments(pixels, light, lists, width); }));
}

py::dict bind_measure_shapes(py::object const& value, py::object const& threshold, py::object const& start,
                             py::object const& moments, Int minarea) {
    const auto light = row<const float>(value, "value");
    const auto limits = row<const float>(threshold, "threshold", std::ssize(light));
    const auto lists = starts(start, "start", std::ssize(light), 1);
    const auto table = image<const double>(moments, "moments", std::ssize(lists) - 1, 7);
    checked(minarea, "minarea", 1, most_pixels);
    auto found = unlocked([&] { return measure_shapes(light, limits, lists, table, minarea); });
    return results("x", std::move(found.x), "y", std::move(found.y), "a", std::move(found.a), "b", std::move(found.b),
                   "theta", std::move(found.theta), "cxx", std::move(found.cxx), "cyy", std::move(found.cyy), "cxy",
                   std::move(found.cxy), "flux", std::move(found.flux), "peak", std::move(found.peak), "threshold",
                   std::move(found.threshold), "mark", std::move(found.mark), "area", std::move(found.area));
}

py::dict bind_measure_isophotes(py::object const& light, py::object const& variance, py::object const& index,
                                py::object const& start, Int ny, Int nx, py::object const& x, py::object const& y,
                                py::object const& a, py::object const& b, py::object const& saturation,
                                py::object const& sky, double analysis_factor, double analysis_level, double gain,
                                double noise2, bool weight_gain) {
    checked(ny, "ny", 0, longest);
    checked(nx, "nx", 1, longest);
    const auto pixels = indices(index, "index", std::min(ny * nx, most_pixels));
    const auto lists = starts(start, "start", std::ssize(pixels), 0);
    const Int n = std::ssize(lists) - 1;
    const IsophoteInput input{.light = row<const float>(light, "light", std::ssize(pixels)),
                              .variance = row<const float>(variance, "variance", std::ssize(pixels)),
                              .index = pixels,
                              .start = lists,
                              .x = row<const double>(x, "x", n),
                              .y = row<const double>(y, "y", n),
                              .a = row<const double>(a, "a", n),
                              .b = row<const double>(b, "b", n),
                              .saturation = row<const double>(saturation, "saturation", n),
                              .sky = row<const double>(sky, "sky", n)};
    const IsophoteRules rules{.analysis = {analysis_factor, analysis_level}, .gain = {gain, noise2, weight_gain}};
    auto found = unlocked([&] { return measure_isophotes(input, rules, ny, nx); });
    return results("flux", std::move(found.flux), "variance", std::move(found.variance), "fwhm", std::move(found.fwhm),
                   "peak", std::move(found.peak), "lowest", std::move(found.lowest), "area", std::move(found.area),
                   "flags", std::move(found.flags), "xmin", std::move(found.xmin), "xmax", std::move(found.xmax),
                   "ymin", std::move(found.ymin), "ymax", std::move(found.ymax));
}

template <class Row, class Value>
std::vector<Value> field_of(std::vector<Row> const& rows, Value Row::* field) {
    std::vector<Value> out(rows.size());
    std::ranges::transform(rows, out.begin(), field);
    return out;
}

py::array bind_measure_level_areas(py::object const& light, py::object const& start, py::object const& lowest,
                                   py::object const& peak, Int levels) {
    const auto values = row<const float>(light, "light");
    const auto lists = starts(start, "start", std::ssize(values), 0);
    const Int n = std::ssize(lists) - 1;
    const auto low = row<const double>(lowest, "lowest", n), high = row<const double>(peak, "peak", n);
    checked(levels, "levels", 1, 64);
    return as_array(unlocked([&] { return measure_level_areas(values, lists, low, high, levels); }));
}

py::dict bind_measure_centroids(py::object const& value, py::object const& index, py::object const& start, Int nx,
                                py::object const& x, py::object const& y, double gain, double noise2) {
    checked(nx, "nx", 1, most_pixels);
    const auto pixels = indices(index, "index");
    const auto lists = starts(start, "start", std::ssize(pixels), 0);
    const Int n = std::ssize(lists) - 1;
    const CentroidInput input{.value = row<const float>(value, "value", std::ssize(pixels)),
                              .index = pixels,
                              .start = lists,
                              .x = row<const double>(x, "x", n),
                              .y = row<const double>(y, "y", n)};
    auto found = unlocked([&] { return measure_centroids(input, nx, gain, noise2); });
    return results("x_peak", std::move(found.x_peak), "y_peak", std::move(found.y_peak), "x_variance",
                   std::move(found.x_variance), "y_variance", std::move(found.y_variance), "covariance",
                   std::move(found.covariance));
}

Scene scene_of(py::object const& given, py::object const& variance, py::object const& owner, Int top, Int left, Int ny,
               Int nx) {
    const auto values = part_of_image<float>(given, "image");
    const auto noise = part_of_image<float>(variance, "variance");
    check_has_pixels(values, "image");
    check_shape(noise, variance, "variance", values.rows, values.columns);
    checked(ny, "ny", values.rows, longest);
    checked(nx, "nx", values.columns, longest);
    return {.image = values,
            .variance = noise,
            .owner = image_like<const std::int32_t>(values, owner, "owner"),
            .top = checked(top, "top", 0, ny - values.rows),
            .left = checked(left, "left", 0, nx - values.columns),
            .ny = ny,
            .nx = nx};
}

Ellipses ellipses_of(py::object const& number, py::object const& x, py::object const& y, py::object const& a,
                     py::object const& b, py::object const& cxx, py::object const& cyy, py::object const& cxy,
                     py::object const& sky) {
    const auto numbers = row<const Int>(number, "number");
    for (const Int each : numbers) checked(each, "number", 0, longest);
    const auto column = [n = std::ssize(numbers)](py::object const& column_given, const char* name) {
        return row<const double>(column_given, name, n);
    };
    return {.number = numbers,
            .x = column(x, "x"),
            .y = column(y, "y"),
            .a = column(a, "a"),
            .b = column(b, "b"),
            .cxx = column(cxx, "cxx"),
            .cyy = column(cyy, "cyy"),
            .cxy = column(cxy, "cxy"),
            .sky = column(sky, "sky")};
}

Mask mask_of(int mask) {
    return static_cast<Mask>(checked(mask, "mask", static_cast<int>(Mask::none), static_cast<int>(Mask::correct)));
}

// One radius for each source, or none.
std::span<const double> reach_of(py::object const& given, const char* name, Int sources) {
    const auto values = row<const double>(given, name);
    return values.empty() ? values : row<const double>(given, name, sources);
}

py::dict bind_find_reaches(py::object const& given, py::object const& variance, py::object const& owner, Int top,
                           Int left, Int ny, Int nx, py::object const& number, py::object const& x, py::object const& y,
                           py::object const& a, py::object const& b, py::object const& cxx, py::object const& cyy,
                           py::object const& cxy, double kron_factor, double kron_least, double petro_factor,
                           double petro_least, double first_circle, int mask, bool kron, bool petro) {
    const Scene scene = scene_of(given, variance, owner, top, left, ny, nx);
    const Ellipses sources = ellipses_of(number, x, y, a, b, cxx, cyy, cxy, x);
    const Rules rules{.radii = {},
                      .kron_factor = checked_finite(kron_factor, "kron_factor", 0.0),
                      .kron_least = checked_finite(kron_least, "kron_least", 0.0),
                      .petro_factor = checked_finite(petro_factor, "petro_factor", 0.0),
                      .petro_least = checked_finite(petro_least, "petro_least", 0.0),
                      .first_circle = checked_finite(first_circle, "first_circle", 0.0),
                      .second_circle = 0.0,
                      .light_parts = {},
                      .mask = mask_of(mask),
                      .gain = {0.0, 1.0, false},
                      .asked = {.kron = kron, .growth = false, .window = false, .moments = false, .petro = petro},
                      .reaches = {}};
    auto found = unlocked([&] { return find_reaches(scene, sources, rules); });
    return results("kron", std::move(found.kron), "petro", std::move(found.petro), "kron_flags",
                   std::move(found.kron_flags), "petro_flags", std::move(found.petro_flags));
}

py::dict bind_measure_apertures(py::object const& given, py::object const& variance, py::object const& owner, Int top,
                                Int left, Int ny, Int nx, py::object const& number, py::object const& x,
                                py::object const& y, py::object const& a, py::object const& b, py::object const& cxx,
                                py::object const& cyy, py::object const& cxy, py::object const& sky,
                                py::object const& radii, double kron_factor, double kron_least, double petro_factor,
                                double petro_least, double first_circle, double second_circle,
                                py::object const& light_parts, int mask, double gain, double noise2, bool weight_gain,
                                bool kron, bool growth, bool window, bool moments, bool petro,
                                py::object const& kron_reach, py::object const& petro_reach) {
    const Scene scene = scene_of(given, variance, owner, top, left, ny, nx);
    const Ellipses sources = ellipses_of(number, x, y, a, b, cxx, cyy, cxy, sky);
    const Int n = std::ssize(sources.number);
    const auto parts = finite_row(light_parts, "light_parts", 0.0);
    if (parts.empty()) refuse("light_parts", "has no value");
    const Rules rules{
        .radii = finite_row(radii, "radii", 0.0),
        .kron_factor = checked_finite(kron_factor, "kron_factor", 0.0),
        .kron_least = checked_finite(kron_least, "kron_least", 0.0),
        .petro_factor = checked_finite(petro_factor, "petro_factor", 0.0),
        .petro_least = checked_finite(petro_least, "petro_least", 0.0),
        .first_circle = checked_finite(first_circle, "first_circle", 0.0),
        .second_circle = checked_finite(second_circle, "second_circle", 0.0),
        .light_parts = parts,
        .mask = mask_of(mask),
        .gain = {gain, noise2, weight_gain},
        .asked = {.kron = kron, .growth = growth, .window = window, .moments = moments, .petro = petro},
        .reaches = {.kron = reach_of(kron_reach, "kron_reach", n), .petro = reach_of(petro_reach, "petro_reach", n)}};
    auto found = unlocked([&] { return measure_apertures(scene, sources, rules); });
    return results("aper", std::move(found.aper), "aper_error", std::move(found.aper_error), "auto",
                   field_of(found.kron, &Light::flux), "auto_error", field_of(found.kron, &Light::error), "kron",
                   field_of(found.kron, &Light::radius), "petro", field_of(found.petro, &Light::flux), "petro_error",
                   field_of(found.petro, &Light::error), "petro_radius", field_of(found.petro, &Light::radius),
                   "radius", std::move(found.radius), "win_x", field_of(found.window, &Windowed::x), "win_y",
                   field_of(found.window, &Windowed::y), "win", field_of(found.window, &Windowed::flux), "win_variance",
                   field_of(found.window, &Windowed::variance), "win_xx", field_of(found.window, &Windowed::xx),
                   "win_yy", field_of(found.window, &Windowed::yy), "win_xy", field_of(found.window, &Windowed::xy),
                   "win_error_xx", field_of(found.window, &Windowed::error_xx), "win_error_yy",
                   field_of(found.window, &Windowed::error_yy), "win_error_xy",
                   field_of(found.window, &Windowed::error_xy), "win_steps", field_of(found.window, &Windowed::steps),
                   "flags", std::move(found.flags));
}

}  // namespace

void bind_measuring(py::module_& module) {
    module.def("measure_moments", &bind_measure_moments, "index"_a, "value"_a, "start"_a, "width"_a,
               "Measure objects: x, y, xx, yy, xy, light and area, one row for each.");
    module.def("measure_shapes", &bind_measure_shapes, py::kw_only(), "value"_a, "threshold"_a, "start"_a, "moments"_a,
               "minarea"_a, "Turn the moments of objects into shapes; see `Shapes`.");
    module.def("measure_isophotes", &bind_measure_isophotes, py::kw_only(), "light"_a, "variance"_a, "index"_a,
               "start"_a, "ny"_a, "nx"_a, "x"_a, "y"_a, "a"_a, "b"_a, "saturation"_a, "sky"_a, "analysis_factor"_a,
               "analysis_level"_a, "gain"_a, "noise2"_a, "weight_gain"_a,
               "Measure the light of each source's own pixels; see `isophotal`.");
    module.def("measure_level_areas", &bind_measure_level_areas, py::kw_only(), "light"_a, "start"_a, "lowest"_a,
               "peak"_a, "levels"_a, "Count pixels above levels in equal ratios from lowest threshold to peak.");
    module.def("measure_centroids", &bind_measure_centroids, py::kw_only(), "value"_a, "index"_a, "start"_a, "nx"_a,
               "x"_a, "y"_a, "gain"_a, "noise2"_a,
               "Find the brightest filtered pixel of objects, and how sure their barycentres are.");
    module.def("find_reaches", &bind_find_reaches, py::kw_only(), "image"_a, "variance"_a, "owner"_a, "top"_a, "left"_a,
               "ny"_a, "nx"_a, "number"_a, "x"_a, "y"_a, "a"_a, "b"_a, "cxx"_a, "cyy"_a, "cxy"_a, "kron_factor"_a,
               "kron_least"_a, "petro_factor"_a, "petro_least"_a, "first_circle"_a, "mask"_a, "kron"_a, "petro"_a,
               "Find the radii of Kron and Petrosian ellipses of sources; see `measure_apertures`.");
    module.def("measure_apertures", &bind_measure_apertures, py::kw_only(), "image"_a, "variance"_a, "owner"_a, "top"_a,
               "left"_a, "ny"_a, "nx"_a, "number"_a, "x"_a, "y"_a, "a"_a, "b"_a, "cxx"_a, "cyy"_a, "cxy"_a, "sky"_a,
               "radii"_a, "kron_factor"_a, "kron_least"_a, "petro_factor"_a, "petro_least"_a, "first_circle"_a,
               "second_circle"_a, "light_parts"_a, "mask"_a, "gain"_a, "noise2"_a, "weight_gain"_a, "kron"_a,
               "growth"_a, "window"_a, "moments"_a, "petro"_a, "kron_reach"_a, "petro_reach"_a,
               "Lay all apertures on sources; see `Photometry`. The image begins at `top` and `left` of one of shape\n"
               "(ny, nx); `mask` is one of MASK_NONE, MASK_BLANK and MASK_CORRECT. Radii that `find_reaches` found\n"
               "in another image are used, where they are given.");
}

}  // namespace skyseg::python
