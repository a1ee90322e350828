"""The noise as it is, on fields whose noise is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from skyseg import measure_noise
from skyseg.engine import Mask, Parameters, filter_image, make_kernel
from skyseg.engine.kernels import KernelName
from skyseg.engine.maps import make_maps
from skyseg.engine.rows import Window
from skyseg.engine.sky_meshes import cut_meshes, sample_meshes
from skyseg.engine.sky_noise import NoiseMeasure, measure_maps_for_run
from skyseg.engine.types import ErrType, FloatImage
from skyseg.errors import ImageError, ParameterError

Image = FloatImage


def _noise(seed: int, *, smoothed: float = 0.0, shape: tuple[int, int] = (900, 900)) -> Image:
    """White noise, or such as drizzling leaves, of scatter 1."""
    pixels = np.random.default_rng(seed).normal(0, 1, shape)
    if smoothed:
        pixels = gaussian_filter(pixels, smoothed)
    return (pixels / pixels.std()).astype(np.float32)


def _scatter_of_filtered(pixels: Image, name: KernelName) -> float:
    return float(np.std(filter_image(pixels, make_kernel(name))[9:-9, 9:-9]))


def _measure(sci: Image, rms: float = 1.0, **values: Any) -> NoiseMeasure:
    return measure_noise(sci, np.full_like(sci, rms), "rms_err", Parameters(**values))


@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.6, 0.8]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from(["gauss_2.5_5x5", "default", "tophat_3.0_3x3"]),
    st.sampled_from([1e-9, 1.0, 3e12]),
)
@settings(max_examples=12, deadline=None)
def test_scales_are_within_3_percent_of_the_simulated_ones(
    seed: int, smoothed: float, told: float, name: KernelName, unit: float
) -> None:
    pixels = _noise(seed, smoothed=smoothed)
    found = _measure(pixels * np.float32(unit), told * unit, filter_name=name)
    assert found.rms_scale == pytest.approx(1 / told, rel=0.03)
    assert found.filtered_sigma == pytest.approx(
        _scatter_of_filtered(pixels, name) / told, rel=0.03
    )


def test_the_kernel_of_a_wide_psf_averages_more() -> None:
    pixels = _noise(4)
    found = _measure(pixels, filter_name="gauss_5.0_9x9")
    assert found.filtered_sigma == pytest.approx(
        _scatter_of_filtered(pixels, "gauss_5.0_9x9"), rel=0.03
    )
    assert _measure(pixels, filter=False).filtered_sigma == pytest.approx(1, rel=0.03)


def test_detect_thresh_of_the_usual_set_is_6_8_sigma_in_white_noise_and_half_that_in_correlated(
) -> None:  # fmt: skip
    assert _measure(_noise(1)).to_sigmas(1.8) == pytest.approx(6.8, abs=0.2)
    assert _measure(_noise(1, smoothed=0.8)).to_sigmas(1.8) == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("err_type", ["wht", "none"])
def test_a_scale_that_is_taken_from_the_image_fits_it(err_type: ErrType) -> None:
    pixels = 7 * _noise(2)
    err = None if err_type == "none" else np.full_like(pixels, 0.3)
    found = measure_noise(pixels, err, err_type, Parameters())
    assert found.rms_scale == pytest.approx(1, rel=0.03)


def test_white_noise_is_uncorrelated_and_grows_as_the_root_of_the_pixels() -> None:
    found = _measure(_noise(3))
    assert max(map(abs, found.correlation)) < 0.01
    assert found.growth == pytest.approx(0.5, abs=0.015)
    assert found.growth_scale == pytest.approx(1, abs=0.03)


def test_the_correlation_of_smoothed_noise_is_the_one_of_its_kernel() -> None:
    found = _measure(_noise(3, smoothed=0.8))
    expected = np.exp(-(np.arange(1, 5) ** 2) / (4 * 0.8**2))
    np.testing.assert_allclose(found.correlation, expected, atol=0.03)
    assert 0.55 < found.growth < 0.65


def test_scatter_of_apertures_is_that_of_light_summed_in_circles() -> None:
    pixels = _noise(6, smoothed=0.8)
    found = _measure(pixels)
    y, x = np.mgrid[-8:9, -8:9]
    for radius, sigma in zip(found.aperture_radii, found.aperture_sigma, strict=True):
        if radius >= 3:
            circle = (np.hypot(x, y) < radius).astype(np.float32)
            expected = np.std(filter_image(pixels, circle)[9:-9, 9:-9])
            assert sigma == pytest.approx(expected, rel=0.08)


def test_sources_do_not_count_whether_they_are_labelled_or_not() -> None:
    pixels, labels = _noise(8), np.zeros((900, 900), np.int32)
    rng = np.random.default_rng(8)
    y, x = np.mgrid[-12:13, -12:13]
    for number in range(300):
        top, left = rng.integers(0, 875, 2)
        light = 10 ** rng.uniform(0.3, 3) * np.exp(-(y**2 + x**2) / 18)
        pixels[top : top + 25, left : left + 25] += light.astype(np.float32)
        labels[top : top + 25, left : left + 25] = number + 1
    for given_labels in (None, labels):
        found = measure_noise(pixels, np.ones_like(pixels), "rms_err", Parameters(),
                              labels=given_labels)  # fmt: skip
        assert found.rms_scale == pytest.approx(1, rel=0.03)
        assert found.to_sigmas(1.8) == pytest.approx(6.8, rel=0.05)


def test_labels_and_what_a_mask_excludes_are_left_out() -> None:
    pixels = _noise(9, shape=(500, 500))
    left = np.zeros(pixels.shape, np.int32)
    left[:, :300] = 1
    pixels[:, :300] *= 5
    rms = np.ones_like(pixels)
    masked = Mask.of(left, {"STAR": 1}, excluded=1)
    by_labels = measure_noise(pixels, rms, "rms_err", Parameters(), labels=left)
    by_mask = measure_noise(pixels, rms, "rms_err", Parameters(), mask=masked)
    for found in (by_labels, by_mask):
        assert found.rms_scale == pytest.approx(1, rel=0.05)
    flagged = Mask.of(left, {"STAR": 1})
    assert measure_noise(pixels, rms, "rms_err", Parameters(), mask=flagged).rms_scale > 1.5


def test_bad_pixels_that_are_filled_are_no_sky() -> None:
    pixels, rms = _noise(10), np.ones((900, 900), np.float32)
    pixels[::9] = np.nan
    rms[:, ::11] = 0
    found = measure_noise(pixels, rms, "rms_err", Parameters())
    assert found.filtered_sigma == pytest.approx(0.2656, rel=0.03)


def test_measures_do_not_depend_on_workers_or_on_how_maps_are_held() -> None:
    pixels = _noise(11, smoothed=0.6).astype(">f8")
    rms = np.ones_like(pixels)
    with ThreadPoolExecutor(5) as pool:
        found = [
            measure_noise(pixels, rms, "rms_err", Parameters(), mapper=each)
            for each in (None, map, pool.map)
        ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "sci",
    [
        np.zeros((300, 300)),
        np.full((300, 300), np.nan),
        np.ones((8, 9)),
        np.random.default_rng(4).random((300, 300)) < 0.4,  # most pixels are of one value
    ],
)
def test_nothing_is_told_of_an_image_without_noise_or_sky(sci: npt.NDArray[Any]) -> None:
    found = measure_noise(sci, np.ones_like(sci), "rms_err", Parameters())
    assert found.n_pixels == 0
    assert found.told == {}


def test_a_mosaic_whose_sampled_meshes_are_empty_is_measured_elsewhere() -> None:
    pixels = np.full((1280, 1280), np.nan, np.float32)
    pixels[:, :256] = _noise(5, shape=(1280, 256))
    assert _measure(pixels).rms_scale == pytest.approx(1, rel=0.03)


@given(st.integers(1, 4000))
def test_meshes_cover_an_axis_once(length: int) -> None:
    meshes = cut_meshes(length)
    assert [start for start, _ in meshes] == [0, *(stop for _, stop in meshes[:-1])]
    assert meshes[-1][1] == length
    assert max(stop - start for start, stop in meshes) <= 192


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 6))
def test_meshes_are_spread_over_an_image_and_differ(ny: int, nx: int, most: int) -> None:
    windows = sample_meshes((ny, nx), most)
    assert len(set(windows)) == len(windows) <= most**2
    assert all(window.y1 <= ny and window.x1 <= nx for window in windows)
    assert isinstance(windows[0], Window)


def test_maps_that_do_not_fit_and_other_arguments_are_refused() -> None:
    pixels = np.zeros((50, 50), np.float32)
    with pytest.raises(ImageError, match="does not fit"):
        measure_noise(pixels, np.ones((40, 50)), "rms_err", Parameters())
    with pytest.raises(ImageError, match="labels"):
        measure_noise(pixels, pixels + 1, "rms_err", Parameters(), labels=np.ones((9, 9), int))
    with pytest.raises(ParameterError, match="err_type"):
        measure_noise(pixels, pixels + 1, "rms", Parameters())  # type: ignore[arg-type]


def test_a_run_measures_no_more_than_a_fiftieth_of_a_large_image() -> None:
    for shape in ((2600, 2600), (2048, 4608)):
        windows: list[Window] = []

        def note(work: Any, tasks: Any, seen: list[Window] = windows) -> list[Any]:
            seen += list(tasks)
            return [work(each) for each in tasks]

        image = np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
        maps = make_maps(image, np.ones_like(image), "rms_err")
        measured = measure_maps_for_run(maps, Parameters(), note)
        assert measured.rms_scale == pytest.approx(1, rel=0.03)
        pixels = sum(each.shape[0] * each.shape[1] for each in windows)
        assert 0.005 < pixels / image.size < 0.02
