#pragma once

#include <pybind11/pybind11.h>

namespace skyseg::python {

void bind_background(pybind11::module_& module);
void bind_depths(pybind11::module_& module);
void bind_detection(pybind11::module_& module);
void bind_display(pybind11::module_& module);
void bind_files(pybind11::module_& module);
void bind_measuring(pybind11::module_& module);
void bind_packing(pybind11::module_& module);
void bind_sky(pybind11::module_& module);
void bind_stacking(pybind11::module_& module);

}  // namespace skyseg::python
