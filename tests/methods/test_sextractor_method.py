"""The method ``sextractor``, with the real program."""

from __future__ import annotations

import logging
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skyseg import methods
from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType
from skyseg.errors import ImageError, MethodError
from skyseg.imaging.sky import Sky
from skyseg.methods._sextractor import SExtractorMethod
from skyseg.methods._sextractor_program import find_program, known_settings
from skyseg.methods._sextractor_settings import PROGRAM_NAMES
from skyseg.methods.base import Outcome, Request

DIAMETERS = (0.32, 0.5, 1.0)
UDS = Path("jwst/UDS-B/NIRCam/v1/40mas")


@cache
def uds_request(folder: Path, band: str, err_type: str) -> Request:
    """Request on a real NIRCam band; its rms comes from its weight."""
    sci = fits.getdata(folder / UDS / f"uds-b-{band}_sci.fits").astype(np.float32)
    wht = fits.getdata(folder / UDS / f"uds-b-{band}_wht.fits").astype(np.float32)
    return Request(
        sci=sci,
        err=wht if err_type == "wht" else 1 / np.sqrt(wht),
        err_type=err_type,
        parameters=Parameters(),
        aper_diams=DIAMETERS,
        pix_scale=0.04,
        zero_point=28.9,
        sky=Sky(WCS(fits.getheader(folder / UDS / f"uds-b-{band}_sci.fits"))),
        unit="10.0*nanoJansky",
        name=f"UDS-B v1 {band} {err_type}",
    )


@cache
def uds_outcome(folder: Path, band: str, err_type: str) -> Outcome:
    return SExtractorMethod().run(uds_request(folder, band, err_type))


def direct(folder: Path, image: Path, weight: Path, columns: list[str], **settings: Any) -> Any:
    """Run the program by hand on files as they are; SEG and catalogue."""
    (folder / "columns.param").write_text("\n".join(columns))
    settings = {
        "CATALOG_NAME": "cat.fits",
        "CATALOG_TYPE": "FITS_1.0",
        "PARAMETERS_NAME": "columns.param",
        "CHECKIMAGE_NAME": "seg.fits",
        "CHECKIMAGE_TYPE": "SEGMENTATION",
        "WEIGHT_IMAGE": weight,
        "VERBOSE_TYPE": "QUIET",
        **settings,
    }
    options = [str(part) for key, value in settings.items() for part in (f"-{key}", value)]
    program = find_program().path
    subprocess.run([program, image, "-c", "/dev/null", *options], cwd=folder, check=True)
    with fits.open(folder / "cat.fits") as hdus:
        table = hdus[1].data.copy()
    return fits.getdata(folder / "seg.fits"), table


