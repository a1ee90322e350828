"""The catalogue's table: magnitudes, positions, units, and columns that are always the same."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.imaging.sky import Sky
from skyseg.methods import catalogue
from skyseg.methods.base import Request
from skyseg.methods.columns import COLUMNS, EXTRA_COLUMNS, OTHER_COLUMNS, known_columns

PLANE = np.ones((20, 30), np.float32)


def request(**changes: Any) -> Request:
    values = {
        "sci": PLANE,
        "err": PLANE,
        "err_type": "rms_err",
        "parameters": Parameters(),
        "aper_diams": (0.32, 1.0),
        "pix_scale": 0.04,
        "zero_point": 28.9,
        "sky": None,
        "unit": "10.0*nanoJansky",
    }
    return Request(**(values | changes))


def sky(ctype: tuple[str, str], **cards: Any) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = list(ctype)
    wcs.wcs.crval = [150.1, 2.3]
    wcs.wcs.crpix = [5, 6]
    wcs.wcs.cdelt = [-0.04 / 3600, 0.04 / 3600]
    for name, value in cards.items():
        setattr(wcs.wcs, name, value)
    return wcs


MEASURED = {
    "NUMBER": np.array([2, 1]),
    "X_IMAGE": np.array([5.0, 12.5]),
    "Y_IMAGE": np.array([6.0, 3.25]),
    "FLUX_AUTO": np.array([100.0, -1.0]),
    "FLUXERR_AUTO": np.array([1.0, 1.0]),
    "FLUX_APER": np.array([[1.0, 0.0], [10.0, 20.0]]),
    "FLUXERR_APER": np.array([[0.5, 0.5], [1.0, 2.0]]),
    "FLAGS": np.array([3, 0]),
}


def test_rows_are_in_the_order_of_their_labels() -> None:
    found = catalogue.build(MEASURED, request())
    assert found["NUMBER"].tolist() == [1, 2]
    assert found["FLAGS"].tolist() == [0, 3]


def test_magnitudes_follow_from_fluxes_and_zero_point() -> None:
    found = catalogue.build(MEASURED, request())
    np.testing.assert_allclose(found["MAG_AUTO"][1].to_value(u.mag), 23.9, rtol=1e-6)
    np.testing.assert_allclose(found["MAGERR_AUTO"][1].to_value(u.mag), 0.0108574, rtol=1e-5)
    np.testing.assert_allclose(found["MAG_APER"][0].to_value(u.mag), [26.4, 25.6474], rtol=1e-6)


def test_a_flux_that_is_not_positive_has_no_magnitude() -> None:
    found = catalogue.build(MEASURED, request())
    assert np.isnan(found["MAG_AUTO"][0])
    assert np.isnan(found["MAGERR_AUTO"][0])
    assert np.isnan(found["MAG_APER"][1, 1])
    assert found["FLUX_AUTO"][0].value == -1


def test_what_single_precision_cannot_hold_is_infinite_and_nothing_is_said(
    recwarn: pytest.WarningsRecorder,
) -> None:
    found = catalogue.build({**MEASURED, "FLUXERR_AUTO": np.array([1e300, 1.0])}, request())
    assert np.isinf(found["FLUXERR_AUTO"][1])
    assert not recwarn.list


def test_without_a_zero_point_fluxes_stand_and_magnitudes_are_nan() -> None:
    found = catalogue.build(MEASURED, request(zero_point=np.nan))
    assert np.isnan(found["MAG_AUTO"]).all()
    assert np.isnan(found["MAG_APER"]).all()
    np.testing.assert_allclose(found["MAGERR_AUTO"][1].to_value(u.mag), 0.0108574, rtol=1e-5)


def test_positions_are_icrs_whatever_the_frame_of_the_wcs() -> None:
    galactic = sky(("GLON-TAN", "GLAT-TAN"))
    found = catalogue.build(MEASURED, request(sky=Sky(galactic)))
    expected = SkyCoord(l=150.1 * u.deg, b=2.3 * u.deg, frame="galactic").icrs
    source = SkyCoord(found["ALPHA_J2000"][1], found["DELTA_J2000"][1])
    assert source.separation(expected) < 1e-6 * u.arcsec
    old = sky(("RA---TAN", "DEC--TAN"), radesys="FK4", equinox=1950.0)
    found = catalogue.build(MEASURED, request(sky=Sky(old)))
    source = SkyCoord(found["ALPHA_J2000"][1], found["DELTA_J2000"][1])
    expected = SkyCoord(150.1, 2.3, unit="deg", frame="fk4").icrs
    assert source.separation(expected) < 1e-6 * u.arcsec


def test_without_a_wcs_positions_are_nan_and_the_log_says_so(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        found = catalogue.build(MEASURED, request(name="JOF v11 F444W"))
    assert np.isnan(found["ALPHA_J2000"]).all()
    assert np.isnan(found["DELTA_J2000"]).all()
    assert "JOF v11 F444W: there is no WCS, so ALPHA_J2000" in caplog.text


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("diameters", [(0.5,), (0.32, 0.5, 1.0)])
def test_every_column_is_there_with_dtype_unit_and_description(rows: int, diameters) -> None:
    wcs = sky(("RA---TAN", "DEC--TAN"))
    measured = {name: np.ones(rows) for name in ("X_IMAGE", "Y_IMAGE", "FLUX_AUTO")}
    measured["NUMBER"] = np.arange(1, rows + 1)
    found = catalogue.build(measured, request(aper_diams=diameters, sky=Sky(wcs)))
    assert found.colnames == [column.name for column in catalogue.COLUMNS]
    for column in catalogue.COLUMNS:
        values = found[column.name]
        assert values.dtype == np.dtype(column.dtype)
        assert values.shape == ((rows, len(diameters)) if column.per_aperture else (rows,))
        assert values.info.description
    assert found["CLASS_STAR"].info.description.count("SExtractor alone")
    assert found["XMIN_IMAGE"].unit == u.pix
    assert found["MAG_AUTO"].unit == u.mag


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("10.0*nanoJansky", 10 * u.nJy),
        ("MJy/sr", u.MJy * u.pix**2 / u.sr),
        ("ELECTRONS/S", u.electron / u.s),
        ("1e-20 erg/s/cm2/A", 1e-20 * u.erg / u.s / u.cm**2 / u.AA),
        ("Jy/pixel", u.Jy),
        ("", None),
        ("furlongs per fortnight", None),
    ],
)
def test_fluxes_have_the_unit_of_the_image_where_it_is_one(text: str, unit) -> None:
    found = catalogue.build(MEASURED, request(unit=text))["FLUX_AUTO"]
    assert found.unit == (unit if unit is None else u.Unit(unit))


def test_the_documentation_has_every_column_and_flag_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    groups = {"usual": COLUMNS, "extra": EXTRA_COLUMNS, "other": OTHER_COLUMNS}
    shown = re.findall(r"^```{columns} (\w+)$", text, re.MULTILINE)
    assert [each for name in shown for each in groups[name]] == list(known_columns().values())
    flags = [line.split(" | ")[:2] for line in text.splitlines() if re.match(r"\| \d", line)]
    assert flags == [[f"| {each.value}", f"`{each.name}`"] for each in Flag]
