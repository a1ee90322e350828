"""Sources of one image measured in another are what the real program measures with two images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.real.conftest import Found, Run

from skyseg import BandData, Data, Parameters
from skyseg.engine.detected import KnownShapes, detect_labels
from skyseg.engine.flags import Flag
from skyseg.engine.forced import measure_detected
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.measuring import MEASUREMENTS
from skyseg.engine.types import ErrType
from skyseg.methods import parameter_sets

Columns = Mapping[str, npt.NDArray[Any]]

KIND: dict[ErrType, str] = {"rms_err": "MAP_RMS", "wht": "MAP_WEIGHT", "none": "NONE"}
COLUMNS = sorted(MEASUREMENTS - {"IMAFLAGS_ISO", "NIMAFLAGS_ISO", "ANALYSIS_THRESHOLD"})
FLUXES = (
    "FLUX_ISO", "FLUXERR_ISO", "FLUX_APER", "FLUXERR_APER", "FLUX_AUTO", "FLUXERR_AUTO",
    "FLUX_PETRO", "FLUXERR_PETRO", "FLUX_ISOCOR", "FLUX_BEST", "FLUXERR_BEST", "FLUX_MAX",
    "KRON_RADIUS", "PETRO_RADIUS", "FLUX_RADIUS", "FLUX_WIN", "FLUXERR_WIN", "SNR_WIN",
    "XWIN_IMAGE", "YWIN_IMAGE", "BACKGROUND", "FLAGS", "ISOAREA_IMAGE", "ISO0", "ISO4",
)  # fmt: skip
# a difference of two large terms
CROSS_TERMS = frozenset(["ERRCXY_IMAGE"])


@pytest.fixture(scope="module")
def uds(imaging_dir: Path) -> tuple[BandData, BandData]:
    """F444W, to detect in, and F115W."""
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    f444w, f115w = (
        BandData.from_files(folder / f"{name}_sci.fits", wht=folder / f"{name}_wht.fits")
        for name in ("uds-b-f444w", "uds-b-f115w")
    )
    return f444w, f115w


def _noise(band: BandData, err_type: ErrType) -> npt.NDArray[np.float32] | None:
    return {"rms_err": band.load_err, "wht": band.load_wht, "none": lambda: None}[err_type]()


def _maps(band: BandData, err_type: ErrType) -> Maps:
    return make_maps(band.load_sci(), _noise(band, err_type), err_type)


def _theirs(
    run_program: Run, uds: tuple[BandData, BandData], kinds: tuple[ErrType, ErrType],
    parameters: Parameters,
) -> Found:  # fmt: skip
    detection, measured = uds
    return run_program(
        detection.load_sci(), _noise(detection, kinds[0]), parameters, COLUMNS,
        (measured.load_sci(), _noise(measured, kinds[1])),
        WEIGHT_TYPE=",".join(KIND[kind] for kind in kinds),
    )  # fmt: skip


def _known(columns: Columns) -> KnownShapes:
    order = np.argsort(columns["NUMBER"])
    whole = {name: columns[name][order].astype(np.int64) for name in ("NUMBER", "FLAGS")}
    x, y, a, b, theta = (
        columns[f"{name}_IMAGE"][order].astype(float) for name in ("X", "Y", "A", "B", "THETA")
    )
    return KnownShapes(whole["NUMBER"], x - 1, y - 1, a, b, theta, whole["FLAGS"])


def _own(
    program: Found, uds: tuple[BandData, BandData], kinds: tuple[ErrType, ErrType],
    parameters: Parameters,
) -> Columns:  # fmt: skip
    """Measure the labels of the program, in the order of its catalogue."""
    detected = detect_labels(
        _maps(uds[0], kinds[0]), program.labels, parameters, known=_known(program.columns)
    )
    found = measure_detected(
        _maps(uds[1], kinds[1]), detected, parameters, (10.0,), columns=COLUMNS
    ).columns
    place = np.searchsorted(found["NUMBER"], program.columns["NUMBER"])
    ordered = {name: values[place] for name, values in found.items()}
    np.testing.assert_array_equal(ordered["NUMBER"], program.columns["NUMBER"])
    return {name: v[:, 0] if v.ndim == 2 else v for name, v in ordered.items()}


def _isolated(program: Found) -> npt.NDArray[np.bool_]:
    """Sources that nothing crowds, and with light in the band."""
    alone = (program.columns["FLAGS"].astype(int) & int(Flag.CROWDED | Flag.MERGED)) == 0
    return alone & (program.columns["FLUX_AUTO"] > 0)


@pytest.mark.parametrize("clean", [True, False], ids=["CLEAN", "no CLEAN"])
@pytest.mark.parametrize(
    "kinds", [("rms_err", "rms_err"), ("wht", "wht"), ("wht", "rms_err"), ("rms_err", "wht")]
)
def test_isolated_sources_are_measured_as_by_the_program_with_two_images(
    run_program: Run, uds: tuple[BandData, BandData], kinds: tuple[ErrType, ErrType], clean: bool
) -> None:
    parameters = Parameters(clean=clean)
    program = _theirs(run_program, uds, kinds, parameters)
    own, alone = _own(program, uds, kinds, parameters), _isolated(program)
    assert np.count_nonzero(alone) > 25
    assert set(COLUMNS) <= own.keys()
    for name in COLUMNS:
        ours, theirs = own[name][alone], program.columns[name][alone]
        same = np.isclose(ours, theirs, rtol=2e-3 if name in CROSS_TERMS else 1e-3, atol=1e-7)
        # of a source with hardly any light there the FWHM hangs on the last digits
        assert np.count_nonzero(~same) <= (name == "FWHM_IMAGE"), name


@pytest.mark.parametrize("clean", [True, False], ids=["CLEAN", "no CLEAN"])
@pytest.mark.parametrize("key", ["F115W", "F444W"])
def test_sources_of_a_stack_are_measured_in_each_band_as_by_the_program(
    run_program: Run, imaging_dir: Path, key: str, clean: bool
) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    pair, kinds = (data["F115W+F444W"], data[key]), ("rms_err", "rms_err")
    parameters = Parameters(clean=clean)
    program = _theirs(run_program, pair, kinds, parameters)
    own, alone = _own(program, pair, kinds, parameters), _isolated(program)
    assert np.count_nonzero(alone) > 30
    for name in COLUMNS:
        ours, theirs = own[name][alone], program.columns[name][alone]
        same = np.isclose(ours, theirs, rtol=1e-3, atol=1e-7)
        # a window around hardly any light, and a difference of two large terms
        rough = "WIN_" in name or name in CROSS_TERMS
        assert np.count_nonzero(~same) <= rough, name
        np.testing.assert_allclose(ours, theirs, rtol=6e-3 if rough else 1e-3, atol=1e-7)


@pytest.mark.parametrize(
    "kinds", [("none", "none"), ("none", "rms_err"), ("rms_err", "none"), ("wht", "none")]
)
def test_without_an_error_map_light_is_the_programs_and_no_error_is_larger(
    run_program: Run, uds: tuple[BandData, BandData], kinds: tuple[ErrType, ErrType]
) -> None:
    parameters = Parameters(clean=False)
    program = _theirs(run_program, uds, kinds, parameters)
    own, alone = _own(program, uds, kinds, parameters), _isolated(program)
    assert np.count_nonzero(alone) > 25
    for name in (each for each in FLUXES if each != "SNR_WIN"):
        ours, theirs = own[name][alone], program.columns[name][alone]
        same = np.isclose(ours, theirs, rtol=1e-3, atol=1e-7)
        if name.startswith("FLUXERR"):
            # pixels of neighbours that nothing replaces have no noise here
            same |= ours < theirs
        # the window of one faint source ends elsewhere
        assert np.count_nonzero(~same) <= name.endswith("_WIN"), name


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(gain=2.0, weight_gain=True, back_type="AUTO"),
        Parameters(gain=2.0, weight_gain=False, satur_level=2.0),
        Parameters(mask_type="BLANK", analysis_thresh=4.0),
        Parameters(clean_param=0.5),
        Parameters(backphoto_type="LOCAL"),
        Parameters(backphoto_type="LOCAL", filter_name="gauss_4.0_7x7", clean=False),
    ],
    ids=["gain and sky", "saturation", "blank", "more CLEAN", "local sky", "a high kernel"],
)
def test_gain_sky_saturation_and_thresholds_are_those_of_the_measured_image(
    run_program: Run, uds: tuple[BandData, BandData], parameters: Parameters
) -> None:
    kinds: tuple[ErrType, ErrType] = "rms_err", "rms_err"
    program = _theirs(run_program, uds, kinds, parameters)
    own, alone = _own(program, uds, kinds, parameters), _isolated(program)
    for name in FLUXES:
        if not name.endswith("WIN"):
            np.testing.assert_allclose(
                own[name][alone], program.columns[name][alone], rtol=1e-3, atol=1e-7, err_msg=name
            )


def test_a_file_of_settings_for_two_images_means_what_it_means_to_the_program(
    run_program: Run, imaging_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    f444w, f115w = (
        BandData.from_files(
            folder / f"{name}_sci.fits", wht=folder / f"{name}_wht.fits", work_dir=tmp_path / "work"
        )
        for name in ("uds-b-f444w", "uds-b-f115w")
    )
    pairs = {
        "WEIGHT_TYPE": "MAP_WEIGHT,MAP_RMS", "WEIGHT_GAIN": "N,Y", "RESCALE_WEIGHTS": "Y,N",
        "BACK_TYPE": "AUTO,MANUAL", "BACK_VALUE": "0,0.02", "WEIGHT_THRESH": "0,1e6",
    }  # fmt: skip
    single = {
        "GAIN": 2.5, "GAIN_KEY": "NONE", "MAG_ZEROPOINT": 27, "DETECT_MINAREA": 9, "CLEAN": "Y",
        "DETECT_THRESH": 1.8, "ANALYSIS_THRESH": 3, "PHOT_APERTURES": 10, "SATUR_KEY": "NONE",
    }  # fmt: skip
    settings = pairs | single
    file = tmp_path / "two.sex"
    file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    f444w.segment(parameters=file)
    assert "here the first one counts, while SExtractor uses the second one" in caplog.text
    f115w.perform_forced_phot(f444w)
    own = f115w.load_forced_phot()
    names = ("FLUX_ISO", "FLUXERR_ISO", "FLUX_APER", "FLUXERR_APER", "FLUX_AUTO", "FLUXERR_AUTO",
             "MAG_AUTO", "KRON_RADIUS", "FLUX_RADIUS")  # fmt: skip
    measured = f115w.load_sci(), f115w.load_err()
    program = run_program(
        f444w.load_sci(), f444w.load_wht(), parameter_sets.find(file).values,
        ("X_IMAGE", "Y_IMAGE", "FLAGS", *names), measured, **settings,
    )  # fmt: skip
    # the program numbers them otherwise
    away = np.hypot(
        *(
            np.subtract.outer(own[name].value, program.columns[name])
            for name in ("X_IMAGE", "Y_IMAGE")
        )
    )
    own = own[np.argmin(away, axis=0)]
    assert np.min(away, axis=0).max() < 1e-3
    alone = _isolated(program)
    assert np.count_nonzero(alone) > 10
    for name in names:
        ours = np.ravel(getattr(own[name], "value", own[name]))
        np.testing.assert_allclose(
            ours[alone], program.columns[name][alone], rtol=1e-3, atol=1e-7, err_msg=name
        )