@pytest.mark.parametrize(("band", "n_sources"), [("f115w", 50), ("f444w", 45)])
def test_map_and_values_are_those_of_the_program_run_by_hand(
    imaging_dir: Path, tmp_path: Path, band: str, n_sources: int
) -> None:
    found = uds_outcome(imaging_dir, band, "wht")
    columns = ["NUMBER", "MAG_AUTO", "MAG_BEST", "MAG_ISO", "MAGERR_AUTO", "ALPHA_J2000"]
    columns += ["DELTA_J2000", f"MAG_APER({len(DIAMETERS)})", "FLAGS", "FLUX_RADIUS", "SNR_WIN"]
    seg, table = direct(
        tmp_path,
        imaging_dir / UDS / f"uds-b-{band}_sci.fits",
        imaging_dir / UDS / f"uds-b-{band}_wht.fits",
        columns,
        **Parameters().to_sextractor()
        | {
            "FILTER_NAME": find_program().network.with_name("gauss_2.5_5x5.conv"),
            "WEIGHT_TYPE": "MAP_WEIGHT",
            "MAG_ZEROPOINT": 28.9,
            "PIXEL_SCALE": 0.04,
            "PHOT_APERTURES": "8,12.5,25",
            "MEMORY_BUFSIZE": found.seg.shape[0],
            "MEMORY_PIXSTACK": 5_000_000,
            "MEMORY_OBJSTACK": 65_000,
        },
    )
    np.testing.assert_array_equal(found.seg, seg)
    assert len(table) == n_sources
    np.testing.assert_array_equal(found.cat["NUMBER"], table["NUMBER"])
    np.testing.assert_array_equal(found.cat["FLAGS"], table["FLAGS"])
    for name in ("MAG_AUTO", "MAG_BEST", "MAG_ISO", "MAG_APER"):
        expected = np.where(table[name] == 99, np.nan, table[name])
        np.testing.assert_allclose(found.cat[name].value, expected, atol=2e-5)
    np.testing.assert_allclose(found.cat["MAGERR_AUTO"].value, table["MAGERR_AUTO"], rtol=1e-3)
    for name in ("ALPHA_J2000", "DELTA_J2000"):
        np.testing.assert_allclose(found.cat[name].value, table[name], atol=2e-8)


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_both_methods_give_the_same_kind_of_outcome(imaging_dir: Path, err_type: str) -> None:
    theirs = uds_outcome(imaging_dir, "f444w", err_type)
    ours = methods.get("skyseg").run(uds_request(imaging_dir, "f444w", err_type))
    assert ours.cat.colnames == theirs.cat.colnames
    for name in ours.cat.colnames:
        assert ours.cat[name].dtype == theirs.cat[name].dtype
        assert ours.cat[name].shape[1:] == theirs.cat[name].shape[1:]
        assert ours.cat[name].unit == theirs.cat[name].unit
        assert ours.cat[name].info.description == theirs.cat[name].info.description
    for outcome in (ours, theirs):
        assert outcome.seg.dtype == np.int32
        assert outcome.bkg.dtype == np.float32
        assert outcome.seg.shape == outcome.bkg.shape == (300, 772)
        assert outcome.cat["NUMBER"].tolist() == list(range(1, len(outcome.cat) + 1))
        assert set(np.unique(outcome.seg)) <= {0, *outcome.cat["NUMBER"]}
    assert np.isnan(ours.cat["CLASS_STAR"]).all()
    assert (theirs.cat["CLASS_STAR"] >= 0).all()


def test_the_background_is_the_mesh_model_though_it_is_not_subtracted(
    imaging_dir: Path, tmp_path: Path
) -> None:
    found = uds_outcome(imaging_dir, "f444w", "wht").bkg
    direct(
        tmp_path,
        imaging_dir / UDS / "uds-b-f444w_sci.fits",
        imaging_dir / UDS / "uds-b-f444w_wht.fits",
        ["NUMBER"],
        BACK_TYPE="AUTO",
        FILTER="N",
        WEIGHT_TYPE="MAP_WEIGHT",
        CHECKIMAGE_TYPE="BACKGROUND",
    )
    np.testing.assert_array_equal(found, fits.getdata(tmp_path / "seg.fits"))
    assert found.std() > 0


def test_an_automatic_background_is_subtracted_and_returned(imaging_dir: Path) -> None:
    request = uds_request(imaging_dir, "f444w", "wht")
    manual = uds_outcome(imaging_dir, "f444w", "wht")
    found = SExtractorMethod().run(replace(request, parameters=Parameters(back_type="AUTO")))
    np.testing.assert_array_equal(found.bkg, manual.bkg)
    assert not np.array_equal(found.seg, manual.seg)


