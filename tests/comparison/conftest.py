"""Maps whose differences are known by construction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from astropy.wcs import WCS

Labels = npt.NDArray[np.int32]


@pytest.fixture
def field() -> Labels:
    """Six sources in 60 x 80 pixels; 5 and 6 touch."""
    labels = np.zeros((60, 80), dtype=np.int32)
    labels[5:15, 5:15] = 1
    labels[5:17, 30:36] = 2
    labels[8:12, 50:70] = 3
    labels[30:45, 10:25] = 4
    labels[30:40, 50:58] = 5
    labels[30:40, 58:66] = 6
    return labels


@pytest.fixture
def sky() -> Callable[..., WCS]:
    """Make a TAN WCS by pixel scale (arcsec), reference pixel and rotation (deg)."""

    def make(
        scale: float = 0.04,
        crpix: tuple[float, float] = (40.0, 30.0),
        rotation: float = 0.0,
        crval: tuple[float, float] = (34.4, -5.2),
    ) -> WCS:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval = crval
        wcs.wcs.crpix = crpix
        wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
        cos, sin = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
        wcs.wcs.pc = [[cos, -sin], [sin, cos]]
        wcs.wcs.set()
        return wcs

    return make
