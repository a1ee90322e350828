// What Python may call. No function keeps the interpreter's lock while it works.
#include "casters.hpp"
#include "deblending.hpp"
#include "foreground.hpp"
#include "maps.hpp"
#include "photometry.hpp"
#include "regions.hpp"
#include "rice.hpp"
#include "scanning.hpp"
#include "shapes.hpp"
#include "sky.hpp"

namespace pybind11::detail {

using namespace skyseg;

template <>
struct type_caster<Scene> : taken<Scene, Grid<const float>, Grid<const float>, Grid<const std::int32_t>, Int, Int, Int, Int> {};
template <>
struct type_caster<Ellipses> : taken<Ellipses, Row<const double>, Row<const double>, Row<const double>,
                                     Row<const double>, Row<const double>, Row<const double>, Row<const double>> {};
template <>
struct type_caster<FlagBits> : taken<FlagBits, Int, Int, Int> {};
template <>
struct type_caster<Rules>
    : taken<Rules, Row<const double>, double, double, double, double, double, int, double, double, FlagBits> {};
template <>
struct type_caster<Photometry> : taken<Photometry, Grid<double>, Grid<double>, Row<double>, Row<double>, Row<double>,
                                       Row<double>, Row<double>, Row<Int>> {};

template <>
struct type_caster<Runs> : given<Runs, &Runs::start, &Runs::length, &Runs::values> {};
template <>
struct type_caster<Regions> : given<Regions, &Regions::place, &Regions::first> {};
template <>
struct type_caster<Pixels> : given<Pixels, &Pixels::index, &Pixels::values> {};
template <>
struct type_caster<PixelRuns> : given<PixelRuns, &PixelRuns::start, &PixelRuns::length, &PixelRuns::owner> {};
template <>
struct type_caster<Deblended> : given<Deblended, &Deblended::order, &Deblended::start, &Deblended::parent,
                                      &Deblended::core, &Deblended::moments> {};
template <>
struct type_caster<Cleaned> : given<Cleaned, &Cleaned::eater, &Cleaned::newcomer> {};
template <>
struct type_caster<Isophotes>
    : given<Isophotes, &Isophotes::flux, &Isophotes::error, &Isophotes::fwhm, &Isophotes::area, &Isophotes::flags,
            &Isophotes::xmin, &Isophotes::xmax, &Isophotes::ymin, &Isophotes::ymax> {};

}  // namespace pybind11::detail

PYBIND11_MODULE(_loops, module, pybind11::mod_gil_not_used()) {
    using namespace skyseg;
    const auto def = [&module](const char* name, auto function) {
        module.def(name, function, pybind11::call_guard<pybind11::gil_scoped_release>());
    };
    def("mark_bad", &mark_bad);
    def("to_variance", &to_variance);
    def("fill", &fill);
    def("count_down", &count_down);
    def("measure_meshes", &measure_meshes);
    def("draw_spline", &draw_spline);
    def("round_to_steps", &round_to_steps);
    def("filter_image", &filter_image);
    def("set_thresholds", &set_thresholds);
    def("find_runs", &find_runs);
    def("scan_rows", &scan_rows);
    def("connect", &connect);
    def("gather", &gather);
    def("ascending", &ascending);
    def("runs_of", &runs_of);
    def("draw_runs", &draw_runs);
    // two steps of deblending, for the tests
    def("scan_order", &scan_order);
    def("neighbours", &neighbours);
    def("deblend", &deblend);
    def("clean", &clean);
    def("measure_moments", &measure_moments);
    def("measure_shapes", &measure_shapes);
    def("measure_isophotes", &measure_isophotes);
    def("measure_apertures", &measure_apertures);
    def("rice", &rice);
}
