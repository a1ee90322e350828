"""Cuts that are found in the pixels, and stretches."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from astropy.visualization import AsinhStretch, LogStretch, SqrtStretch

from skyseg.display.scales import COLORMAPS, CUTS, STRETCHES, Cuts, choose_limits, stretch_parts


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("role", ["SCI", "WHT"])
def test_all_cuts_give_limits_of_any_image(role: str, cuts: Cuts) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(3, 1, (200, 300))
    for image in (noise, np.zeros((4, 4)), np.full((3, 3), np.nan), -noise):
        limits = choose_limits(image, role, cuts)
        assert limits.low < limits.high
        assert 0 < limits.softening <= 1


def test_a_percentage_cuts_as_many_pixels_above_as_below() -> None:
    image = np.arange(1001.0).reshape(1, -1)
    limits = choose_limits(image, "ERR", "98 %")
    assert (limits.low, limits.high) == pytest.approx((10, 990))
    whole = choose_limits(image, "ERR", "min to max")
    assert (whole.low, whole.high) == (0, 1000)


def test_the_noise_softens_asinh_whatever_the_cuts_are() -> None:
    image = np.random.default_rng(2).normal(0, 1, (300, 300))
    for cuts in CUTS:
        limits = choose_limits(image, "SCI", cuts)
        assert limits.softening * (limits.high - limits.low) == pytest.approx(2, rel=0.1)


def test_stretches_are_those_of_astropy() -> None:
    parts = np.linspace(0, 1, 50)
    np.testing.assert_allclose(stretch_parts(parts, "asinh", 0.05), AsinhStretch(0.05)(parts))
    np.testing.assert_allclose(stretch_parts(parts, "log", 0.05), LogStretch()(parts))
    np.testing.assert_allclose(stretch_parts(parts, "sqrt", 0.05), SqrtStretch()(parts))
    for stretch in STRETCHES:
        drawn = stretch_parts(parts, stretch, 0.05)
        assert (drawn[0], drawn[-1]) == pytest.approx((0, 1))
        assert (np.diff(drawn) > 0).all()


def test_matplotlib_knows_the_colormaps() -> None:
    assert set(COLORMAPS) <= set(mpl.colormaps)
