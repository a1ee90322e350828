"""Stars: found in an image, told from galaxies, drawn with spikes that follow their flux."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skyseg.engine.maps import Maps, make_maps
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.masks.star_lists import read_star_list
from skyseg.masks.stars import Stars, draw_stars, find_spike_angle, find_stars

SHAPE = (400, 420)
STARS = [(100.0, 120.0, 4e5), (300.0, 90.0, 2e5)]
SATURATED = (210.0, 300.0, 2e6)
GALAXY = (320.0, 320.0, 3e5)
ANGLE = 17.0


def light_of(x0: float, y0: float, flux: float) -> Any:
    """A star: a Gaussian core, wings and six spikes."""
    y, x = np.indices(SHAPE)
    dx, dy = x - x0, y - y0
    away = np.maximum(np.hypot(dx, dy), 1.0)
    image = 0.8 * flux / (2 * np.pi * 4) * np.exp(-(away**2) / 8)
    image += 0.2 * flux / 31 * np.minimum(away**-3.0, 0.05)
    for number in range(6):
        angle = np.radians(ANGLE + 60 * number)
        along, across = (
            dx * np.cos(angle) + dy * np.sin(angle),
            dy * np.cos(angle) - dx * np.sin(angle),
        )
        image += np.where(along > 4, 0.01 * flux / away**2 * np.exp(-(across**2) / 3), 0)
    return image


@pytest.fixture(scope="module")
def maps() -> Maps:
    """Stars, one of them saturated, faint point sources and a bright galaxy."""
    generator = np.random.default_rng(7)
    image = generator.normal(0, 1, SHAPE)
    y, x = np.indices(SHAPE)
    for star in (*STARS, SATURATED):
        image += light_of(*star)
    for _ in range(25):
        x0, y0 = generator.uniform(10, 390, 2)
        image += 40 * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8)
    x0, y0, flux = GALAXY
    image += flux / (2 * np.pi * 64) * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 128)
    image[np.hypot(x - SATURATED[0], y - SATURATED[1]) < 5] = np.nan
    return make_maps(image.astype(np.float32), np.ones(SHAPE, np.float32), "rms_err")


@pytest.fixture(scope="module")
def stars(maps: Maps) -> Stars:
    return find_stars(maps)


def test_bright_and_saturated_stars_are_found_and_galaxies_are_not(stars: Stars) -> None:
    expected = sorted((*STARS, SATURATED), key=lambda star: star[1])
    found = sorted(zip(stars.x, stars.y, strict=True), key=lambda place: place[1])
    assert len(found) == len(expected)
    for place, star in zip(found, expected, strict=True):
        assert np.hypot(place[0] - star[0], place[1] - star[1]) < 2


def test_the_angle_of_spikes_is_that_of_the_light(maps: Maps, stars: Stars) -> None:
    assert find_spike_angle(maps, stars, 6) == pytest.approx(ANGLE, abs=2)


def test_where_stars_have_no_spikes_none_are_found() -> None:
    y, x = np.indices(SHAPE)
    image = np.random.default_rng(2).normal(0, 1, SHAPE)
    for x0, y0, flux in STARS:
        image += flux / (2 * np.pi * 4) * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8)
    maps = make_maps(image.astype(np.float32), np.ones(SHAPE, np.float32), "rms_err")
    found = find_stars(maps)
    assert len(found.flux) == 2
    assert find_spike_angle(maps, found, 6) is None


def test_discs_and_spikes_follow_the_flux() -> None:
    flux = np.array([1e5, 8e5])
    stars = Stars(np.array([60.0, 250.0]), np.array([60.0, 250.0]), flux, 4.0, 1.0)
    assert stars.radius[1] / stars.radius[0] == pytest.approx(2)
    assert stars.spike_length[1] / stars.spike_length[0] == pytest.approx(8**0.5)
    assert stars.spike_width[1] > stars.spike_width[0]
    bits = np.zeros(SHAPE, np.int32)
    draw_stars(bits, stars, 4, 0.0)
    y, x = np.indices(SHAPE)
    discs, bars = np.zeros((2, *SHAPE), np.bool_)
    sizes = zip(stars.x, stars.y, stars.radius, stars.spike_length, stars.spike_width, strict=True)
    for x0, y0, radius, length, width in sizes:
        discs |= (x - x0) ** 2 + (y - y0) ** 2 <= radius**2
        dx, dy = np.abs(x - x0), np.abs(y - y0)
        bars |= (dx <= length) & (dy <= width / 2) | (dy <= length) & (dx <= width / 2)
    assert np.array_equal(bits & MaskBit.STAR > 0, discs)
    assert np.count_nonzero((bits & MaskBit.SPIKE > 0) != bars) <= 8  # roundings of cos(90 deg)


def test_a_star_beside_the_image_reaches_in_and_one_far_off_does_not() -> None:
    bits = np.zeros(SHAPE, np.int32)
    places = np.array([-10.0, -900.0])
    draw_stars(bits, Stars(places, np.array([50.0, 50.0]), np.full(2, 1e6), 4.0, 1.0), 0, None)
    y, x = np.indices(SHAPE)
    radius = (0.1 * 4.0 * 1e6) ** (1 / 3)
    assert np.array_equal(bits > 0, np.hypot(x + 10, y - 50) <= radius)


def test_a_list_of_stars_needs_places_and_magnitudes() -> None:
    table = Table({"RA": [10.0], "Dec": [2.0], "MAG": [15.0]})
    assert read_star_list(table).digest == read_star_list(table.copy()).digest
    for broken, said in (
        (Table({"ra": [1.0], "dec": [1.0]}), "no column mag"),
        (Table({"ra": [1.0], "dec": [1.0], "mag": [np.nan]}), "no numbers"),
        (Table({"ra": ["a"], "dec": [1.0], "mag": [1.0]}), "no numbers"),
    ):
        with pytest.raises(ParameterError, match=said):
            read_star_list(broken)


@pytest.mark.parametrize("values", [(34.0, -99.0, 15.0), (34.0, -5.0, -1e3)])
def test_stars_that_are_nowhere_or_too_bright_to_be_are_refused(
    values: tuple[float, float, float],
) -> None:
    with pytest.raises(ParameterError, match="leave these rows out"):
        read_star_list(Table([[each] for each in values], names=("ra", "dec", "mag")))


def test_a_list_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"none\.csv does not exist; correct the path"):
        read_star_list(tmp_path / "none.csv")
