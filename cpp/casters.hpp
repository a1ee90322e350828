// How numpy's arrays become rows and images, and lists and images become arrays.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <type_traits>

#include "arrays.hpp"

namespace pybind11::detail {

// Takes an array of just this type, contiguous, without a copy; one to be filled is writeable.
template <class T>
bool fits(handle source, ssize_t dimensions) {
    using Value = std::remove_const_t<T>;
    if (!isinstance<array_t<Value, array::c_style>>(source)) return false;
    const auto given = reinterpret_borrow<array>(source);
    return given.ndim() == dimensions && (std::is_const_v<T> || given.writeable());
}

template <class T>
T* data_of(handle source) {
    return static_cast<T*>(const_cast<void*>(reinterpret_borrow<array>(source).data()));
}

template <class T>
constexpr auto type_name = npy_format_descriptor<std::remove_const_t<T>>::name;

template <class T>
struct type_caster<skyseg::Row<T>> {
    PYBIND11_TYPE_CASTER(skyseg::Row<T>, const_name("contiguous row of ") + type_name<T>);

    bool load(handle source, bool) {
        if (!fits<T>(source, 1)) return false;
        value = {data_of<T>(source), static_cast<std::size_t>(reinterpret_borrow<array>(source).size())};
        return true;
    }
};

template <class T>
struct type_caster<skyseg::Grid<T>> {
    PYBIND11_TYPE_CASTER(skyseg::Grid<T>, const_name("contiguous image of ") + type_name<T>);

    bool load(handle source, bool) {
        if (!fits<T>(source, 2)) return false;
        const auto given = reinterpret_borrow<array>(source);
        value = {data_of<T>(source), given.shape(0), given.shape(1), given.shape(1)};
        return true;
    }
};

template <class T>
struct type_caster<skyseg::List<T>> {
    static constexpr auto name = const_name("row of ") + type_name<T>;

    static handle cast(skyseg::List<T>&& list, return_value_policy, handle) {
        auto kept = std::make_unique<skyseg::List<T>>(std::move(list));
        auto* values = kept.get();
        capsule owner(kept.release(), [](void* p) { delete static_cast<skyseg::List<T>*>(p); });
        return array_t<T>(static_cast<ssize_t>(values->size()), values->data(), owner).release();
    }
};

template <class T>
struct type_caster<skyseg::Image<T>> {
    static constexpr auto name = const_name("image of ") + type_name<T>;

    static handle cast(skyseg::Image<T>&& image, return_value_policy, handle) {
        auto* values = image.values.release();
        capsule owner(values, [](void* p) { delete[] static_cast<T*>(p); });
        return array_t<T>({image.rows, image.columns}, values, owner).release();
    }
};

// Takes a struct from a tuple of its members.
template <class Struct, class... Members>
struct taken {
    PYBIND11_TYPE_CASTER(Struct, const_name("tuple[") + concat(make_caster<Members>::name...) + const_name("]"));

    bool load(handle source, bool convert) {
        make_caster<std::tuple<Members...>> members;
        if (!members.load(source, convert)) return false;
        value = std::apply([](auto... each) { return Struct{each...}; }, cast_op<std::tuple<Members...>>(members));
        return true;
    }
};

// Gives the members of a struct back as a tuple.
template <class Struct, auto... members>
struct given {
    static constexpr auto name = const_name("tuple");

    static handle cast(Struct&& found, return_value_policy policy, handle parent) {
        return make_tuple(reinterpret_steal<object>(
                              make_caster<std::remove_reference_t<decltype(found.*members)>>::cast(
                                  std::move(found.*members), policy, parent))...)
            .release();
    }
};

}  // namespace pybind11::detail
