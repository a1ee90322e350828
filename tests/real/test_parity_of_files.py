"""Parity on a user's own files: what SExtractor reads itself, and what is copied for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg import Parameters
from skyseg.errors import MethodError
from skyseg.methods._sextractor_program import find_program, known_settings
from skyseg.parity import ParityReport, compare_with_sextractor

pytestmark = pytest.mark.usefixtures("real_program")

SETTINGS = """
DETECT_THRESH 2.5 # as in the survey's paper
ANALYSIS_THRESH = 2.5
DETECT_MINAREA 6
FILTER_NAME own/default.conv
WEIGHT_TYPE MAP_RMS
PHOT_APERTURES 5,12.5
PIXEL_SCALE 0
BACK_SIZE 32
CATALOG_NAME mine.cat
CHECKIMAGE_TYPE SEGMENTATION
CHECKIMAGE_NAME mine.fits
"""


@pytest.fixture
def survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an image, its error map and a .sex file, in which the user works."""
    rng = np.random.default_rng(3)
    y, x = np.indices((140, 150))
    image = rng.normal(size=x.shape)
    for x0, y0, peak in rng.uniform((10, 10, 8), (140, 130, 60), (20, 3)):
        image += peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8)
    header = fits.Header({
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0,
        "CRPIX1": 70.0, "CRPIX2": 70.0, "CD1_1": -1e-5, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-5,
        "GAIN": 20.0, "SATURATE": 45.0,
    })  # fmt: skip
    fits.writeto(tmp_path / "sci.fits", image.astype(np.float32), header)
    fits.writeto(tmp_path / "rms.fits", np.ones_like(image, np.float32))
    (tmp_path / "survey.sex").write_text(SETTINGS)
    (tmp_path / "own").mkdir()
    shutil.copy(find_program().network.with_name("default.conv"), tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_hand(folder: Path, **settings: Any) -> Any:
    """Run the program as its user does; its map."""
    (folder / "few.param").write_text("NUMBER\n")
    told = {
        "PARAMETERS_NAME": "few.param",
        "VERBOSE_TYPE": "QUIET",
        "MEMORY_BUFSIZE": 140,
    } | settings
    options = [str(part) for key, value in told.items() for part in (f"-{key}", value)]
    command = [find_program().path, "sci.fits", "-c", "survey.sex", "-WEIGHT_IMAGE", "rms.fits"]
    subprocess.run([*command, *options], cwd=folder, check=True)
    return fits.getdata(folder / "mine.fits")


def check_agreement(report: ParityReport) -> None:
    assert report.agreement.sex_sources > 10
    assert report.agreement.foreground_differ == 0
    assert report.flags_equal == report.n_matched
    for column in report.isolated:
        if not column.column.startswith(("ERRTHETA", "ERRCXY")):  # a direction of what has none
            assert column.median < 1e-4, column


def test_the_program_reads_the_users_own_files(survey: Path) -> None:
    report = compare_with_sextractor("sci.fits", "rms.fits", parameters="survey.sex")
    assert report.given == {
        "SCI": f"{survey}/sci.fits[0] itself",
        "ERR": f"{survey}/rms.fits[0] itself",
        "parameters": f"{survey}/survey.sex itself",
    }
    assert report.changed == {"WEIGHT_IMAGE": f"{survey}/rms.fits[0]"}
    assert not (survey / "mine.cat").exists()
    np.testing.assert_array_equal(report.sextractor.labels, by_hand(survey))
    check_agreement(report)
    assert (report.parameters.gain, report.parameters.satur_level) == (20.0, 45.0)
    assert 4 in [each.bit for each in report.flags]


def test_what_the_call_says_goes_before_the_file(survey: Path) -> None:
    inverse = fits.getdata("rms.fits") * np.linspace(1, 2, 150, dtype=np.float32)
    fits.writeto("wht.fits", inverse)
    report = compare_with_sextractor(
        "sci.fits", "wht.fits", "wht", "survey.sex", aper_diams=[0.4] * u.arcsec
    )
    assert set(report.changed) == {"WEIGHT_IMAGE", "WEIGHT_TYPE", "PHOT_APERTURES"}
    assert report.changed["WEIGHT_TYPE"] == "MAP_WEIGHT"
    check_agreement(report)


def test_the_zero_point_goes_before_a_file_that_does_not_say_it(survey: Path) -> None:
    (survey / "own.param").write_text("NUMBER\nMAG_AUTO\nMU_MAX\nA_WORLD")
    for said, changed in (("", {"MAG_ZEROPOINT"}), ("MAG_ZEROPOINT 27.5\n", set())):
        (survey / "survey.sex").write_text(SETTINGS + said)
        fits.setval("sci.fits", "ZEROPNT", value=26.5)
        report = compare_with_sextractor(
            "sci.fits", "rms.fits", parameters="survey.sex", params_name="own.param"
        )
        assert report.asked is not None
        assert report.asked.zero_point == (27.5 if said else 26.5)
        assert set(report.changed) == {"WEIGHT_IMAGE"} | changed
        assert {"MAG_AUTO", "MU_MAX", "A_WORLD"} < {each.column for each in report.isolated}
        check_agreement(report)


def test_a_kernel_beside_the_file_is_found_from_another_folder(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (survey / "elsewhere").mkdir()
    monkeypatch.chdir(survey / "elsewhere")
    report = compare_with_sextractor("../sci.fits", "../rms.fits", parameters=survey / "survey.sex")
    assert report.changed["FILTER_NAME"] == str(survey / "own/default.conv")
    monkeypatch.chdir(survey)
    np.testing.assert_array_equal(report.sextractor.labels, by_hand(survey))


def test_a_kernel_in_a_folder_with_blanks_is_found(survey: Path, tmp_path: Path) -> None:
    named = tmp_path / "my survey"
    named.mkdir()
    shutil.copy("survey.sex", named)
    shutil.move("own", named)
    report = compare_with_sextractor("sci.fits", "rms.fits", parameters=named / "survey.sex")
    assert set(report.changed) == {"WEIGHT_IMAGE", "FILTER_NAME"}
    check_agreement(report)


def test_a_setting_that_the_version_does_not_have_is_named(survey: Path) -> None:
    if "BACK_PEARSON" in known_settings(find_program()):
        pytest.skip("this version has BACK_PEARSON")
    with Path("survey.sex").open("a") as stream:
        stream.write("BACK_PEARSON 3.5\n")
    report = compare_with_sextractor("sci.fits", "rms.fits", parameters="survey.sex")
    assert report.given["parameters"].endswith(
        "survey.sex itself, but for BACK_PEARSON 3.5, which this version does not have"
    )


def test_a_temporary_folder_that_the_program_cannot_read_is_refused(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (survey / "a b").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(survey / "a b"))
    with pytest.raises(MethodError, match="set TMPDIR to a folder without them"):
        compare_with_sextractor("sci.fits", "rms.fits")


def test_extensions_are_read_where_they_lie(survey: Path) -> None:
    image, header = fits.getdata("sci.fits", header=True)
    hdus = [fits.PrimaryHDU(header=fits.Header({"GAIN": 1.0})), fits.ImageHDU(np.zeros((9, 9)))]
    hdus += [
        fits.ImageHDU(image, header, "SCI"),
        fits.ImageHDU(fits.getdata("rms.fits"), name="ERR"),
    ]
    fits.HDUList(hdus).writeto("all.fits")
    report = compare_with_sextractor("all.fits[SCI]", parameters="survey.sex")
    assert report.given["SCI"] == f"{survey}/all.fits[SCI] itself"
    assert report.given["ERR"] == f"{survey}/all.fits[ERR] itself"
    check_agreement(report)


def test_an_error_map_in_an_extension_beside_a_plain_image_is_copied(survey: Path) -> None:
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(fits.getdata("rms.fits"), name="ERR")]
    fits.HDUList(hdus).writeto("all.fits")
    report = compare_with_sextractor("sci.fits", "all.fits[ERR]", parameters="survey.sex")
    assert report.given["ERR"] == "a copy: the program reads no extension beside a plain image"
    assert report.given["SCI"].endswith("itself")
    check_agreement(report)


def test_a_name_with_blanks_and_brackets_is_read_itself(survey: Path) -> None:
    for name in ("sci", "rms"):
        shutil.copy(f"{name}.fits", f"my {name}, [1].fits")
    report = compare_with_sextractor(
        survey / "my sci, [1].fits", survey / "my rms, [1].fits", parameters="survey.sex"
    )
    assert report.given["SCI"].endswith("itself")
    check_agreement(report)


def test_a_file_is_copied_as_it_is_where_no_link_can_be_made(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    for name in ("sci", "rms"):
        (survey / f"{name}.fits").rename(survey / f"my {name}.fits")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    report = compare_with_sextractor("my sci.fits", "my rms.fits", parameters="survey.sex")
    for role, name in (("SCI", "sci"), ("ERR", "rms")):
        said = f"{survey}/my {name}.fits[0], copied as it is: no link to it can be made"
        assert report.given[role] == said
    check_agreement(report)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("nan", "it holds NaN"),
        ("compressed", "it is compressed"),
        ("gz", "it is no plain FITS file"),
        ("cube", "it has more than two axes"),
    ],
)
def test_what_the_program_cannot_read_is_copied_with_the_cards_that_matter(
    survey: Path, kind: str, why: str
) -> None:
    image, header = fits.getdata("sci.fits", header=True)
    name = "copied.fits.gz" if kind == "gz" else "copied.fits"
    if kind == "nan":
        image[20:30, 60:90] = np.nan
        header.update(
            CTYPE1="RA---TAN-SIP", CTYPE2="DEC--TAN-SIP", A_ORDER=2, B_ORDER=2, A_2_0=1e-6
        )
        header["OBSERVER"] = "who"
    if kind == "compressed":
        hdu = fits.CompImageHDU(image, header, quantize_level=0, compression_type="GZIP_2")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(name)
    else:
        fits.writeto(name, image[None] if kind == "cube" else image, header)
    report = compare_with_sextractor(name, "rms.fits", parameters="survey.sex")
    assert report.given["SCI"] == f"a copy: {why}"
    of_error = "a copy: it has to mark the bad pixels of the image"
    assert report.given["ERR"] == (of_error if kind == "nan" else f"{survey}/rms.fits[0] itself")
    check_agreement(report)
    assert 4 in [each.bit for each in report.flags]


def test_without_an_error_map_both_take_the_noise_from_the_image(survey: Path) -> None:
    fits.delval("sci.fits", "GAIN")
    report = compare_with_sextractor("sci.fits", err_type="none", parameters="survey.sex")
    assert set(report.given) == {"SCI", "parameters"}
    assert report.changed == {"WEIGHT_TYPE": "NONE"}
    check_agreement(report)


def test_a_set_of_values_is_given_with_every_digit(survey: Path) -> None:
    parameters = Parameters(detect_thresh=2.123456789012345)
    report = compare_with_sextractor("sci.fits", "rms.fits", parameters=parameters)
    assert report.given["parameters"].startswith("the values of the set custom-")
    assert report.as_dict()["parameters"]["DETECT_THRESH"] == "2.123456789012345"
    check_agreement(report)
