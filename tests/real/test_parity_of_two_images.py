"""The parity report where sources are detected in one image and measured in another."""

from __future__ import annotations

import json
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Parameters
from skyseg.cli import main
from skyseg.errors import ImageError, ParameterError
from skyseg.parity import ParityReport, compare_with_sextractor

pytestmark = pytest.mark.usefixtures("real_program")

UDS = "jwst/UDS-B/NIRCam/v1/40mas/uds-b"


@pytest.fixture(scope="module")
def bands(imaging_dir: Path) -> tuple[BandData, BandData]:
    """F444W, to detect in, and F115W."""
    f444w, f115w = (
        BandData.from_files(
            f"{imaging_dir / UDS}-{name}_sci.fits", wht=f"{imaging_dir / UDS}-{name}_wht.fits"
        )
        for name in ("f444w", "f115w")
    )
    return f444w, f115w


@pytest.fixture(scope="module")
def report(bands: tuple[BandData, BandData]) -> ParityReport:
    return compare_with_sextractor(
        bands[0], err_type="wht", measured=bands[1], measured_err_type="rms_err"
    )


def check_agreement(report: ParityReport, least: int = 10) -> None:
    """Check that pixels are the same, and the measurements of isolated sources."""
    assert report.agreement.foreground_differ == 0
    assert report.isolated[0].n >= least
    # differences of large terms, and sizes, and windows by them, where there is hardly any light
    rough = {"ERRCXY_IMAGE", "ERRCXYWIN_IMAGE", "FLUX_RADIUS", "FWHM_IMAGE"}
    rough |= {"FLUX_WIN", "FLUXERR_WIN", "SNR_WIN"}
    compared = [each for each in report.isolated if each.column not in rough]
    assert len(compared) > 20
    for each in compared:
        assert each.largest < 1e-3, each


def test_isolated_sources_have_the_light_that_the_program_measures_in_the_other_image(
    report: ParityReport, bands: tuple[BandData, BandData]
) -> None:
    check_agreement(report)
    alone = compare_with_sextractor(bands[0], err_type="wht")
    assert report.agreement == alone.agreement
    mean = [float(np.mean(each.skyseg.cat["FLUX_AUTO"].value)) for each in (report, alone)]
    assert mean[0] != pytest.approx(mean[1], rel=0.1)


def test_the_text_tells_of_both_images(report: ParityReport) -> None:
    text = str(report)
    for part in (
        "F444W, measured in uds-b-f115w", "wht (MAP_WEIGHT)", "measured: weights",
        "rms_err (MAP_RMS)", "read DET_WHT", "read ERR", "it is made in memory",
    ):  # fmt: skip
        assert part in text


def test_files_and_arrays_give_the_same_numbers(
    bands: tuple[BandData, BandData], imaging_dir: Path
) -> None:
    name = imaging_dir / UDS
    of_files = compare_with_sextractor(
        f"{name}-f444w_sci.fits", f"{name}-f444w_wht.fits", "wht",
        measured=f"{name}-f115w_sci.fits", measured_err=f"{name}-f115w_wht.fits",
        measured_err_type="wht",
    )  # fmt: skip
    of_arrays = compare_with_sextractor(
        bands[0].load_sci(), bands[0].load_wht(), "wht", pix_scale=0.04 * u.arcsec,
        measured=bands[1].load_sci(), measured_err=bands[1].load_wht(), measured_err_type="wht",
    )  # fmt: skip
    check_agreement(of_files)
    assert of_files.agreement == of_arrays.agreement
    assert of_files.isolated[0] == of_arrays.isolated[0]
    assert set(of_files.given) == {"DET_SCI", "DET_WHT", "SCI", "WHT", "parameters"}
    assert of_files.given["SCI"].endswith("f115w_sci.fits[0] itself")


@pytest.mark.parametrize("kinds", [("none", "rms_err"), ("rms_err", "none")])
def test_an_image_may_have_no_error_map(
    bands: tuple[BandData, BandData], kinds: tuple[str, str]
) -> None:
    report = compare_with_sextractor(
        bands[0], err_type=kinds[0], measured=bands[1], measured_err_type=kinds[1],
        parameters=Parameters(clean=False),
    )  # type: ignore[arg-type]  # fmt: skip
    assert report.agreement.foreground_differ == 0
    fluxes = {each.column: each.largest for each in report.isolated if each.column == "FLUX_AUTO"}
    assert fluxes["FLUX_AUTO"] < 1e-3


