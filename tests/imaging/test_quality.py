"""Bad pixels counted; ERR and WHT made from one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import ImageError
from skyseg.imaging.quality import check_maps, err_from_wht, wht_from_err

BAD = [0.0, -1.0, np.nan, -np.inf, np.inf]


def _image(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_the_error_of_a_weight_is_one_over_its_root() -> None:
    err = err_from_wht(_image(4.0, 0.25, *BAD))
    assert err.dtype == np.float32
    np.testing.assert_array_equal(err, _image(0.5, 2.0, *[np.inf] * 5))


def test_the_weight_of_an_error_is_one_over_its_square() -> None:
    wht = wht_from_err(_image(0.5, 2.0, 1e30, *BAD), "F444W")
    assert wht.dtype == np.float32
    np.testing.assert_array_equal(wht, _image(4.0, 0.25, *[0.0] * 6))


@given(st.floats(2.0**-50, 2.0**50, width=32))
def test_error_to_weight_and_back_is_the_same(value: float) -> None:
    err = _image(value)
    np.testing.assert_allclose(err_from_wht(wht_from_err(err, "x")), err, rtol=1e-6)


def test_an_error_too_small_for_its_weight_is_refused() -> None:
    with pytest.raises(ImageError, match=r"a.fits has an rms below 1e-19"):
        wht_from_err(_image(1e-25), "a.fits")


def test_the_maps_that_are_given_stay_as_they_were() -> None:
    err = _image(0.5, -1.0)
    wht_from_err(err, "x")
    err_from_wht(err)
    np.testing.assert_array_equal(err, _image(0.5, -1.0))


def test_bad_pixels_of_both_maps_are_counted() -> None:
    sci = _image(1.0, np.nan, np.inf, 4.0, 5.0, 6.0, 7.0)
    err = _image(1.0, 1.0, 1.0, 0.0, -1.0, np.nan, 1e30)
    assert check_maps(sci, err, "rms_err", "x") == 6
    assert check_maps(sci, err, "wht", "x") == 5


@pytest.mark.parametrize(
    ("sci", "err", "where"),
    [
        ((np.nan, np.nan), (1.0, 1.0), "in SCI"),
        ((1.0, 1.0), (0.0, -1.0), "in its error map"),
        ((1.0, np.nan), (0.0, 1.0), "that is good in both maps"),
    ],
)
def test_maps_without_a_good_pixel_are_refused(
    sci: tuple[float, ...], err: tuple[float, ...], where: str
) -> None:
    with pytest.raises(ImageError, match=f"^JOF F444W has no good pixel {where}; give maps"):
        check_maps(_image(*sci), _image(*err), "rms_err", "JOF F444W")
