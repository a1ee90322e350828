"""The embedded engine against the real program, on real and simulated fields.

Where SExtractor finds a blend it draws lots for pixels, so two runs of it on the same
pixels differ: `_mirrored` measures by how much, on the image and its mirror images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from skyseg import Parameters, engine
from skyseg.engine.types import ErrType
from skyseg.methods import get, parameter_sets
from skyseg.methods.base import Request
from skyseg.parity import ParityReport, compare_with_sextractor
from skyseg.parity.agreement import match_sources

pytestmark = pytest.mark.usefixtures("real_program")

FloatImage = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

UDS = "jwst/UDS-B/NIRCam/v1/40mas/uds-b-{}_{}.fits"
XDF = "hst/XDF/WFC3_IR/v1/60mas/xdf-{}_{}.fits"
# on pixels of 0.04 and, for XDF, 0.06 arcsec; a pixel of an array counts as 1 arcsec
APERTURES = np.array([0.32, 0.5, 1.0, 1.5, 2.0]) * u.arcsec

REAL: dict[str, tuple[str, ErrType]] = {
    "f115w-wht": ("f115w", "wht"),
    "f115w-rms": ("f115w", "rms_err"),
    "f444w-wht": ("f444w", "wht"),
    "f444w-rms": ("f444w", "rms_err"),
    "f105w-rms": ("f105w", "rms_err"),
    "f160w-rms": ("f160w", "rms_err"),
}
# Faint parts of blends, of which CLEAN leaves more or fewer as the lots fall: on mirror images the
# program itself finds 149 to 151 sources in the one and 197 to 200 in the other.
LOTS_DECIDE = {("f115w-rms", "default"), ("f115w-wht", "crowded")}
SIMULATED = (
    "piecewise-rms", "piecewise-wht", "smooth-rms", "smooth-wht", "smooth-rms-1e30", "smooth-nan",
)  # fmt: skip


@cache
def _simulated(name: str) -> tuple[FloatImage, FloatImage, ErrType]:
    """Galaxies in noise that varies by steps or smoothly, with holes, and the error map."""
    rng = np.random.default_rng(20)
    y, x = np.indices((420, 500)).astype(np.float64)
    if name.startswith("piecewise"):
        rms = np.where(x < 200, 1.0, 1.8) * np.where(y < 230, 1.0, 0.6)
    else:
        rms = 1 + 0.5 * np.sin(3 * x / 500 + 1) * np.cos(4 * y / 420)
    image = rng.normal(size=x.shape) * rms
    for _ in range(140):
        cx, cy, angle = rng.uniform(0, 500), rng.uniform(0, 420), rng.uniform(0, np.pi)
        flux, size, stretch = 10 ** rng.uniform(1.3, 4), rng.uniform(1, 5), rng.uniform(0.4, 1)
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        across = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / stretch
        radius = np.hypot(along, across) / size
        image += flux / (6 * size**2 * stretch) * np.exp(-1.7 * radius**0.8)
    bad = (rng.random(x.shape) < 0.001) | (x == 321)
    for _ in range(5):
        cx, cy, radius = rng.uniform(0, 500), rng.uniform(0, 420), rng.uniform(3, 28)
        bad |= (x - cx) ** 2 + (y - cy) ** 2 < radius**2
    bad[:200, 150:153] = True
    image, rms = image.astype(np.float32), rms.astype(np.float32)
    if name.endswith("wht"):
        return image, np.where(bad, 0, 3 / rms**2).astype(np.float32), "wht"
    if name.endswith("nan"):
        image[bad] = np.nan
        return image, rms, "rms_err"
    value = 1e30 if name.endswith("1e30") else 0
    return image, np.where(bad, value, rms).astype(np.float32), "rms_err"


@cache
def _real(folder: Path, name: str) -> tuple[FloatImage, FloatImage, ErrType]:
    band, err_type = REAL[name]
    pattern, noise = (XDF, "rms") if band in ("f105w", "f160w") else (UDS, "wht")
    sci, err = (
        fits.getdata(folder / pattern.format(band, role)).astype(np.float32)
        for role in ("sci", noise)
    )
    if noise == "wht" and err_type == "rms_err":
        assert (err > 0).all()
        err = 1 / np.sqrt(err)
    return sci, err, err_type


@cache
def _compared(folder: Path, name: str, parameters: str | Parameters = "default") -> ParityReport:
    sci, err, err_type = _simulated(name) if name in SIMULATED else _real(folder, name)
    scale = 0.06 if name in ("f105w-rms", "f160w-rms") else 0.04
    return compare_with_sextractor(sci, err, err_type, parameters, aper_diams=APERTURES / scale)


@cache
def _mirrored(folder: Path, name: str, parameters: str) -> tuple[Labels, ...]:
    """SExtractor's maps of an image and of its mirror images, mirrored back.

    The program gets the variance that it makes of the error map itself, so that its
    thresholds are the same for all; what differs is the order of its scan, and with it
    the lots that it draws.
    """
    sci, err, err_type = _real(folder, name)
    bad = engine.mark_bad_pixels(sci, err, err_type)
    assert not bad.any()
    factor = engine.measure_weight_factor(sci, err, bad, 64, 3) if err_type == "wht" else 1.0
    rms = np.sqrt(engine.make_variance_map(err, bad, err_type, factor))
    request = Request(
        sci=sci, err=rms, err_type="rms_err", parameters=parameter_sets.load(parameters)[1],
        aper_diams=(8.0,), pix_scale=1.0, zero_point=np.nan, sky=None,
    )  # fmt: skip
    return tuple(
        _run_on(request, (slice(None, None, along_y), slice(None, None, along_x)))
        for along_y in (1, -1)
        for along_x in (1, -1)
    )


def _run_on(request: Request, view: Any) -> Labels:
    maps = {
        name: np.ascontiguousarray(np.asarray(getattr(request, name))[view])
        for name in ("sci", "err")
    }
    seg = get("sextractor").run(replace(request, **maps)).seg
    assert seg is not None
    return np.ascontiguousarray(seg[view])


def _over_90(reference: Labels, labels: Labels) -> float:
    return float((match_sources(reference, labels).iou > 0.9).mean())


def _pairs(maps: tuple[Labels, ...]) -> Iterator[tuple[Labels, Labels]]:
    return ((a, b) for a in maps for b in maps if a is not b)


@pytest.mark.parametrize("name", [*REAL, *SIMULATED])
def test_the_foreground_is_sextractors_to_the_pixel(imaging_dir: Path, name: str) -> None:
    found = _compared(imaging_dir, name).agreement
    assert found.foreground_differ == 0
    assert found.foreground > 1000


@pytest.mark.parametrize("name", [*REAL, *SIMULATED])
def test_a_source_that_is_no_blend_has_sextractors_pixels(imaging_dir: Path, name: str) -> None:
    # CLEAN hands pixels of a blend, for which lots were drawn, to sources that are none
    found = _compared(imaging_dir, name).agreement
    assert found.unblended > 10
    assert found.unblended_identical >= 0.97 * found.unblended


@pytest.mark.parametrize("name", [*REAL, *SIMULATED])
def test_the_number_of_sources_is_sextractors_within_a_percent_or_one(
    imaging_dir: Path, name: str
) -> None:
    _check_number(imaging_dir, name, "default")


def _check_number(folder: Path, name: str, parameters: str) -> None:
    found = _compared(folder, name, parameters).agreement
    counts = [found.sex_sources]
    if (name, parameters) in LOTS_DECIDE:
        counts += [len(np.unique(seg)) - 1 for seg in _mirrored(folder, name, parameters)]
    assert any(abs(found.sources - n) <= max(1, 0.01 * n) for n in counts)


@pytest.mark.parametrize("name", SIMULATED)
def test_97_percent_of_simulated_sources_match_at_an_iou_over_09(
    imaging_dir: Path, name: str
) -> None:
    found = _compared(imaging_dir, name).agreement
    assert found.over_90 >= 0.97 * found.sex_sources


@pytest.mark.parametrize("name", REAL)
def test_97_percent_of_real_sources_match_or_more_than_sextractor_matches_itself(
    imaging_dir: Path, name: str
) -> None:
    _check_overlaps(imaging_dir, name, "default")


@pytest.mark.parametrize("band", ["f115w", "f444w"])
@pytest.mark.parametrize("parameters", ["crowded", "test"])
def test_the_other_parameter_sets_agree_as_well(
    imaging_dir: Path, band: str, parameters: str
) -> None:
    found = _compared(imaging_dir, f"{band}-wht", parameters).agreement
    assert found.foreground_differ == 0
    assert found.over_50 >= 0.98 * found.sex_sources
    _check_number(imaging_dir, f"{band}-wht", parameters)
    _check_overlaps(imaging_dir, f"{band}-wht", parameters)


def _check_overlaps(folder: Path, name: str, parameters: str) -> None:
    report = _compared(folder, name, parameters)
    if report.agreement.over_90 >= 0.97 * report.agreement.sex_sources:
        return
    maps = _mirrored(folder, name, parameters)
    assert all(np.array_equal(a > 0, b > 0) for a, b in _pairs(maps))
    itself = np.mean([_over_90(a, b) for a, b in _pairs(maps)])
    ours = np.mean([_over_90(each, report.skyseg.labels) for each in maps])
    assert itself < 0.97
    assert ours > itself


# what the direction of an error that is nearly the same in all directions decides
DIRECTIONS = ("ERRTHETA", "ERRCXY")


@pytest.mark.parametrize("name", [*REAL, *SIMULATED])
def test_isolated_sources_have_sextractors_fluxes(imaging_dir: Path, name: str) -> None:
    report = _compared(imaging_dir, name)
    assert report.isolated[0].n >= 4
    for column in report.isolated:
        if column.column == "FLUX_APER":
            assert column.largest < 1e-3
        exact = not column.unit and not column.column.startswith("ERR")
        if not column.column.startswith(DIRECTIONS):
            assert column.median < (1e-5 if exact else 1e-4), column
    auto = next(column for column in report.isolated if column.column == "FLUX_AUTO")
    assert auto.p90 < 5e-3


@pytest.mark.parametrize("name", [*REAL, *SIMULATED])
def test_flags_are_sextractors(imaging_dir: Path, name: str) -> None:
    report = _compared(imaging_dir, name)
    assert report.n_matched - report.flags_equal <= max(1, 0.02 * report.n_matched)


@pytest.mark.parametrize(
    "changes",
    [
        {"filter": False},
        {"back_type": "AUTO", "back_size": 32, "back_filtersize": 5},
        {"back_type": "MANUAL", "back_value": 0.5},
        {"clean": False},
        {"clean_param": 0.3},
        {"detect_minarea": 2, "detect_thresh": 1.2, "analysis_thresh": 3.0},
        {"filter_name": "gauss_5.0_9x9", "deblend_nthresh": 2},
        {"filter_name": "default", "mask_type": "BLANK", "gain": 3.0},
        {"mask_type": "NONE", "phot_autoparams": (1.5, 2.5), "phot_autoapers": (9.0, 11.0)},
        {"deblend_mincont": 1.0, "phot_fluxfrac": 0.8, "satur_level": 60.0},
        {"filter_name": "mexhat_5.0_11x11"},
        {"filter_name": "tophat_4.0_5x5", "thresh_type": "ABSOLUTE", "analysis_thresh": 3.0},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_every_parameter_does_what_it_does_in_sextractor(
    imaging_dir: Path, changes: dict[str, Any]
) -> None:
    report = _compared(imaging_dir, "smooth-wht", Parameters(**changes))
    found = report.agreement
    assert found.foreground_differ == 0
    assert abs(found.sources - found.sex_sources) <= max(1, 0.01 * found.sex_sources)
    assert found.unblended_identical >= 0.95 * found.unblended
    for column in report.matched:
        if not column.column.startswith(DIRECTIONS):
            assert column.median < 1e-4, column
    assert report.flags_equal >= 0.95 * report.n_matched


def test_the_background_is_sextractors(imaging_dir: Path) -> None:
    sci, err, err_type = _simulated("smooth-rms")
    request = Request(
        sci=sci, err=err, err_type=err_type, parameters=Parameters(), aper_diams=(8.0,),
        pix_scale=1.0, zero_point=np.nan, sky=None,
    )  # fmt: skip
    background = get("sextractor").run(request).bkg
    bad = engine.mark_bad_pixels(sci, err, err_type)
    own = engine.draw_background(engine.measure_mesh(sci, bad, 64, 3))
    np.testing.assert_allclose(own, background, atol=1e-5)