def test_a_file_with_two_values_of_a_setting_is_read_by_both(
    bands: tuple[BandData, BandData], tmp_path: Path
) -> None:
    file = tmp_path / "two.sex"
    file.write_text(
        "WEIGHT_TYPE MAP_WEIGHT,MAP_RMS\nBACK_TYPE AUTO,MANUAL\nBACK_VALUE 0,0.02\n"
        "DETECT_MINAREA 9\nDETECT_THRESH 1.8\nANALYSIS_THRESH 3\nPHOT_APERTURES 10\n"
        "GAIN 2.5\nGAIN_KEY NONE\nSATUR_KEY NONE\nRESCALE_WEIGHTS Y,N\n"
    )
    report = compare_with_sextractor(bands[0], parameters=file, measured=bands[1])
    check_agreement(report, least=5)
    assert report.given["parameters"].endswith("two.sex itself")
    assert "WEIGHT_TYPE" not in report.changed
    assert report.measured is not None
    assert report.measured.err_type == "rms_err"
    assert report.measured.parameters.back_value == 0.02
    assert "BACK_VALUE 0.02" in str(report)


def test_the_command_writes_what_was_measured_where(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, out = imaging_dir / UDS, tmp_path / "parity.fits"
    code = main([
        "parity", f"{name}-f444w_sci.fits", "--err", f"{name}-f444w_wht.fits",
        "--err-type", "wht", "--measured", f"{name}-f115w_sci.fits",
        "--measured-err", f"{name}-f115w_wht.fits", "--measured-err-type", "wht",
        "--out", str(out), "--json",
    ])  # fmt: skip
    assert code == 0
    told = json.loads(capsys.readouterr().out)["measured"]
    assert told["err_type"] == "wht"
    assert [each["role"] for each in told["inputs"]] == ["SCI", "WHT"]
    header = fits.getheader(out)
    assert [header[f"IN{k}ROLE"] for k in (1, 2, 3, 4)] == ["DET_SCI", "DET_WHT", "SCI", "WHT"]
    assert header["MEASERRT"] == "wht"
    assert header["IN3SHA"] == told["inputs"][0]["sha256"]


def test_what_does_not_go_together_says_why(
    bands: tuple[BandData, BandData], imaging_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    xdf = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas/xdf-f160w_sci.fits"
    other = BandData.from_files(xdf, err=str(xdf).replace("sci", "rms"))
    with pytest.raises(ImageError, match="bands are measured as they are"):
        compare_with_sextractor(bands[0], err_type="wht", measured=other)
    image, noise = np.zeros((40, 50)), np.ones((40, 50))
    with pytest.raises(ImageError, match=r"measured has shape \(30, 50\) .* \(40, 50\)"):
        compare_with_sextractor(image, noise, measured=image[:30], measured_err=noise[:30])
    with pytest.raises(ParameterError, match="measured is an array and the other image is not"):
        compare_with_sextractor(
            bands[0], err_type="wht", measured=bands[1].load_sci(),
            measured_err=bands[1].load_wht(), measured_err_type="wht",
        )  # fmt: skip
    with pytest.raises(ParameterError, match="measured is an array and measured_err is not"):
        compare_with_sextractor(image, noise, measured=image)
    with pytest.raises(ParameterError, match="measured_err is given with a band"):
        compare_with_sextractor(bands[0], measured=bands[1], measured_err=noise)
    with pytest.raises(ParameterError, match="measured_err is given without a second image"):
        compare_with_sextractor(image, noise, measured_err=noise)
    with pytest.raises(ParameterError, match="measured_err_type is 'rms'"):
        compare_with_sextractor(
            bands[0], err_type="wht", measured=bands[1], measured_err_type="rms"
        )  # type: ignore[arg-type]  # fmt: skip
    both = ["parity", str(xdf), "--err-type", "none"]
    assert main([*both, "--measured", str(xdf)]) == 3
    assert "or take the noise from the image itself with --measured-err-type none" in (
        capsys.readouterr().err
    )
    assert main([*both, "--measured-err-type", "wht"]) == 2
    assert "--measured-err-type is given without a second image; give --measured too" in (
        capsys.readouterr().err
    )


def test_thresholds_that_the_program_does_not_have_are_refused(
    bands: tuple[BandData, BandData],
) -> None:
    with pytest.raises(ParameterError, match="deep has thresh_unit 'filtered', and SExtractor"):
        compare_with_sextractor(bands[0], err_type="wht", parameters="deep")
