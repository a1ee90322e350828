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


@pytest.fixture
def band(bands: Data) -> BandData:
    return bands["F444W"]


def test_a_catalogue_says_which_aperture_is_which(band: BandData) -> None:
    cat = band.load_cat()
    assert [float(each) for each in cat.meta["APERDIAM"].split()] == [0.32, 0.5, 1, 1.5, 2]
    about = cat["MAG_APER"].info.description
    assert about.endswith("; diameters 0.32, 0.5, 1, 1.5, 2 arcsec")
    assert cat["FLUX_RADIUS"].info.description.endswith("; radii of 50 % of the light")
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
