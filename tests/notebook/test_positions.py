"""Positions that the notebook reads out, in any frame."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg.errors import ParameterError
from skyseg.notebook._array_band import ArrayBand
from skyseg.notebook._geometry import describe_sky


def _wcs(axes: str, radesys: str = "") -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = [f"{axis}-TAN" for axis in axes.split()]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.0], [1.0, 1.0]
    wcs.wcs.cdelt = [-1e-5, 1e-5]
    wcs.wcs.radesys = radesys
    wcs.wcs.set()
    return wcs


@pytest.mark.parametrize(
    ("axes", "radesys", "frame"),
    [("RA-- DEC-", "FK4", "fk4"), ("ELON ELAT", "", "barycentricmeanecliptic")],
)
def test_right_ascension_is_icrs_whatever_the_frame(axes: str, radesys: str, frame: str) -> None:
    band = ArrayBand.of(np.zeros((4, 4)), _wcs(axes, radesys))
    true = SkyCoord(150 * u.deg, 2 * u.deg, frame=frame).icrs
    ra = true.ra.to_string(u.hourangle, sep=":", precision=3, pad=True)
    assert describe_sky(band.wcs, 0, 0).startswith(f"RA {ra}  Dec ")


def test_an_image_with_axes_of_no_known_frame_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"wcs cannot be used .*; give a celestial WCS, or"):
        ArrayBand.of(np.zeros((4, 4)), _wcs("HPLN HPLT"))
