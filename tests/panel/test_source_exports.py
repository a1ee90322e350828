"""Selected sources as files and as Python."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable, Table
from astropy.wcs import WCS
from regions import Regions

from skyseg import Data
from skyseg.errors import ParameterError, ProductError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_columns import list_columns, name_parts
from skyseg.panel.source_exports import (
    describe_origin,
    format_skycoord,
    write_labels,
    write_regions,
    write_table,
)


def test_positions_are_copied_as_python(catalogue: Catalogue) -> None:
    position = catalogue.get_positions((3, 9))
    assert position is not None
    again = eval(format_skycoord(position), {"SkyCoord": SkyCoord})
    assert np.all(position.separation(again) < 1e-2 * u.arcsec)


@pytest.mark.parametrize("ending", ["fits", "ecsv"])
def test_selected_rows_are_written(catalogue: Catalogue, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"few.{ending}"
    write_table(catalogue, (9, 3), path)
    again = QTable.read(path)
    assert again["NUMBER"].tolist() == [9, 3]
    assert again["MAG_AUTO"].unit == catalogue.table["MAG_AUTO"].unit
    with pytest.raises(ParameterError, match="no known ending"):
        write_table(catalogue, (9,), tmp_path / "few.txt")


def test_regions_lie_where_the_sources_do(
    info: MapInfo, catalogue: Catalogue, tmp_path: Path
) -> None:
    write_regions(catalogue, (9, 3), info, tmp_path / "few.reg")
    found = Regions.read(tmp_path / "few.reg", format="ds9")
    position = catalogue.get_positions((9, 3))
    assert position is not None
    for region, wanted, number in zip(found, position, (9, 3), strict=True):
        assert region.center.separation(wanted) < 1e-3 * u.arcsec
        assert str(number) in str(region.meta)
        drawn = region.to_pixel(info.wcs)
        row = catalogue.table[catalogue.find_row(number)]
        kron = float(row["KRON_RADIUS"])
        axes = [2 * kron * u.Quantity(row[f"{name}_IMAGE"]).value for name in "AB"]
        np.testing.assert_allclose((drawn.width, drawn.height), axes, rtol=1e-2)
        turned = (drawn.angle - u.Quantity(row["THETA_IMAGE"].value, u.deg)).to_value(u.deg)
        assert abs((turned + 90) % 180 - 90) < 0.5
    with pytest.raises(ParameterError, match=r"use \.reg"):
        write_regions(catalogue, (9,), info, tmp_path / "few.fits")


def test_regions_without_a_wcs_are_in_pixels(catalogue: Catalogue, tmp_path: Path) -> None:
    write_regions(catalogue, (9,), MapInfo("SEG", (300, 772)), tmp_path / "one.reg")
    (region,) = Regions.read(tmp_path / "one.reg", format="ds9")
    row = catalogue.find_row(9)
    assert region.center.x == pytest.approx(catalogue.columns["X_IMAGE"][row] - 1, abs=1e-3)
    assert region.center.y == pytest.approx(catalogue.columns["Y_IMAGE"][row] - 1, abs=1e-3)


def test_a_table_is_not_written_over_an_image(catalogue: Catalogue, tmp_path: Path) -> None:
    image = tmp_path / "f444w_sci.fits"
    fits.writeto(image, np.zeros((3, 3), np.float32))
    before = image.read_bytes()
    with pytest.raises(ProductError, match="holds an image"):
        write_table(catalogue, (9,), image)
    assert image.read_bytes() == before


def test_a_csv_has_one_column_an_aperture(
    catalogue: Catalogue, bands: Data, tmp_path: Path
) -> None:
    columns = list_columns(catalogue.table, name_parts(catalogue.table, bands["F444W"]))
    write_table(catalogue, (9, 3), tmp_path / "few.csv", columns=columns)
    again = Table.read(tmp_path / "few.csv")
    assert again["NUMBER"].tolist() == [9, 3]
    rows = catalogue.find_rows((9, 3))
    for place, diameter in enumerate(("0.32", "0.5", "1", "1.5", "2")):
        wanted = catalogue.columns["MAG_APER"][rows, place]
        np.testing.assert_allclose(again[f"MAG_APER_{diameter}arcsec"], wanted, rtol=1e-6)
    assert all(again[name].ndim == 1 for name in again.colnames)


@pytest.mark.parametrize("ending", ["fits", "ecsv"])
def test_a_table_says_where_it_comes_from(
    catalogue: Catalogue, info: MapInfo, tmp_path: Path, ending: str
) -> None:
    origin = describe_origin(info, "F444W SEG rms_err", "MAG_AUTO < 26")
    write_table(catalogue, (9,), tmp_path / f"few.{ending}", origin=origin)
    meta = Table.read(tmp_path / f"few.{ending}").meta
    assert meta["FILTER"] == "MAG_AUTO < 26"
    assert info.band is not None and meta["SEGMAP"] == str(info.band.seg_path)
    assert meta["RUNID"] == info.band.products.run_id


def test_labels_of_sources_are_written_with_their_wcs(
    info: MapInfo, bands: Data, tmp_path: Path
) -> None:
    labels, path = bands["F444W"].load_seg(), tmp_path / "few.fits"
    for _ in range(2):
        write_labels(labels, (9, 3), info, path)
    kept = fits.getdata(path, "SEG")
    assert set(np.unique(kept)) == {0, 3, 9}
    np.testing.assert_array_equal(kept == 9, labels == 9)
    again = WCS(fits.getheader(path, "SEG")).pixel_to_world(10, 20)
    assert info.wcs is not None and again.separation(info.wcs.pixel_to_world(10, 20)).arcsec < 1e-3
    image = tmp_path / "sci.fits"
    fits.writeto(image, np.zeros((3, 3), np.float32))
    with pytest.raises(ProductError, match="exists and was not saved so"):
        write_labels(labels, (9,), info, image)
    with pytest.raises(ParameterError, match=r"use \.fits"):
        write_labels(labels, (9,), info, tmp_path / "few.tiff")
