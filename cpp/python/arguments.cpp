#include "arguments.hpp"

#include <cmath>
#include <cstdint>

namespace skyseg::python {

double checked_finite(double value, const char* name, double least) {
    if (!std::isfinite(value) || value < least)
        refuse(name, "is " + std::string(py::str(py::float_(value))) + " and has to be finite and at least " +
                         std::string(py::str(py::float_(least))));
    return value;
}

std::span<const double> finite_row(py::object const& given, const char* name, double least) {
    const auto values = row<const double>(given, name);
    for (const double value : values) checked_finite(value, name, least);
    return values;
}

void check_apart(py::object const& out, const char* name, py::object const& in, const char* in_name) {
    const auto range = [](py::object const& given, const char* what) {
        if (!py::isinstance<py::array>(given)) throw py::type_error(std::string(what) + ": has to be an array");
        const auto array = py::reinterpret_borrow<py::array>(given);
        const auto first = reinterpret_cast<std::uintptr_t>(array.data());
        return std::pair{first, first + static_cast<std::uintptr_t>(array.nbytes())};
    };
    const auto [first, stop] = range(out, name);
    const auto [in_first, in_stop] = range(in, in_name);
    if (first < in_stop && in_first < stop) refuse(name, std::string("shares memory with ") + in_name);
}

std::span<const Int> starts(py::object const& given, const char* name, Int values, Int least_length) {
    const auto start = row<const Int>(given, name);
    if (start.empty() || start.front() != 0 || start.back() != values)
        refuse(name, "has to go from 0 to the number of values, " + std::to_string(values));
    for (std::size_t i = 1; i < start.size(); ++i)
        if (start[i] < start[i - 1] || start[i] > values || start[i] - start[i - 1] < least_length)
            refuse(name, least_length > 0 ? "has to rise from value to value" : "may not fall");
    return start;
}

std::span<const Int> indices(py::object const& given, const char* name, Int pixels) {
    const auto index = row<const Int>(given, name);
    bool inside = true;
    for (const Int each : index) inside &= (each >= 0) & (each < pixels);
    if (!inside) refuse(name, "holds indices that are not from 0 to " + std::to_string(pixels - 1));
    return index;
}

std::span<const Int> ascending_indices(py::object const& given, const char* name, std::span<const Int> start) {
    const auto index = indices(given, name);
    bool ascending = true;
    for (std::size_t i = 1; i < start.size(); ++i)
        for (Int p = start[i - 1] + 1; p < start[i]; ++p) ascending &= index[p] > index[p - 1];
    if (!ascending) refuse(name, "has to ascend in each list");
    return index;
}

Runs runs(py::object const& start, py::object const& length, Int width, bool ascending) {
    Runs out{row<const Int>(start, "start"), {}, 0};
    out.length = row<const Int>(length, "length", std::ssize(out.start));
    Int behind = 0;
    for (std::size_t run = 0; run < out.start.size(); ++run) {
        const Int first = out.start[run], pixels = out.length[run];
        if (first < behind || first >= most_pixels)
            refuse("start", ascending ? "runs have to follow one another" : "holds indices of no pixels");
        if (pixels < 1 || pixels > width - first % width) refuse("length", "a run has to end in the row it begins in");
        if (ascending) behind = first + pixels;
        out.pixels += pixels;
        if (out.pixels > most_pixels) refuse("length", "the runs have too many pixels");
    }
    return out;
}

}  // namespace skyseg::python
