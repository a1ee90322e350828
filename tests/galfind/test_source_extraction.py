"""galfind's notebook on segmentation and forced photometry."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path

import astropy.units as u
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg.errors import BatchError, SkysegError
from skyseg.galfind import Data, config
from skyseg.products.store import ForeignProductWarning

from .conftest import BANDS, OPENED

PROGRAMS = ("source-extractor", "sextractor", "sex")
IS_INSTALLED = any(map(shutil.which, PROGRAMS))


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(tmp_path))
    config.reload()
    opened = {key: value for key, value in OPENED.items() if key != "aper_diams"}
    data = Data.from_survey_version_psfs(**opened)
    data.load_aper_diams([0.32, 0.5, 1.0] * u.arcsec)
    f444w = data["F444W"]
    second, third, fourth = (deepcopy(f444w) for _ in range(3))

    f444w.segment()
    assert f444w.seg_args["method"] == ("sextractor" if IS_INSTALLED else "skyseg")
    assert f444w.seg_path in str(f444w.skyseg.seg_path)
    made = Path(f444w.seg_path).stat().st_mtime_ns
    second.segment()
    third.segment(overwrite=False)
    assert second.seg_path == third.seg_path == f444w.seg_path
    assert Path(f444w.seg_path).stat().st_mtime_ns == made
    f444w.segment()
    assert "is segmented already" in caplog.text

    fourth.segment("wht", overwrite=False)
    assert fourth.seg_path != f444w.seg_path
    rms_err, wht = (each.load_seg(incl_hdr=False) for each in (f444w, fourth))
    assert np.mean(wht.astype(bool) & ~rms_err.astype(bool)) < 0.1
    labels, header = f444w.load_seg()
    assert (labels == rms_err).all()
    assert header["NAXIS1"] == 240

    f444w.plot(ext="SEG", cmap="plasma", show=False)
    plt.close("all")

    measured = Data.from_survey_version_psfs(**OPENED, forced_phot_band=["F277W", "F356W", "F444W"])
    measured.segment(err_type="rms_err", overwrite=False)
    assert list(measured.seg_paths) == [*BANDS, "F277W+F356W+F444W"]
    measured.perform_forced_phot()
    table = Table.read(measured.phot_cat_path)
    assert {"NUMBER", "ALPHA_J2000", "FLUX_APER_F090W", "FLUX_AUTO_F444W"} <= set(table.colnames)
    assert len(table) == measured.forced_phot_band.load_seg()[0].max()
    assert table["FLUX_APER_F444W"].shape == (len(table), 2)

    (tmp_path / "test.sex").write_text("DETECT_THRESH 5.0\nDETECT_MINAREA 30\n")
    assert config["SExtractor"]["SEX_CONFIG_DIR"] == str(tmp_path)
    other = Data.from_survey_version_psfs(**{**OPENED, "version": "v11_test"})["F444W"]
    other.segment("rms_err", config_name="test.sex", params_name="default.param")
    assert "v11_test" in other.seg_path
    assert 0 < other.load_seg(incl_hdr=False).max() < labels.max()


def test_a_catalogue_that_is_there_stays(caplog: pytest.LogCaptureFixture) -> None:
    jof = Data.from_survey_version(**OPENED)
    with pytest.raises(SkysegError, match="has nothing that sources are found in; call"):
        jof.perform_forced_phot()
    jof.perform_forced_phot("F444W")
    path = jof.phot_cat_path
    jof.perform_forced_phot("F356W")
    assert jof.phot_cat_path == path
    assert "has a catalogue already" in caplog.text


def test_where_sextractor_is_not_installed_skyseg_segments(
    jof: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    band = jof["F444W"]
    band.segment()
    assert band.seg_args["method"] == "skyseg"
    with pytest.raises(SkysegError, match="SExtractor is not installed"):
        jof["F356W"].segment(method="sextractor")


@pytest.mark.skipif(not IS_INSTALLED, reason="the real program is not installed")
def test_a_map_that_galfind_has_made_is_taken_and_its_sources_are_measured(jof: Data) -> None:
    source = jof["F444W"]
    deepcopy(source).segment()
    (path,) = Path(config["SExtractor"]["SEX_DIR"]).rglob("*_seg.fits")
    labels = fits.getdata(path)
    labels[labels == labels.max()] = 0
    for each in path.parent.iterdir():
        each.unlink()
    fits.writeto(path, labels)
    with pytest.warns(ForeignProductWarning, match="it is taken as it is"):
        source.segment()
    assert (source.load_seg()[0] == labels).all()
    jof["F115W"].perform_forced_phot(source)
    assert len(Table.read(jof["F115W"].forced_phot_path)) == labels.max()


def test_a_band_that_fails_stops_no_other(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(archive, tmp_path / "data")
    (lost,) = (tmp_path / "data").rglob("*f200w*_i2d.fits")
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(tmp_path / "data"))
    config.reload()
    data = Data.from_survey_version(**OPENED)
    with fits.open(lost, mode="update") as hdus:
        hdus["ERR"].data[:] = 0
    with pytest.raises(BatchError, match="F200W: 1 of 7 bands could not be segmented"):
        data.segment(method="skyseg")
    assert [hasattr(band, "seg_path") for band in data].count(True) == 6


def test_other_apertures_need_no_other_map(caplog: pytest.LogCaptureFixture) -> None:
    first = Data.from_survey_version(**OPENED)["F444W"]
    first.segment()
    made = Path(first.seg_path).stat().st_mtime_ns
    other = Data.from_survey_version(**{**OPENED, "aper_diams": [1.0] * u.arcsec})["F444W"]
    other.segment()
    other.perform_forced_phot(other)
    assert Path(other.seg_path).stat().st_mtime_ns == made
    assert not caplog.text
    assert other.skyseg.forced_phot.recipe.aper_diams == (1.0,)


def test_a_map_that_is_stale_is_made_anew_and_said_so(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(archive, tmp_path / "data")
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(tmp_path / "data"))
    config.reload()
    Data.from_survey_version(**OPENED)["F444W"].segment()
    (path,) = (tmp_path / "data").rglob("*f444w*_i2d.fits")
    with fits.open(path, mode="update") as hdus:
        hdus["SCI"].data[:50] = 0
    band = Data.from_survey_version(**OPENED)["F444W"]
    band.segment()
    assert "has changed; it is made anew" in caplog.text
    assert not band.load_seg()[0][:50].any()
