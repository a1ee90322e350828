"""Small FITS files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

WriteFits = Callable[..., Path]

TAN = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 53.0,
    "CRVAL2": -27.0,
    "CRPIX1": 8.5,
    "CRPIX2": 6.5,
    "CDELT1": -0.03 / 3600,
    "CDELT2": 0.03 / 3600,
    "CUNIT1": "deg",
    "CUNIT2": "deg",
}


@pytest.fixture
def tan() -> dict[str, Any]:
    """Keywords of a WCS of 0.03 arcsec per pixel."""
    return dict(TAN)


@pytest.fixture
def ramp() -> np.ndarray:
    """An image in which each pixel has its own value."""
    return np.arange(12 * 16, dtype=np.float32).reshape(12, 16) + 1


@pytest.fixture
def write(tmp_path: Path, ramp: np.ndarray) -> WriteFits:
    """Write a file of one primary image, or of named extensions; return its path.

    ``write("a.fits", FILTER="F444W")`` · ``write("a.fits", hdus={"SCI": array, "ERR": array})``
    """

    def _write(
        name: str, data: Any = None, hdus: dict[str, Any] | None = None, **keywords: Any
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        primary = fits.PrimaryHDU(None if hdus else ramp if data is None else data)
        primary.header.update(keywords)
        image = fits.CompImageHDU if name.endswith(".fz") else fits.ImageHDU
        extensions = [image(array, name=key.split(",")[0]) for key, array in (hdus or {}).items()]
        fits.HDUList([primary, *extensions]).writeto(path)
        return path

    return _write
