"""What a segmentation saw above the threshold serves a second look, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skyseg import Parameters
from skyseg.engine import ThreadMapper, Window, _joined, seen_pixels
from skyseg.engine.canvases import ArrayCanvas
from skyseg.engine.detected import Detected, KnownShapes, detect_labels
from skyseg.engine.detection import PixelLists
from skyseg.engine.flag_maps import as_flags
from skyseg.engine.known_facts import forget_facts
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.segmentation import segment_rows
from skyseg.engine.types import ErrType, FloatImage, LabelImage

SHAPE = (300, 210)
CROWDED = Parameters(detect_thresh=1.0)


class _Kept:
    """A map in memory that tells its state."""

    def __init__(self, array: npt.NDArray[Any], state: str) -> None:
        self.array, self.state = array, state

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> Any:
        return self.array[window.y0 : window.y1, window.x0 : window.x1].copy()


def _image(seed: int = 1) -> FloatImage:
    """Blends with wide wings in noise, holes, and a sky."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE)
    light = rng.normal(3, 1, SHAPE)
    for cx, cy in rng.uniform(0, SHAPE[::-1], (60, 2)):
        light += rng.uniform(10, 300) / (1 + ((x - cx) ** 2 + 1.4 * (y - cy) ** 2) / 4) ** 1.5
    light[rng.random(SHAPE) < 0.01] = np.nan
    light[120:150, 80:110] = np.nan
    return light.astype(np.float32)


def _maps(err_type: ErrType, state: str = "as it was", seed: int = 1) -> Maps:
    err = _Kept(np.random.default_rng(2).uniform(0.8, 1.5, SHAPE).astype(np.float32), state)
    return make_maps(_Kept(_image(seed), state), None if err_type == "none" else err, err_type)


def _masked(maps: Maps, excluded: int = 1) -> Maps:
    bits = np.zeros(SHAPE, np.int32)
    bits[40:90, 30:150] = 1
    return replace(maps, mask=Mask(_Kept(bits, "of the mask"), {"STAR": 1}, excluded))


def _segment(maps: Maps, parameters: Parameters, **how: Any) -> tuple[LabelImage, KnownShapes]:
    canvas = ArrayCanvas(SHAPE)
    found = segment_rows(maps, parameters, (), canvas, **how).columns
    x, y, a, b, theta = (found[f"{name}_IMAGE"] for name in ("X", "Y", "A", "B", "THETA"))
    number, flags = (found[name].astype(np.int64) for name in ("NUMBER", "FLAGS"))
    return canvas.labels, KnownShapes(number, x - 1, y - 1, a, b, theta, flags)


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    forget_facts()
    yield
    forget_facts()