def test_bad_pixels_of_every_kind_are_the_same_hole(imaging_dir: Path) -> None:
    request = uds_request(imaging_dir, "f444w", "rms_err")
    hole = np.zeros(request.sci.shape, bool)
    hole[40:80, 60:120] = hole[::97, ::89] = True
    maps = [
        (np.where(hole, np.nan, request.sci), request.err),
        *((request.sci, np.where(hole, bad, request.err)) for bad in (0, -1, np.nan, np.inf, 1e30)),
    ]
    found = [
        SExtractorMethod().run(replace(request, sci=np.float32(sci), err=np.float32(err)))
        for sci, err in maps
    ]
    for outcome in found:
        assert outcome.facts["n_bad"] == np.count_nonzero(hole)
        np.testing.assert_array_equal(outcome.seg, found[0].seg)
        np.testing.assert_array_equal(outcome.bkg, found[0].bkg)
    assert not np.array_equal(found[0].seg, uds_outcome(imaging_dir, "f444w", "rms_err").seg)


def test_maps_are_not_changed(imaging_dir: Path) -> None:
    request = uds_request(imaging_dir, "f115w", "wht")
    before = request.sci.copy(), request.err.copy()
    uds_outcome(imaging_dir, "f115w", "wht")
    np.testing.assert_array_equal(request.sci, before[0])
    np.testing.assert_array_equal(request.err, before[1])


def noise(shape: tuple[int, int], **changes: Any) -> Request:
    sci = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    values = {
        "sci": sci,
        "err": np.ones(shape, np.float32),
        "err_type": "rms_err",
        "parameters": Parameters(),
        "aper_diams": (0.5,),
        "pix_scale": 0.04,
        "zero_point": np.nan,
        "sky": None,
    }
    return Request(**(values | changes))


def test_an_image_without_sources_gives_an_empty_catalogue() -> None:
    found = SExtractorMethod().run(noise((80, 100), parameters=Parameters(detect_thresh=50)))
    assert len(found.cat) == 0
    assert found.cat["MAG_APER"].shape == (0, 1)
    assert not found.seg.any()


@pytest.mark.parametrize("shape", [(1, 1), (5, 70)])
def test_an_image_of_fewer_lines_than_the_programs_buffer_is_extracted(
    shape: tuple[int, int],
) -> None:
    found = SExtractorMethod().run(noise(shape))
    assert found.seg.shape == found.bkg.shape == shape


def test_progress_rises_from_nothing_on() -> None:
    parts: list[float] = []
    SExtractorMethod().run(noise((80, 100), progress=lambda part, _: parts.append(part)))
    assert parts[0] == 0
    assert parts == sorted(parts)
    assert len(parts) > 2


def test_maps_without_a_good_pixel_are_refused_by_name() -> None:
    with pytest.raises(ImageError, match="JOF F444W has no good pixel"):
        SExtractorMethod().run(
            noise((20, 20), err=np.zeros((20, 20), np.float32), name="JOF F444W")
        )


def test_an_absent_program_is_refused_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MethodError) as caught:
        methods.get("sextractor").version()
    for hint in (
        "apt install source-extractor",
        "conda install -c conda-forge astromatic-source-extractor",
        "brew install sextractor",
        "method 'skyseg', which needs no program",
    ):
        assert hint in str(caught.value)


@pytest.mark.parametrize("name", PROGRAM_NAMES)
def test_the_program_is_found_under_any_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = find_program()
    (tmp_path / name).symlink_to(real.path)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_program()
    assert found.path == tmp_path / name
    assert found.version == real.version
    assert found.network == real.network


def test_a_later_version_is_known_by_what_it_says_and_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_program().path.resolve()
    later = tmp_path / PROGRAM_NAMES[0]
    later.write_text(
        "#!/bin/sh\n"
        "case $1 in\n"
        "--version) echo 'SExtractor version 2.28.2 (2023-10-24)';;\n"
        f"-dd) {real} -dd; echo 'BACK_PEARSON     2.5             # Pearson factor';;\n"
        "esac\n"
    )
    later.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = find_program()
    assert found.version == "2.28.2"
    assert {"BACK_PEARSON", "DETECT_THRESH", "FLAG_IMAGE"} <= known_settings(found)


