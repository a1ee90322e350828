"""galfind's notebook on segmentation and forced photometry."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path

import astropy.units as u
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.table import Table

from skyseg.errors import SkysegError
from skyseg.galfind import Data, config

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
