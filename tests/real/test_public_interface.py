"""All the real imaging through the public interface, with both methods and both error types."""

from __future__ import annotations

import json
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from skyseg import BandData, Data, compare
from skyseg.cli import main

METHODS = ["skyseg", "sextractor"]


def check_products(band: BandData, err_type: str, method: str) -> None:
    """Check what holds for the products of every band."""
    seg, header = band.load_seg(incl_hdr=True)
    cat, bkg = band.load_cat(), band.load_bkg()
    assert seg.dtype == np.int32
    assert seg.shape == bkg.shape == band.shape
    assert np.isfinite(bkg).all()
    assert (header["ERRTYPE"], header["METHOD"]) == (err_type, method)
    assert cat["NUMBER"].tolist() == list(range(1, len(cat) + 1))
    assert set(np.unique(seg)) - {0} <= set(cat["NUMBER"])
    assert cat["MAG_APER"].shape == (len(cat), 5)
    if method == "skyseg":
        np.testing.assert_array_equal(np.bincount(seg.ravel())[1:], cat["ISOAREAF_IMAGE"].value)
    np.testing.assert_allclose(
        cat["MAG_ISO"].value,
        np.float32(band.zero_point) - 2.5 * np.log10(cat["FLUX_ISO"].value),
        atol=1e-4,
    )
    if band.wcs is not None:
        x, y = WCS(header).world_to_pixel(SkyCoord(cat["ALPHA_J2000"], cat["DELTA_J2000"]))
        np.testing.assert_allclose(x + 1, cat["X_IMAGE"].value, atol=1e-3)
        np.testing.assert_allclose(y + 1, cat["Y_IMAGE"].value, atol=1e-3)


def check_agreement(data: Data, err_type: str) -> None:
    """Segment with both methods and check that they find the same pixels."""
    for band in data:
        for method in METHODS:
            band.segment(err_type, method)
            check_products(band, err_type, method)
        sides = [(band, {"err_type": err_type, "method": method}) for method in METHODS]
        assert compare(*sides).agreement.foreground_iou > 0.999


@pytest.mark.parametrize(("err_type", "n_sources"), [("rms_err", [50, 42]), ("wht", [50, 45])])
def test_nircam_bands_with_a_weight_map(
    imaging_dir: Path, err_type: str, n_sources: list[int]
) -> None:
    data = Data.from_survey_version("UDS-B", "v1", ["NIRCam"], data_dir=imaging_dir)
    assert data.keys() == ["F115W", "F444W"]
    assert [band.zero_point for band in data] == pytest.approx([28.9, 28.9], abs=1e-3)
    check_agreement(data, err_type)
    assert [len(band.load_cat()) for band in data] == n_sources


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_wfc3_bands_with_an_rms_map(imaging_dir: Path, err_type: str) -> None:
    data = Data.from_survey_version(
        "XDF", "v1", data_dir=imaging_dir, zero_point={"F105W": 26.27, "F160W": 25.95}
    )
    assert [band.wht for band in data] == [None, None]
    check_agreement(data, err_type)
    assert all(len(band.load_cat()) > 15 for band in data)


@pytest.mark.filterwarnings("ignore:'obsfix' made the change:astropy.wcs.FITSFixedWarning")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_a_pipeline_product_of_many_extensions(
    imaging_dir: Path, err_type: str, method: str
) -> None:
    band = BandData.from_files(imaging_dir / "misc/jwst_ngc346_f444w_cal_100px.fits")
    assert (band.sci.name, band.err.name, band.wht) == ("SCI", "ERR", None)
    assert (band.band, band.instrument) == ("F444W", "NIRCam")
    band.segment(err_type, method)
    check_products(band, err_type, method)
    header = band.load_seg(incl_hdr=True)[1]
    assert header["N_BAD"] == 18
    assert (header["IN1EXT"], header["IN2EXT"]) == (1, 2)
    assert len(band.load_cat()) > 5
    assert band.load_cat()["FLUX_AUTO"].unit == u.MJy / u.sr * u.pix**2


@pytest.mark.parametrize(("band", "ext", "n_sources"), [("g", 1, 9), ("r", 3, 11), ("z", 5, 7)])
def test_extensions_without_names_go_by_their_numbers(
    imaging_dir: Path, band: str, ext: int, n_sources: int
) -> None:
    file = imaging_dir / "misc/legacy_dr9_grz_image-invvar_256px.fits"
    made = BandData.from_files(
        f"{file}[{ext}]", wht=f"{file}[{ext + 1}]", band=band, zero_point=22.5
    )
    made.segment("wht")
    check_products(made, "wht", "skyseg")
    assert (made.band, made.sci.ext, made.wht.ext) == (band.upper(), ext, ext + 1)
    assert len(made.load_cat()) == n_sources


def test_the_shell_makes_what_python_loads(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = imaging_dir / "misc/jwst_ngc346_f444w_cal_100px.fits"
    code = main(
        [
            "segment",
            "--sci",
            f"{file}[SCI]",
            "--err",
            f"{file}[ERR]",
            "--out",
            str(tmp_path / "out"),
        ]
    )
    printed = capsys.readouterr().out
    assert code == 0
    assert f"in {tmp_path}/out/skyseg/NIRCam" in printed
    main(["segment", "--sci", str(file), "--out", str(tmp_path / "out"), "--json"])
    (loaded,) = json.loads(capsys.readouterr().out)["bands"]
    assert not loaded["made"]
    band = BandData.from_files(file)
    band.segment()
    np.testing.assert_array_equal(fits.getdata(loaded["seg_path"]), band.load_seg())
