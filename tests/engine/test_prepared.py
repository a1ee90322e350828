"""Facts of the whole image are measured once; any part is prepared from them alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg import Parameters
from skyseg.engine import (
    Window,
    filter_image,
    make_kernel,
    make_threshold_map,
    mark_bad_pixels,
    segment_image,
)
from skyseg.engine.bad_pixels import interpolate_bad
from skyseg.engine.known_facts import forget_facts
from skyseg.engine.maps import Maps, make_maps, make_variance_map
from skyseg.engine.masking import Mask
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.scaling import choose_scale
from skyseg.engine.types import ErrType, FloatImage
from skyseg.engine.whole_image import measure_facts, prepare_image

SHAPE = (170, 90)


def _maps(seed: int, err_type: ErrType) -> Maps:
    """Noise with single bad pixels, deep holes and bad columns that reach the upper edge."""
    rng = np.random.default_rng(seed)
    sci = rng.normal(3, 1, SHAPE).astype(np.float32)
    sci[rng.random(SHAPE) < 0.02] = np.nan
    sci[:120, 30:60] = np.nan
    sci[90:160, 5:40] = np.nan
    sci[20:24] = np.nan
    err = rng.uniform(0.5, 2, SHAPE).astype(np.float32)
    return make_maps(sci, None if err_type == "none" else err, err_type)


@pytest.fixture(
    scope="module",
    params=[
        ("rms_err", {}), ("rms_err", {"weight_type": "MAP_VAR"}), ("wht", {}), ("none", {}),
        ("none", {"weight_type": "BACKGROUND"}), ("wht", {"weight_thresh": 0.8}),
    ],
    ids=str,
)  # fmt: skip
def prepared(request: pytest.FixtureRequest) -> PreparedImage:
    err_type, values = request.param
    parameters = Parameters(back_type="AUTO", back_size=32, **values)
    return prepare_image(_maps(1, err_type), parameters)


@settings(deadline=None, max_examples=150)
@given(
    y=st.tuples(st.integers(0, 169), st.integers(1, 170)),
    x=st.tuples(st.integers(0, 89), st.integers(1, 90)),
    known=st.sampled_from([None, (0,), (0, 17, 60, 100, 131)]),
)
def test_a_part_has_the_values_of_the_whole(
    prepared: PreparedImage, y: tuple[int, int], x: tuple[int, int], known: tuple[int, ...] | None
) -> None:
    window = Window(min(y), max(y[0] + 1, y[1]), min(x), max(x[0] + 1, x[1]))
    if known is not None:
        facts = measure_facts(prepared.maps, prepared.parameters, hole_rows=known)
        prepared = PreparedImage.of(prepared.maps, facts, prepared.parameters)
    else:  # what lies above is looked for
        prepared = PreparedImage(
            prepared.maps, prepared.parameters, prepared.mesh, prepared.weight_factor
        )
    part = prepared.read(window)
    whole = prepared.read(Window(0, 170, 0, 90))
    for found, expected in zip(part, whole, strict=True):
        wanted = expected[window.y0 : window.y1, window.x0 : window.x1]
        assert found.tobytes() == np.ascontiguousarray(wanted).tobytes()


@pytest.mark.parametrize("err_type", ["rms_err", "wht", "none"])
@pytest.mark.parametrize("thresh", [None, 0.9])
@pytest.mark.parametrize("rows", [1, 16, 50, 170])
def test_facts_do_not_depend_on_the_strips(
    err_type: ErrType, thresh: float | None, rows: int
) -> None:
    maps, parameters = _maps(2, err_type), Parameters(back_size=16, weight_thresh=thresh)
    expected = measure_facts(maps, parameters)
    found = measure_facts(maps, parameters, strip_rows=rows)
    assert found.mesh.level.tobytes() == expected.mesh.level.tobytes()
    assert (found.weight_factor, found.n_bad) == (expected.weight_factor, expected.n_bad)
    assert found.noise == expected.noise


@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_the_steps_one_by_one_give_the_same(filtered: bool, value: float) -> None:
    parameters = Parameters(back_value=value, filter=filtered)
    maps = _maps(3, "rms_err")
    whole = Window(0, 170, 0, 90)
    sci, err = maps.read(whole)
    assert err is not None
    bad = mark_bad_pixels(sci, err, "rms_err")
    image, variance = interpolate_bad(
        sci - np.float32(value), make_variance_map(err, bad, "rms_err"), bad
    )
    kernel: FloatImage = make_kernel(parameters.filter_name) if filtered else np.ones((1, 1), "f4")
    expected = (
        filter_image(image, kernel), make_threshold_map(filter_image(variance, kernel), 1.8)
    )  # fmt: skip
    prepared = prepare_image(maps, parameters)
    found = prepared.filter(*prepared.read(whole), whole)
    for one, other in zip(found, expected, strict=True):
        assert one.tobytes() == other.tobytes()


def test_only_what_is_near_is_read_where_nothing_more_is_needed() -> None:
    read: list[Window] = []

    class Watched:
        shape = SHAPE

        def read(self, window: Window) -> npt.NDArray[np.float32]:
            read.append(window)
            return np.ones((window.y1 - window.y0, window.x1 - window.x0), np.float32)

    maps = Maps(Watched(), Watched(), "rms_err")
    PreparedImage(maps, Parameters(), None).read(Window(100, 120, 50, 60))
    assert set(read) == {Window(84, 120, 34, 60)}


class _Seen:
    """A map in memory that tells which windows of it are read."""

    shape = SHAPE

    def __init__(self, array: FloatImage, read: list[Window]) -> None:
        self.array, self.seen = array, read

    def read(self, window: Window) -> FloatImage:
        self.seen.append(window)
        return self.array[window.y0 : window.y1, window.x0 : window.x1].copy()


@pytest.mark.parametrize(
    ("hole", "further"),
    [
        # nothing fills its right part from the left, so after 16 rows nothing does from above
        ((slice(0, 150), slice(30, 60)), set()),
        # filled from the left down to the part and in it
        ((slice(0, 150), slice(30, 40)), set()),
        # filled from the left down to the part, and there from above; known 30 rows above
        ((slice(90, 150), slice(30, 40)), {Window(90, 104, 14, 40)}),
    ],
)
def test_rows_far_above_are_read_only_where_what_is_filled_depends_on_them(
    hole: tuple[slice, slice], further: set[Window]
) -> None:
    read: list[Window] = []
    sci, noise = np.ones((2, *SHAPE), np.float32)
    sci[hole] = np.nan
    if further:
        sci[121:130, 10:30] = np.nan
    maps = Maps(_Seen(sci, read), _Seen(noise, read), "rms_err")
    facts = measure_facts(maps, Parameters(), hole_rows=(0, 90))
    prepared = PreparedImage.of(maps, facts, Parameters())
    for x0 in (70, 10):
        read.clear()
        found = prepared.read(Window(120, 160, x0, 90))
        near = Window(104, 160, max(x0 - 16, 0), 90)
        assert set(read) == {near, *(further if x0 == 10 else ())}
        whole = prepared.read(Window(0, 170, 0, 90))
        for part, all_of_it in zip(found, whole, strict=True):
            assert part.tobytes() == np.ascontiguousarray(all_of_it[120:160, x0:]).tobytes()


class _Kept:
    """A map in memory that tells its state, and counts how many pixels are read."""

    def __init__(self, array: FloatImage, state: str | None) -> None:
        self.array, self.state, self.read_pixels = array, state, 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> FloatImage:
        self.read_pixels += window.shape[0] * window.shape[1]
        return self.array[window.y0 : window.y1, window.x0 : window.x1].copy()


@pytest.fixture
def nothing_known() -> Iterator[None]:
    forget_facts()
    yield
    forget_facts()


def _kept_maps(state: str | None, seed: int = 5) -> tuple[Maps, _Kept]:
    maps = _maps(seed, "wht")
    assert maps.err is not None
    whole = Window(0, SHAPE[0], 0, SHAPE[1])
    sci = _Kept(maps.sci.read(whole), state)
    return make_maps(sci, _Kept(maps.err.read(whole), state), "wht"), sci


@pytest.mark.usefixtures("nothing_known")
def test_an_image_whose_maps_stay_as_they_are_is_measured_once() -> None:
    (maps, sci), (same, again) = _kept_maps("as it was"), _kept_maps("as it was")
    facts = measure_facts(maps, Parameters())
    assert sci.read_pixels == SHAPE[0] * SHAPE[1]
    assert measure_facts(same, Parameters()) is facts
    assert again.read_pixels == 0
    # what it is thresholded by is no part of the sky
    assert measure_facts(same, Parameters(detect_thresh=5)) is facts


@pytest.mark.usefixtures("nothing_known")
def test_an_image_is_measured_anew_where_anything_that_tells_of_it_differs() -> None:
    maps, _ = _kept_maps("as it was")
    facts = measure_facts(maps, Parameters())
    changed, sci = _kept_maps("changed", seed=6)
    assert measure_facts(changed, Parameters()).noise != facts.noise
    assert sci.read_pixels == SHAPE[0] * SHAPE[1]
    finer = measure_facts(maps, Parameters(back_size=32))
    assert finer.raw.image[0].size > facts.raw.image[0].size
    assert measure_facts(maps, Parameters(), hole_rows=(0, 64)).holes.rows == (0, 64)
    masked = np.zeros(SHAPE, np.int32)
    masked[:, :45] = 1
    hidden = replace(maps, mask=Mask.of(masked, {"STAR": 1}, excluded=1))
    assert measure_facts(hidden, Parameters()).n_bad > facts.n_bad
    forget_facts()
    assert measure_facts(maps, Parameters()) is not facts


@pytest.mark.usefixtures("nothing_known")
def test_the_scale_of_maps_is_chosen_once_while_they_stay_as_they_are() -> None:
    (maps, _), (same, again) = _kept_maps("as it was"), _kept_maps("as it was")
    scale = choose_scale(maps, Parameters())
    assert choose_scale(same, Parameters(detect_thresh=5)) is scale
    assert again.read_pixels == 0
    changed, sci = _kept_maps("changed", seed=6)
    assert choose_scale(changed, Parameters()) == scale
    assert sci.read_pixels > 0
    # what the values of the error map mean is part of it
    assert choose_scale(maps, Parameters(rescale_weights=False)).source != scale.source


@pytest.mark.usefixtures("nothing_known")
def test_maps_that_tell_no_state_are_measured_each_time() -> None:
    maps, sci = _kept_maps(None)
    assert measure_facts(maps, Parameters()) is not measure_facts(maps, Parameters())
    assert sci.read_pixels == 2 * SHAPE[0] * SHAPE[1]


class _Changing(_Kept):
    """A map that is changed when whole rows of it are read."""

    def read(self, window: Window) -> FloatImage:
        if window.shape[1] == SHAPE[1]:
            self.state = "changed"
        return super().read(window)


@pytest.mark.usefixtures("nothing_known")
def test_what_is_measured_while_a_map_changes_is_not_taken_for_what_it_became() -> None:
    first, other = (np.random.default_rng(1).normal(0, sigma, SHAPE) for sigma in (1.0, 3.0))
    rms = np.ones(SHAPE, np.float32)

    def run(sci: _Kept) -> dict[str, Any]:
        err = _Kept(rms, "as it was")
        return segment_image(sci, err, "rms_err", Parameters(), (7.0,)).facts

    run(_Changing(first.astype(np.float32), "as it was"))
    found = run(_Kept(other.astype(np.float32), "changed"))
    forget_facts()
    assert found == run(_Kept(other.astype(np.float32), "changed"))
