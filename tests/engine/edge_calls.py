"""Calls of every public function of the engine, with an argument that can be replaced.

``python edge_calls.py`` makes each call with each bad value, and prints after each kind of value,
as JSON, its name and what was accepted or raised what is no error of ours.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from skyseg import engine
from skyseg.engine.parameters import Parameters
from skyseg.errors import ImageError, ParameterError

SHAPE = (40, 50)
Call = Callable[..., Any]


def image() -> Any:
    """Two blended sources in noise."""
    y, x = np.mgrid[:40, :50]
    light = np.random.default_rng(1).normal(0, 1, SHAPE)
    for at, flux in (((20, 22), 90), ((21, 31), 70), ((8, 40), 40)):
        light += flux * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 9)
    return light.astype(np.float32)


IMAGE, ONES = image(), np.ones(SHAPE, np.float32)
BAD = np.zeros(SHAPE, np.bool_)
BAD[3:5, 10:14] = True
PARAMETERS = Parameters()
MESH = engine.measure_mesh(IMAGE, BAD, 16, 3)
KERNEL = engine.make_kernel("default")
THRESHOLD = 3 * ONES
DETECTIONS = engine.detect(IMAGE, THRESHOLD, 3)
REGIONS = DETECTIONS.regions
DEBLENDED = engine.deblend(REGIONS, 32, 0.005)
SOURCES = engine.find_sources(DETECTIONS, PARAMETERS)
LABELS = SOURCES.draw_labels()
MAPS = engine.make_maps(IMAGE, ONES, "rms_err")
WINDOW = engine.Window(0, *SHAPE[:1], 0, SHAPE[1])
FACTS = engine.measure_facts(MAPS, PARAMETERS)
PREPARED = engine.prepare_image(MAPS, PARAMETERS)
CATALOGUE = {"X_IMAGE": [23.0], "Y_IMAGE": [21.0], "A_IMAGE": [2.0]}
CLIENT = SimpleNamespace(submit=None)


class OtherRows:
    """Rows of some shape that give always the same."""

    def __init__(self, shape: Any, part: Any = IMAGE) -> None:
        self.shape = shape
        self._part = part

    def read(self, _window: Any) -> Any:
        return self._part


def print_nothing(part: float, what: str) -> None:
    """Be told."""


def _preview(sci: Any, err: Any, err_type: Any, parameters: Any, part: Any) -> Any:
    return engine.Previewer(sci, err, err_type).run(parameters, part).labels


CALLS: dict[str, tuple[Call, dict[str, Any]]] = {
    "mark_bad_pixels": (
        engine.mark_bad_pixels, {"sci": IMAGE, "err": ONES, "err_type": "rms_err"}
    ),
    "make_variance_map": (
        engine.make_variance_map,
        {"err": ONES, "bad": BAD, "err_type": "wht", "weight_factor": 1.5},
    ),
    "interpolate_bad": (
        engine.interpolate_bad, {"sci": IMAGE, "variance": ONES, "bad": BAD}
    ),
    "measure_mesh": (
        engine.measure_mesh, {"image": IMAGE, "bad": BAD, "size": 16, "filter_size": 3}
    ),
    "measure_weight_factor": (
        engine.measure_weight_factor,
        {"image": IMAGE, "weight": ONES, "bad": BAD, "size": 16, "filter_size": 3},
    ),
    "draw_background": (engine.draw_background, {"mesh": MESH}),
    "filter_image": (engine.filter_image, {"image": IMAGE, "kernel": KERNEL}),
    "make_kernel": (engine.make_kernel, {"name": "default"}),
    "make_threshold_map": (
        engine.make_threshold_map, {"filtered_variance": ONES, "detect_thresh": 1.8}
    ),
    "detect": (engine.detect, {"filtered": IMAGE, "threshold": THRESHOLD, "minarea": 3}),
    "deblend": (engine.deblend, {"regions": REGIONS, "nthresh": 32, "mincont": 0.005}),
    "measure_shapes": (
        engine.measure_shapes,
        {"pixels": REGIONS, "moments": np.ones((len(REGIONS), 7)), "minarea": 3},
    ),
    "clean": (engine.clean, {"shapes": SOURCES.shapes, "clean_param": 1.0}),
    "find_sources": (
        engine.find_sources, {"detections": DETECTIONS, "parameters": PARAMETERS}
    ),
    "measure": (
        engine.measure,
        {
            "image": IMAGE, "variance": ONES, "sources": SOURCES, "parameters": PARAMETERS,
            "aper_diams": (5.0,), "noise": 1.0,
        },
    ),
    "measure_labels": (
        engine.measure_labels,
        {
            "sci": IMAGE, "err": ONES, "err_type": "rms_err", "labels": LABELS,
            "parameters": PARAMETERS, "aper_diams": (5.0,),
        },
    ),
    "measure_empty_apertures": (
        engine.measure_empty_apertures,
        {
            "sci": IMAGE, "taken": LABELS, "aper_diams": (5.0,), "background": ONES,
            "margin": 1.0, "strip_rows": 7, "mapper": map, "progress": print_nothing,
        },
    ),
    "measure_noise": (
        engine.measure_noise,
        {
            "sci": IMAGE, "err": ONES, "err_type": "rms_err", "parameters": PARAMETERS,
            "mapper": map,
        },
    ),
    "segment_image": (
        engine.segment_image,
        {
            "sci": IMAGE, "err": ONES, "err_type": "rms_err", "parameters": PARAMETERS,
            "aper_diams": (5.0,), "strip_rows": 7, "mapper": map, "progress": print_nothing,
            "psf": IMAGE[:9, :9],
        },
    ),
    "segment_part": (
        lambda **given: engine.segment_part(**given, canvas=engine.ArrayCanvas((25, 40))),
        {
            "maps": MAPS, "parameters": PARAMETERS, "aper_diams": (5.0,),
            "part": (slice(5, 30), slice(5, 45)), "margin": 4, "mapper": map,
            "progress": print_nothing,
        },
    ),
    "preview": (
        _preview,
        {
            "sci": IMAGE, "err": ONES, "err_type": "rms_err", "parameters": PARAMETERS,
            "part": (slice(5, 30), slice(5, 45)),
        },
    ),
    "make_maps": (
        lambda **given: engine.make_maps(**given).read(WINDOW),
        {"sci": IMAGE, "err": ONES, "err_type": "rms_err", "psf": IMAGE[:9, :9]},
    ),
    "measure_facts": (
        engine.measure_facts,
        {
            "maps": MAPS, "parameters": PARAMETERS, "strip_rows": 7, "hole_rows": (0, 9),
            "mapper": map, "progress": print_nothing,
        },
    ),
    "prepare_image": (
        lambda **given: engine.prepare_image(**given).read(WINDOW),
        {"maps": MAPS, "parameters": PARAMETERS},
    ),
    "segment_rows": (
        engine.segment_rows,
        {
            "maps": MAPS, "parameters": PARAMETERS, "aper_diams": (5.0,),
            "canvas": engine.ArrayCanvas(SHAPE), "strip_rows": 7, "columns": ["FLAGS"],
        },
    ),
    "Maps.read": (lambda window: MAPS.read(window), {"window": WINDOW}),
    "PreparedImage.of": (
        engine.PreparedImage.of, {"maps": MAPS, "facts": FACTS, "parameters": PARAMETERS}
    ),
    "PreparedImage.read": (lambda window: PREPARED.read(window), {"window": WINDOW}),
    "PreparedImage.filter": (
        lambda image, variance, window: PREPARED.filter(image, variance, window),
        {"image": IMAGE, "variance": ONES, "window": WINDOW},
    ),
    "Sources.owners_in": (
        lambda window: SOURCES.owners_in(window).draw(), {"window": WINDOW}
    ),
    "Sources.draw_labels": (lambda drawn: drawn.draw_labels(), {"drawn": SOURCES}),
    "Sources.draw_owners": (lambda drawn: drawn.draw_owners(), {"drawn": SOURCES}),
    "ArrayRows.read": (lambda window: engine.as_rows(IMAGE).read(window), {"window": WINDOW}),
    "as_array": (engine.as_array, {"image": IMAGE}),
    "as_rows": (lambda image: engine.as_rows(image).read(WINDOW), {"image": IMAGE}),
}  # fmt: skip

CONSTRUCTORS: dict[str, tuple[Call, dict[str, Any]]] = {
    "Maps": (engine.Maps, {"sci": engine.as_rows(IMAGE), "err": engine.as_rows(ONES)} | {
        "err_type": "rms_err"}),
    "Previewer": (
        engine.Previewer,
        {"sci": IMAGE, "err": ONES, "err_type": "rms_err", "catalogue": CATALOGUE},
    ),
    "ArrayCanvas": (engine.ArrayCanvas, {"shape": SHAPE}),
    "ThreadMapper": (engine.ThreadMapper, {"workers": 2}),
    "DaskMapper": (lambda client: engine.DaskMapper(client), {"client": CLIENT}),
    "Kernel": (lambda weights: engine.Kernel("own", weights), {"weights": ((1.0, 2.0),)}),
    "Window": (lambda bounds: engine.Window(*bounds), {"bounds": (0, 3, 0, 5)}),
}  # fmt: skip

ALL = {**CALLS, **CONSTRUCTORS}
NAMES = {"drawn": "sources", "bounds": "window"}

IMAGES = ("sci", "err", "image", "variance", "weight", "filtered", "threshold",
          "filtered_variance", "kernel")  # fmt: skip
PAIRED = ("err", "variance", "weight", "threshold", "bad", "labels")
COUNTS = ("size", "filter_size", "minarea", "nthresh", "strip_rows")
NUMBERS = ("weight_factor", "detect_thresh", "mincont", "clean_param", "noise")
VALUES = (
    "facts",
    "maps",
    "mesh",
    "regions",
    "pixels",
    "shapes",
    "detections",
    "sources",
    "parameters",
)

_NO_ARRAYS = [3.0, None, "a.fits", b"x", {"a": 1}, [[1, 2], [3]], object(), [["a", "b"]]]


class Unreadable:
    """Like a tensor that takes part in a computation of gradients."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("call detach() first")


