"""A band that covers none of a field or of its sources: NaN and flagged, and no failure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data, config
from skyseg.cli import main
from skyseg.engine.flags import Flag
from skyseg.errors import NotCoveredError
from skyseg.masks.bits import MaskBit
from skyseg.panel.band_columns import join_bands, list_fluxes
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.flux_picture import draw_fluxes, tell_fluxes

LACKS = ("ERR is 0", "ERR is NaN", "SCI is NaN", "WHT is 0", "off the sources")
DIAMETERS = [0.2, 0.3] * u.arcsec
ASKED: dict[str, Any] = {"aper_diams": DIAMETERS, "progress": False}


@pytest.fixture(autouse=True)
def _unseen_figures() -> Iterator[None]:
    mpl.use("agg")
    yield
    plt.close("all")


def write_survey(folder: Path, lack: str) -> Path:
    """Write JOF v1 of three bands, of which F200W covers none of what is seen in the others."""
    place = folder / "data/jwst/JOF/NIRCam/v1/30mas"
    place.mkdir(parents=True)
    for number, band in enumerate(("F115W", "F200W", "F444W")):
        sci = np.random.default_rng(number).normal(0, 1, (240, 260)).astype(np.float32)
        for y, x in ((120, 118), (134, 144), (112, 130)):
            sci[y : y + 3, x : x + 3] += 40
        err, role = np.ones_like(sci), "err"
        if band == "F200W":
            role = "wht" if lack.startswith("WHT") else "err"
            part = (slice(None), slice(100, 170)) if lack == "off the sources" else ...
            if lack in ("SCI is NaN", "off the sources"):
                sci[part] = np.nan
            else:
                err[part] = float(lack.split()[-1])
        fits.writeto(place / f"jof_{band}_sci.fits", sci, fits.Header({"BUNIT": "nJy"}))
        fits.writeto(place / f"jof_{band}_{role}.fits", err)
    y, x = np.mgrid[-20:21, -20:21]
    psf = np.exp(-(x**2 + y**2) / 8).astype(np.float32)
    fits.writeto(folder / "psf.fits", psf, fits.Header({"PIXELSCL": 0.03}))
    return folder


def _open(folder: Path) -> Data:
    return Data.from_survey_version("JOF", "v1", data_dir=folder / "data")


@pytest.mark.parametrize("lack", LACKS)
def test_the_pipeline_has_its_columns_as_those_of_a_source_that_is_not_covered(
    lack: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_survey(tmp_path, lack)
    psfs = dict.fromkeys(("F115W", "F200W", "F444W"), folder / "psf.fits")
    data = _open(folder)
    with caplog.at_level(logging.WARNING):
        runs = data.pipeline("F444W", mask=True, exclude=["BAD"], psfs=psfs, **ASKED)
    assert {run.state for run in runs} == {"made"}
    assert "F200W: does not cover any of the 3 sources of F444W" in caplog.text
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    own = [name.removesuffix("_F200W") for name in table.colnames if name.endswith("_F200W")]
    assert own == [n.removesuffix("_F444W") for n in table.colnames if n.endswith("_F444W")]
    assert {"LOC_DEPTH_APER", "FLUXERR_LOC_APER", "FLUX_APER_CORR", "MASK"} <= set(own)
    for name in own:
        values = np.asarray(getattr(table[f"{name}_F200W"], "value", table[f"{name}_F200W"]))
        assert values.dtype.kind != "f" or np.isnan(values).all(), name
    assert np.all(table["FLAGS_F200W"] & Flag.NOT_COVERED)
    assert not np.any(table["FLAGS_F444W"] & Flag.NOT_COVERED)
    assert np.isfinite(table["FLUX_AUTO_F444W"]).all()
    plan = _open(folder).pipeline("F444W", mask=True, exclude=["BAD"], psfs=psfs, plan=True,
                                  aper_diams=DIAMETERS)  # fmt: skip
    assert {run.state for run in plan} == {"loaded"}


@pytest.mark.parametrize("lack", ["ERR is 0", "WHT is 0"])
@pytest.mark.parametrize("parameters", ["deep", "hot+cold"])
def test_nothing_is_said_of_a_noise_that_nothing_has(
    lack: str, parameters: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = _open(write_survey(tmp_path, lack))
    err_type = "wht" if lack.startswith("WHT") else "rms_err"
    data["F444W"].segment(parameters=parameters, **ASKED)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        data["F200W"].perform_forced_phot(data["F444W"], err_type, **ASKED)  # type: ignore[arg-type]
    told = [each.getMessage() for each in caplog.records if "no WCS" not in each.getMessage()]
    assert len(told) == 1
    assert "does not cover any of the 3 sources" in told[0]
    table = data["F200W"].load_forced_phot("nJy")
    assert np.isnan(table["FLUX_AUTO"]).all()


@pytest.mark.parametrize("method", ["ivw", "chi", "chi_mean", "max_snr"])
def test_a_stack_is_that_of_the_bands_that_cover_it(method: str, tmp_path: Path) -> None:
    data = _open(write_survey(tmp_path, "SCI is NaN"))
    suffix = "" if method == "ivw" else f"_{method.upper()}"
    data.pipeline(f"F200W+F444W{suffix}", **ASKED)
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    assert np.isnan(table["FLUX_AUTO_F200W"]).all()
    assert np.isfinite(table["FLUX_AUTO_F444W"]).all()


def test_its_depths_and_their_figures_are_empty(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = _open(write_survey(tmp_path, "ERR is 0"))
    data["F444W"].segment(**ASKED)
    with caplog.at_level(logging.WARNING):
        data.run_depths("F444W", **ASKED)
    assert "F200W: has no pixel with a measurement, so its depths are NaN" in caplog.text
    band = data["F200W"]
    assert band.depths is not None
    table = band.depths.table
    assert not np.any(table["N_APER"])
    for name in ("SCATTER", "DEPTH", "LOC_DEPTH"):
        assert np.isnan(np.asarray(table[name])).all()
    band.plot_depths(save=tmp_path / "map.png")
    data.plot_depths(save=tmp_path / "area.png")
    band.perform_forced_phot(data["F444W"], **ASKED)
    found = band.load_forced_phot("nJy")
    band.append_loc_depth_cols(found)
    band.append_empty_error_cols(found)
    assert np.isnan(found["LOC_DEPTH_APER"]).all()
    assert np.isnan(found["FLUXERR_APER_EMPTY"]).all()


def test_its_mask_is_bad_everywhere_and_has_no_stars(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    band = _open(write_survey(tmp_path, "ERR is NaN"))["F200W"]
    with caplog.at_level(logging.WARNING):
        band.mask()
    assert "F200W: has no pixel with a measurement, so all of its mask is BAD" in caplog.text
    bits = band.load_mask()
    assert np.all(bits & MaskBit.BAD)
    assert not np.any(bits & MaskBit.STAR)
    assert fits.getheader(band.mask_path, 1)["NSTARS"] == 0


def test_its_catalogue_is_exported_and_its_light_is_told_as_not_covered(tmp_path: Path) -> None:
    data = _open(write_survey(tmp_path, "SCI is NaN"))
    data.pipeline("F444W", **ASKED)
    assert data.phot_cat is not None
    for kind in ("fits", "ecsv", "csv", "reg"):
        assert data.phot_cat.write_cat(tmp_path / f"survey.{kind}").stat().st_size
    joined = join_bands(Catalogue(data["F444W"].load_cat()), list(data))
    assert [each.band for each in list_fluxes(joined, 1)] == ["F115W", "F200W", "F444W"]
    assert tell_fluxes(joined, 1) == "no flux in F200W: not covered, or no zero point"
    assert draw_fluxes(list_fluxes(joined, 1))[..., 3].any()


def test_detecting_in_it_is_an_error_that_says_so(tmp_path: Path) -> None:
    band = _open(write_survey(tmp_path, "ERR is 0"))["F200W"]
    for method in ("skyseg", "sep"):
        with pytest.raises(NotCoveredError, match="no good pixel"):
            band.segment(method=method, **ASKED)


def test_from_a_shell_it_is_no_failure_and_a_band_without_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_survey(tmp_path, "ERR is 0")
    where = ["JOF", "v1", "--data-dir", str(folder / "data"), "--detect", "F444W"]
    for verb in ("pipeline", "phot", "depths"):
        assert main([verb, *where, "--aper-diams", "0.2,0.3", "--out", str(tmp_path / verb)]) == 0
        assert "F200W: " in capsys.readouterr().err
    next(folder.rglob("*F200W_err.fits")).unlink()
    asked = ["--err-type", "rms_err", "--aper-diams", "0.2,0.3", "--out", str(tmp_path / "lost")]
    assert main(["pipeline", *where, *asked]) == 3
    assert "F200W" in capsys.readouterr().err


def test_galfinds_pipeline_goes_past_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyseg.galfind import Data as GalfindData

    monkeypatch.setenv("SKYSEG_DATA_DIR", str(write_survey(tmp_path, "ERR is 0") / "data"))
    config.reload()
    with caplog.at_level(logging.WARNING):
        data = GalfindData.pipeline(
            "JOF", "v1", forced_phot_band=["F115W", "F444W"], aper_diams=DIAMETERS,
            instrument_names=["NIRCam"],
        )  # fmt: skip
    assert "F200W): is not segmented: " in caplog.text
    assert data.skyseg.phot_cat is not None
    table = data.skyseg.phot_cat.load()
    for name in ("FLUX_AUTO", "LOC_DEPTH_APER"):
        assert np.isnan(table[f"{name}_F200W"]).all()
    assert np.isnan(data["F200W"].med_depth[DIAMETERS[0]]["all"])
    data.plot_depth_diagnostics(save=True)


@pytest.mark.parametrize("method", ["ivw", "chi_mean"])
@pytest.mark.parametrize("lack", LACKS[:4])
def test_a_stack_that_it_adds_nothing_to_says_so(
    lack: str, method: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = _open(write_survey(tmp_path, lack))
    stack = data.stack(["F200W", "F444W"], method=method, progress=False)
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [
        "JOF v1 F200W: has no pixel with a measurement in the stack, and adds nothing to it; "
        "check its maps if it should have some"
    ]
    assert fits.getdata(stack.sci.path, "NBANDS").max() == 1


def test_a_stack_of_bands_that_cover_its_parts_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _open(write_survey(tmp_path, "off the sources")).stack(progress=False)
    assert "WARNING" not in {record.levelname for record in caplog.records}
