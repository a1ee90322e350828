// What the loops return becomes arrays, and several of them a dict by name; no value is copied.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <utility>
#include <vector>

#include "../arrays.hpp"

namespace skyseg::python {

namespace py = pybind11;

// Runs a loop without the interpreter's lock.
template <class Loop>
auto unlocked(Loop loop) {
    const py::gil_scoped_release released;
    return loop();
}

template <class T>
py::array as_array(std::vector<T>&& values) {
    auto kept = std::make_unique<std::vector<T>>(std::move(values));
    auto* owned = kept.get();
    const py::capsule owner(kept.release(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
    return py::array_t<T>(static_cast<py::ssize_t>(owned->size()), owned->data(), owner);
}

template <class T>
py::array as_array(Image<T>&& image) {
    auto* values = image.values.release();
    const py::capsule owner(values, [](void* p) { delete[] static_cast<T*>(p); });
    return py::array_t<T>({image.rows, image.columns}, values, owner);
}

// A dict of arrays from names and what they name, in turn.
inline void add_results(py::dict&) {}

template <class Values, class... Others>
void add_results(py::dict& out, const char* name, Values&& values, Others&&... others) {
    out[name] = as_array(std::forward<Values>(values));
    add_results(out, std::forward<Others>(others)...);
}

template <class... NamesAndValues>
py::dict results(NamesAndValues&&... each) {
    py::dict out;
    add_results(out, std::forward<NamesAndValues>(each)...);
    return out;
}

}  // namespace skyseg::python
