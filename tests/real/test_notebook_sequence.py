"""The segmentation notebook of the field, step by step, on real imaging."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import astropy.units as u
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Data, config, morgan_version_to_dir
from skyseg.methods._skyseg import EmbeddedMethod
from skyseg.methods.base import Request

FOLDER = "NIRCam/v11/JOF/MAP_RMS/segmentation"


@pytest.fixture
def jof(imaging_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Data:
    """The survey of the notebook, found as the notebook does; its maps are those of UDS-B."""
    folder = tmp_path / "data/jwst/JOF/NIRCam/mosaic_1084_wispnathan/30mas"
    folder.mkdir(parents=True)
    for path in (imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas").glob("*.fits"):
        (folder / path.name).symlink_to(path)
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(tmp_path / "data"))
    config.reload()
    return Data.from_survey_version(
        survey="JOF",
        version="v11",
        instrument_names=["NIRCam"],
        version_to_dir_dict=morgan_version_to_dir,
    )


def run_of(band: BandData) -> str:
    """Run that the band's SEG map comes from."""
    assert band.seg_path is not None
    return str(fits.getheader(band.seg_path, 1)["RUNID"])


def forbid_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmbeddedMethod, request: Request) -> None:
        raise AssertionError(f"{request.name} was extracted again")

    monkeypatch.setattr(EmbeddedMethod, "run", refuse)


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    jof: Data, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jof.load_aper_diams([0.32, 0.5, 1.0, 1.5, 2.0] * u.arcsec)
    f444w = jof["F444W"]
    f444w_2, f444w_3, f444w_4, f444w_5 = (deepcopy(f444w) for _ in range(4))

    f444w.segment()
    shown = str(f444w)
    stem = "JOF_F444W_F444W_sel_cat_v11"
    for name in (f"{stem}_seg.fits", f"{stem}_bkg.fits", f"{stem}.fits"):
        assert str(config.work_dir / "skyseg" / FOLDER / name) in shown
    assert f444w.load_cat()["MAG_APER"].shape[1] == 5

    with monkeypatch.context() as patch:
        forbid_the_engine(patch)
        f444w_2.segment()
    assert run_of(f444w_2) == run_of(f444w)

    first = run_of(f444w)
    rms_err_seg = f444w.load_seg(incl_hdr=False)
    f444w_3.segment(overwrite=True)
    assert run_of(f444w_3) != first
    np.testing.assert_array_equal(f444w_3.load_seg(), rms_err_seg)

    f444w_4.segment("wht", overwrite=True)
    wht_seg = f444w_4.load_seg(incl_hdr=False)
    difference = rms_err_seg - wht_seg
    assert difference.dtype == np.int32
    assert difference.any()

    f444w_5.segment(config_name="test.sex")
    test_seg = f444w_5.load_seg(incl_hdr=False)
    assert f444w_5.seg_path.name == f"{stem}_test_seg.fits"
    only_default = rms_err_seg.astype(bool) & ~test_seg.astype(bool)
    only_test = test_seg.astype(bool) & ~rms_err_seg.astype(bool)
    assert only_default.any()
    assert not only_test.any()

    jof.segment(err_type="rms_err", progress=False)
    assert [band.products.made for band in jof] == [True, False]
    assert stem in str(jof)

    fig, ax = plt.subplots()
    ax.imshow(difference, origin="lower")
    f444w.plot(ext="SCI", ax=ax, region=(42, 5 * u.arcsec), overlay=True)
    plt.close(fig)
    jof.plot(ext="SEG", region=((500, 200), 4 * u.arcsec), save=tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size > 1000


def test_the_programs_products_are_where_the_notebook_looks_for_them(jof: Data) -> None:
    jof["F444W"].segment(method="sextractor")
    seg_path = f"{config['SExtractor']['SEX_DIR']}/{FOLDER}/JOF_F444W_F444W_sel_cat_v11_seg.fits"
    assert jof["F444W"].load_seg().max() == len(jof["F444W"].load_cat())
    np.testing.assert_array_equal(fits.getdata(seg_path), jof["F444W"].load_seg())
    jof["F444W"].segment(method="sextractor", overwrite=False)
    assert not jof["F444W"].products.made
    diameters = config["SExtractor"]["APER_DIAMS"].to_value(u.arcsec)
    np.testing.assert_array_equal(diameters, [0.32, 0.5, 1.0, 1.5, 2.0])
