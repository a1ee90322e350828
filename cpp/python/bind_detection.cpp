// Filter and threshold, connection, deblending and CLEAN.
#include "../cleaning.hpp"
#include "../deblending.hpp"
#include "../filtering.hpp"
#include "../regions.hpp"
#include "../thresholding.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

void bind_filter_image(py::object const& given, py::object const& kernel, py::object const& out) {
    const auto values = image<const float>(given, "image");
    const auto weights = image<const float>(kernel, "kernel");
    const auto filtered = image_like<float>(values, out, "out");
    check_apart(out, "out", given, "image");
    check_apart(out, "out", kernel, "kernel");
    unlocked([&] { filter_image(values, weights, filtered); });
}

void bind_set_thresholds(py::object const& variance, double factor, double level, py::object const& out) {
    const auto values = row<const float>(variance, "variance");
    const auto thresholds = row<float>(out, "out", std::ssize(values));
    check_apart(out, "out", variance, "variance");
    unlocked([&] { set_thresholds(values, {factor, level}, thresholds); });
}

py::dict as_dict(skyseg::Runs&& found) {
    return results("start", std::move(found.start), "length", std::move(found.length), "values",
                   std::move(found.values));
}

py::dict bind_find_runs(py::object const& filtered, py::object const& threshold) {
    const auto values = image<const float>(filtered, "filtered");
    const auto limits = image_like<const float>(values, threshold, "threshold");
    return as_dict(unlocked([&] { return find_runs(values, limits); }));
}

py::dict bind_scan_rows(py::object const& given, py::object const& variance, py::object const& kernel, double factor,
                        double level, Int first, Int stop) {
    const auto values = image<const float>(given, "image");
    const auto spread = image_like<const float>(values, variance, "variance");
    const auto weights = image<const float>(kernel, "kernel");
    checked(first, "first", 0, values.rows);
    checked(stop, "stop", first, values.rows);
    return as_dict(unlocked([&] { return scan_rows(values, spread, weights, {factor, level}, first, stop); }));
}

constexpr Int most_side = (Int{1} << 31) - 1;

Int width_of(Int width) { return checked(width, "width", 1, most_side); }

py::dict bind_connect(py::object const& start, py::object const& length, Int width, Int minarea, Int open_row) {
    const auto given = runs(start, length, width_of(width), true);
    auto found = unlocked([&] { return connect(given.start, given.length, width, minarea, open_row); });
    return results("place", std::move(found.place), "first", std::move(found.first));
}

// Checks that lists hold just the pixels of their runs.
void check_room(Runs const& given, std::span<const Int> places, std::span<const Int> lists) {
    std::vector<Int> left(lists.size() - 1);
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = lists[i + 1] - lists[i];
    for (std::size_t run = 0; run < places.size(); ++run) {
        checked(places[run], "place", 0, std::ssize(left) - 1);
        left[places[run]] -= given.length[run];
        if (left[places[run]] < 0) refuse("first", "a list has less room than its runs have pixels");
    }
}

py::dict bind_gather(py::object const& start, py::object const& length, py::object const& values,
                     py::object const& place, py::object const& first) {
    const auto given = runs(start, length, most_pixels, false);
    const auto maps = image<const float>(values, "values");
    if (maps.columns != given.pixels) refuse("values", "has to have a column for each pixel of the runs");
    const auto lists = starts(first, "first", given.pixels, 0);
    const auto places = row<const Int>(place, "place", std::ssize(given.start));
    check_room(given, places, lists);
    auto found = unlocked([&] { return gather(given.start, given.length, maps, places, lists); });
    return results("index", std::move(found.index), "values", std::move(found.values));
}

py::dict bind_pick(py::object const& start, py::object const& length, py::object const& place, py::object const& first,
                   py::object const& light, py::object const& variance, py::object const& bad, Int top, Int left,
                   Int width) {
    const auto given = runs(start, length, width_of(width), false);
    const auto lists = starts(first, "first", given.pixels, 0);
    const auto places = row<const Int>(place, "place", std::ssize(given.start));
    check_room(given, places, lists);
    const PartOfImage part{.light = part_of_image<float>(light, "light"),
                           .variance = part_of_image<float>(variance, "variance"),
                           .bad = part_of_image<bool>(bad, "bad"),
                           .top = checked(top, "top", 0, most_pixels),
                           .left = checked(left, "left", 0, most_pixels)};
    check_shape(part.variance, variance, "variance", part.light.rows, part.light.columns);
    check_shape(part.bad, bad, "bad", part.light.rows, part.light.columns);
    for (std::size_t run = 0; run < given.start.size(); ++run) {
        const Int y = given.start[run] / width - top, x = given.start[run] % width - left;
        if (y < 0 || y >= part.light.rows || x < 0 || x + given.length[run] > part.light.columns)
            refuse("start", "a run lies outside the part");
    }
    auto found = unlocked([&] { return pick(given.start, given.length, places, lists, part, width); });
    return results("index", std::move(found.index), "values", std::move(found.values), "covered",
                   std::move(found.covered));
}

