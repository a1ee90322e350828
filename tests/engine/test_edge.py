"""The engine's edge: any real array is taken, and no call crashes or accepts what it cannot use."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import astropy.units as u
import numpy as np
import pytest

from skyseg import Parameters, engine
from skyseg.engine import Segmentation, measure_labels, segment_image
from skyseg.errors import ImageError

PROGRAM = Path(__file__).with_name("edge_calls.py")
# as this process runs: see scripts/with_sanitizers.sh
FLAGS = ["-S"] if sys.flags.no_site else []


def _edge_calls() -> ModuleType:
    spec = importlib.util.spec_from_file_location("edge_calls", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EDGE = _edge_calls()


@pytest.fixture(scope="module")
def bad_calls() -> subprocess.CompletedProcess[str]:
    """A process, which a crash would end, that has made all bad calls."""
    return subprocess.run(
        [sys.executable, *FLAGS, "-W", "error::RuntimeWarning", PROGRAM],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", EDGE.BAD_VALUES)
def test_what_cannot_be_used_is_refused_by_the_name_of_its_argument(
    kind: str, bad_calls: subprocess.CompletedProcess[str]
) -> None:
    told = dict(map(json.loads, bad_calls.stdout.splitlines()))
    ended = f"the process ended with {bad_calls.returncode}: {bad_calls.stderr[-2000:]}"
    assert kind in told, ended
    assert told[kind] == []


def _masked(image: Any) -> Any:
    return np.ma.MaskedArray(image, mask=np.zeros(image.shape, np.bool_))


def _every_second(image: Any) -> Any:
    wide = np.zeros((2 * image.shape[0], 3 * image.shape[1]), image.dtype)
    wide[::2, ::3] = image
    return wide[::2, ::3]


FORMS: dict[str, Callable[[Any], Any]] = {
    "native double": lambda image: image.astype(np.float64),
    "big-endian": lambda image: image.astype(">f4"),
    "Fortran-ordered": np.asfortranarray,
    "not contiguous": _every_second,
    "reversed twice": lambda image: image[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": lambda image: np.frombuffer(image.tobytes(), np.float32).reshape(image.shape),
    "nothing masked": _masked,
    "lists": lambda image: image.tolist(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EDGE.CALLS)
def test_an_image_is_taken_in_any_form(name: str, form: str) -> None:
    function, given = EDGE.CALLS[name]
    images = {argument for argument in given if argument in EDGE.IMAGES}
    changed = {argument: FORMS[form](given[argument]) for argument in images}
    assert _bytes(function(**{**given, **changed})) == _bytes(function(**given))


@pytest.mark.parametrize("dtype", ["i2", ">i4", "u1", "i8", "f2", ">f8", "bool"])
def test_numbers_of_any_real_type_are_taken(dtype: str) -> None:
    image = np.clip(np.round(EDGE.IMAGE), 0, 1 if dtype == "bool" else 90).astype(dtype)
    err = np.ones(image.shape, dtype)
    found = segment_image(image, err, "rms_err", Parameters())
    single = segment_image(image.astype("f4"), err.astype("f4"), "rms_err", Parameters())
    assert _bytes(found) == _bytes(single)


@pytest.mark.parametrize("argument", ["sci", "err"])
@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_what_is_masked_is_bad(argument: str, err_type: str) -> None:
    hole = np.zeros(EDGE.SHAPE, np.bool_)
    hole[18:24, 18:22] = True
    plain = {"sci": EDGE.IMAGE, "err": EDGE.ONES}
    masked = {**plain, argument: np.ma.MaskedArray(plain[argument], hole)}
    nan = {**plain, argument: np.where(hole, np.float32(np.nan), plain[argument])}
    expected = segment_image(**nan, err_type=err_type, parameters=Parameters())  # type: ignore[arg-type]
    found = segment_image(**masked, err_type=err_type, parameters=Parameters())  # type: ignore[arg-type]
    assert found.facts["n_bad"] == 24
    assert _bytes(found) == _bytes(expected)
    assert engine.mark_bad_pixels(**masked, err_type=err_type).sum() == 24  # type: ignore[arg-type]


def test_integers_masked_and_whole_labels_in_floats_are_taken() -> None:
    labels = EDGE.LABELS
    expected = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", labels, Parameters())
    for form in (labels.astype(">i8"), labels.astype("f8"), labels.tolist(), labels.astype("u2")):
        found = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", form, Parameters())
        assert _bytes(found) == _bytes(expected)
    masked = np.ma.MaskedArray(labels, labels == 2)
    found = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", masked, Parameters())
    assert 2 not in found["NUMBER"] and len(found["NUMBER"]) == len(expected["NUMBER"]) - 1


def test_labels_may_be_as_large_as_int32_holds() -> None:
    labels = EDGE.LABELS.astype(np.int64)
    large = np.where(labels > 0, 2**31 - 1 - labels, 0)
    expected = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", labels, Parameters(), (5.0,))
    found = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", large, Parameters(), (5.0,))
    np.testing.assert_array_equal(found["NUMBER"], 2**31 - 1 - expected["NUMBER"][::-1])
    for name in expected.keys() - {"NUMBER"}:
        np.testing.assert_array_equal(found[name], expected[name][::-1])


@pytest.mark.parametrize("rows", [0, 3])
def test_rows_that_give_other_pixels_than_asked_for_are_refused(rows: int) -> None:
    class Short:
        shape = EDGE.SHAPE

        def read(self, window: engine.Window) -> Any:
            return np.ones((rows, window.x1 - window.x0), np.float32)

    with pytest.raises(ImageError) as caught:
        segment_image(EDGE.IMAGE, Short(), "rms_err", Parameters())
    assert caught.value.argument == "err"


def test_rows_may_give_pixels_of_any_real_type() -> None:
    class Double:
        shape = EDGE.SHAPE

        def read(self, window: engine.Window) -> Any:
            part = EDGE.IMAGE[window.y0 : window.y1, window.x0 : window.x1]
            return part.astype(">f8")

    found = segment_image(Double(), EDGE.ONES, "rms_err", Parameters())
    assert _bytes(found) == _bytes(segment_image(EDGE.IMAGE, EDGE.ONES, "rms_err", Parameters()))


def test_a_call_changes_nothing_that_it_is_given() -> None:
    before = {
        name: _bytes(tuple(given.values())) for name, (_, given) in EDGE.CALLS.items()
    }  # fmt: skip
    for function, given in EDGE.CALLS.values():
        function(**given)
    for name, (_, given) in EDGE.CALLS.items():
        assert _bytes(tuple(given.values())) == before[name]


def test_a_segmentation_is_shown_in_one_line() -> None:
    found = segment_image(EDGE.IMAGE, EDGE.ONES, "rms_err", Parameters())
    assert isinstance(found, Segmentation)
    assert repr(found) == "Segmentation(3 sources in 40 x 50 pixels)"


def test_a_variance_below_0_is_not_measured_with() -> None:
    function, given = EDGE.CALLS["measure"]
    with pytest.raises(ImageError) as caught:
        function(**{**given, "variance": -EDGE.ONES})
    assert caught.value.argument == "variance"


def test_apertures_and_numbers_may_be_of_any_type_that_holds_them() -> None:
    expected = segment_image(EDGE.IMAGE, EDGE.ONES, "rms_err", Parameters(), (5.0,))
    for diameters in ([5], np.array([5.0]), np.array([5], np.uint8), (np.float16(5),), iter([5])):
        found = segment_image(EDGE.IMAGE, EDGE.ONES, "rms_err", Parameters(), diameters)  # type: ignore[arg-type]
        assert _bytes(found) == _bytes(expected)


def test_labels_with_a_unit_are_labels() -> None:
    expected = measure_labels(EDGE.IMAGE, EDGE.ONES, "rms_err", EDGE.LABELS, Parameters())
    found = measure_labels(
        EDGE.IMAGE * u.Jy, EDGE.ONES * u.Jy, "rms_err", EDGE.LABELS * u.Jy, Parameters()
    )
    assert _bytes(found) == _bytes(expected)


def test_labels_are_measured_where_the_variance_is_beyond_single_precision() -> None:
    found = measure_labels(EDGE.IMAGE, EDGE.ONES * 1e20, "rms_err", EDGE.LABELS, Parameters())
    assert np.isfinite(found["X_IMAGE"]).all() and np.isfinite(found["A_IMAGE"]).all()


def test_what_holds_arrays_is_compared_and_hashed_as_a_whole() -> None:
    found = segment_image(EDGE.IMAGE, EDGE.ONES, "rms_err", Parameters())
    for value in (found, EDGE.SOURCES, EDGE.DETECTIONS, EDGE.REGIONS, EDGE.MAPS, EDGE.MESH,
                  EDGE.PREPARED, EDGE.FACTS, EDGE.DEBLENDED, EDGE.SOURCES.shapes):  # fmt: skip
        assert value == value and value != copy.deepcopy(value)
        assert value in {value}


def test_every_public_function_is_called_here() -> None:
    public = {name for name in engine.__all__ if inspect.isfunction(getattr(engine, name))}
    assert public <= set(EDGE.CALLS)


def _bytes(value: Any) -> Any:
    """Everything in a result, comparable."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(_bytes(getattr(value, item.name)) for item in fields(value))
    if isinstance(value, dict):
        return {key: _bytes(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(_bytes(part) for part in value)
    return value