def _at(array: Any, place: Any, value: Any) -> Any:
    out = np.array(array)
    out[place] = value
    return out


BAD_VALUES: dict[str, tuple[tuple[str, ...], list[Any]]] = {
    "no array": ((*IMAGES, "bad", "labels"), _NO_ARRAYS),
    "not two dimensions": (
        (*IMAGES, "bad", "labels"), [np.ones((2, *SHAPE), np.int32), np.ones(40, np.int32)]
    ),
    "rows of no image": (
        ("sci", "err"),
        [OtherRows(shape) for shape in (None, 3, (40,), (40, 50, 2), (40.0, 50.0), (0, 50), "ab")],
    ),
    "an array that cannot be read": ((*IMAGES, "bad", "labels"), [Unreadable()]),
    "no pixels": ((*IMAGES, "bad", "labels"), [np.ones((0, 50), np.int32), [[]]]),
    "no real numbers": (
        (*IMAGES, "bad", "labels"),
        [IMAGE + 1j, IMAGE.astype(str), IMAGE.astype(object), IMAGE.astype("datetime64[s]")],
    ),
    "another shape": (
        PAIRED, [np.ones(shape, np.int32) for shape in ((41, 50), (40, 49), (50, 40), (1, 1))]
    ),
    "no mask": (("bad",), [ONES, ONES * np.nan]),
    "no labels": (
        ("labels",), [_at(IMAGE, ..., 1.5), _at(LABELS, 0, -1), _at(np.int64(LABELS), 0, 2**31),
                      _at(ONES, 0, np.nan), _at(ONES, 0, np.inf), np.full(SHAPE, 2**63, "u8")],
    ),
    "no kernel": (("kernel",), [_at(KERNEL, 0, np.nan), _at(KERNEL, 0, np.inf)]),
    "no weights": (
        ("weights",), [None, 3, "ab", (), ((),), ((1.0,), (1.0, 2.0)), ((0.0, 0.0),), ((1e300,),),
                       ((np.nan,),), (("a",),), ((10**400,),), np.ones((33, 32)), ((1j,),),
                       np.ones((2, 2, 2)), ((None,),)],
    ),
    "no count": (
        COUNTS, [0, -1, 2**31, 2**63, 10**30, 1.5, np.nan, np.inf, "3", None, True, (3,)]
    ),
    "no number": (NUMBERS, [-1.0, np.nan, np.inf, 1e300, "1", None, (1.0,), 1j, True]),
    "nothing": (("weight_factor", "detect_thresh", "noise", "clean_param"), [0.0]),
    "no name": (("err_type", "name"), ["rms", "", None, 3, ["rms_err"], "RMS_ERR"]),
    "no diameters": (
        ("aper_diams",),
        [(np.nan,), (np.inf,), (0.0,), (-1.0,), (5.0, 1e19), "5", None, 5.0, ("5",), (None,),
         np.array(5.0), np.array([[5.0]])],
    ),
    "no part": (
        ("part",), [None, (), 3, (slice(0, 5),), (3, 4), (slice(60, 70), slice(0, 5)),
                    (slice(5, 2), slice(0, 5)), (slice(0, 9, 2), slice(0, 9)),
                    (slice(0, 9, 0), slice(0, 9)), (slice(1.5, 9), slice(0, 9)),
                    (slice("a", 9), slice(0, 9))],
    ),
    "no bounds": (
        ("bounds",), [(-1, 3, 0, 5), (3, 1, 0, 5), (0.5, 3, 0, 5), (0, np.nan, 0, 5),
                      ("a", 3, 0, 5), (0, 2**70, 0, 5), (0, 3, None, 5)],
    ),
    "no window": (
        ("window",), [None, 3, (0, 3, 0, 5), engine.Window(0, 41, 0, 50),
                      engine.Window(0, 40, 0, 51), engine.Window(0, 2**31 - 1, 0, 5)],
    ),
    "no shape": (
        ("shape",), [None, 3, "ab", (40,), (40, 50, 2), (0, 50), (-1, 50), (4.5, 3), (2**31, 1)],
    ),
    "no function": (("mapper", "progress"), [3, "map", (map,)]),
    "no columns": (
        ("columns",), [None, 3, "FLAGS", ["flags"], ["MAG_AUTO"], [["FLAGS"]], [None]],
    ),
    "no canvas": (("canvas",), [None, 3, "x", IMAGE, object()]),
    "no client": (("client",), [None, 3, "tcp://127.0.0.1"]),
    "no number of threads": (("workers",), [0, -1, 1.5, np.nan, "2", True, 2**20]),
    "no rows": (
        ("hole_rows",), [None, 3, (), (1, 5), (0, 5, 5), (0, 9, 5), (0, 40), (0, 1.5), "ab"],
    ),
    "no catalogue": (
        ("catalogue",), [3, "x", {}, {"X_IMAGE": [1.0]}, {**CATALOGUE, "A_IMAGE": [1.0, 2.0]},
                         {**CATALOGUE, "A_IMAGE": ["a"]}, {**CATALOGUE, "A_IMAGE": [[1.0]]}],
    ),
    "another kind of value": (VALUES, [None, 3, "x", IMAGE, {}, object()]),
    "pixels that do not fit": (
        ("regions", "pixels"),
        [
            replace(REGIONS, index=REGIONS.index + 10**6),
            replace(REGIONS, index=REGIONS.index - 10**6),
            replace(REGIONS, index=REGIONS.index[::-1]),
            replace(REGIONS, index=REGIONS.index[:-1]),
            replace(REGIONS, index=REGIONS.index.astype(float)),
            replace(REGIONS, start=REGIONS.start + 1),
            replace(REGIONS, start=np.zeros(0, np.int64)),
            replace(REGIONS, start=np.array([0, 0, len(REGIONS.index)])),
            replace(REGIONS, start=np.array([0, 2**62, len(REGIONS.index)])),
            replace(REGIONS, value=REGIONS.value[1:]),
            replace(REGIONS, value=REGIONS.value * np.nan),
            replace(REGIONS, threshold=REGIONS.threshold[1:]),
            replace(REGIONS, shape=(4, 5)),
            replace(REGIONS, shape=(0, 50)),
        ],
    ),
    "detections that do not fit": (
        ("detections",),
        [
            replace(DETECTIONS, regions=replace(REGIONS, index=REGIONS.index + 10**6)),
            replace(DETECTIONS, small=np.array([10**9])),
            replace(DETECTIONS, small=np.array([-1])),
            replace(DETECTIONS, regions=None),
        ],
    ),
    "shapes that do not fit": (
        ("shapes",),
        [replace(SOURCES.shapes, **{name: values}) for name in ("x", "a", "mark") for values in (
            SOURCES.shapes.x[:-1], SOURCES.shapes.x * np.nan, SOURCES.shapes.x * np.inf, None)]
        + [replace(SOURCES.shapes, a=-SOURCES.shapes.a)],
    ),
    "moments that do not fit": (
        ("moments",), [None, np.ones((1, 7)), np.ones((len(REGIONS), 6)), "x",
                       np.full((len(REGIONS), 7), np.nan)],
    ),
    "sources that do not fit": (
        ("sources",),
        [
            replace(SOURCES, shape=(4, 5)),
            replace(SOURCES, number=SOURCES.number[:-1]),
            replace(SOURCES, number=SOURCES.number + 2**40),
            replace(SOURCES, absorber=SOURCES.absorber + 100),
            replace(SOURCES, runs=replace(SOURCES.runs, start=SOURCES.runs.start + 10**6)),
            replace(SOURCES, runs=replace(SOURCES.runs, length=SOURCES.runs.length + 60)),
            replace(SOURCES, runs=replace(SOURCES.runs, source=SOURCES.runs.source + 99)),
            replace(SOURCES, shapes=replace(SOURCES.shapes, x=SOURCES.shapes.x * np.nan)),
        ],
    ),
    "runs that do not fit": (
        ("drawn",),
        [
            replace(SOURCES, shape=(4, 5)),
            replace(SOURCES, shape=None),
            replace(SOURCES, absorber=SOURCES.absorber + 100),
            replace(SOURCES, runs=replace(SOURCES.runs, start=SOURCES.runs.start - 10**6)),
            replace(SOURCES, runs=replace(SOURCES.runs, length=SOURCES.runs.length + 2**62)),
            replace(SOURCES, runs=replace(SOURCES.runs, source=SOURCES.runs.source + 99)),
        ],
    ),
    "levels that do not fit": (
        ("mesh",),
        [
            replace(MESH, level=MESH.level[:1]), replace(MESH, level=np.ones(3, np.float32)),
            replace(MESH, size=0), replace(MESH, size=2**40), replace(MESH, shape=(10**9, 10**9)),
            replace(MESH, shape=(-3, 4)), replace(MESH, level=None),
        ],
    ),
}  # fmt: skip


