"""Fluxes of both sides: sums of pixels, else of the catalogues, else not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable, Table

from skyseg.comparison import compare
from skyseg.errors import ComparisonError

Labels = npt.NDArray[np.int32]


@pytest.fixture
def grown(field: Labels) -> Labels:
    b = field.copy()
    b[15, 5:11] = 1
    b[b == 2] = 0
    b[b == 6] = 5
    b[50:54, 70:74] = 7
    return b


def test_fluxes_are_sums_over_the_pixels_of_either_map(field: Labels, grown: Labels) -> None:
    sci = np.full(field.shape, 2.0, np.float32)
    err = np.full(field.shape, 3.0, np.float32)
    table = compare(field, grown, sci=sci, err=err).table
    for row in table:
        assert row["flux_a"] == 2 * row["area_a"]
        assert row["flux_b"] == 2 * row["area_b"]
        assert row["flux_err_a"] == pytest.approx(3 * np.sqrt(row["area_a"]))
        assert row["flux_err_b"] == pytest.approx(3 * np.sqrt(row["area_b"]))
        larger = max(row["flux_err_a"], row["flux_err_b"])
        assert row["flux_change"] == row["flux_b"] - row["flux_a"]
        assert row["flux_change_sigma"] == pytest.approx(row["flux_change"] / larger)
    by_kind = dict(zip(table["kind"], table["flux_change_sigma"], strict=True))
    assert by_kind["grown"] == pytest.approx(12 / (3 * np.sqrt(106)))
    assert by_kind["lost"] == pytest.approx(-144 / (3 * np.sqrt(72)))
    assert by_kind["new"] == pytest.approx(32 / (3 * np.sqrt(16)))
    assert by_kind["merged"] == 0


@pytest.mark.parametrize(
    ("sci", "err"),
    [
        (np.nan, 1.0),
        (np.inf, 1.0),
        (1e6, 0.0),
        (1e6, -1.0),
        (1e6, np.inf),
        (1e6, np.nan),
        (1e6, 1e30),
    ],
)
def test_bad_pixels_count_in_no_flux(field: Labels, sci: float, err: float) -> None:
    image, noise = np.ones(field.shape), np.ones(field.shape)
    image[5, 5], noise[5, 5] = sci, err
    row = compare(field, field, sci=image, err=noise).table[0]
    assert (row["area_a"], row["flux_a"], row["flux_b"]) == (100, 99, 99)
    assert row["flux_err_a"] == pytest.approx(np.sqrt(99))


def test_the_flux_of_a_source_without_a_good_pixel_is_not_known(field: Labels) -> None:
    image = np.ones(field.shape)
    image[field == 1] = np.nan
    table = compare(field, field, sci=image, err=np.ones(field.shape)).table
    assert np.isnan(table["flux_a"][0])
    assert np.isnan(table["flux_change_sigma"][0])
    assert np.all(np.isfinite(table["flux_a"][1:]))


def test_without_errors_the_change_has_no_sigma(field: Labels, grown: Labels) -> None:
    table = compare(field, grown, sci=np.ones(field.shape)).table
    assert np.all(np.isfinite(table["flux_change"]))
    assert np.all(np.isnan(table["flux_change_sigma"]))


def test_without_an_image_or_catalogues_no_flux_is_known(field: Labels, grown: Labels) -> None:
    comparison = compare(field, grown)
    for name in ("flux_a", "flux_b", "flux_err_a", "flux_change", "flux_change_sigma"):
        assert np.all(np.isnan(comparison.table[name]))
    assert comparison.notes == ("fluxes are not known; give sci, or catalogues with FLUX_ISO",)


def test_an_image_as_a_quantity_gives_its_unit(field: Labels) -> None:
    image = np.ones(field.shape) * u.nJy
    table = compare(field, field, sci=image, err=image).table
    assert table["flux_a"].unit == table["flux_err_b"].unit == table["flux_change"].unit == u.nJy
    assert (
        not hasattr(table["flux_change_sigma"], "unit") or table["flux_change_sigma"].unit is None
    )


def test_errors_in_another_unit_are_converted(field: Labels) -> None:
    image = np.ones(field.shape) * u.uJy
    table = compare(field, field, sci=image, err=image.to(u.nJy)).table
    assert table["flux_err_a"][0].to_value(u.nJy) == pytest.approx(10_000)
    with pytest.raises(ComparisonError, match=r"err is in s and sci in uJy"):
        compare(field, field, sci=image, err=np.ones(field.shape) * u.s)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("10.0*nanoJansky", 10 * u.nJy), ("ELECTRONS/S", u.electron / u.s), ("tons of light", None)],
)
def test_an_image_in_a_file_gives_its_unit_where_it_has_a_known_one(
    field: Labels, tmp_path: Path, text: str, unit: u.Unit | None
) -> None:
    file = tmp_path / "sci.fits"
    fits.PrimaryHDU(np.ones(field.shape, np.float32), fits.Header({"BUNIT": text})).writeto(file)
    flux = compare(field, field, sci=f"{file}[0]").table["flux_a"]
    if unit is None:
        assert not isinstance(flux, u.Quantity)
    else:
        assert flux[0].to_value(unit) == pytest.approx(100)


def test_of_a_variance_in_a_file_the_root_is_the_error(field: Labels, tmp_path: Path) -> None:
    image = np.full(field.shape, 9.0, np.float32)
    hdus = [fits.ImageHDU(image, fits.Header({"BUNIT": "nJy2"}), name="VARIANCE")]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "calexp.fits")
    given = {"sci": image * u.nJy, "err": f"{tmp_path}/calexp.fits[VARIANCE]"}
    row = compare(field, field, **given).table[0]
    assert row["flux_err_a"].to_value(u.nJy) == pytest.approx(3 * np.sqrt(row["area_a"]))


def test_catalogues_serve_where_there_is_no_image(field: Labels, grown: Labels) -> None:
    number = np.array([6, 5, 4, 3, 2, 1])
    cat_a = QTable(
        {"NUMBER": number, "FLUX_AUTO": number * u.nJy, "FLUXERR_AUTO": np.ones(6) * u.nJy}
    )
    cat_b = QTable({"NUMBER": [1, 3, 4, 5], "FLUX_AUTO": [1e-3, 3e-3, 4e-3, 11e-3] * u.uJy})
    comparison = compare(field, grown, cat_a=cat_a, cat_b=cat_b)
    assert comparison.notes == ("fluxes are FLUX_AUTO of the two catalogues",)
    rows = dict(zip(comparison.table["kind"], comparison.table, strict=True))
    assert rows["merged"]["flux_a"] == 11 * u.nJy
    assert rows["merged"]["flux_b"].to_value(u.nJy) == pytest.approx(11)
    assert rows["lost"]["flux_b"] == 0 * u.nJy
    assert np.isnan(rows["new"]["flux_b"])
    assert rows["merged"]["flux_err_a"].to_value(u.nJy) == pytest.approx(np.sqrt(2))
    assert np.isnan(rows["merged"]["flux_change_sigma"])


def test_isophotal_fluxes_are_preferred(field: Labels) -> None:
    cat = Table({"NUMBER": np.arange(1, 7), "FLUX_ISO": np.arange(6.0), "FLUX_AUTO": np.ones(6)})
    table = compare(field, field, cat_a=cat, cat_b=cat).table
    np.testing.assert_array_equal(table["flux_a"], np.arange(6.0))


def test_catalogues_in_units_that_do_not_convert_are_refused(field: Labels) -> None:
    cat_a = QTable({"NUMBER": np.arange(1, 7), "FLUX_ISO": np.arange(6.0) * u.nJy})
    cat_b = QTable({"NUMBER": np.arange(1, 7), "FLUX_ISO": np.arange(6.0) * u.electron / u.s})
    with pytest.raises(ComparisonError, match="FLUX_ISO is in nJy"):
        compare(field, field, cat_a=cat_a, cat_b=cat_b)


def test_an_image_of_another_shape_is_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match=r"sci has shape \(3, 3\)"):
        compare(field, field, sci=np.ones((3, 3)))
    with pytest.raises(ComparisonError, match=r"err has shape \(3, 3\)"):
        compare(field, field, sci=np.ones(field.shape), err=np.ones((3, 3)))


def test_errors_without_an_image_are_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match="give the science image too"):
        compare(field, field, err=np.ones(field.shape))
