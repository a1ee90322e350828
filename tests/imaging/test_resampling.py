"""Maps brought onto another grid: the same pixels whatever part is read."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from reproject import reproject_interp

from skyseg.engine.rows import ArrayRows, Window
from skyseg.imaging.resampling import ResampledRows

SHAPE = (150, 170)


def _wcs(scale: float, angle: float, shift: float) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.0 + shift / 3600, 2.2]
    wcs.wcs.crpix = [80.0, 60.0]
    turn = np.radians(angle)
    wcs.wcs.cd = (
        scale / 3600 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    )
    return wcs


@pytest.fixture
def rows() -> ResampledRows:
    image = np.random.default_rng(0).normal(10, 1, (130, 140)).astype(np.float32)
    image[40:44, 50] = np.nan
    image[90, 90:95] = 1e31
    return ResampledRows(
        ArrayRows(image), _wcs(0.05, 20, 0.7), _wcs(0.04, 0, 0), SHAPE, 32, (-1e30, 1e30)
    )


def _whole(rows: ResampledRows) -> np.ndarray:
    return rows.read(Window(0, SHAPE[0], 0, SHAPE[1]))


def test_any_part_has_the_bytes_of_the_whole(rows: ResampledRows) -> None:
    whole = _whole(rows)
    assert np.isfinite(whole).any() and np.isnan(whole).any()
    for window in (Window(0, 1, 0, 170), Window(31, 66, 20, 90), Window(149, 150, 3, 4)):
        part = whole[window.y0 : window.y1, window.x0 : window.x1]
        assert rows.read(window).tobytes() == part.tobytes()


def test_parts_are_what_reproject_makes_of_the_whole_image(rows: ResampledRows) -> None:
    image = rows.rows.read(Window(0, 130, 0, 140))
    image[~(np.abs(image) < 1e30)] = np.nan
    at_once = reproject_interp(
        (image, rows.wcs), rows.onto, shape_out=SHAPE, return_footprint=False
    )
    np.testing.assert_allclose(_whole(rows), at_once, rtol=1e-5)


def test_a_map_of_another_sky_has_no_pixel(rows: ResampledRows) -> None:
    away = ResampledRows(rows.rows, _wcs(0.05, 0, 3600), rows.onto, SHAPE, 32, (-1e30, 1e30))
    assert np.isnan(_whole(away)).all()