py::array bind_take_runs(py::object const& length, py::object const& values, py::object const& which) {
    const auto maps = image<const float>(values, "values");
    const auto lengths = row<const Int>(length, "length");
    const auto taken = row<const bool>(which, "which", std::ssize(lengths));
    Int left = maps.columns;
    for (const Int pixels : lengths) {
        if (pixels < 0 || pixels > left) refuse("length", "the runs have other pixels than there are values");
        left -= pixels;
    }
    if (left > 0) refuse("values", "has to have a column for each pixel of the runs");
    return as_array(unlocked([&] { return take_runs(lengths, maps, taken); }));
}

py::dict bind_arrange(py::object const& order, py::object const& index, py::object const& value,
                      py::object const& threshold) {
    const auto pixels = row<const Int>(index, "index");
    const auto light = row<const float>(value, "value", std::ssize(pixels));
    const auto limits = row<const float>(threshold, "threshold", std::ssize(pixels));
    const auto positions = indices(order, "order", std::ssize(pixels));
    auto found = unlocked([&] { return arrange(positions, pixels, light, limits); });
    return results("index", std::move(found.index), "value", std::move(found.value), "threshold",
                   std::move(found.threshold));
}

py::array bind_touch_edge(py::object const& index, py::object const& start, py::object const& core, Int ny, Int nx) {
    const auto pixels = indices(index, "index");
    const auto lists = starts(start, "start", std::ssize(pixels), 0);
    const auto cores = row<const Int>(core, "core", std::ssize(lists) - 1);
    for (std::size_t i = 0; i < cores.size(); ++i) checked(cores[i], "core", 0, lists[i + 1] - lists[i]);
    checked(ny, "ny", 1, most_side);
    checked(nx, "nx", 1, most_side);
    return as_array(unlocked([&] { return touch_edge(pixels, lists, cores, ny, nx); }));
}

py::array bind_ascending(py::object const& order, py::object const& start) {
    const auto size = std::ssize(row<const Int>(order, "order"));
    const auto positions = indices(order, "order", size);
    const auto lists = starts(start, "start", size, 0);
    return as_array(unlocked([&] { return ascending(positions, lists); }));
}

py::dict bind_runs_of(py::object const& index, py::object const& first, Int width) {
    const auto pixels = indices(index, "index");
    const auto lists = starts(first, "first", std::ssize(pixels), 0);
    width_of(width);
    auto found = unlocked([&] { return runs_of(pixels, lists, width); });
    return results("start", std::move(found.start), "length", std::move(found.length), "source",
                   std::move(found.owner));
}

void bind_draw_runs(py::object const& out, py::object const& start, py::object const& length, py::object const& names,
                    Int top, Int left, Int width) {
    const auto drawn = image<std::int32_t>(out, "out");
    const auto given = runs(start, length, width_of(width), false);
    const auto labels = row<const std::int32_t>(names, "names", std::ssize(given.start));
    checked(top, "top", 0, most_pixels);
    checked(left, "left", 0, most_pixels);
    for (const Int first : given.start)
        if (first / width < top || first / width - top >= drawn.rows) refuse("start", "a run lies outside the image");
    for (auto const& other : {start, length, names}) check_apart(out, "out", other, "the runs");
    unlocked([&] { draw_runs(drawn, given.start, given.length, labels, top, left, width); });
}

py::dict bind_deblend(py::object const& index, py::object const& value, py::object const& threshold,
                      py::object const& start, Int width, Int nthresh, double mincont) {
    const auto light = row<const float>(value, "value");
    const auto size = std::ssize(light);
    const auto limits = row<const float>(threshold, "threshold", size);
    row<const Int>(index, "index", size);
    const auto lists = starts(start, "start", size, 1);
    const auto pixels = ascending_indices(index, "index", lists);
    width_of(width);
    checked(nthresh, "nthresh", 1, most_thresholds);
    auto found = unlocked([&] { return deblend(pixels, light, limits, lists, width, nthresh, mincont); });
    return results("order", std::move(found.order), "start", std::move(found.start), "parent", std::move(found.parent),
                   "core", std::move(found.core), "moments", std::move(found.moments));
}

