"""Bands combined into one image: the formulas, coverage, and the same bytes whatever the strips."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.rows import ArrayRows, Window
from skyseg.engine.stacking import (
    Layer,
    StackedPixels,
    StackMethod,
    mean_of_chi,
    stack_images,
)
from skyseg.engine.types import ErrType
from skyseg.errors import ImageError, ParameterError

METHODS = get_args(StackMethod)


def _layers(
    shape: tuple[int, int] = (37, 23), n: int = 4, seed: int = 0, err_type: ErrType = "rms_err"
) -> list[Layer]:
    """Bands with holes: NaN, infinite or no error, a negative weight."""
    rng = np.random.default_rng(seed)
    layers = []
    for number in range(n):
        sci = rng.normal(0, 3, shape).astype(np.float32)
        noise = rng.uniform(0.5, 2, shape).astype(np.float32)
        for target, value in ((sci, np.nan), (noise, np.inf), (noise, 0), (noise, -1)):
            target[rng.random(shape) < 0.15] = value
        layers.append(Layer(ArrayRows(sci), ArrayRows(noise), 1 + number / 2))
    return layers


def _join(strips: Any) -> StackedPixels:
    parts = list(strips)
    names = ("sci", "err", "wht", "n_bands")
    covering = tuple(np.any([each.covering for each in parts], axis=0).tolist())
    return StackedPixels(
        *(np.concatenate([getattr(each, name) for each in parts]) for name in names), covering
    )


def _one_pixel(method: str, values: list[tuple[float, float, float]]) -> float:
    """What the formulas give for flux, rms and scale of the bands that cover a pixel."""
    fluxes = [f * k for f, _, k in values]
    sigmas = [s * k for _, s, k in values]
    snr = [f / s for f, s in zip(fluxes, sigmas, strict=True)]
    if method == "ivw":
        weights = [s**-2 for s in sigmas]
        return sum(w * f for w, f in zip(weights, fluxes, strict=True)) / sum(weights)
    if method == "max_snr":
        return max(snr)
    chi = math.sqrt(sum(each**2 for each in snr))
    if method == "chi":
        return chi
    n = len(snr)
    mean = math.sqrt(2) * math.gamma((n + 1) / 2) / math.gamma(n / 2)
    return snr[0] if n == 1 else (chi - mean) / math.sqrt(n - mean**2)


@pytest.mark.parametrize("method", METHODS)
def test_it_tells_which_bands_have_a_good_pixel_in_each_strip(method: Any) -> None:
    layers = _layers(n=3)
    sci, noise = (
        np.array(each.read(Window(0, 37, 0, 23))) for each in (layers[1].sci, layers[1].noise)
    )
    sci[:20], noise[20:] = np.nan, np.inf
    sci[5, 5] = noise[5, 5] = 1
    layers[1] = Layer(ArrayRows(sci), ArrayRows(noise))
    strips = stack_images(layers, method, rows=16)
    assert [each.covering for each in strips] == [(True, True, True), *2 * [(True, False, True)]]


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
@pytest.mark.parametrize("method", METHODS)
def test_each_pixel_is_what_the_formula_gives_of_the_bands_that_cover_it(
    method: StackMethod, err_type: ErrType
) -> None:
    layers = _layers()
    found = _join(stack_images(layers, method, err_type))
    for y, x in np.ndindex(found.sci.shape):
        values = []
        for layer in layers:
            flux, noise = layer.sci.array[y, x], layer.noise.array[y, x]  # type: ignore[attr-defined]
            if np.isfinite(flux) and np.isfinite(noise) and noise > 0:
                rms = float(noise) if err_type == "rms_err" else float(noise) ** -0.5
                values.append((float(flux), rms, layer.scale))
        assert found.n_bands[y, x] == len(values)
        if not values:
            assert np.isnan(found.sci[y, x])
            assert (found.err[y, x], found.wht[y, x]) == (np.inf, 0)
            continue
        assert found.sci[y, x] == pytest.approx(_one_pixel(method, values), rel=2e-6, abs=1e-6)
        weight = sum((s * k) ** -2 for _, s, k in values) if method == "ivw" else 1.0
        assert found.wht[y, x] == pytest.approx(weight, rel=1e-6)
        assert found.err[y, x] == pytest.approx(weight**-0.5, rel=1e-6)


def _bytes(found: StackedPixels) -> list[bytes]:
    return [each.tobytes() for each in (found.sci, found.err, found.wht, found.n_bands)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("rows", "workers"), [(1, 1), (5, 2), (36, 3), (200, 1)])
def test_any_strips_and_workers_give_the_same_bytes(
    method: StackMethod, rows: int, workers: int
) -> None:
    layers = _layers((70, 1300))
    found = _join(stack_images(layers, method, rows=rows, mapper=ThreadMapper(workers)))
    assert _bytes(found) == _bytes(_join(stack_images(layers, method)))


@settings(max_examples=60, deadline=None)
@given(covered=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=5))
def test_a_pixel_is_made_of_the_bands_that_cover_it_and_of_no_other(
    covered: list[list[bool]],
) -> None:
    masks: npt.NDArray[np.bool_] = np.array(covered)
    layers = [
        Layer(
            ArrayRows(np.full((1, 6), 10 + number, np.float32)),
            ArrayRows(np.where(mask, 1, np.inf).astype(np.float32)[None]),
        )
        for number, mask in enumerate(masks)
    ]
    for method in METHODS:
        found = _join(stack_images(layers, method))
        np.testing.assert_array_equal(found.n_bands[0], masks.sum(axis=0))
        is_there = masks.any(axis=0)
        np.testing.assert_array_equal(np.isfinite(found.sci[0]), is_there)
        np.testing.assert_array_equal(found.wht[0] > 0, is_there)
        np.testing.assert_array_equal(np.isfinite(found.err[0]), is_there)
    fluxes = 10 + np.arange(len(masks))
    mean = _join(stack_images(layers, "ivw"))
    for x in range(6):
        if is_there[x]:
            assert mean.sci[0, x] == np.float32(fluxes[masks[:, x]].mean())


@pytest.mark.parametrize("method", ["chi", "chi_mean", "max_snr"])
def test_a_stack_in_units_of_noise_does_not_depend_on_the_scale_of_a_band(
    method: StackMethod,
) -> None:
    layers = _layers()
    other = [Layer(each.sci, each.noise, 7.0) for each in layers]
    assert _bytes(_join(stack_images(layers, method))) == _bytes(_join(stack_images(other, method)))


def test_in_pure_noise_chi_has_the_mean_that_is_told_and_chi_mean_none() -> None:
    rng = np.random.default_rng(1)
    one = ArrayRows(np.ones((400, 400), np.float32))
    layers = [Layer(ArrayRows(rng.normal(0, 1, (400, 400))), one) for _ in range(3)]
    chi, centred = (_join(stack_images(layers, each)).sci for each in ("chi", "chi_mean"))  # type: ignore[arg-type]
    assert chi.mean() == pytest.approx(mean_of_chi(3), abs=0.01)
    assert centred.mean() == pytest.approx(0, abs=0.01)
    assert centred.std() == pytest.approx(1, abs=0.01)


def test_a_weight_beyond_32_bits_makes_a_bad_pixel() -> None:
    layer = Layer(ArrayRows(np.ones((1, 2), np.float32)), ArrayRows(np.float32([[1e-25, 1]])))
    found = _join(stack_images([layer]))
    assert found.wht.tolist() == [[0, 1]]
    assert np.isnan(found.sci[0, 0])
    assert found.n_bands.tolist() == [[0, 1]]


def test_what_cannot_be_stacked_is_refused() -> None:
    layers = _layers()
    with pytest.raises(ImageError, match="shape"):
        list(stack_images([*layers, *_layers((3, 4))]))
    with pytest.raises(ParameterError, match="chi_mean"):
        list(stack_images(layers, "median"))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="rms_err"):
        list(stack_images(layers, err_type="none"))
    with pytest.raises(ParameterError, match="at least one"):
        list(stack_images([]))
