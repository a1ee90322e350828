// Images of several bands combined into one.
#include "../stacking.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

namespace {

StackRules rules_of(int method, bool is_weight, float highest) {
    return {static_cast<StackMethod>(
                checked(method, "method", static_cast<int>(StackMethod::ivw), static_cast<int>(StackMethod::max_snr))),
            is_weight, highest};
}

template <class T>
std::span<T> pixels_of(py::object const& given, const char* name, ImageView<const float> const& like) {
    const auto values = image_like<T>(like, given, name);
    return {values.first, static_cast<std::size_t>(values.rows * values.columns)};
}

StackSums sums_of(py::object const& total, py::object const& second, py::object const& count,
                  ImageView<const float> const& like) {
    check_apart(total, "total", second, "second");
    return {pixels_of<double>(total, "total", like), pixels_of<double>(second, "second", like),
            pixels_of<std::uint8_t>(count, "count", like)};
}

void bind_add_to_stack(int method, bool is_weight, float highest, py::object const& sci, py::object const& noise,
                       double scale, py::object const& total, py::object const& second, py::object const& count) {
    const auto rules = rules_of(method, is_weight, highest);
    const auto values = image<const float>(sci, "sci");
    const auto light = pixels_of<const float>(sci, "sci", values),
               errors = pixels_of<const float>(noise, "noise", values);
    const auto sums = sums_of(total, second, count, values);
    unlocked([&] { add_to_stack(rules, light, errors, scale, sums); });
}

void bind_finish_stack(int method, py::object const& mean, py::object const& scatter, py::object const& total,
                       py::object const& second, py::object const& count, py::object const& sci, py::object const& err,
                       py::object const& wht) {
    const auto rules = rules_of(method, false, 0.0f);
    const auto means = row<const double>(mean, "mean");
    if (means.empty()) refuse("mean", "has no value");
    const auto scatters = row<const double>(scatter, "scatter", std::ssize(means));
    const ImageView<const float> values = image<float>(sci, "sci");
    check_apart(sci, "sci", err, "err");
    check_apart(sci, "sci", wht, "wht");
    check_apart(err, "err", wht, "wht");
    const auto sums = sums_of(total, second, count, values);
    const StackedPixels out{pixels_of<float>(sci, "sci", values), pixels_of<float>(err, "err", values),
                            pixels_of<float>(wht, "wht", values)};
    unlocked([&] { finish_stack(rules, means, scatters, sums, out); });
}

}  // namespace

void bind_stacking(py::module_& module) {
    module.attr("STACK_IVW") = static_cast<int>(StackMethod::ivw);
    module.attr("STACK_CHI") = static_cast<int>(StackMethod::chi);
    module.attr("STACK_CHI_MEAN") = static_cast<int>(StackMethod::chi_mean);
    module.attr("STACK_MAX_SNR") = static_cast<int>(StackMethod::max_snr);
    module.def("add_to_stack", &bind_add_to_stack, py::kw_only(), "method"_a, "is_weight"_a, "highest"_a, "sci"_a,
               "noise"_a, "scale"_a, "total"_a, "second"_a, "count"_a,
               "Add the pixels of a band to what is summed over the bands, in place; `method` is one of STACK_IVW,\n"
               "STACK_CHI, STACK_CHI_MEAN and STACK_MAX_SNR.");
    module.def("finish_stack", &bind_finish_stack, py::kw_only(), "method"_a, "mean"_a, "scatter"_a, "total"_a,
               "second"_a, "count"_a, "sci"_a, "err"_a, "wht"_a,
               "Set image, rms and weight of a stack to what the sums come to, and `count` to 0 where there are none.");
}

}  // namespace skyseg::python
