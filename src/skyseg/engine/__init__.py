"""Source extraction on arrays: no files, no windows.

Each step stands alone: `filter_image`, `detect`, `deblend`, `clean`, `measure`;
`segment_image` runs them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyseg.lazy import lazy_names

if TYPE_CHECKING:
    from skyseg.engine.background import background_map, measure_mesh, weight_factor
    from skyseg.engine.cleaning import clean
    from skyseg.engine.deblending import Deblended, deblend
    from skyseg.engine.detection import Detections, PixelLists, detect
    from skyseg.engine.filtering import filter_image
    from skyseg.engine.flags import Flag
    from skyseg.engine.foreground import threshold_map
    from skyseg.engine.kernels import kernel
    from skyseg.engine.maps import Maps, bad_pixels, interpolate_bad, variance_map
    from skyseg.engine.measuring import measure
    from skyseg.engine.parameters import Parameters
    from skyseg.engine.rows import ArrayRows, Rows, Window, as_rows, whole
    from skyseg.engine.segmentation import (
        ArrayCanvas,
        Canvas,
        Mapper,
        Measured,
        Segmentation,
        segment_image,
        segment_rows,
    )
    from skyseg.engine.shapes import Shapes, measure_shapes
    from skyseg.engine.sources import Sources, find_sources

__all__ = [
    "ArrayCanvas",
    "ArrayRows",
    "Canvas",
    "Deblended",
    "Detections",
    "Flag",
    "Mapper",
    "Maps",
    "Measured",
    "Parameters",
    "PixelLists",
    "Rows",
    "Segmentation",
    "Shapes",
    "Sources",
    "Window",
    "as_rows",
    "background_map",
    "bad_pixels",
    "clean",
    "deblend",
    "detect",
    "filter_image",
    "find_sources",
    "interpolate_bad",
    "kernel",
    "measure",
    "measure_mesh",
    "measure_shapes",
    "segment_image",
    "segment_rows",
    "threshold_map",
    "variance_map",
    "weight_factor",
    "whole",
]

_MODULES = {
    "background": ("background_map", "measure_mesh", "weight_factor"),
    "cleaning": ("clean",),
    "deblending": ("Deblended", "deblend"),
    "detection": ("Detections", "PixelLists", "detect"),
    "filtering": ("filter_image",),
    "flags": ("Flag",),
    "foreground": ("threshold_map",),
    "kernels": ("kernel",),
    "maps": ("Maps", "bad_pixels", "interpolate_bad", "variance_map"),
    "measuring": ("measure",),
    "parameters": ("Parameters",),
    "rows": ("ArrayRows", "Rows", "Window", "as_rows", "whole"),
    "segmentation": (
        "ArrayCanvas",
        "Canvas",
        "Mapper",
        "Measured",
        "Segmentation",
        "segment_image",
        "segment_rows",
    ),
    "shapes": ("Shapes", "measure_shapes"),
    "sources": ("Sources", "find_sources"),
}

# parameters and windows are asked for where nothing is extracted: no need to load the compiler
__getattr__, __dir__ = lazy_names(
    __name__,
    {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names},
)
