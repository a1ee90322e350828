"""Light of isolated sources is what the real program measures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.real.conftest import Run

from skyseg import Parameters
from skyseg.engine import segment_image
from skyseg.engine.flags import Flag
from skyseg.methods import run
from skyseg.methods.base import Request
from skyseg.methods.param_file import read_param_file

Columns = Mapping[str, npt.NDArray[Any]]

PLACES = ("NUMBER", "X_IMAGE", "Y_IMAGE")
PETRO = ("FLUX_PETRO", "FLUXERR_PETRO", "PETRO_RADIUS")
WINDOW = (
    "XWIN_IMAGE", "YWIN_IMAGE", "FLUX_WIN", "FLUXERR_WIN", "SNR_WIN", "NITER_WIN", "X2WIN_IMAGE",
    "Y2WIN_IMAGE", "XYWIN_IMAGE", "AWIN_IMAGE", "BWIN_IMAGE", "THETAWIN_IMAGE", "CXXWIN_IMAGE",
    "CYYWIN_IMAGE", "CXYWIN_IMAGE", "ERRX2WIN_IMAGE", "ERRY2WIN_IMAGE", "ERRXYWIN_IMAGE",
    "ERRAWIN_IMAGE", "ERRBWIN_IMAGE", "ERRTHETAWIN_IMAGE",
)  # fmt: skip
NOISE = 0.3


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.float32]:
    """Sixteen sources far from one another: Gaussians and exponentials of many shapes."""
    y, x = np.indices((320, 320))
    rng = np.random.default_rng(5)
    found = rng.normal(0, NOISE, x.shape)
    for k in range(16):
        cx, cy = 40 + 80 * (k % 4) + rng.uniform(-1, 1), 40 + 80 * (k // 4) + rng.uniform(-1, 1)
        angle, width, stretch = 0.4 * k, 1.2 + 0.1 * k, 1 - 0.04 * k
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / stretch
        r = np.hypot(u, v) / width
        found += 200 * 0.8**k * (np.exp(-(r**2) / 2) if k % 2 else np.exp(-r))
    return found.astype(np.float32)


def _theirs(
    run_program: Run, image: npt.NDArray[np.float32], parameters: Parameters,
    columns: Sequence[str], err: npt.NDArray[np.float32] | None = None, kind: str = "MAP_RMS",
) -> Columns:  # fmt: skip
    """Measure with the program."""
    rms = np.full_like(image, NOISE) if err is None else err
    return run_program(image, rms, parameters, columns, WEIGHT_TYPE=kind).columns


def _own(
    image: npt.NDArray[np.float32], like: Columns, parameters: Parameters,
    columns: Collection[str], err: npt.NDArray[np.float32] | None = None,
    err_type: Any = "rms_err",
) -> Columns:  # fmt: skip
    """Measure the sources of the program, in its order."""
    rms = np.full_like(image, NOISE) if err is None else err
    names = {*PLACES, *columns}
    found = segment_image(image, rms, err_type, parameters, (10.0,), columns=names).columns
    apart = np.hypot(*(np.subtract.outer(like[name], found[name]) for name in PLACES[1:]))
    nearest = apart.argmin(axis=1)
    assert (apart.min(axis=1) < 0.01).all() and len(set(nearest)) == len(found["NUMBER"])
    return {name: values[nearest] for name, values in found.items()}


def _check(own: Columns, program: Columns, names: Collection[str], rtol: float = 1e-3) -> None:
    for name in names:
        np.testing.assert_allclose(own[name], program[name], rtol=rtol, err_msg=name)


@pytest.mark.parametrize(
    ("least", "circle"),
    [(0.0, 0.0), (6.0, 0.0), (0.0, 30.0)],
    ids=["as measured", "at the least radius", "in circles first"],
)
def test_petrosian_light(
    image: npt.NDArray[np.float32], run_program: Run, least: float, circle: float
) -> None:
    parameters = Parameters(phot_petroparams=(1.5, least), phot_autoapers=(circle, 10.0), gain=3.0)
    program = _theirs(run_program, image, parameters, (*PLACES, *PETRO))
    assert len(program["NUMBER"]) == 16
    _check(_own(image, program, parameters, PETRO), program, PETRO)
    assert len(set(program["PETRO_RADIUS"].round(3))) > (3 if least == 0 else 0)


@pytest.fixture(scope="module")
def crowd() -> npt.NDArray[np.float32]:
    """Gaussians on one another and over the edge."""
    y, x = np.indices((140, 140))
    rng = np.random.default_rng(8)
    found = rng.normal(0, NOISE, x.shape)
    for cx, cy in rng.uniform(0, 140, (70, 2)):
        width = rng.uniform(1.2, 1.8)
        r2 = (x - cx) ** 2 + (y - cy) ** 2
        found += 10 ** rng.uniform(0.3, 1) * np.exp(-r2 / (2 * width**2))
    return found.astype(np.float32)


@pytest.mark.parametrize(
    "asked",
    [
        "FLUX_ISO",
        "FLUX_APER(1)",
        "FLUX_APER(2)",
        "MAG_BEST",
        "FLUX_RADIUS",
        "FLUX_PETRO",
        "SNR_WIN",
    ],
)
def test_flags_are_those_of_the_apertures_that_are_asked_for(
    crowd: npt.NDArray[np.float32], run_program: Run, tmp_path: Path, asked: str
) -> None:
    names = ("NUMBER", "FLAGS", asked)
    parameters = Parameters(detect_thresh=3, phot_apertures=(4, 25))
    rms = np.full_like(crowd, NOISE)
    settings = {"WEIGHT_TYPE": "MAP_RMS", "PHOT_APERTURES": "4,25"}
    theirs = run_program(crowd, rms, parameters, names, **settings)
    columns = tmp_path / "asked.param"
    columns.write_text("\n".join(names))
    request = Request(
        sci=crowd, err=rms, err_type="rms_err", parameters=parameters, aper_diams=(4, 25),
        pix_scale=1, zero_point=np.nan, sky=None, columns=read_param_file(columns),
    )  # fmt: skip
    own = run("skyseg", request)
    assert own.seg is not None
    flags = np.append(0, own.cat["FLAGS"])[own.seg]
    both = [
        (int(flag), int(flags[place][0]))
        for number, flag in zip(theirs.columns["NUMBER"], theirs.columns["FLAGS"], strict=True)
        if np.array_equal(place := theirs.labels == number, own.seg == own.seg[place][0])
    ]
    assert len(both) > 25
    assert [flag for flag, _ in both] == [flag for _, flag in both]


def test_place_light_and_spread_in_a_window(
    image: npt.NDArray[np.float32], run_program: Run
) -> None:
    parameters = Parameters(gain=3.0)
    program = _theirs(run_program, image, parameters, (*PLACES, *WINDOW))
    own = _own(image, program, parameters, WINDOW)
    _check(own, program, [name for name in WINDOW if "XY" not in name and "THETA" not in name])
    for name in WINDOW:
        if "XY" in name or "THETA" in name:
            np.testing.assert_allclose(own[name], program[name], atol=0.05, err_msg=name)


def test_a_window_that_runs_away_gives_way_to_the_isophote(run_program: Run) -> None:
    noise = np.random.default_rng(3).normal(0, NOISE, (260, 260)).astype(np.float32)
    parameters = Parameters(
        detect_minarea=5, detect_thresh=0.6, deblend_mincont=1, clean=False, filter_name="default"
    )
    columns = ("FLAGS_WIN", *WINDOW)
    program = _theirs(run_program, noise, parameters, (*PLACES, *columns))
    own = _own(noise, program, parameters, columns)
    # neither light nor angles, which may be near 0
    sure = ("XWIN", "YWIN", "X2WIN", "Y2WIN", "AWIN", "BWIN", "ERRX2WIN", "ERRAWIN", "ERRBWIN")
    _check(own, program, [f"{name}_IMAGE" for name in sure])
    flags = program["FLAGS_WIN"].astype(int)
    assert np.bitwise_or.reduce(flags) == 1 + 2 + 4 + 8
    # whether light below zero has an ellipse, too, nobody needs to know
    told = np.where(flags & 4, 4 + 8, 1 + 2 + 4 + 8)
    np.testing.assert_array_equal(own["FLAGS_WIN"] & told, flags & told)


def test_radii_of_several_parts_of_the_light(
    image: npt.NDArray[np.float32], run_program: Run
) -> None:
    parameters = Parameters(phot_fluxfrac=(0.2, 0.5, 0.9))
    columns = (*PLACES, "FLUX_RADIUS(3)")
    program = _theirs(run_program, image, parameters, columns)
    own = _own(image, program, parameters, ["FLUX_RADIUS"])
    assert own["FLUX_RADIUS"].shape == (16, 3)
    _check(own, program, ["FLUX_RADIUS"])


def test_radii_of_light_that_the_curve_does_not_reach(run_program: Run) -> None:
    """In noise that hangs together, curves end below the light, and fall."""
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(2, 400, 400))
    smooth = np.fft.rfft2(noise) * np.exp(
        -2 * (np.pi * np.array([2, 8]))[:, None, None] ** 2
        * (np.fft.fftfreq(400)[:, None] ** 2 + np.fft.rfftfreq(400) ** 2)
    )  # fmt: skip
    rough, wide = np.fft.irfft2(smooth)
    sky = (rng.normal(size=(400, 400)) + 5 * rough + 10 * wide).astype(np.float32)
    parameters = Parameters(
        detect_minarea=5, detect_thresh=1.5, clean=False, deblend_mincont=1.0, mask_type="NONE",
        phot_fluxfrac=(0.5, 0.9, 1.0),
    )  # fmt: skip
    columns = (*PLACES, "FLUX_RADIUS(3)", "SNR_WIN")
    program = _theirs(run_program, sky, parameters, columns, np.ones_like(sky))
    own = _own(sky, program, parameters, ["FLUX_RADIUS", "SNR_WIN"], np.ones_like(sky))
    backwards = program["FLUX_RADIUS"] < 0
    assert 0 < backwards.sum() < 20
    assert (own["FLUX_RADIUS"] > 0).all()
    same = np.isclose(own["FLUX_RADIUS"], program["FLUX_RADIUS"], rtol=1e-3)
    assert same[~backwards].mean() > 0.99
    assert np.isclose(own["SNR_WIN"], program["SNR_WIN"], rtol=1e-3).mean() > 0.98


@pytest.mark.parametrize(("kind", "err_type"), [("MAP_RMS", "rms_err"), ("MAP_WEIGHT", "wht")])
@pytest.mark.parametrize("follows", [True, False])
def test_photon_noise_where_the_error_map_varies(
    image: npt.NDArray[np.float32], run_program: Run, kind: str, err_type: str, follows: bool
) -> None:
    names = ("FLUXERR_ISO", "FLUXERR_AUTO", "FLUXERR_APER", "FLUXERR_WIN")
    parameters = Parameters(gain=2.0, weight_gain=follows)
    rms = np.where(np.arange(320) < 160, NOISE, 2 * NOISE) * np.ones_like(image)
    err = rms.astype(np.float32) if kind == "MAP_RMS" else (rms**-2.0).astype(np.float32)
    program = _theirs(run_program, image, parameters, (*PLACES, *names), err, kind)
    own = _own(image, program, parameters, names, err, err_type)
    _check({**own, "FLUXERR_APER": own["FLUXERR_APER"][:, 0]}, program, names)


@pytest.mark.parametrize("back_type", ["MANUAL", "AUTO"])
@pytest.mark.parametrize("gain", [0.0, 3.0])
def test_light_above_the_sky_around_each_source(
    image: npt.NDArray[np.float32], run_program: Run, back_type: Any, gain: float
) -> None:
    names = (
        "FLUX_ISO", "FLUXERR_ISO", "FLUX_APER", "FLUXERR_APER", "FLUX_AUTO", "FLUXERR_AUTO",
        "KRON_RADIUS", "FLUX_RADIUS", "FWHM_IMAGE", "FLUX_MAX", "FLUX_ISOCOR", "BACKGROUND",
        *PETRO, *WINDOW[:8],
    )  # fmt: skip
    parameters = Parameters(
        backphoto_type="LOCAL", backphoto_thick=12, back_type=back_type, gain=gain,
        phot_autoparams=(2.5, 1.0), detect_thresh=9.0, analysis_thresh=9.0,
    )  # fmt: skip
    # frames of the outer sources reach beyond it
    image = image[22:, :-20]
    y, x = np.indices(image.shape)
    tilted = (image + 1 + 0.004 * x - 0.002 * y).astype(np.float32)
    program = _theirs(run_program, tilted, parameters, (*PLACES, *names))
    own = _own(tilted, program, parameters, names)
    _check({**own, "FLUX_APER": own["FLUX_APER"][:, 0], "FLUXERR_APER": own["FLUXERR_APER"][:, 0]},
           program, names)  # fmt: skip
    without = _own(tilted, program, parameters.replace(backphoto_type="GLOBAL"), names)
    assert (np.abs(without["FLUX_AUTO"] - own["FLUX_AUTO"]) > 0.001 * own["FLUX_AUTO"]).any()


@pytest.mark.parametrize(
    "settings",
    [
        {"clean": False},
        {"clean": True, "clean_param": 0.5},
        {"clean": True, "filter_name": "gauss_4.0_7x7", "detect_thresh": 0.3},
        {"clean": True, "filter": False, "detect_thresh": 1.3},
        {"clean": True, "mask_type": "BLANK"},
        {"clean": False, "mask_type": "NONE"},
    ],
    ids=["no CLEAN", "CLEAN", "a high kernel", "no filter", "blank", "no mask"],
)
def test_detections_in_the_frame_around_a_source_are_no_sky(
    image: npt.NDArray[np.float32], run_program: Run, settings: dict[str, Any]
) -> None:
    """As far as the program has scanned, and but for those that CLEAN had given away by then."""
    usual: dict[str, Any] = {
        "backphoto_type": "LOCAL", "backphoto_thick": 15, "deblend_mincont": 1.0,
        "filter_name": "default", "detect_minarea": 3, "detect_thresh": 0.7,
    }  # fmt: skip
    parameters = Parameters(**usual | settings)
    names = (*PLACES, "BACKGROUND")
    program = _theirs(run_program, image, parameters, names)
    rms = np.full_like(image, NOISE)
    found = segment_image(image, rms, "rms_err", parameters, columns=names).columns
    apart = np.hypot(*(np.subtract.outer(program[name], found[name]) for name in PLACES[1:]))
    row, nearest = np.nonzero(apart < 0.01)
    assert len(row) > 0.98 * len(apart) > 100
    np.testing.assert_allclose(
        found["BACKGROUND"][nearest], program["BACKGROUND"][row], rtol=0, atol=1e-6 * NOISE
    )


@pytest.mark.parametrize("analysis_thresh", [9.0, 4.5])
def test_levels_and_threshold_move_with_the_sky_around_each_source(
    image: npt.NDArray[np.float32], run_program: Run, analysis_thresh: float
) -> None:
    parameters = Parameters(
        backphoto_type="LOCAL", backphoto_thick=12, back_type="MANUAL", gain=0.0,
        detect_thresh=9.0, analysis_thresh=analysis_thresh,
    )  # fmt: skip
    y, x = np.indices(image.shape)
    tilted = (image + 1 + 0.004 * x - 0.002 * y).astype(np.float32)
    areas = tuple(f"ISO{k}" for k in range(8))
    program = _theirs(run_program, tilted, parameters, (*PLACES, "MU_THRESHOLD", *areas))
    own = _own(tilted, program, parameters, ("ANALYSIS_THRESHOLD", *areas))
    for name in areas:
        np.testing.assert_array_equal(own[name], program[name])
    level = own["ANALYSIS_THRESHOLD"]
    # the program writes 99 where it has no magnitude
    assert (level > 0).all() == (analysis_thresh > 8)
    shown = np.where(level > 0, -2.5 * np.log10(np.maximum(level, 1e-9)), 99.0)
    np.testing.assert_allclose(shown, program["MU_THRESHOLD"], atol=1e-3)


@pytest.mark.parametrize("kind", ["AUTO", "PETRO", "APER", "RADIUS", "WIN"])
@pytest.mark.parametrize("apers", [(0.0, 0.0), (24.0, 24.0)])
def test_apertures_run_over_the_edge_where_the_program_says_so(
    run_program: Run, kind: str, apers: tuple[float, float]
) -> None:
    rng, name = np.random.default_rng(7), f"FLUX_{kind}"
    y, x = np.indices((120, 900))
    found = rng.normal(0, NOISE, x.shape)
    for k in range(29):
        cx, cy = 30 * (k + 1) + rng.uniform(-2, 2), rng.uniform(3, 30)
        cy = 119 - cy if k % 2 else cy
        angle, width, stretch = rng.uniform(0, 3), rng.uniform(1.6, 2.4), rng.uniform(0.5, 1)
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / stretch
        found += 90 * np.exp(-(u**2 + v**2) / width**2 / 2)
    parameters = Parameters(phot_autoapers=apers, phot_autoparams=(2.5, 1.0))
    for turned in (found, found.T):
        image = np.ascontiguousarray(turned, np.float32)
        program = _theirs(run_program, image, parameters, (*PLACES, "FLAGS", name))
        own = _own(image, program, parameters, ("FLAGS", name))
        theirs = program["FLAGS"].astype(int) & Flag.APERTURE_INCOMPLETE
        np.testing.assert_array_equal(own["FLAGS"] & Flag.APERTURE_INCOMPLETE, theirs)
        assert 0 < np.count_nonzero(theirs) < len(theirs)