@pytest.fixture
def filtered(monkeypatch: pytest.MonkeyPatch) -> list[Window]:
    """Parts that are filtered to be looked at."""
    parts: list[Window] = []
    usual = PreparedImage.filter

    def note(self: PreparedImage, image: FloatImage, variance: FloatImage, window: Window) -> Any:
        parts.append(window)
        return usual(self, image, variance, window)

    monkeypatch.setattr(PreparedImage, "filter", note)
    return parts


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of thresholds by which regions are parted once more."""
    numbers: list[int] = []
    usual = _joined.split_regions

    def note(regions: PixelLists, nthresh: int, mincont: float) -> Any:
        if nthresh > 1:  # by one the order of pixels is found
            numbers.append(nthresh)
        return usual(regions, nthresh, mincont)

    monkeypatch.setattr(_joined, "split_regions", note)
    return numbers


def _assert_same(one: Detected, other: Detected) -> None:
    def compare(value: Any, same: Any, name: str) -> None:
        if isinstance(value, dict):
            assert value.keys() == same.keys()
            for each in value:
                compare(value[each], same[each], f"{name}.{each}")
        else:
            np.testing.assert_array_equal(value, same, err_msg=name, strict=True)

    for name in ("sources", "reaches", "boxes", "centroids", "seen_to"):
        pair = (getattr(each, name) for each in (one, other))
        told, same = (
            each if isinstance(each, dict | np.ndarray) else asdict(each) for each in pair
        )
        compare(told, same, name)


def _look_anew(maps: Maps, labels: LabelImage, parameters: Parameters, **how: Any) -> Detected:
    """Look at maps that tell no state."""
    whole = Window(0, SHAPE[0], 0, SHAPE[1])
    sci, err = (None if each is None else each.read(whole) for each in (maps.sci, maps.err))
    unknown = make_maps(sci, err, maps.err_type, mask=maps.mask)
    return detect_labels(unknown, labels, parameters, **how)


@pytest.mark.parametrize("is_masked", [False, True], ids=["", "mask"])
@pytest.mark.parametrize(
    ("err_type", "values"),
    [
        ("rms_err", {}),
        ("rms_err", {"filter": False, "detect_minarea": 3}),
        ("rms_err", {"back_type": "AUTO", "back_size": 32}),
        ("rms_err", {"thresh_unit": "filtered", "back_size": 32}),
        ("wht", {}),
        ("none", {"detect_thresh": 2.0}),
        ("none", {"thresh_type": "ABSOLUTE", "detect_thresh": 5.0, "analysis_thresh": 5.0}),
    ],
)
def test_a_second_look_is_the_same_where_the_first_one_is_known(
    err_type: ErrType, values: dict[str, Any], is_masked: bool, filtered: list[Window],
    parted: list[int],
) -> None:  # fmt: skip
    maps, parameters = _maps(err_type), CROWDED.replace(**values)
    if is_masked:
        maps = _masked(maps)
    labels, known = _segment(maps, parameters, strip_rows=70, mapper=ThreadMapper(2))
    assert len(known.number) > 20
    filtered.clear()
    for shapes in (known, None):
        recalled = detect_labels(maps, labels, parameters, known=shapes, strip_rows=17)
        assert not filtered and not parted
        _assert_same(recalled, _look_anew(maps, labels, parameters, known=shapes))
        assert filtered and (parted or shapes is None)
        filtered.clear()
        parted.clear()


def test_of_an_edited_map_those_rows_are_read_where_a_pixel_was_not_seen(
    filtered: list[Window], parted: list[int]
) -> None:
    maps = _maps("rms_err")
    labels, known = _segment(maps, CROWDED)
    edited = np.where(labels == known.number[3], 0, labels)
    edited[edited == known.number[8]] = known.number[9]
    rest = known.take(np.flatnonzero(np.isin(known.number, edited)))
    how: dict[str, Any] = {"known": rest, "run": as_flags(labels, SHAPE), "strip_rows": 50}
    filtered.clear()
    recalled = detect_labels(maps, edited, CROWDED, **how)
    assert not filtered and parted
    _assert_same(recalled, _look_anew(maps, edited, CROWDED, **how))
    faint = np.argwhere(labels[100:150] == 0)[0] + (100, 0)
    edited[tuple(faint)] = known.number[9]
    filtered.clear()
    recalled = detect_labels(maps, edited, CROWDED, **how)
    assert len(filtered) == 1 and filtered[0].y0 <= 100 and filtered[0].y1 >= 150
    _assert_same(recalled, _look_anew(maps, edited, CROWDED, **how))


def test_an_image_is_looked_at_anew_where_anything_that_tells_of_it_differs(
    filtered: list[Window],
) -> None:
    maps = _masked(_maps("rms_err"))
    labels, known = _segment(maps, CROWDED)

    def looks(maps: Maps, parameters: Parameters = CROWDED) -> bool:
        filtered.clear()
        detect_labels(maps, labels, parameters, known=known)
        return bool(filtered)

    assert not looks(_masked(_maps("rms_err")))
    assert looks(_masked(_maps("rms_err", "changed", seed=4)))
    assert looks(_masked(_maps("wht")))
    assert looks(_maps("rms_err")) and looks(_masked(_maps("rms_err"), excluded=0))
    assert looks(maps, CROWDED.replace(detect_thresh=1.1))
    assert looks(maps, CROWDED.replace(filter_name="tophat_3.0_3x3"))
    _segment(_maps("wht"), CROWDED)
    assert looks(maps)  # the last image alone is kept
    _segment(maps, CROWDED)
    assert not looks(maps)
    forget_facts()
    assert looks(maps)


def test_what_is_seen_while_a_map_changes_is_not_taken_for_what_it_became(
    filtered: list[Window],
) -> None:
    maps = _maps("rms_err")
    labels, known = _segment(replace(maps, sci=_Changing(_image(), "as it was")), CROWDED)
    filtered.clear()
    detect_labels(_maps("rms_err", "changed"), labels, CROWDED, known=known)
    assert filtered


class _Changing(_Kept):
    """A map that is changed when whole rows of it are read."""

    def read(self, window: Window) -> Any:
        if window.shape[1] == SHAPE[1]:
            self.state = "changed"
        return super().read(window)


def test_of_more_pixels_than_may_be_kept_none_are(
    monkeypatch: pytest.MonkeyPatch, filtered: list[Window]
) -> None:
    maps = _maps("rms_err")
    monkeypatch.setattr(seen_pixels, "_MOST_BYTES", 2000)
    labels, known = _segment(maps, CROWDED)
    filtered.clear()
    detect_labels(maps, labels, CROWDED, known=known)
    assert filtered


def test_rows_without_a_pixel_above_the_threshold_are_known_too(filtered: list[Window]) -> None:
    sci = np.zeros(SHAPE, np.float32)
    maps = make_maps(_Kept(sci, "empty"), _Kept(np.ones_like(sci), "empty"), "rms_err")
    labels, known = _segment(maps, Parameters(), strip_rows=100)
    filtered.clear()
    found = detect_labels(maps, labels, Parameters(), known=known, strip_rows=30)
    assert not filtered and not len(found.sources.flags)
