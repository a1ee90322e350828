"""A part of an image has the sources, labels and measurements of a run of the whole image."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg import BandData, Parameters
from skyseg.engine import ArrayCanvas, Maps, Segmentation, make_maps, segment_image, segment_part
from skyseg.engine.measuring import MEASUREMENTS, USUAL_MEASUREMENTS
from skyseg.engine.types import ErrType, Slices
from skyseg.errors import ImageError, ParameterError

DIAMETERS = (8.0, 21.5)
SETS = {
    "default": Parameters(),
    "crowded": Parameters(deblend_nthresh=64, deblend_mincont=0.0001),
    "deep on AUTO background": Parameters(detect_thresh=1.2, back_type="AUTO", back_size=32),
    "unfiltered": Parameters(filter=False, detect_minarea=5),
    "wide ellipses": Parameters(
        phot_autoparams=(1, 30), phot_petroparams=(3, 0.5), phot_autoapers=(30, 30)
    ),
    "local sky": Parameters(backphoto_type="LOCAL", detect_thresh=1.2),
}
Run = Callable[[str, ErrType], tuple[Maps, Segmentation]]
POSITIONS = [f"{axis}{of}_IMAGE" for axis in "XY" for of in ("", "MIN", "MAX", "PEAK", "WIN")]


def cut_whole(whole: Segmentation, part: Slices) -> tuple[Any, dict[str, Any]]:
    """Labels of a part of a whole run, counted from 1, and its rows with positions in the part."""
    labels = whole.labels[part]
    numbers = np.unique(labels[labels > 0])
    columns = {name: values[numbers - 1] for name, values in whole.columns.items()}
    for name in set(POSITIONS) & set(columns):
        start = part[1].start if name.startswith("X") else part[0].start
        columns[name] = columns[name] - columns[name].dtype.type(start)
    columns["NUMBER"] = np.arange(1, len(numbers) + 1, dtype=np.int32)
    return np.where(labels > 0, np.searchsorted(numbers, labels) + 1, 0), columns


def check_part(
    maps: Maps, whole: Segmentation, parameters: Parameters, part: Slices, margin: int = 24
) -> None:
    canvas = ArrayCanvas((part[0].stop - part[0].start, part[1].stop - part[1].start))
    columns_asked = MEASUREMENTS if maps.flags is not None else USUAL_MEASUREMENTS
    found = segment_part(
        maps, parameters, DIAMETERS, part, canvas, margin=margin, columns=columns_asked
    )
    labels, columns = cut_whole(whole, part)
    np.testing.assert_array_equal(canvas.labels, labels)
    np.testing.assert_array_equal(canvas.background, whole.background[part])
    assert list(found.columns) == list(columns)
    for name, values in columns.items():
        assert found.columns[name].dtype == values.dtype
        np.testing.assert_array_equal(found.columns[name], values, err_msg=name)
    assert found.facts["noise"] == whole.facts["noise"]
    assert found.facts["weight_factor"] == whole.facts["weight_factor"]


@pytest.fixture(scope="module")
def band(imaging_dir: Path) -> BandData:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    return BandData.from_files(folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits")


@pytest.fixture(scope="module")
def run(band: BandData) -> Run:
    """Maps and whole run by name of a set and error type; with a hole and a flag map."""
    sci = band.load_sci()
    sci[140:170, 400:440] = np.nan
    flags = np.random.default_rng(5).integers(0, 8, sci.shape)
    errors = {"rms_err": band.load_err(), "wht": band.load_wht(), "none": None}

    @cache
    def segmented(name: str, err_type: ErrType) -> tuple[Maps, Segmentation]:
        err = errors[err_type]
        whole = segment_image(
            sci, err, err_type, SETS[name], DIAMETERS, columns=MEASUREMENTS, flags=flags
        )
        return make_maps(sci, err, err_type, flags=flags), whole

    return segmented


every_kind = pytest.mark.parametrize(
    ("name", "err_type"),
    [
        ("default", "rms_err"),
        ("crowded", "wht"),
        ("deep on AUTO background", "rms_err"),
        ("deep on AUTO background", "none"),
        ("unfiltered", "wht"),
        ("wide ellipses", "rms_err"),
        ("local sky", "wht"),
    ],
)


@every_kind
@pytest.mark.parametrize(
    ("y", "x", "height", "width"),
    [(0, 0, 300, 772), (130, 390, 20, 20), (80, 360, 20, 20), (299, 771, 1, 1), (40, 500, 90, 60)],
)
def test_a_part_has_the_bytes_of_the_whole_run(
    run: Run, name: str, err_type: ErrType, y: int, x: int, height: int, width: int
) -> None:
    maps, whole = run(name, err_type)
    check_part(maps, whole, SETS[name], np.s_[y : y + height, x : x + width])


@every_kind
@settings(max_examples=6, deadline=None)
@given(y=st.integers(0, 299), x=st.integers(0, 771), height=st.integers(1, 200),
       width=st.integers(1, 300))  # fmt: skip
def test_any_part_is_that_of_the_whole_run_within_all_that_clean_reaches(
    run: Run, name: str, err_type: ErrType, y: int, x: int, height: int, width: int
) -> None:
    maps, whole = run(name, err_type)
    part = slice(y, min(y + height, 300)), slice(x, min(x + width, 772))
    # no two sources have axes of more than 27 pixels together, and CLEAN looks ten times as far
    check_part(maps, whole, SETS[name], part, margin=270)


def test_a_source_larger_than_the_margin_is_followed_outward() -> None:
    y, x = np.mgrid[:700, :700]
    sci = 1000 * np.exp(-np.hypot(y - 350, x - 350) / 50).astype(np.float32)
    sci += np.random.default_rng(1).normal(size=sci.shape).astype(np.float32)
    maps = make_maps(sci, np.ones_like(sci), "rms_err")
    whole = segment_image(sci, np.ones_like(sci), "rms_err", Parameters(), DIAMETERS)
    # in its light, and beside it where CLEAN compares with it
    for part in ((slice(340, 360), slice(200, 220)), (slice(30, 60), slice(20, 60))):
        check_part(maps, whole, Parameters(), part)


def test_bad_pixels_are_those_of_the_part() -> None:
    sci = np.random.default_rng(2).normal(size=(80, 90)).astype(np.float32)
    sci[10:14, 20:25] = np.nan
    maps = make_maps(sci, np.ones_like(sci), "rms_err")
    part = slice(12, 40), slice(0, 90)
    found = segment_part(maps, Parameters(), (), part, ArrayCanvas((28, 90)))
    assert found.facts["n_bad"] == 10


def test_what_holds_no_good_pixel_or_no_pixel_is_refused() -> None:
    bad = np.full((40, 40), np.nan, np.float32)
    part = slice(0, 20), slice(0, 20)
    with pytest.raises(ImageError, match="there is no good pixel"):
        maps = make_maps(bad, np.ones_like(bad), "rms_err")
        segment_part(maps, Parameters(), (), part, ArrayCanvas((20, 20)))
    good = make_maps(np.ones_like(bad), np.ones_like(bad), "rms_err")
    with pytest.raises(ParameterError, match=r"^part is .*; give slices that hold pixels"):
        segment_part(good, Parameters(), (), (slice(40, 50), slice(0, 9)), ArrayCanvas((9, 9)))