def test_another_program_of_that_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / "sex"
    impostor.write_text("#!/bin/sh\necho 'simple editor for XML 1.0'\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MethodError, match=f"{impostor} does not answer --version"):
        find_program()


def test_without_its_network_file_class_star_is_nan_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    shutil.copy(find_program().path.resolve(), tmp_path / "sextractor")
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        found = SExtractorMethod().run(noise((80, 100), parameters=Parameters(detect_thresh=0.5)))
    assert len(found.cat) > 0
    assert np.isnan(found.cat["CLASS_STAR"]).all()
    assert "no default.nnw near" in caplog.text


def test_a_failure_is_reported_in_the_programs_words() -> None:
    extreme = Parameters(seeing_fwhm=1e30)
    with pytest.raises(MethodError, match=r"status 1 \(.*SEEING_FWHM.*out of range\)"):
        SExtractorMethod().run(noise((40, 40), parameters=extreme))


def test_a_warning_of_the_program_is_logged(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        SExtractorMethod().run(noise((40, 40), sci=np.ones((40, 40), np.float32)))
    assert "SExtractor says WARNING: Image contains mainly constant data" in caplog.text


def test_a_map_spoilt_by_a_full_pixel_stack_is_refused() -> None:
    request = noise((2300, 2300), parameters=Parameters(clean=False, deblend_nthresh=1))
    flooded = replace(request, sci=request.sci + 100)
    with pytest.raises(MethodError, match=r"Pixel stack overflow .* raise detect_thresh"):
        SExtractorMethod().run(flooded)


def test_a_temporary_folder_that_cannot_be_used_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(MethodError, match=r"temporary files of SExtractor .* set TMPDIR"):
        SExtractorMethod().run(noise((40, 40)))


def bright(shape: tuple[int, int] = (120, 130)) -> Any:
    """Blended sources on a wavy sky."""
    rng = np.random.default_rng(4)
    y, x = np.indices(shape)
    sci = rng.normal(size=shape) + 0.3 * np.sin(x / 9) + 0.3 * np.cos(y / 11)
    for x0, y0, peak in rng.uniform((5, 5, 5), (125, 115, 60), (25, 3)):
        sci += peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 9)
    return sci.astype(np.float32)


KERNEL = Kernel("lopsided", ((0.1, 0.2, 0.3), (1.0, 2.0, 0.123456789), (3.0, 0.0, 0.5)))
ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("none", {}, {"WEIGHT_TYPE": "NONE"}),
    ("none", {"weight_type": "BACKGROUND"}, {"WEIGHT_TYPE": "BACKGROUND"}),
    ("rms_err", {"weight_type": "MAP_VAR"}, {"WEIGHT_TYPE": "MAP_VAR"}),
    ("wht", {"rescale_weights": False}, {"WEIGHT_TYPE": "MAP_WEIGHT", "RESCALE_WEIGHTS": "N"}),
    ("wht", {"weight_thresh": 0.97}, {"WEIGHT_TYPE": "MAP_WEIGHT", "WEIGHT_THRESH": 0.97}),
    ("rms_err", {"gain": 5.0, "weight_gain": False}, {"GAIN": 5, "WEIGHT_GAIN": "N"}),
    (
        "rms_err",
        {"thresh_type": "ABSOLUTE", "detect_thresh": 4.0, "analysis_thresh": 2.0},
        {"THRESH_TYPE": "ABSOLUTE", "DETECT_THRESH": 4, "ANALYSIS_THRESH": 2},
    ),
    ("none", {"detect_thresh": (22.0, 28.0)}, {"DETECT_THRESH": "22,28", "WEIGHT_TYPE": "NONE"}),
    ("rms_err", {"filter_name": KERNEL}, {"FILTER_NAME": "lopsided.conv"}),
    (
        "rms_err",
        {"backphoto_type": "LOCAL", "backphoto_thick": 30},
        {"BACKPHOTO_TYPE": "LOCAL", "BACKPHOTO_THICK": 30},
    ),
    (
        "rms_err",
        {"phot_petroparams": (1.5, 2.0), "phot_fluxfrac": (0.2, 0.8)},
        {"PHOT_PETROPARAMS": "1.5,2", "PHOT_FLUXFRAC": "0.2,0.8"},
    ),
    (
        "rms_err",
        {"back_filtthresh": 0.2, "back_size": 16},
        {"BACK_FILTTHRESH": 0.2, "BACK_SIZE": 16},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("err_type", "values", "by_hand"), ASKED)
def test_every_parameter_reaches_the_program(
    tmp_path: Path, err_type: ErrType, values: dict[str, Any], by_hand: dict[str, Any]
) -> None:
    sci = bright()
    ramp = np.linspace(0.9, 1.1, sci.size, dtype=np.float32).reshape(sci.shape)
    fits.writeto(tmp_path / "sci.fits", sci)
    fits.writeto(tmp_path / "ramp.fits", ramp)
    (tmp_path / "lopsided.conv").write_text("CONV NORM\n0.1 0.2 0.3\n1 2 0.123456789\n3 0 0.5\n")
    parameters = Parameters(back_type="AUTO", **values)
    asked = noise(
        sci.shape, sci=sci, err=None if err_type == "none" else ramp, err_type=err_type,
        parameters=parameters, aper_diams=(0.5, 1.0),
    )  # fmt: skip
    found = SExtractorMethod().run(asked)
    n_fractions = len(parameters.phot_fluxfrac)
    columns = ["NUMBER", "FLUX_AUTO", "FLUXERR_AUTO", "FLAGS", "ISOAREA_IMAGE", "FLUX_APER(2)"]
    plain = Parameters(back_type="AUTO").to_sextractor()
    plain.pop("BACK_PEARSON")
    usual = {
        "FILTER_NAME": find_program().network.with_name("gauss_2.5_5x5.conv"),
        "WEIGHT_TYPE": "MAP_RMS",
        "PIXEL_SCALE": 0.04,
        "PHOT_APERTURES": "12.5,25",
        "MEMORY_BUFSIZE": sci.shape[0],
    }
    seg, table = direct(
        tmp_path, tmp_path / "sci.fits", tmp_path / "ramp.fits",
        [*columns, "FLUX_RADIUS" if n_fractions == 1 else f"FLUX_RADIUS({n_fractions})"],
        **plain | usual | by_hand,
    )  # fmt: skip
    assert len(table) > 5
    np.testing.assert_array_equal(found.seg, seg)
    for name in ("FLUX_AUTO", "FLUXERR_AUTO", "FLAGS", "ISOAREA_IMAGE", "FLUX_APER", "FLUX_RADIUS"):
        values_found = np.asarray(getattr(found.cat[name], "value", found.cat[name]))
        np.testing.assert_array_equal(values_found, table[name], name)


def test_a_setting_that_this_version_does_not_have_is_named() -> None:
    if "BACK_PEARSON" in known_settings(find_program()):
        pytest.skip("this version has BACK_PEARSON")
    run = SExtractorMethod().run
    (said,) = run(noise((60, 60), parameters=Parameters(back_pearson=3.0))).caveats
    assert said.startswith("BACK_PEARSON 3 is not followed")
    assert run(noise((60, 60))).caveats == ()


def test_without_an_error_map_bad_pixels_are_sky_and_that_is_said() -> None:
    sci = bright() + np.float32(100)
    sci[:30] = np.nan
    asked = noise(
        sci.shape, sci=sci, err=None, err_type="none", parameters=Parameters(back_type="AUTO")
    )
    found = SExtractorMethod().run(asked)
    assert found.facts["n_bad"] == 30 * 130
    assert any("bad pixels count as sky" in text for text in found.caveats)
    assert not found.seg[:28].any()
