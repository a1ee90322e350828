"""The methods that are libraries, ``sep`` and ``photutils``: what both promise."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import binary_erosion

from skyseg import methods
from skyseg.engine.parameters import Parameters, WeightType
from skyseg.errors import ImageError
from skyseg.imaging.sky import Sky
from skyseg.methods.base import Outcome, Request

LIBRARIES = ["sep", "photutils"]


@cache
def request_on(folder: Path, err_type: str) -> Request:
    """Request on a real NIRCam band; its rms comes from its weight."""
    place = folder / "jwst/UDS-B/NIRCam/v1/40mas"
    sci, header = fits.getdata(place / "uds-b-f444w_sci.fits", header=True)
    wht = fits.getdata(place / "uds-b-f444w_wht.fits").astype(np.float32)
    return Request(
        sci=sci.astype(np.float32),
        err=wht if err_type == "wht" else 1 / np.sqrt(wht),
        err_type=err_type,
        parameters=Parameters(),
        aper_diams=(0.32, 0.5),
        pix_scale=0.04,
        zero_point=28.9,
        sky=Sky(WCS(header)),
        unit="10.0*nanoJansky",
        name=f"UDS-B v1 F444W {err_type}",
    )


@cache
def outcome_on(folder: Path, method: str, err_type: str) -> Outcome:
    return methods.get(method).run(request_on(folder, err_type))


def noise(shape: tuple[int, int] = (80, 100), **changes: Any) -> Request:
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
        "name": "JOF F444W",
    }
    return Request(**(values | changes))


@pytest.mark.parametrize("method", LIBRARIES)
def test_products_are_those_of_every_method(imaging_dir: Path, method: str) -> None:
    theirs = outcome_on(imaging_dir, method, "rms_err")
    ours = outcome_on(imaging_dir, "skyseg", "rms_err")
    assert theirs.version.split()[0] == method
    assert len(theirs.cat) > 40
    assert theirs.cat.colnames == [*ours.cat.colnames, "XWIN_IMAGE", "YWIN_IMAGE"]
    for name in ours.cat.colnames:
        assert theirs.cat[name].dtype == ours.cat[name].dtype
        assert theirs.cat[name].shape[1:] == ours.cat[name].shape[1:]
        assert theirs.cat[name].unit == ours.cat[name].unit
    assert (theirs.seg.dtype, theirs.bkg.dtype) == (np.int32, np.float32)
    assert theirs.seg.shape == theirs.bkg.shape == ours.seg.shape
    assert theirs.facts["n_bad"] == ours.facts["n_bad"]


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
@pytest.mark.parametrize("method", LIBRARIES)
def test_labels_are_the_numbers_of_the_catalogue_without_gaps(
    imaging_dir: Path, method: str, err_type: str
) -> None:
    found = outcome_on(imaging_dir, method, err_type)
    assert found.cat["NUMBER"].tolist() == list(range(1, len(found.cat) + 1))
    labels, areas = np.unique(found.seg[found.seg > 0], return_counts=True)
    assert labels.tolist() == found.cat["NUMBER"].tolist()
    np.testing.assert_array_equal(areas, found.cat["ISOAREAF_IMAGE"].value)
    for row, number in zip(found.cat, found.cat["NUMBER"], strict=True):
        y, x = np.nonzero(found.seg == number)
        box = [row[f"{end}_IMAGE"].value for end in ("XMIN", "XMAX", "YMIN", "YMAX")]
        assert box == [x.min() + 1, x.max() + 1, y.min() + 1, y.max() + 1]


@pytest.mark.parametrize("method", LIBRARIES)
def test_light_in_circles_is_that_of_the_engine_on_lone_sources(
    imaging_dir: Path, method: str
) -> None:
    theirs = outcome_on(imaging_dir, method, "rms_err").cat
    ours = outcome_on(imaging_dir, "skyseg", "rms_err")
    x, y = (np.rint(theirs[f"{axis}_IMAGE"].value - 1).astype(int) for axis in "XY")
    label = ours.seg[y, x]
    lone = (label > 0) & (theirs["FLAGS"] == 0)
    partner = ours.cat[label[lone] - 1]
    lone_theirs = theirs[lone]
    bright = (partner["FLAGS"] == 0) & (partner["FLUX_AUTO"] > 10 * partner["FLUXERR_AUTO"])
    assert np.count_nonzero(bright) > 10
    # centroids differ a little, as do the pixels that stand for neighbours
    for name, most in (("FLUX_APER", 0.03), ("FLUXERR_APER", 0.01), ("MAG_APER", 0.03)):
        ratio = lone_theirs[name][bright] / partner[name][bright]
        np.testing.assert_allclose(np.median(ratio), 1, atol=most)


@pytest.mark.parametrize("method", LIBRARIES)
def test_a_weight_is_taken_for_the_inverse_variance(imaging_dir: Path, method: str) -> None:
    by_rms, by_weight = (outcome_on(imaging_dir, method, kind) for kind in ("rms_err", "wht"))
    np.testing.assert_array_equal(by_rms.seg, by_weight.seg)
    said = "noise is 1/sqrt(WHT), not scaled to the noise of the image (RESCALE_WEIGHTS)"
    assert said in by_weight.caveats
    assert said not in by_rms.caveats


@pytest.mark.parametrize("method", LIBRARIES)
def test_an_automatic_background_is_subtracted_and_a_value_is(
    imaging_dir: Path, method: str
) -> None:
    asked = request_on(imaging_dir, "rms_err")
    plain = outcome_on(imaging_dir, method, "rms_err")
    run = methods.get(method).run
    automatic = run(replace(asked, parameters=Parameters(back_type="AUTO")))
    np.testing.assert_array_equal(automatic.bkg, plain.bkg)
    by_hand = run(replace(asked, sci=asked.sci - automatic.bkg))
    np.testing.assert_array_equal(automatic.seg, by_hand.seg)
    assert not np.array_equal(automatic.seg, plain.seg)
    fixed = run(replace(asked, parameters=Parameters(back_value=0.02)))
    by_hand = run(replace(asked, sci=asked.sci - np.float32(0.02)))
    np.testing.assert_array_equal(fixed.seg, by_hand.seg)


@pytest.mark.parametrize("method", LIBRARIES)
def test_bad_pixels_of_every_kind_are_the_same_hole_without_sources(
    imaging_dir: Path, method: str
) -> None:
    asked = request_on(imaging_dir, "rms_err")
    hole = np.zeros(asked.sci.shape, bool)
    hole[300:340, 500:560] = hole[::97, ::89] = True
    hole[:3, 100:400] = True
    maps = [
        (np.where(hole, np.nan, asked.sci), asked.err),
        *((asked.sci, np.where(hole, bad, asked.err)) for bad in (0, np.nan, 1e30)),
    ]
    found = [
        methods.get(method).run(replace(asked, sci=np.float32(sci), err=np.float32(err)))
        for sci, err in maps
    ]
    # sep's filter sees into a hole, as far as half of the kernel
    deep = binary_erosion(hole, np.ones((5, 5)), border_value=1)
    assert deep.any()
    assert not found[0].seg[hole if method == "photutils" else deep].any()
    for outcome in found:
        assert outcome.facts["n_bad"] == np.count_nonzero(hole)
        np.testing.assert_array_equal(outcome.seg, found[0].seg)
        np.testing.assert_array_equal(outcome.bkg, found[0].bkg)
        np.testing.assert_array_equal(outcome.cat["FLUX_AUTO"], found[0].cat["FLUX_AUTO"])


@pytest.mark.parametrize("method", LIBRARIES)
def test_maps_are_not_changed(imaging_dir: Path, method: str) -> None:
    asked = request_on(imaging_dir, "wht")
    before = asked.sci.copy(), asked.err.copy()
    methods.get(method).run(asked)
    np.testing.assert_array_equal(asked.sci, before[0])
    np.testing.assert_array_equal(asked.err, before[1])


@pytest.mark.parametrize("method", LIBRARIES)
def test_what_is_not_measured_is_empty_and_said(imaging_dir: Path, method: str) -> None:
    found = outcome_on(imaging_dir, method, "rms_err")
    (said,) = (text for text in found.caveats if text.startswith("not measured: "))
    names = said.split(": ")[1].split()
    assert {"CLASS_STAR", "MAG_BEST", "SNR_WIN"} <= set(names)
    for name in found.cat.colnames:
        values = np.asarray(found.cat[name])
        empty = not values.any() if values.dtype.kind == "i" else np.isnan(values).all()
        assert empty == (name in names), name


@pytest.mark.parametrize("method", LIBRARIES)
def test_an_image_without_sources_gives_an_empty_catalogue_with_the_same_caveats(
    method: str,
) -> None:
    found = methods.get(method).run(noise(parameters=Parameters(detect_thresh=50)))
    assert len(found.cat) == 0
    assert found.cat["MAG_APER"].shape == (0, 1)
    assert not found.seg.any()
    assert found.bkg.shape == found.seg.shape == (80, 100)
    with_sources = methods.get(method).run(noise(parameters=Parameters(detect_thresh=0.5)))
    assert len(with_sources.cat) > 0
    assert with_sources.caveats[-1] == found.caveats[-1]


@pytest.mark.parametrize("shape", [(1, 1), (5, 70)])
@pytest.mark.parametrize("method", LIBRARIES)
def test_a_small_image_is_extracted(method: str, shape: tuple[int, int]) -> None:
    found = methods.get(method).run(noise(shape))
    assert found.seg.shape == found.bkg.shape == shape


@pytest.mark.parametrize("changes", [{"filter": False}, {"gain": 2.0}, {"phot_fluxfrac": 0.9}])
@pytest.mark.parametrize("method", LIBRARIES)
def test_a_parameter_that_the_library_knows_has_its_effect(
    imaging_dir: Path, method: str, changes: dict[str, Any]
) -> None:
    asked = request_on(imaging_dir, "rms_err")
    plain = outcome_on(imaging_dir, method, "rms_err")
    found = methods.get(method).run(replace(asked, parameters=Parameters(**changes)))
    column = {"filter": "NUMBER", "gain": "FLUXERR_AUTO", "phot_fluxfrac": "FLUX_RADIUS"}
    name = column[next(iter(changes))]
    assert not np.array_equal(found.cat[name], plain.cat[name])


@pytest.mark.parametrize("method", LIBRARIES)
def test_saturated_blended_and_cut_off_sources_are_flagged(imaging_dir: Path, method: str) -> None:
    found = outcome_on(imaging_dir, method, "rms_err")
    for bit in (2, 8):
        assert 0 < np.count_nonzero(found.cat["FLAGS"] & bit) < len(found.cat)
    assert not np.any(found.cat["FLAGS"] & 4)
    asked = request_on(imaging_dir, "rms_err")
    low = methods.get(method).run(replace(asked, parameters=Parameters(satur_level=1.0)))
    saturated = np.unique(low.seg[(asked.sci >= 1.0) & (low.seg > 0)])
    np.testing.assert_array_equal(low.cat["NUMBER"][(low.cat["FLAGS"] & 4) > 0], saturated)


@pytest.mark.parametrize("method", LIBRARIES)
def test_maps_without_a_good_pixel_are_refused_by_name(method: str) -> None:
    with pytest.raises(ImageError, match="JOF F444W has no good pixel"):
        methods.get(method).run(noise(err=np.zeros((80, 100), np.float32)))


@pytest.mark.parametrize("method", LIBRARIES)
def test_progress_rises_from_nothing_on(method: str) -> None:
    parts: list[float] = []
    methods.get(method).run(noise(progress=lambda part, _: parts.append(part)))
    assert parts[0] == 0
    assert parts == sorted(parts)
    assert len(parts) > 1


# What has an effect only together with others, and what the caller settles: see `Request`.
TOGETHER: dict[str, dict[str, Any]] = {
    "clean_param": {"detect_thresh": 0.7, "detect_minarea": 3, "filter": False},
    "back_filtersize": {"back_size": 16},
    "back_filtthresh": {"back_size": 16},
    "gain": {"gain": 50.0},
    "weight_gain": {"gain": 50.0},
    "backphoto_thick": {"backphoto_type": "LOCAL"},
    "back_value": {"back_type": "MANUAL"},
}
SETTLED = (
    "flag_image",
    "detect_type", "phot_apertures", "satur_key", "gain_key", "mag_zeropoint", "pixel_scale",
)  # fmt: skip
OTHER: dict[str, Any] = {
    "detect_minarea": 150,
    "thresh_type": "ABSOLUTE",
    "detect_thresh": 4.0,
    "analysis_thresh": 4.0,
    "filter": False,
    "filter_name": "gauss_4.0_7x7",
    "deblend_nthresh": 1,
    "deblend_mincont": 1.0,
    "clean": False,
    "clean_param": 10.0,
    "mask_type": "NONE",
    "weight_type": "MAP_VAR",
    "weight_gain": False,
    "weight_thresh": 1.02,
    "flag_type": "AND",
    "phot_autoparams": (1.5, 2.0),
    "phot_petroparams": (1.5, 2.0),
    "phot_autoapers": (30.0, 30.0),
    "phot_fluxfrac": (0.2, 0.8),
    "satur_level": 20.0,
    "gain": 1.0,
    "seeing_fwhm": 1.0,
    "back_type": "AUTO",
    "back_value": 1.0,
    "back_size": 16,
    "back_filtersize": 1,
    "back_filtthresh": 0.5,
    "back_pearson": 3.0,
    "backphoto_type": "LOCAL",
    "backphoto_thick": 48,
}


@cache
def crowd() -> tuple[Any, Any]:
    """Blended sources on a wavy sky, and a rising error map."""
    rng = np.random.default_rng(4)
    y, x = np.indices((120, 130))
    sci = rng.normal(size=x.shape) + 0.3 * np.sin(x / 9) + 0.3 * np.cos(y / 11)
    for x0, y0, peak in rng.uniform((5, 5, 5), (125, 115, 60), (25, 3)):
        sci += peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 9)
    return sci.astype(np.float32), (1 + 0.05 * y / 120).astype(np.float32)


@pytest.mark.parametrize("method", LIBRARIES)
def test_no_parameter_is_passed_over_in_silence(method: str) -> None:
    sci, rms = crowd()
    plain = noise(sci=sci, err=rms, flags=np.zeros(sci.shape, np.int32))
    assert set(OTHER) | set(SETTLED) | {"rescale_weights"} == set(Parameters.names_in_sextractor())
    for name, value in OTHER.items():
        before = Parameters(**TOGETHER.get(name, {}))
        told, base = (
            methods.get(method).run(replace(plain, parameters=each))
            for each in (before.replace(**{name: value}), before)
        )
        said = "CLASS_STAR" if name == "seeing_fwhm" else name.upper()
        if not any(said in text for text in told.caveats):
            assert not same(told, base), name


def same(a: Outcome, b: Outcome) -> bool:
    maps = np.array_equal(a.seg, b.seg) and np.array_equal(a.bkg, b.bkg)
    return (maps and a.caveats == b.caveats) and all(
        np.array_equal(np.asarray(a.cat[name]), np.asarray(b.cat[name]), equal_nan=True)
        for name in a.cat.colnames
    )


@pytest.mark.parametrize("method", LIBRARIES)
def test_weights_that_are_not_scaled_are_said_unless_that_is_asked_for(method: str) -> None:
    sci, rms = crowd()
    for asked in (True, False):
        request = noise(
            sci=sci, err=rms**-2, err_type="wht", parameters=Parameters(rescale_weights=asked)
        )
        said = " ".join(methods.get(method).run(request).caveats)
        assert ("RESCALE_WEIGHTS" in said) == asked


@pytest.mark.parametrize("weight_type", ["NONE", "BACKGROUND"])
@pytest.mark.parametrize("method", LIBRARIES)
def test_without_an_error_map_the_noise_is_that_of_the_image(
    method: str, weight_type: WeightType
) -> None:
    sci, _ = crowd()
    asked = noise(
        sci=sci, err=None, err_type="none", parameters=Parameters(weight_type=weight_type)
    )
    found = methods.get(method).run(asked)
    scaled = methods.get(method).run(replace(asked, sci=sci * np.float32(256)))
    assert len(found.cat) > 5
    np.testing.assert_array_equal(scaled.seg, found.seg)
    np.testing.assert_allclose(scaled.cat["FLUXERR_AUTO"], 256 * found.cat["FLUXERR_AUTO"], 1e-5)


@pytest.mark.parametrize("method", LIBRARIES)
def test_a_surface_brightness_is_a_level(method: str) -> None:
    sci, rms = crowd()
    level = noise(sci=sci, err=rms, parameters=Parameters(thresh_type="ABSOLUTE", detect_thresh=4))
    scale = level.pix_scale**2
    zero_point = 25.0
    mag = zero_point - 2.5 * np.log10(4 / scale)
    pair = Parameters(thresh_type="ABSOLUTE", detect_thresh=(mag, zero_point))
    found = methods.get(method).run(replace(level, parameters=pair))
    expected = methods.get(method).run(level)
    np.testing.assert_array_equal(found.seg, expected.seg)
    assert len(found.cat) > 5
