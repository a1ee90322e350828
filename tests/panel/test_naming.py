"""What bands, maps and products are called."""

from __future__ import annotations

import shutil
from pathlib import Path

from skyseg import BandData, Data, Parameters
from skyseg.panel.naming import name_band, name_file_map, name_map


def test_a_product_names_survey_band_error_type_and_what_is_not_the_default(bands: Data) -> None:
    band = bands["F444W"]
    assert name_map(band, "SCI") == "UDS-B F444W SCI"
    assert name_map(band, "SEG") == "UDS-B F444W SEG rms_err"
    band.segment("wht", parameters=Parameters(detect_thresh=9))
    assert name_map(band, "BKG").startswith("UDS-B F444W BKG wht custom-")
    band.segment("wht", method="sep")
    assert name_map(band, "SEG") == "UDS-B F444W SEG wht sep"


def test_a_version_is_named_where_it_is_not_the_only_one(imaging_dir: Path, tmp_path: Path) -> None:
    instrument = tmp_path / "jwst" / "UDS-B" / "NIRCam"
    shutil.copytree(imaging_dir / "jwst" / "UDS-B" / "NIRCam" / "v1", instrument / "v1")
    (instrument / "v2").mkdir()
    band = Data.from_survey_version("UDS-B", "v1", data_dir=tmp_path)["F444W"]
    assert name_band(band) == "UDS-B v1 F444W"
    assert name_file_map(band.sci.path, "F444W", "SCI") == "UDS-B v1 F444W SCI"


def test_a_file_of_an_archive_is_named_as_its_band_is(imaging_dir: Path, tmp_path: Path) -> None:
    (path,) = imaging_dir.rglob("uds-b-f444w_sci.fits")
    assert name_file_map(path, "F444W", "SCI") == "UDS-B F444W SCI"
    assert name_file_map(tmp_path / "f444w.fits", "F444W", "SCI") == "f444w SCI"
    assert name_file_map(tmp_path / "deep_sci.fits", "F444W", "SCI") == "deep F444W SCI"
    copy = tmp_path / "deep_f444w_sci.fits"
    shutil.copyfile(path, copy)
    band = BandData.from_files(copy)
    assert name_band(band) == f"{band.survey} F444W"
