"""Empty apertures: where they lie, what they hold, and how they scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg.engine import Parameters, measure_labels
from skyseg.engine.depths import EmptyApertures, measure_empty_apertures
from skyseg.engine.flag_maps import as_flags
from skyseg.engine.known_sky import KnownSky
from skyseg.engine.maps import make_maps
from skyseg.engine.sky_apertures import measure_sky_apertures
from skyseg.errors import ImageError, ParameterError


def _field(seed: int, shape: tuple[int, int] = (150, 130)) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 1, shape).astype(np.float32)
    taken = np.zeros(shape, np.int32)
    for number in range(1, 15):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        taken[y : y + 6, x : x + 9] = number
        image[y : y + 6, x : x + 9] = 1e6
    image[:30, :20] = np.nan
    return image, taken


@given(st.integers(0, 100), st.floats(1.0, 21.0), st.floats(0, 4))
@settings(max_examples=15, deadline=None)
def test_apertures_hold_no_taken_pixel_and_do_not_overlap(
    seed: int, diameter: float, margin: float
) -> None:
    image, taken = _field(seed)
    (found,) = measure_empty_apertures(image, taken, [diameter], margin=margin)
    full_y, full_x = np.nonzero((taken > 0) | ~np.isfinite(image))
    for x, y in zip(found.x, found.y, strict=True):
        # the nearest point of each pixel's square
        dx = np.maximum(np.abs(full_x - x) - 0.5, 0)
        dy = np.maximum(np.abs(full_y - y) - 0.5, 0)
        assert np.hypot(dx, dy).min(initial=np.inf) >= diameter / 2 + margin
        assert diameter / 2 + margin <= x <= image.shape[1] - 1 - diameter / 2 - margin
        assert diameter / 2 + margin <= y <= image.shape[0] - 1 - diameter / 2 - margin
    apart = np.hypot(found.x[:, None] - found.x, found.y[:, None] - found.y)
    np.fill_diagonal(apart, np.inf)
    assert apart.min(initial=np.inf) >= diameter
    assert np.all(np.diff(found.y) >= 0)


@pytest.mark.parametrize("diameter", [3.0, 10.7, 33.3])
def test_the_light_is_that_of_flux_aper_at_the_same_place(diameter: float) -> None:
    image, taken = _field(3)
    image[:30, :20] = 0
    taken[:30, :20] = 99
    (found,) = measure_empty_apertures(image, taken, [diameter])
    for x, y, flux in list(zip(found.x, found.y, found.flux, strict=True))[::40]:
        one = np.zeros(image.shape, np.int32)
        one[y, x] = 1
        parameters = Parameters(mask_type="NONE", back_type="MANUAL", back_value=0.0)
        clear = np.where(taken > 0, 0, image)
        columns = measure_labels(
            clear, np.ones_like(image), "rms_err", one, parameters, (diameter,),
            columns=["FLUX_APER"],
        )  # fmt: skip
        assert flux == pytest.approx(columns["FLUX_APER"][0, 0], rel=1e-5, abs=1e-5)


@given(st.integers(1, 60), st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_strips_of_any_size_give_the_same_bytes(rows: int, seed: int) -> None:
    image, taken = _field(seed)
    whole = measure_empty_apertures(image, taken, [4.0, 11.0])
    parts = measure_empty_apertures(image, taken, [4.0, 11.0], strip_rows=rows)
    for one, other in zip(whole, parts, strict=True):
        assert one.x.tobytes() == other.x.tobytes()
        assert one.y.tobytes() == other.y.tobytes()
        assert one.flux.tobytes() == other.flux.tobytes()


def test_the_scatter_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(5)
    image = rng.normal(0, 2, (900, 900)).astype(np.float32)
    (found,) = measure_empty_apertures(image, np.zeros(image.shape), [8.0])
    offset = (np.arange(5 * 11) - 27) / 5
    inside = np.hypot(offset[:, None], offset) < 4
    weights = inside.reshape(11, 5, 11, 5).mean(axis=(1, 3))
    assert found.scatter == pytest.approx(2 * np.sqrt(np.sum(weights**2)), rel=0.03)


def test_the_sky_is_subtracted() -> None:
    image, taken = _field(1)
    sky = np.linspace(0, 50, image.size, dtype=np.float32).reshape(image.shape)
    (plain,) = measure_empty_apertures(image, taken, [6.0])
    (found,) = measure_empty_apertures(image + sky, taken, [6.0], background=sky)
    np.testing.assert_allclose(found.flux, plain.flux, atol=1e-3)


def test_local_scatter_is_that_of_the_nearest_apertures_counted_out() -> None:
    image, taken = _field(2, (300, 280))
    (found,) = measure_empty_apertures(image, taken, [5.0])
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 280, 40), rng.uniform(0, 300, 40)
    local = found.find_local_scatter(x, y, 30)
    for place in range(40):
        nearest = np.argsort(np.hypot(found.x - x[place], found.y - y[place]))[:30]
        flux = found.flux[nearest]
        expected = 1.4826022 * np.median(np.abs(flux - np.median(flux)))
        assert local[place] == pytest.approx(expected, rel=1e-6)


def test_apertures_whose_light_is_not_known_are_in_no_scatter_of_others() -> None:
    image, taken = _field(2)
    (found,) = measure_empty_apertures(image, taken, [5.0])
    flux = found.flux.copy()
    flux[::3] = np.nan
    own = np.isfinite(flux)
    holed = EmptyApertures(5.0, found.x, found.y, flux)
    rest = EmptyApertures(5.0, found.x[own], found.y[own], flux[own])
    local = holed.find_local_scatter(found.x, found.y, 20)
    assert local.tobytes() == rest.find_local_scatter(found.x, found.y, 20).tobytes()


def test_places_that_are_none_and_images_without_room_have_no_depth() -> None:
    image, taken = _field(2)
    (found,) = measure_empty_apertures(image, taken, [5.0])
    assert np.isnan(found.find_local_scatter([np.nan, 3], [1, np.inf])).all()
    (none,) = measure_empty_apertures(image, np.ones(image.shape), [5.0])
    assert none.flux.size == 0
    assert np.isnan(none.scatter)
    assert np.isnan(none.find_local_scatter([3.0], [4.0])).all()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"taken": np.zeros((4, 5))}, ImageError),
        ({"background": np.zeros((4, 5))}, ImageError),
        ({"aper_diams": [-1.0]}, ParameterError),
        ({"aper_diams": [1e5]}, ParameterError),
        ({"margin": -1.0}, ParameterError),
        ({"margin": np.nan}, ParameterError),
        ({"strip_rows": 0}, ParameterError),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    image, taken = _field(2)
    arguments = {"sci": image, "taken": taken, "aper_diams": [5.0]} | change
    with pytest.raises(error):
        measure_empty_apertures(**arguments)


def test_fewer_than_two_neighbours_are_refused() -> None:
    one = EmptyApertures(3.0, np.array([1]), np.array([1]), np.array([1.0]))
    with pytest.raises(ParameterError):
        one.find_local_scatter([1.0], [1.0], 1)


def test_images_that_share_what_is_known_of_their_sky_have_apertures_as_each_alone() -> None:
    image, taken = _field(6, (260, 240))
    rng = np.random.default_rng(1)
    other = rng.normal(0, 3, image.shape).astype(np.float32)
    alike = np.where(np.isnan(image), np.nan, other)
    maps = [make_maps(each, np.ones_like(image), "rms_err") for each in (image, alike, other)]
    labels, known = as_flags(taken, taken.shape), KnownSky()
    for each in maps:
        alone = measure_sky_apertures(each, labels, [4.0, 9.0], Parameters())
        found = measure_sky_apertures(each, labels, [4.0, 9.0], Parameters(), known=known)
        for one, same in zip(alone.apertures, found.apertures, strict=True):
            for name in ("x", "y", "flux"):
                assert getattr(one, name).tobytes() == getattr(same, name).tobytes()
        for one_list, same_list in zip(
            alone.find_local_scatter(30), found.find_local_scatter(30), strict=True
        ):
            assert one_list.tobytes() == same_list.tobytes()
        assert alone.map_local_scatter(30).tobytes() == found.map_local_scatter(30).tobytes()


def test_apertures_are_the_same_by_strips_lower_than_the_apertures() -> None:
    image = np.random.default_rng(1).normal(size=(43, 55)).astype(np.float32)
    maps = make_maps(image, np.ones_like(image), "rms_err")
    labels = as_flags(np.zeros(image.shape, np.int32), image.shape)
    whole, by_strips = (
        measure_sky_apertures(maps, labels, [8.0, 20.0], Parameters(), strip_rows=rows).apertures
        for rows in (43, 10)
    )
    for one, same in zip(whole, by_strips, strict=True):
        for name in ("x", "y", "flux"):
            assert getattr(one, name).tobytes() == getattr(same, name).tobytes()
