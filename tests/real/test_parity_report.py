"""What a parity report says, and as what it is written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg import BandData, Parameters
from skyseg.cli import main
from skyseg.engine import segment_image
from skyseg.engine.kernels import Kernel
from skyseg.errors import ImageError, MethodError, ParameterError, ProductError, SkysegError
from skyseg.parity import ParityReport, compare_with_sextractor
from skyseg.parity.agreement import Difference, agree, draw_difference_map, match_sources
from skyseg.parity.fits_report import make_hdus
from skyseg.parity.measurements import compare_values

pytestmark = pytest.mark.usefixtures("real_program")

FOLDER = "hst/XDF/WFC3_IR/v1/60mas"


@pytest.fixture(scope="module")
def files(imaging_dir: Path) -> tuple[Path, Path]:
    folder = imaging_dir / FOLDER
    return folder / "xdf-f160w_sci.fits", folder / "xdf-f160w_rms.fits"


@pytest.fixture(scope="module")
def report(files: tuple[Path, Path]) -> ParityReport:
    return compare_with_sextractor(*files)


def test_the_text_holds_inputs_versions_parameters_and_numbers(
    report: ParityReport, files: tuple[Path, Path]
) -> None:
    text = str(report)
    used = ("MAP_RMS", "200 x 200", "0.06 arcsec", "SExtractor 2", "numpy", "astropy")
    for part in (*map(str, files), *used):
        assert part in text
    for name, value in Parameters().to_sextractor().items():
        assert f"{name} {value}" in text
    n = report.agreement.sex_sources
    assert f"SExtractor {n}, skyseg {report.agreement.sources}" in text
    assert f"{report.agreement.identical} of {n} (" in text
    assert re.search(r"FLUX_APER +0\.32 ", text)
    for path in files:
        assert f"{path}[0] itself" in text
    assert "the values of the set default" in text
    assert text.isascii()


def test_files_a_band_and_arrays_give_the_same_numbers(
    report: ParityReport, files: tuple[Path, Path]
) -> None:
    band = BandData.from_files(*files)
    of_band = compare_with_sextractor(band)
    sci, err = band.load_sci(), band.load_err()
    of_arrays = compare_with_sextractor(sci, err, pix_scale=0.06 * u.arcsec)
    assert of_band.as_dict() == report.as_dict()
    assert of_arrays.agreement == report.agreement
    assert of_arrays.isolated[0] == report.isolated[0]


def test_the_report_as_fits_says_what_the_report_says(report: ParityReport, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = report.write(tmp_path / "deep" / "parity.fits")
    assert [each.name for each in path.parent.iterdir()] == ["parity.fits"]
    with fits.open(path) as hdus:
        header = hdus[0].header
        np.testing.assert_array_equal(hdus["DIFF"].data, report.difference_map)
        assert hdus["DIFF"].header["CLASS3"] == "skyseg only"
        assert hdus["DIFF"].header["CTYPE1"] == "RA---TAN"
        sources = Table(hdus["SOURCES"].data)
        measurements = Table(hdus["MEASUREMENTS"].data)
    assert header["FOREGROUND_DIFFER"] == report.agreement.foreground_differ
    assert header["IDENTICAL"] == report.agreement.identical
    assert header["DEBLEND_MINCONT"] == "0.005"
    assert header["IN1SHA"] == report.inputs[0].sha256
    assert (sources["NUMBER_SEX"] > 0).sum() == report.agreement.sex_sources
    assert (sources["NUMBER_SKYSEG"] > 0).sum() == report.agreement.sources
    assert sources["ISOLATED"].sum() == report.isolated[0].n
    isolated = measurements[measurements["sources"] == "isolated"]
    assert isolated["median"].tolist() == [each.median for each in report.isolated]


def test_names_in_any_script_are_told_in_the_fits_report(report: ParityReport) -> None:
    own = Parameters(filter_name=Kernel("Größe\n50%", ((1.0, 2.0),)), flag_image="/é/flags.fits")
    header = make_hdus(replace(report, parameters=own, name="é"))[0].header
    assert unquote(header["FILTER_NAME"]) == "Größe\n50%"
    assert unquote(header["FLAG_IMAGE"]) == "/é/flags.fits"


def test_the_same_maps_give_the_same_bytes(
    report: ParityReport, files: tuple[Path, Path], tmp_path: Path
) -> None:
    first = report.write(tmp_path / "first.fits")
    second = compare_with_sextractor(*files).write(tmp_path / "second.fits")
    assert first.read_bytes() == second.read_bytes()


def test_a_report_that_is_there_is_replaced_only_when_told(
    report: ParityReport, tmp_path: Path
) -> None:
    path = tmp_path / "parity.fits"
    path.write_text("mine")
    with pytest.raises(ProductError, match=r"parity\.fits is there already"):
        report.write(path)
    assert path.read_text() == "mine"
    report.write(path, overwrite=True)
    assert fits.getheader(path)["PARSET"] == "default"


def test_the_shell_prints_the_report_or_json(
    files: tuple[Path, Path],
    report: ParityReport,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sci, err = map(str, files)
    out = tmp_path / "parity.fits"
    assert main(["parity", sci, "--err", err, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{report}\n\nwrote {out}\n"
    assert main(["parity", sci, "--err", err, "--parameters", "test", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameter_set"] == "test"
    assert found["agreement"]["foreground_differ"] == 0
    assert main(["parity", sci, "--err", err, "--out", str(out)]) == 6
    assert capsys.readouterr().err.count("\n") == 1


def test_parts_of_the_light_and_the_source_that_differs_most_are_named(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    parameters = Parameters(phot_fluxfrac=(0.2, 0.8))
    found = compare_with_sextractor(*files, parameters=parameters)
    rows = [each for each in found.matched if each.column == "FLUX_RADIUS"]
    assert [each.part for each in rows] == [0.2, 0.8]
    assert "FLUX_RADIUS of 0.2 " in str(found)
    table = Table(fits.getdata(found.write(tmp_path / "parity.fits"), "MEASUREMENTS"))
    assert sorted(set(table["part"][table["column"] == "FLUX_RADIUS"])) == [0.2, 0.8]
    for each in (each for each in found.matched if each.column == "FLUX_AUTO"):
        k = list(found.sextractor.cat["NUMBER"]).index(each.source)
        partner = found.matches.partner[list(found.matches.label).index(each.source)]
        own = found.skyseg.cat["FLUX_AUTO"][found.skyseg.cat["NUMBER"] == partner].value[0]
        theirs = found.sextractor.cat["FLUX_AUTO"][k].value
        assert abs(own - theirs) / abs(theirs) == pytest.approx(each.largest)


def test_the_columns_of_a_param_file_are_compared_each_as_the_program_has_it(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "own.param"
    on_sky = [
        "ALPHA_J2000",
        "DELTA_SKY",
        "X_WORLD",
        "A_WORLD",
        "THETA_J2000",
        "XWIN_WORLD",
        "ISOAREA_WORLD",
    ]
    mags = ["MAG_AUTO", "MAGERR_AUTO", "MAG_APER(2)", "MU_MAX", "MU_THRESHOLD"]
    asked.write_text("\n".join(["NUMBER", "FLAGS", *on_sky, *mags, "CLASS_STAR"]))
    out = tmp_path / "parity.fits"
    parameters = Parameters(mag_zeropoint=25.9)
    report = compare_with_sextractor(*files, parameters=parameters, params_name=asked)
    rows = {each.column: each for each in report.isolated}
    assert {"X_IMAGE", "Y_IMAGE", *on_sky, *mags} - rows.keys() == {"MAG_APER(2)"}
    assert [each.aperture for each in report.isolated if each.column == "MAG_APER"] == [0.32, 0.5]
    assert (rows["MAG_AUTO"].unit, rows["ALPHA_J2000"].unit) == ("mag", "deg")
    for name, most in {
        "X_WORLD": 1e-10, "DELTA_SKY": 1e-10, "ALPHA_J2000": 1e-5, "XWIN_WORLD": 1e-10,
        "A_WORLD": 1e-5, "THETA_J2000": 1e-3, "ISOAREA_WORLD": 1e-5,
        "MAG_AUTO": 1e-5, "MAG_APER": 1e-5, "MU_MAX": 1e-5, "MU_THRESHOLD": 1e-5,
    }.items():  # fmt: skip
        assert rows[name].largest < most, name
    isolated = report.table[report.table["ISOLATED"] == 1]
    factor = isolated["MAGERR_AUTO_SEX"].value / isolated["MAGERR_AUTO_SKYSEG"].value
    np.testing.assert_allclose(factor, 1.086 * np.log(10) / 2.5, rtol=1e-6)
    assert np.all(np.abs(isolated["MAG_AUTO_SEX"].value - 28) < 8)
    said = report.as_dict()["asked"]
    assert (said["left_out"], said["zero_point"]) == (("CLASS_STAR",), 25.9)
    assert re.search(r"left out +CLASS_STAR\n +zero point +25.9 mag", str(report))
    report.write(out)
    assert fits.getheader(out)["MAGZERO"] == 25.9
    sci, err = map(str, files)
    assert main(["parity", sci, "--err", err, "--params", str(tmp_path / "none.param")]) != 0
    assert "--params is '" in capsys.readouterr().err


def test_without_wcs_and_zero_point_magnitudes_are_compared_and_the_sky_is_not(
    tmp_path: Path,
) -> None:
    y, x = np.indices((60, 80))
    sci = (30 * np.exp(-((x - 40) ** 2 + (y - 30) ** 2) / 8)).astype(np.float32)
    asked = tmp_path / "own.param"
    asked.write_text("NUMBER\nX_WORLD\nTHETA_J2000\nMAG_ISO\nMAG_APER(9)\nA_WORLD")
    report = compare_with_sextractor(
        sci - 1, np.ones_like(sci), params_name=asked, aper_diams=[4, 40] * u.arcsec
    )
    assert report.asked is not None
    assert report.asked.left_out == ("X_WORLD", "THETA_J2000", "A_WORLD")
    assert report.asked.zero_point == 0
    rows = [each for each in report.matched if each.column.startswith("MAG")]
    assert [(each.column, each.aperture) for each in rows] == [
        ("MAG_ISO", None), ("MAG_APER", 4), ("MAG_APER", 40),
    ]  # fmt: skip
    assert all(each.n == 1 and each.largest < 1e-5 for each in rows)
    for side in ("SEX", "SKYSEG"):  # SExtractor's 99 for light below 0
        assert np.isnan(report.table[f"MAG_APER_{side}"].value).tolist() == [[False, True]]


def test_a_weight_is_a_weight_from_the_shell_as_well(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weight = tmp_path / "wht.fits"
    fits.writeto(weight, fits.getdata(files[1]) ** -2.0, fits.getheader(files[1]))
    arguments = ["parity", str(files[0]), "--err", str(weight), "--err-type", "wht", "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["err_type"], found["inputs"][1]["role"]) == ("wht", "WHT")
    assert found["agreement"]["foreground_differ"] == 0


def test_without_an_error_map_both_take_the_noise_from_the_image(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "sci.fits"
    alone.write_bytes(files[0].read_bytes())
    assert main(["parity", str(alone), "--err-type", "none", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["err_type"], len(found["inputs"])) == ("none", 1)
    assert found["agreement"]["foreground_differ"] == 0
    assert main(["parity", str(alone)]) == 3
    assert "with --err-type none" in capsys.readouterr().err
    sci = BandData.from_files(alone).load_sci()
    of_array = compare_with_sextractor(sci, None, "none", pix_scale=0.06 * u.arcsec)
    assert of_array.as_dict()["agreement"] == found["agreement"]
    assert "none (NONE)" in str(of_array)


def test_arguments_that_do_not_go_together_are_refused(files: tuple[Path, Path]) -> None:
    sci = fits.getdata(files[0])
    cases: list[tuple[tuple[object, ...], type[SkysegError], str]] = [
        ((files[0], sci), ParameterError, "give two files"),
        ((sci, None), ParameterError, "give two arrays"),
        ((*files, "none"), ParameterError, "leave it out"),
        ((sci, files[1]), ParameterError, "give two arrays"),
        ((BandData.from_files(*files), files[1]), ParameterError, "leave it out"),
        ((*files, "weight"), ParameterError, "use 'rms_err'"),
        ((*files, "rms_err", "crowdy"), ParameterError, "crowdy"),
        ((sci[0], sci[0]), ImageError, "2-D"),
        ((sci, sci[:-1]), ImageError, "shape"),
        ((sci, np.zeros_like(sci)), ImageError, "no good pixel"),
    ]
    for arguments, error, match in cases:
        with pytest.raises(error, match=match):
            compare_with_sextractor(*arguments)  # type: ignore[arg-type]


def test_without_the_program_the_message_says_how_to_get_it(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MethodError, match="apt install source-extractor"):
        compare_with_sextractor(*files)


def test_a_field_without_sources_agrees() -> None:
    sky = np.zeros((60, 70), np.float32)
    report = compare_with_sextractor(sky, np.ones_like(sky))
    assert report.agreement.sex_sources == report.agreement.sources == 0
    assert len(report.table) == 0
    assert "0 of 0" in str(report)
    assert json.loads(json.dumps(report.as_dict(), allow_nan=False))["isolated"][0]["n"] == 0


def test_known_differences_between_maps_are_counted_and_drawn() -> None:
    sex = np.array([[1, 1, 1, 1, 0, 2, 2, 0, 3, 0, 5, 0]], np.int32)
    own = np.array([[4, 4, 6, 6, 0, 7, 7, 7, 7, 0, 0, 8]], np.int32)
    matches = match_sources(sex, own)
    assert matches.label.tolist() == [1, 2, 3, 5]
    assert matches.partner.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(matches.iou, [0.5, 0.5, 0.25, 0])
    assert matches.split.tolist() == [True, False, False, False]
    found = agree(sex, own, matches, np.array([True, True, False, False]))
    assert (found.foreground_differ, found.split, found.merging) == (3, 1, 1)
    assert (found.sources, found.sex_sources, found.unblended) == (4, 4, 2)
    drawn = [Difference(value).name for value in draw_difference_map(sex, own, matches)[0]]
    assert drawn[4] == "BACKGROUND"
    assert drawn[5] == "OTHER_SOURCE"
    assert (drawn[7], drawn[10], drawn[11]) == ("SKYSEG_ONLY", "SEXTRACTOR_ONLY", "SKYSEG_ONLY")
    same = match_sources(sex, sex)
    assert agree(sex, sex, same, np.ones(4, bool)).unblended_identical == 4
    assert set(draw_difference_map(sex, sex, same)[sex > 0]) == {Difference.SAME}


def test_a_difference_from_nothing_is_infinite_and_none_is_zero() -> None:
    values, reference = np.array([0.0, 1.0, np.nan, 3.0]), np.array([0.0, 0.0, np.nan, np.nan])
    assert compare_values(values, reference).tolist() == [0, np.inf, 0, np.inf]


def test_detected_pixels_of_no_source_spoil_isolation() -> None:
    y, x = np.indices((120, 160))
    image = 20 * np.exp(-((x - 40) ** 2 + (y - 60) ** 2) / 8)
    image += 20 * np.exp(-((x - 120) ** 2 + (y - 60) ** 2) / 8)
    image[75, 40] = 30
    image = image.astype(np.float32)
    found = segment_image(image, np.ones_like(image), "rms_err", Parameters())
    assert len(found.columns["NUMBER"]) == 2
    report = compare_with_sextractor(image, np.ones_like(image), aper_diams=[6, 40] * u.arcsec)
    x_image = np.asarray(report.table["X_IMAGE_SEX"])
    isolated = np.asarray(report.table["ISOLATED"])
    assert isolated[x_image > 100].tolist() == [1]
    assert isolated[x_image < 100].tolist() == [0]
