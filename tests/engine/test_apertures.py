"""Light in circles and ellipses, against sep on isolated sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import sep

from skyseg import methods
from skyseg.engine import Parameters, Segmentation, measure_labels, segment_image
from skyseg.engine.flags import Flag
from skyseg.methods.base import Request

DIAMETERS = (3.0, 8.0, 12.5, 25.0)
PLACES = ((31.2, 40.7), (100.5, 38.0), (172.9, 41.1), (40.3, 120.6), (115.0, 110.2), (170.4, 125.9))


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.float32]:
    """Six sources far from one another and from the edge."""
    y, x = np.indices((170, 215))
    found = np.random.default_rng(8).normal(0, 0.05, x.shape)
    for k, (cx, cy) in enumerate(PLACES):
        angle, width, stretch = 0.5 * k, 2.0 + 0.3 * k, 1.0 - 0.12 * k
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / stretch
        found += 20 * np.exp(-(u**2 + v**2) / (2 * width**2))
    return found.astype(np.float32)


@pytest.fixture(scope="module")
def found(image: npt.NDArray[np.float32]) -> Segmentation:
    rms = np.full(image.shape, 0.05, np.float32)
    parameters = Parameters(detect_thresh=20, analysis_thresh=20)
    return segment_image(image, rms, "rms_err", parameters, DIAMETERS)


def _positions(found: Segmentation) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return found.columns["X_IMAGE"] - 1, found.columns["Y_IMAGE"] - 1


def test_sources_are_where_they_were_put(found: Segmentation) -> None:
    x, y = _positions(found)
    assert len(x) == len(PLACES)
    for cx, cy in PLACES:
        assert np.hypot(x - cx, y - cy).min() < 0.05


def test_light_in_circles_is_that_of_sep(
    image: npt.NDArray[np.float32], found: Segmentation
) -> None:
    x, y = _positions(found)
    for k, diameter in enumerate(DIAMETERS):
        flux, error, _ = sep.sum_circle(image, x, y, diameter / 2, err=0.05, subpix=5)
        np.testing.assert_allclose(found.columns["FLUX_APER"][:, k], flux, rtol=1e-3)
        np.testing.assert_allclose(found.columns["FLUXERR_APER"][:, k], error, rtol=1e-3)


def test_kron_light_is_that_of_sep(image: npt.NDArray[np.float32], found: Segmentation) -> None:
    x, y = _positions(found)
    columns = found.columns
    a, b = columns["A_IMAGE"], columns["B_IMAGE"]
    theta = np.radians(columns["THETA_IMAGE"])
    radius, _ = sep.kron_radius(image, x, y, a, b, theta, 6.0)
    np.testing.assert_allclose(columns["KRON_RADIUS"], np.maximum(2.5 * radius, 4.0), rtol=1e-3)
    flux, error, _ = sep.sum_ellipse(
        image, x, y, a, b, theta, columns["KRON_RADIUS"], err=0.05, subpix=1
    )
    np.testing.assert_allclose(columns["FLUX_AUTO"], flux, rtol=1e-4)
    np.testing.assert_allclose(columns["FLUXERR_AUTO"], error, rtol=5e-3)


def test_half_light_radii_are_those_of_sep(
    image: npt.NDArray[np.float32], found: Segmentation
) -> None:
    x, y = _positions(found)
    columns = found.columns
    radius, _ = sep.flux_radius(
        image, x, y, 6 * columns["A_IMAGE"], 0.5, normflux=columns["FLUX_AUTO"], subpix=5
    )
    np.testing.assert_allclose(columns["FLUX_RADIUS"], radius, rtol=2e-3)


def test_the_isophotal_flux_is_the_sum_of_the_own_pixels(
    image: npt.NDArray[np.float32], found: Segmentation
) -> None:
    for k in range(len(PLACES)):
        own = found.labels == k + 1
        np.testing.assert_allclose(
            found.columns["FLUX_ISO"][k], image[own].sum(dtype=np.float64), rtol=1e-9
        )
        error = 0.05 * np.sqrt(own.sum())
        np.testing.assert_allclose(found.columns["FLUXERR_ISO"][k], error, rtol=1e-5)


def test_errors_come_from_the_error_map_that_was_used(image: npt.NDArray[np.float32]) -> None:
    rms = np.full(image.shape, 0.05, np.float32)
    rms[:, 110:] = 0.1
    parameters = Parameters(detect_thresh=10, analysis_thresh=10)
    columns = segment_image(image, rms, "rms_err", parameters, DIAMETERS).columns
    errors, x = columns["FLUXERR_APER"], columns["X_IMAGE"]
    ratio = errors[x > 125].mean(axis=0) / errors[x < 95].mean(axis=0)
    np.testing.assert_allclose(ratio, 2, rtol=1e-2)


def test_photon_noise_adds_to_the_errors_where_there_is_a_gain(
    image: npt.NDArray[np.float32],
) -> None:
    rms = np.full(image.shape, 0.05, np.float32)
    without = segment_image(image, rms, "rms_err", Parameters(detect_thresh=20), DIAMETERS)
    parameters = Parameters(detect_thresh=20, gain=10.0)
    with_gain = segment_image(image, rms, "rms_err", parameters, DIAMETERS)
    added = with_gain.columns["FLUXERR_AUTO"] ** 2 - without.columns["FLUXERR_AUTO"] ** 2
    photons = with_gain.columns["FLUX_AUTO"] / 10 * (0.05 / with_gain.facts["noise"]) ** 2
    np.testing.assert_allclose(added, photons, rtol=0.05)


def test_a_neighbour_is_replaced_blanked_or_left_as_asked(image: npt.NDArray[np.float32]) -> None:
    rms = np.full(image.shape, 0.05, np.float32)
    lone = segment_image(image, rms, "rms_err", Parameters(detect_thresh=20), (60.0,)).columns
    y, x = np.indices(image.shape)
    cx, cy = PLACES[0]
    beside = image + 30 * np.exp(-((x - cx - 22) ** 2 + (y - cy) ** 2) / 8).astype(np.float32)
    flux = {}
    for mask_type in ("NONE", "BLANK", "CORRECT"):
        parameters = Parameters(detect_thresh=20, mask_type=mask_type)
        columns = segment_image(beside, rms, "rms_err", parameters, (60.0,)).columns
        k = np.hypot(columns["X_IMAGE"] - 1 - cx, columns["Y_IMAGE"] - 1 - cy).argmin()
        flux[mask_type] = columns["FLUX_APER"][k, 0]
    k = np.hypot(lone["X_IMAGE"] - 1 - cx, lone["Y_IMAGE"] - 1 - cy).argmin()
    own = lone["FLUX_APER"][k, 0]
    assert flux["NONE"] > 1.5 * own
    np.testing.assert_allclose(flux["BLANK"], own, rtol=0.03)
    np.testing.assert_allclose(flux["CORRECT"], own, rtol=0.03)


def test_flags_say_what_is_wrong_with_a_source() -> None:
    y, x = np.indices((80, 120))
    image = 50 * np.exp(-((x - 3) ** 2 + (y - 40) ** 2) / 18)
    image += 50 * np.exp(-((x - 60) ** 2 + (y - 40) ** 2) / 18)
    image += 30 * np.exp(-((x - 71) ** 2 + (y - 40) ** 2) / 18)
    image += 900 * np.exp(-((x - 100) ** 2 + (y - 20) ** 2) / 8)
    parameters = Parameters(satur_level=800.0)
    ones = np.ones(image.shape, np.float32)
    columns = segment_image(image.astype(np.float32), ones, "rms_err", parameters, (8.0,)).columns
    flags = {
        round(px - 1): Flag(int(flag))
        for px, flag in zip(columns["X_IMAGE"], columns["FLAGS"], strict=True)
    }
    assert Flag.TRUNCATED | Flag.APERTURE_INCOMPLETE in flags[min(flags)]
    assert Flag.MERGED in flags[60]
    assert Flag.MERGED in flags[71]
    assert Flag.SATURATED in flags[100]
    assert Flag.MERGED not in flags[100]


@pytest.mark.parametrize(("neighbours", "crowded"), [(24, False), (25, True)])
def test_a_source_is_crowded_from_a_tenth_of_its_aperture_on(
    neighbours: int, crowded: bool
) -> None:
    """The wide ellipse of a block of 4 x 7 pixels holds 250 of them."""
    y, x = np.indices((60, 60))
    image = np.zeros(x.shape, np.float32)
    image[28:32, 27:34] = 10
    distance2 = (x - 30.0) ** 2 / 4 + (y - 29.5) ** 2 / 1.25
    ring = np.argwhere((distance2 > 20) & (distance2 < 36) & (x % 2 == 0) & (y % 2 == 0))
    image[tuple(ring[:neighbours].T)] = 5
    parameters = Parameters(filter=False, detect_minarea=9)
    request = Request(
        sci=image, err=np.ones_like(image), err_type="rms_err", parameters=parameters,
        aper_diams=(5.0,), pix_scale=1.0, zero_point=np.nan, sky=None,
    )  # fmt: skip
    for method in ("skyseg", "sextractor"):
        cat = methods.run(method, request).cat
        assert [bool(flags & Flag.CROWDED) for flags in cat["FLAGS"]] == [crowded], method


def test_the_sky_around_sources_does_not_depend_on_strips(
    crowded_field: Callable[[tuple[int, int], int, int], npt.NDArray[np.float32]],
) -> None:
    sky = crowded_field((300, 200), 60, 4) + np.float32(2)
    parameters = Parameters(backphoto_type="LOCAL", detect_thresh=5, clean_param=0.5)
    maps = sky, np.ones_like(sky), "rms_err", parameters, (5.0,)
    whole, strips = segment_image(*maps), segment_image(*maps, strip_rows=40)
    assert len(whole.columns["NUMBER"]) > 20
    for name, values in whole.columns.items():
        np.testing.assert_array_equal(strips.columns[name], values, err_msg=name)


def test_labels_are_measured_above_the_sky_around_them(image: npt.NDArray[np.float32]) -> None:
    rms = np.full(image.shape, 0.05, np.float32)
    parameters = Parameters(detect_thresh=20, back_type="MANUAL")
    found = segment_image(image, rms, "rms_err", parameters, DIAMETERS)
    flux = found.columns["FLUX_APER"]
    local = parameters.replace(backphoto_type="LOCAL")
    again = measure_labels(image + np.float32(3), rms, "rms_err", found.labels, local, DIAMETERS)
    np.testing.assert_allclose(again["FLUX_APER"], flux, rtol=0.02)
