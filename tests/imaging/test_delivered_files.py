"""Files on disk as surveys deliver them: band, roles, zero point and positions of each."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Final

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from tests.imaging.test_layouts import LAYOUTS

from skyseg.imaging import BandMaps
from skyseg.imaging.roles import get_role_names

RA, DEC = 150.1, 2.2
SCALE: Final = 0.2
STEP: Final = SCALE / 3600
PIXEL_AREA: Final = (SCALE * u.arcsec.to(u.rad)) ** 2
MJY_PER_SR: Final = 8.9 - 2.5 * math.log10(1e6 * PIXEL_AREA)
OF_PHOTFLAM: Final = -2.5 * math.log10(1.9e-20) - 5 * math.log10(15369.0) - 2.408

Cards = dict[str, Any]

_CENTRE: Final[Cards] = {"CRPIX1": 8.0, "CRPIX2": 6.0, "CRVAL1": RA, "CRVAL2": DEC}
_CD: Final[Cards] = {"CD1_1": -STEP, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": STEP}
_CDELT: Final[Cards] = {"CDELT1": -STEP, "CDELT2": STEP}
_IDENTITY: Final[Cards] = {
    f"PV{i}_{j}": float(j == 1) for i in (1, 2) for j in (0, 1, 2)
}  # fmt: skip


def _sky(projection: str, **cards: Any) -> Cards:
    return {"CTYPE1": f"RA---{projection}", "CTYPE2": f"DEC--{projection}", **_CENTRE, **cards}


_OF_DECLINATION_FIRST: Final[Cards] = {
    "CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": DEC, "CRVAL2": RA,
    "CRPIX1": 8.0, "CRPIX2": 6.0, "CD1_1": 0.0, "CD1_2": STEP, "CD2_1": -STEP, "CD2_2": 0.0,
}  # fmt: skip
_OF_THE_PLANE: Final = SkyCoord(RA, DEC, unit="deg").galactic
_GALACTIC: Final[Cards] = {
    "CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN", "CRPIX1": 8.0, "CRPIX2": 6.0,
    "CRVAL1": _OF_THE_PLANE.l.deg, "CRVAL2": _OF_THE_PLANE.b.deg, **_CDELT,
}  # fmt: skip
_DISTORTED: Final[Cards] = {"A_ORDER": 2, "A_2_0": 1e-4, "B_ORDER": 2, "B_0_2": 1e-4}

# Name of the file, what its header says of fluxes, zero point, what it says of the sky.
SURVEYS: Final[list[tuple[str, Cards, float, Cards]]] = [
    ("EUC_MER", {"MAGZERO": 23.9}, 23.9, _sky("TAN", **_CD, RADESYS="ICRS")),
    (
        r"jw\d|hlsp_jades|ceers_nircam|hlsp_ceers",
        {"BUNIT": "MJy/sr", "PIXAR_SR": 1.0, "PHOTMJSR": 0.3},
        MJY_PER_SR,
        _sky("TAN", **_CDELT, PC1_1=1.0, PC2_2=1.0, RADESYS="ICRS"),
    ),
    ("grizli|x-f277wn", {"BUNIT": "10.0*nanoJansky"}, 28.9, _sky("TAN", **_CD)),
    ("primer_uds", {"BUNIT": "MJy/sr"}, MJY_PER_SR, _sky("TAN", **_CD, PC1_1=1.0, PC2_2=1.0)),
    ("primer_cosmos|mosaic_nircam", {"BUNIT": "nJy"}, 31.4, _sky("TAN", **_CDELT)),
    (
        "_flt",
        {"BUNIT": "ELECTRONS", "EXPTIME": 100.0, "PHOTFLAM": 1.9e-20, "PHOTPLAM": 15369.0},
        OF_PHOTFLAM + 5,
        _sky("TAN-SIP", **_CD, **_DISTORTED),
    ),
    (
        "h_sz|acs_I",
        {"BUNIT": "COUNTS/SEC", "PHOTFLAM": "1.9E-20", "PHOTPLAM": "15369.0"},
        OF_PHOTFLAM,
        _sky("TAN", **_CD, RADESYS="GSC-2", EQUINOX=2000.0),
    ),
    (
        r"_dr[cz]\.fits|xdf|hlf|candels|3dhst|clash",
        {"BUNIT": "ELECTRONS/S", "PHOTFLAM": 1.9e-20, "PHOTPLAM": 15369.0, "MAGZPT": 21.1},
        OF_PHOTFLAM,
        _sky("TAN", **_CD, **_DISTORTED, RADESYS="ICRS"),
    ),
    ("legacysurvey-.*-image-g", {"LEGPIPEV": "DR9"}, 22.5, _sky("TAN", **_CD)),
    ("-W1.fits", {"BUNIT": "nanomaggy", "MAGSYS": "Vega"}, math.nan, _sky("TAN", **_CD)),
    ("legacysurvey|decals", {"BUNIT": "nanomaggy"}, 22.5, _sky("TAN", **_CD)),
    (
        "^DES",
        {"MAGZERO": 30.0, "BUNIT": "electrons"},
        30.0,
        _sky("TPV", **_CD, **_IDENTITY, PV1_7=0.0),
    ),
    (
        "c4d|^x.fits",
        {"MAGZERO": (25.0, "[mag] of 1 count per second"), "BUNIT": "adu"},
        math.nan,
        _sky("TAN", **_CD, **_IDENTITY),
    ),
    ("calexp-|cutout", {"FLUXMAG0": 63095734448.0194}, 27.0, _sky("TAN-SIP", **_CD, **_DISTORTED)),
    ("deepCoadd", {"BUNIT": "nJy"}, 31.4, _sky("TAN", **_CD)),
    ("KiDS", {"MAGZERO": 0.0}, math.nan, _sky("TAN", **_CD, **_IDENTITY)),
    (
        "CFHTLS|CFIS|coadd.fits",
        {"PHOTZP": 30.0, "PHOTSYS": "AB"},
        30.0,
        _sky("TAN", **_CD, PV1_0=0.0),
    ),
    (
        "UVISTA_Ks|coadd.weight",
        {"MAGZERO": "30.0", "BUNIT": "ADU"},
        30.0,
        _sky("TAN", **_CD, **dict.fromkeys(_IDENTITY, 0.0)),
    ),
    (
        "UVISTA_J|video",
        {"MAGZPT": 23.8, "CASUZP": 1, "INSTRUME": "VIRCAM"},
        math.nan,
        _sky("ZPN", **_CD, PV2_1=1.0, PV2_3=42.0),
    ),
    (
        "rings",
        {"HIERARCH FPA.ZP": 25.0, "EXPTIME": 900.0},
        math.nan,
        _sky("TAN", **_CDELT, PC001001=1.0, PC001002=0.0, PC002001=0.0, PC002002=1.0),
    ),
    ("frame-", {"BUNIT": "nanomaggy"}, 22.5, _OF_DECLINATION_FIRST),
    (
        "unwise|_ac51",
        {"MAGZP": 20.5, "TELESCOP": "WISE"},
        math.nan,
        _sky("SIN", **_CDELT, CROTA2=0.0, EQUINOX=2000.0),
    ),
    ("irac", {"BUNIT": "MJy/sr"}, MJY_PER_SR, _sky("TAN", **_CDELT, RADESYS="FK5")),
    ("a370II", {}, math.nan, _GALACTIC),
    ("x_sci|jof|all_", {"BUNIT": "uJy"}, 23.9, _sky("TAN", **_CD, RADESYS="icrs")),
]


def _find_survey(name: str) -> tuple[Cards, float, Cards]:
    return next(each[1:] for each in SURVEYS if re.search(each[0], name))


def _write(path: Path, cards: Cards) -> None:
    header = fits.Header()
    header.update(cards)
    data = np.arange(12 * 16, dtype=np.float32).reshape(12, 16)
    if path.suffix == ".fz":
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data, header)]).writeto(path)
    else:
        fits.writeto(path, data, header)


@pytest.mark.parametrize(
    ("number", "name"), [(number, each[0]) for number, each in enumerate(LAYOUTS)]
)
def test_a_delivered_file_tells_band_role_zero_point_and_positions(
    tmp_path: Path, number: int, name: str
) -> None:
    _, cards, band, role, instrument = LAYOUTS[number]
    fluxes, zero_point, sky = _find_survey(name)
    _write(tmp_path / name, {**fluxes, **sky, **cards})
    maps = BandMaps.from_files(tmp_path / name)
    assert get_role_names().of_file(maps.sci.path) == role
    assert maps.instrument == instrument
    assert band is None or maps.band == band
    assert maps.known_zero_point == pytest.approx(zero_point, abs=2e-3, nan_ok=True)
    assert maps.wcs is not None
    centre, beside = maps.wcs.pixel_to_world([7, 11], [5, 8]).icrs
    is_fk5 = sky.get("RADESYS", "FK5" if "EQUINOX" in sky else "") == "FK5"
    true = SkyCoord(RA, DEC, unit="deg", frame="fk5" if is_fk5 else "icrs").icrs
    assert centre.separation(true).arcsec < 1e-6
    assert centre.separation(beside).arcsec == pytest.approx(5 * SCALE, rel=1e-3)
    if sky is not _GALACTIC:
        # to the east, where longitude grows to the left, and to the north
        east, north = (part.arcsec for part in centre.spherical_offsets_to(beside))
        assert (east, north) == pytest.approx((-4 * SCALE, 3 * SCALE), rel=1e-3)


def test_each_form_of_a_header_is_that_of_some_file() -> None:
    used = {
        next(i for i, each in enumerate(SURVEYS) if re.search(each[0], row[0])) for row in LAYOUTS
    }
    assert used == set(range(len(SURVEYS)))
    assert len(LAYOUTS) >= 100
