"""The method ``sep``, against the library called by hand."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sep
from astropy.io import fits

from skyseg.engine.kernels import make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import FloatImage
from skyseg.errors import MethodError
from skyseg.methods import _sep
from skyseg.methods._sep import SepMethod
from skyseg.methods.base import Request


@pytest.fixture(autouse=True)
def _limits_of_sep() -> Iterator[None]:
    """The process has one set of limits: what a test sets of them ends with it."""
    before = sep.get_extract_pixstack(), sep.get_sub_object_limit()
    yield
    sep.set_extract_pixstack(before[0])
    sep.set_sub_object_limit(before[1])


@pytest.fixture(scope="module")
def maps(imaging_dir: Path) -> tuple[FloatImage, FloatImage]:
    """Image and rms of a real NIRCam band."""
    place = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    sci, wht = (
        fits.getdata(place / f"uds-b-f444w_{name}.fits").astype(np.float32)
        for name in ("sci", "wht")
    )
    return sci, 1 / np.sqrt(wht)


def asked(sci: FloatImage, rms: FloatImage, **parameters: Any) -> Request:
    return Request(
        sci=sci,
        err=rms,
        err_type="rms_err",
        parameters=Parameters(**parameters),
        aper_diams=(0.32, 0.5),
        pix_scale=0.04,
        zero_point=28.9,
        sky=None,
        name="a band",
    )


def test_map_and_sources_are_those_of_sep_called_by_hand(
    maps: tuple[FloatImage, FloatImage],
) -> None:
    sci, rms = maps
    found = SepMethod().run(asked(sci, rms, mask_type="NONE"))
    sep.set_sub_object_limit(5000)
    objects, seg = sep.extract(
        sci,
        1.8,
        err=rms,
        minarea=9,
        filter_kernel=make_kernel("gauss_2.5_5x5"),
        deblend_nthresh=32,
        deblend_cont=0.005,
        segmentation_map=True,
    )
    np.testing.assert_array_equal(found.seg, seg)
    x, y, a, b, theta = (objects[name] for name in ("x", "y", "a", "b", "theta"))
    np.testing.assert_array_equal(found.cat["X_IMAGE"].value, x + 1)
    np.testing.assert_array_equal(found.cat["FLUX_ISO"].value, objects["flux"].astype("f4"))
    flux, error, _ = sep.sum_circle(sci, x, y, 0.5 / 0.04 / 2, err=rms)
    np.testing.assert_array_equal(found.cat["FLUX_APER"][:, 1].value, flux.astype("f4"))
    np.testing.assert_array_equal(found.cat["FLUXERR_APER"][:, 1].value, error.astype("f4"))
    moment, _ = sep.kron_radius(sci, x, y, a, b, theta, 6.0)
    radius = np.maximum(2.5 * moment, 4.0)
    np.testing.assert_array_equal(found.cat["KRON_RADIUS"], radius.astype("f4"))
    auto, _, _ = sep.sum_ellipse(sci, x, y, a, b, theta, radius, subpix=1)
    small = moment * np.sqrt(a * b) < 1.75
    auto[small] = sep.sum_circle(sci, x[small], y[small], 1.75, subpix=1)[0]
    np.testing.assert_array_equal(found.cat["FLUX_AUTO"].value, auto.astype("f4"))
    half, _ = sep.flux_radius(sci, x, y, 6 * a, 0.5, normflux=auto)
    np.testing.assert_array_equal(found.cat["FLUX_RADIUS"].value, half.astype("f4"))
    x_win, y_win, _ = sep.winpos(sci, x, y, half * 2 / 2.35)
    np.testing.assert_allclose(found.cat["XWIN_IMAGE"].value, x_win + 1, rtol=1e-12)
    np.testing.assert_allclose(found.cat["YWIN_IMAGE"].value, y_win + 1, rtol=1e-12)


def test_the_background_is_that_of_sep(maps: tuple[FloatImage, FloatImage]) -> None:
    sci, rms = maps
    found = SepMethod().run(asked(sci, rms, back_size=50, back_filtersize=5))
    by_hand = sep.Background(sci, bw=50, bh=50, fw=5, fh=5).back()
    np.testing.assert_array_equal(found.bkg, by_hand)


def test_pixels_of_neighbours_stay_out_of_apertures_but_with_mask_type_none(
    maps: tuple[FloatImage, FloatImage],
) -> None:
    corrected, blank, none = (
        SepMethod().run(asked(*maps, mask_type=kind)) for kind in ("CORRECT", "BLANK", "NONE")
    )
    np.testing.assert_array_equal(corrected.cat["FLUX_AUTO"], blank.cat["FLUX_AUTO"])
    differ = corrected.cat["FLUX_AUTO"] != none.cat["FLUX_AUTO"]
    assert differ.any()
    assert (corrected.cat["FLAGS"][differ] & 1).all()
    assert "MASK_TYPE CORRECT: neighbours count as the aperture's mean" in corrected.caveats


def test_cleaned_detections_leave_no_label(maps: tuple[FloatImage, FloatImage]) -> None:
    cleaned, all_of_them = (SepMethod().run(asked(*maps, clean=clean)) for clean in (True, False))
    assert len(cleaned.cat) < len(all_of_them.cat)
    assert np.count_nonzero(cleaned.seg) < np.count_nonzero(all_of_them.seg)
    assert not cleaned.seg[all_of_them.seg == 0].any()


def test_more_source_pixels_than_seps_stack_holds_are_extracted() -> None:
    sci = np.full((700, 700), 100, np.float32)
    found = SepMethod().run(asked(sci, np.ones_like(sci), deblend_nthresh=1))
    assert sci.size > sep.get_extract_pixstack()
    assert found.cat["ISOAREAF_IMAGE"].value.tolist() == [sci.size]


def test_seps_limits_are_put_back(maps: tuple[FloatImage, FloatImage]) -> None:
    sep.set_extract_pixstack(1234)
    sep.set_sub_object_limit(99)
    SepMethod().run(asked(*maps))
    assert (sep.get_extract_pixstack(), sep.get_sub_object_limit()) == (1234, 99)


def test_what_sep_cannot_hold_is_an_error_of_ours_and_limits_are_put_back(
    maps: tuple[FloatImage, FloatImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sep, "_SUB_OBJECTS", 1)
    sep.set_sub_object_limit(1)
    with pytest.raises(MethodError, match=r"a band: sep failed .* raise detect_thresh"):
        SepMethod().run(asked(*maps, deblend_mincont=0.0))
    assert sep.get_sub_object_limit() == 1


def test_bands_in_threads_have_the_same_maps_as_alone(
    maps: tuple[FloatImage, FloatImage],
) -> None:
    sci, rms = maps
    halves = [asked(sci[:150], rms[:150]), asked(sci[150:], rms[150:])]
    alone = [SepMethod().run(half).seg for half in halves]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda half: SepMethod().run(half).seg, halves * 3))
    for number, seg in enumerate(together):
        np.testing.assert_array_equal(seg, alone[number % 2])
