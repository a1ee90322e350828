// What Python gives becomes what the loops take, or an error that names the argument.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <span>
#include <string>
#include <type_traits>

#include "../arrays.hpp"

namespace skyseg::python {

namespace py = pybind11;

// Flat indices of pixels and lengths lie below this, so that sums of two do not overflow.
inline constexpr Int most_pixels = Int{1} << 48;

[[noreturn]] inline void refuse(const char* name, std::string const& why) {
    throw py::value_error(std::string(name) + ": " + why);
}

inline std::string shape_of(py::array const& array) { return py::str(array.attr("shape")); }

// An array of just this type and number of dimensions, contiguous; one to be filled is writeable.
// It is not copied, but where its values lie across the boundaries of memory that the type has, as
// those of arrays that came over a network may: such a copy lives as long as the call.
template <class T>
py::array array_of(py::object const& given, const char* name, py::ssize_t dimensions) {
    using Value = std::remove_const_t<T>;
    constexpr int aligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    const bool fits = py::isinstance<py::array_t<Value, py::array::c_style>>(given);
    if (fits) {
        auto array = py::reinterpret_borrow<py::array>(given);
        const bool usable = std::is_const_v<T> || array.writeable();
        const bool is_aligned = (array.flags() & aligned) != 0;
        if (array.ndim() == dimensions && usable && is_aligned) return array;
        if (array.ndim() == dimensions && std::is_const_v<T>) {
            auto copy = py::reinterpret_steal<py::array>(array.attr("copy")().release());
            py::detail::loader_life_support::add_patient(copy);
            return copy;
        }
    }
    std::string found = py::str(py::type::of(given).attr("__name__"));
    if (py::isinstance<py::array>(given)) {
        const auto array = py::reinterpret_borrow<py::array>(given);
        found = "an array of " + std::string(py::str(py::object(array.dtype()))) + " of shape " + shape_of(array);
        if (!std::is_const_v<T> && !array.writeable()) found += " that is not writeable";
        if (!(array.flags() & py::array::c_style)) found += " that is not contiguous";
        if (!(array.flags() & aligned)) found += " that is not aligned";
    }
    throw py::type_error(std::string(name) + ": has to be a contiguous array of " +
                         std::string(py::str(py::object(py::dtype::of<Value>()))) + " with " +
                         std::to_string(dimensions) + " dimension" + (dimensions == 1 ? "" : "s") +
                         (std::is_const_v<T> ? "" : ", writeable") + ", and is " + found);
}

template <class T>
T* values_of(py::array const& array) {
    return static_cast<T*>(const_cast<void*>(array.data()));
}

template <class T>
std::span<T> row(py::object const& given, const char* name) {
    const auto array = array_of<T>(given, name, 1);
    return {values_of<T>(array), static_cast<std::size_t>(array.size())};
}

// A row with one value for each of some things.
template <class T>
std::span<T> row(py::object const& given, const char* name, Int size) {
    const auto values = row<T>(given, name);
    if (std::ssize(values) != size)
        refuse(name, "has " + std::to_string(values.size()) + " values where " + std::to_string(size) + " are needed");
    return values;
}

template <class T>
ImageView<T> image(py::object const& given, const char* name) {
    const auto array = array_of<T>(given, name, 2);
    return {values_of<T>(array), array.shape(0), array.shape(1), array.shape(1)};
}

// An image to be read whose rows may lie apart, as those of a part of another one do.
template <class T>
ImageView<const T> part_of_image(py::object const& given, const char* name) {
    constexpr int aligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    constexpr auto size = static_cast<py::ssize_t>(sizeof(T));
    if (py::isinstance<py::array_t<T, 0>>(given)) {
        const auto array = py::reinterpret_borrow<py::array>(given);
        if (array.ndim() == 2 && (array.flags() & aligned) && array.strides(1) == size &&
            array.strides(0) >= array.shape(1) * size && array.strides(0) % size == 0)
            return {values_of<const T>(array), array.shape(0), array.shape(1), array.strides(0) / size};
    }
    return image<const T>(given, name);
}

template <class T>
void check_shape(ImageView<T> const& values, py::object const& given, const char* name, Int rows, Int columns) {
    if (values.rows != rows || values.columns != columns)
        refuse(name, "has shape " + shape_of(py::reinterpret_borrow<py::array>(given)) + " where (" +
                         std::to_string(rows) + ", " + std::to_string(columns) + ") is needed");
}

template <class T>
ImageView<T> image(py::object const& given, const char* name, Int rows, Int columns) {
    const auto values = image<T>(given, name);
    check_shape(values, given, name, rows, columns);
    return values;
}

template <class T, class Like>
ImageView<T> image_like(ImageView<Like> const& other, py::object const& given, const char* name) {
    return image<T>(given, name, other.rows, other.columns);
}

template <class T>
void check_has_pixels(ImageView<T> const& image, const char* name) {
    if (image.rows < 1 || image.columns < 1) refuse(name, "has no pixels");
}

inline Int checked(Int value, const char* name, Int least, Int most) {
    if (value < least || value > most)
        refuse(name, "is " + std::to_string(value) + " and has to be from " + std::to_string(least) + " to " +
                         std::to_string(most));
    return value;
}

double checked_finite(double value, const char* name, double least);
std::span<const double> finite_row(py::object const& given, const char* name, double least);

// A loop reads what it is given while it writes.
void check_apart(py::object const& out, const char* name, py::object const& in, const char* in_name);

// Where lists of values begin, and the last one ends: from 0 to the number of values.
std::span<const Int> starts(py::object const& given, const char* name, Int values, Int least_length);
// Flat indices of pixels.
std::span<const Int> indices(py::object const& given, const char* name, Int pixels = most_pixels);
// Flat indices of pixels in lists; those of one list ascend.
std::span<const Int> ascending_indices(py::object const& given, const char* name, std::span<const Int> start);

// Runs of pixels along the rows of an image of some width.
struct Runs {
    std::span<const Int> start, length;
    Int pixels;  // of all of them
};

// Runs as they come; if they ascend, each begins behind the one before.
Runs runs(py::object const& start, py::object const& length, Int width, bool ascending);

}  // namespace skyseg::python
