"""SEG maps that lie anywhere: what they are of, and their catalogue."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data
from skyseg.imaging.refs import MapRef
from skyseg.products.seg_files import SegFile, list_sources


def test_a_seg_map_of_ours_knows_its_band_its_maps_and_its_catalogue(
    bands: Data, tmp_path: Path
) -> None:
    band = bands["F444W"]
    for path in (band.seg_path, band.cat_path):
        shutil.copy(path, tmp_path)
    found = SegFile.read(MapRef.parse(tmp_path / band.seg_path.name, None))
    assert (found.survey, found.band) == ("UDS-B", "F444W")
    assert found.maps == {"SCI": band.sci, "WHT": band.wht}
    table = found.load_catalogue()
    assert table is not None
    assert table.colnames == band.load_places().colnames
    np.testing.assert_array_equal(table["NUMBER"], band.load_cat()["NUMBER"])


def test_the_catalogue_of_another_run_is_not_taken(bands: Data, tmp_path: Path) -> None:
    band = bands["F444W"]
    seg = tmp_path / band.seg_path.name
    shutil.copy(band.seg_path, seg)
    assert SegFile.read(MapRef.parse(seg, None)).load_catalogue() is None
    shutil.copy(bands["F115W"].cat_path, tmp_path / band.cat_path.name)
    assert SegFile.read(MapRef.parse(seg, None)).load_catalogue() is None


def test_a_catalogue_in_the_same_file_goes_before_all(bands: Data, tmp_path: Path) -> None:
    labels, header = bands["F444W"].load_seg(incl_hdr=True)
    table = bands["F444W"].load_cat()[:5]["NUMBER", "FLUX_AUTO"]
    path = tmp_path / "edited.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(labels, header, name="SEG")]).writeto(path)
    table.write(tmp_path / "table.fits")
    with fits.open(path, "append") as hdus, fits.open(tmp_path / "table.fits") as tables:
        hdus.append(tables[1].copy())
    found = SegFile.read(MapRef.parse(f"{path}[SEG]", None)).load_catalogue()
    assert found is not None
    assert len(found) == 5
    assert {"X_IMAGE", "XMIN_IMAGE"} <= set(found.colnames)


def test_a_seg_map_of_another_program_has_no_more_than_its_pixels(tmp_path: Path) -> None:
    labels = np.zeros((20, 30), np.int16)
    labels[2:5, 10:14] = 9
    fits.writeto(tmp_path / "seg.fits", labels)
    found = SegFile.read(MapRef.parse(tmp_path / "seg.fits", None))
    assert found == SegFile(found.ref)
    assert found.load_catalogue() is None


@pytest.mark.parametrize("number", [9, 2**40])
def test_sources_are_listed_by_their_pixels(number: int) -> None:
    labels = np.zeros((20, 30), np.int64)
    labels[2:5, 10:14] = number
    (row,) = list_sources(labels)
    assert row["NUMBER"] == number
    assert (row["X_IMAGE"].value, row["Y_IMAGE"].value) == (12.5, 4)
    assert [int(row[f"{side}_IMAGE"].value) for side in ("XMIN", "XMAX", "YMIN", "YMAX")] == [
        *(11, 14),
        *(3, 5),
    ]
    assert row["ISOAREAF_IMAGE"].value == 12
    assert len(list_sources(np.zeros((4, 4), int))) == 0