def bad_calls(kind: str) -> Iterator[tuple[str, str, Any]]:
    """Yield function, argument and value of each bad call of a kind."""
    arguments, values = BAD_VALUES[kind]
    for name, (_, given) in ALL.items():
        for argument in given.keys() & set(arguments):
            if kind == "another shape" and argument == next(iter(given)):
                continue  # the first map says which shape the others have
            for value in values:
                if not (argument == "strip_rows" and value is None):  # no number of rows is given
                    yield name, argument, value


def failures(kind: str) -> list[str]:
    """Return what was accepted, or raised what is no error of ours that names the argument."""
    found = []
    for name, argument, value in bad_calls(kind):
        function, given = ALL[name]
        what = f"{name}({argument}={type(value).__name__} {str(value)[:60]!r})"
        try:
            function(**{**given, argument: value})
        except (ImageError, ParameterError) as error:
            if error.argument != NAMES.get(argument, argument):
                found.append(f"{what}: names {error.argument!r}: {error}")
        except Exception as error:  # noqa: BLE001
            found.append(f"{what}: {type(error).__name__}: {error}")
        else:
            found.append(f"{what}: accepted")
    return found


if __name__ == "__main__":
    for each in BAD_VALUES:
        sys.stdout.write(f"{json.dumps([each, failures(each)])}\n")
        sys.stdout.flush()