py::dict bind_clean(py::object const& x, py::object const& y, py::object const& a, py::object const& b,
                    py::object const& cxx, py::object const& cyy, py::object const& cxy, py::object const& flux,
                    py::object const& area, py::object const& threshold, py::object const& mark, double beta) {
    const auto size = std::ssize(row<const double>(x, "x"));
    const auto column = [size](py::object const& given, const char* name) {
        return row<const double>(given, name, size);
    };
    const CleanInput input{.x = column(x, "x"),
                           .y = column(y, "y"),
                           .a = column(a, "a"),
                           .b = column(b, "b"),
                           .cxx = column(cxx, "cxx"),
                           .cyy = column(cyy, "cyy"),
                           .cxy = column(cxy, "cxy"),
                           .flux = column(flux, "flux"),
                           .area = column(area, "area"),
                           .threshold = column(threshold, "threshold"),
                           .mark = column(mark, "mark")};
    auto found = unlocked([&] { return clean(input, beta); });
    return results("absorber", std::move(found.absorber), "trigger", std::move(found.trigger));
}

}  // namespace

void bind_detection(py::module_& module) {
    module.def("filter_image", &bind_filter_image, "image"_a, "kernel"_a, "out"_a,
               "Convolve an image with a kernel; outside the image all is zero.");
    module.def(
        "set_thresholds", &bind_set_thresholds, "variance"_a, "factor"_a, "level"_a, "out"_a,
        "Set out = factor * sqrt(variance), at least the level, and never 0; infinite where the variance is below 0.");
    module.def("find_runs", &bind_find_runs, "filtered"_a, "threshold"_a,
               "Find the runs of pixels above the threshold, and both maps there.");
    module.def("scan_rows", &bind_scan_rows, "image"_a, "variance"_a, "kernel"_a, "factor"_a, "level"_a, "first"_a,
               "stop"_a, "Filter rows `first` to `stop` and find the runs of pixels above the threshold.");
    module.def("connect", &bind_connect, "start"_a, "length"_a, "width"_a, "minarea"_a, "open_row"_a,
               "Connect runs to regions: the list of each run, and where each list begins. The last list but one\n"
               "is for regions that are too small, the last for those that may go on below a row.");
    module.def("gather", &bind_gather, "start"_a, "length"_a, "values"_a, "place"_a, "first"_a,
               "Put the pixels of runs, and the values of maps there, into lists.");
    module.def("pick", &bind_pick, "start"_a, "length"_a, "place"_a, "first"_a, "light"_a, "variance"_a, "bad"_a,
               "top"_a, "left"_a, "width"_a,
               "Put the pixels of runs into lists, with light and variance of a part of the image there, and tell\n"
               "which lists have a pixel that is not bad.");
    module.def("take_runs", &bind_take_runs, "length"_a, "values"_a, "which"_a,
               "Take the values of the pixels of some runs.");
    module.def("arrange", &bind_arrange, "order"_a, "index"_a, "value"_a, "threshold"_a,
               "Put pixels, with their filtered light and their thresholds, into an order.");
    module.def("touch_edge", &bind_touch_edge, "index"_a, "start"_a, "core"_a, "ny"_a, "nx"_a,
               "Tell which lists have a pixel on the edge of the image among the first ones, their core.");
    module.def("ascending", &bind_ascending, "order"_a, "start"_a, "Sort the positions of each list.");
    module.def("runs_of", &bind_runs_of, "index"_a, "first"_a, "width"_a, "Join the pixels of lists to runs.");
    module.def("draw_runs", &bind_draw_runs, "out"_a, "start"_a, "length"_a, "names"_a, "top"_a, "left"_a, "width"_a,
               "Draw runs of an image of some width on the part of it that begins at `top` and `left`.");
    module.def("deblend", &bind_deblend, "index"_a, "value"_a, "threshold"_a, "start"_a, "width"_a, "nthresh"_a,
               "mincont"_a, "Split regions into sources; see `Deblended`.");
    module.def("clean", &bind_clean, py::kw_only(), "x"_a, "y"_a, "a"_a, "b"_a, "cxx"_a, "cyy"_a, "cxy"_a, "flux"_a,
               "area"_a, "threshold"_a, "mark"_a, "beta"_a, "Find which source absorbs which; see `Cleaned`.");
}

}  // namespace skyseg::python
