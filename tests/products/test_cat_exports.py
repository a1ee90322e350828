"""A catalogue says which aperture is which, and goes out for other programs."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.table import QTable, Table
from regions import Regions

from skyseg import BandData, Data
from skyseg.errors import ParameterError, ProductError
from skyseg.products.flux_units import convert_fluxes


@pytest.fixture
def band(bands: Data) -> BandData:
    return bands["F444W"]


def test_a_catalogue_says_which_aperture_is_which(band: BandData) -> None:
    cat = band.load_cat()
    assert [float(each) for each in cat.meta["APERDIAM"].split()] == [0.32, 0.5, 1, 1.5, 2]
    about = cat["MAG_APER"].info.description
    assert about.endswith("; diameters 0.32, 0.5, 1, 1.5, 2 arcsec")
    assert cat["FLUX_RADIUS"].info.description.endswith("; radii of 50 percent of the light")
    assert (cat.meta["METHOD"], cat.meta["ERRTYPE"]) == ("skyseg", "rms_err")
    assert cat.meta["RUNID"] == band.products.run_id


def test_csv_has_a_column_for_each_aperture(band: BandData, tmp_path: Path) -> None:
    path = band.write_cat(tmp_path / "sources.csv", flux_unit="nJy")
    again, cat = Table.read(path), band.load_cat("nJy")
    assert all(again[name].ndim == 1 for name in again.colnames)
    np.testing.assert_allclose(
        again["FLUX_APER_0.5arcsec"], cat["FLUX_APER"][:, 1].value, rtol=1e-6
    )


@pytest.mark.parametrize("ending", ["fits", "ecsv"])
def test_tables_keep_units_apertures_and_what_they_were_made_from(
    band: BandData, tmp_path: Path, ending: str
) -> None:
    again = QTable.read(band.write_cat(tmp_path / f"sources.{ending}"))
    cat = band.load_cat()
    assert again.colnames == cat.colnames
    assert again["A_IMAGE"].unit == u.pix
    assert again["MAG_APER"].shape == cat["MAG_APER"].shape
    assert (again.meta["APERDIAM"], again.meta["RUNID"]) == (
        cat.meta["APERDIAM"], cat.meta["RUNID"],
    )  # fmt: skip


def test_regions_lie_on_the_sky_where_the_sources_do(band: BandData, tmp_path: Path) -> None:
    found = Regions.read(band.write_cat(tmp_path / "sources.reg"), format="ds9")
    cat = band.load_cat()
    assert len(found) == len(cat)
    drawn = found[3].to_pixel(band.wcs)
    assert drawn.center.x == pytest.approx(cat["X_IMAGE"][3].value - 1, abs=0.01)


def test_no_file_is_replaced_unasked_and_no_folder_made(band: BandData, tmp_path: Path) -> None:
    path = band.write_cat(tmp_path / "a.csv")
    with pytest.raises(ProductError, match="is there already"):
        band.write_cat(path)
    assert band.write_cat(path, overwrite=True) == path
    with pytest.raises(ProductError, match="there is no folder"):
        band.write_cat(tmp_path / "none" / "a.csv")
    with pytest.raises(ParameterError, match=r"use one of \.fits, \.ecsv, \.csv, \.reg"):
        band.write_cat(tmp_path / "a.txt")


def test_fluxes_of_a_surveys_catalogue_have_another_unit_without_a_zero_point() -> None:
    table = QTable({
        "NUMBER": [1, 2],
        "FLUX_AUTO_F444W": np.array([1.0, np.nan], np.float32) * u.uJy,
        "FLUXERR_LOC_APER_F115W+F444W": np.ones((2, 3), np.float32) * u.uJy,
        "FLUX_MAX_F444W": u.Quantity([5.0, 6.0], u.Unit("10 nJy")),
        "FLUX_RADIUS_F444W": np.array([2.0, 3.0]) * u.pix,
    })  # fmt: skip
    convert_fluxes(table, "nJy", np.nan, "survey")
    assert table["FLUX_AUTO_F444W"].unit == table["FLUXERR_LOC_APER_F115W+F444W"].unit == u.nJy
    np.testing.assert_array_equal(table["FLUX_AUTO_F444W"].value, [1000, np.nan])
    np.testing.assert_array_equal(table["FLUXERR_LOC_APER_F115W+F444W"].value, 1000)
    assert table["FLUX_MAX_F444W"].value.tolist() == [5, 6]
    assert table["FLUX_RADIUS_F444W"].unit == u.pix
    own = QTable({"FLUX_AUTO": u.Quantity([1.0, 2.0], u.Unit("10 nJy"))})
    with pytest.raises(ParameterError) as failed:
        convert_fluxes(own, "nJy", np.nan, "band", told_by="have it made with {zero_point_of_band}")
    assert "have it made with" in str(failed.value)
