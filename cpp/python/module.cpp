// What Python may call, and the constants that it shares with the loops.
#include "../bad_pixels.hpp"
#include "../cleaning.hpp"
#include "../deblending.hpp"
#include "../flags.hpp"
#include "../mesh.hpp"
#include "../rice.hpp"
#include "../scene.hpp"
#include "bind.hpp"

PYBIND11_MODULE(loops_of_main, module) {
    using namespace skyseg;
    module.doc() = "The engine's loops, compiled from C++; see _loops.pyi.";

    module.attr("BAD_VARIANCE") = bad_variance;
    module.attr("INTERPOLATION_LENGTH") = interpolation_length;
    module.attr("EMPTY_MESH") = empty_mesh;
    module.attr("MOST_THRESHOLDS") = most_thresholds;
    module.attr("RICE_BLOCK") = rice_block;
    module.attr("MASK_NONE") = static_cast<int>(Mask::none);
    module.attr("MASK_BLANK") = static_cast<int>(Mask::blank);
    module.attr("MASK_CORRECT") = static_cast<int>(Mask::correct);
    module.attr("CROWDED") = flag::crowded;
    module.attr("MERGED") = flag::merged;
    module.attr("SATURATED") = flag::saturated;
    module.attr("TRUNCATED") = flag::truncated;
    module.attr("APERTURE_INCOMPLETE") = flag::aperture_incomplete;
    module.attr("NOT_COVERED") = flag::not_covered;
    module.attr("BEYOND_SCENE") = flag::beyond_scene;

    python::bind_background(module);
    python::bind_depths(module);
    python::bind_detection(module);
    python::bind_display(module);
    python::bind_files(module);
    python::bind_measuring(module);
    python::bind_packing(module);
    python::bind_sky(module);
    python::bind_stacking(module);
}

// The module, in the only interpreter of a process: in any other pybind11 would wait for ever.
extern "C" PYBIND11_EXPORT PyObject* PyInit__loops() {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "skyseg works in the main interpreter of a process, and not in another one");
        return nullptr;
    }
    return PyInit_loops_of_main();
}
