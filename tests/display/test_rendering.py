"""Arrays made ready to be looked at."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyseg.display import rendering


def test_an_image_is_binned_only_as_far_as_needed() -> None:
    assert rendering.choose_bin_factor((2000, 1500), 2000) == 1
    assert rendering.choose_bin_factor((2001, 1500), 2000) == 2
    assert rendering.choose_bin_factor((100, 30000), 2000) == 15


@settings(max_examples=50, deadline=None)
@given(
    image=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=30),
        elements=st.one_of(st.floats(-100, 100, width=32), st.sampled_from([np.nan, np.inf])),
    ),
    factor=st.integers(1, 7),
)
def test_a_bin_is_the_mean_of_its_finite_pixels(image: np.ndarray, factor: int) -> None:
    binned = rendering.bin_image(image, factor)
    ny, nx = image.shape
    assert binned.shape == (-(-ny // factor), -(-nx // factor))
    for y, x in np.ndindex(binned.shape):
        pixels = image[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        pixels = pixels[np.isfinite(pixels)].astype(float)
        expected = pixels.mean() if pixels.size else np.nan
        assert binned[y, x] == pytest.approx(expected, rel=1e-5, abs=1e-5, nan_ok=True)


def test_bands_of_rows_do_not_change_binning(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(1).normal(size=(101, 57)).astype(np.float32)
    whole = rendering.bin_image(image, 4)
    monkeypatch.setattr(rendering, "_BAND_PIXELS", 57 * 8)
    assert np.array_equal(rendering.bin_image(image, 4), whole)


def test_binned_labels_are_labels_of_their_bin() -> None:
    labels = np.random.default_rng(2).integers(0, 50, (31, 44))
    binned = rendering.bin_labels(labels, 5)
    assert binned.shape == (7, 9)
    for y, x in np.ndindex(binned.shape):
        assert binned[y, x] in labels[y * 5 : y * 5 + 5, x * 5 : x * 5 + 5]
    assert np.array_equal(rendering.bin_labels(labels, 1), labels)


def test_a_label_has_one_colour_whatever_stands_beside_it() -> None:
    labels = np.array([[0, 5], [900_000_000, 6]], dtype=np.int32)
    colours = rendering.colour_labels(labels)
    assert colours.shape == (2, 2, 3)
    assert colours[0, 0].tolist() == [0, 0, 0]
    for place in np.ndindex(labels.shape):
        assert np.array_equal(rendering.colour_labels(labels[place].reshape(1))[0], colours[place])
    crowded = rendering.colour_labels(np.arange(12, dtype=np.uint32).reshape(3, 4))
    assert np.array_equal(crowded[1, 1:3], [colours[0, 1], colours[1, 1]])


def test_labels_are_never_dark_and_followers_differ() -> None:
    colours = rendering.colour_labels(np.arange(1, 3000)).astype(int)
    assert colours.max(axis=1).min() > 90
    for step in range(1, 6):
        apart = np.abs(colours[step:] - colours[:-step]).sum(axis=1)
        assert np.median(apart) > 100
        assert apart.min() > 15


def test_noise_sets_the_limits_and_a_big_source_does_not() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(5, 2, (300, 300))
    yy, xx = np.mgrid[:300, :300]
    galaxy = 40 * np.exp(-np.hypot(xx - 150, yy - 150) / 60)
    for image in (noise, noise + galaxy):
        low, high, softening = rendering.choose_sci_limits(image)
        assert low < high
        assert softening * (high - low) == pytest.approx(4, rel=0.15)
    low, high, _ = rendering.choose_sci_limits(noise)
    assert low == pytest.approx(1, abs=0.3)
    assert high >= 50


@pytest.mark.parametrize("image", [np.full((5, 5), np.nan), np.zeros((5, 5)), np.ones((2, 2))])
def test_an_image_without_noise_has_limits(image: np.ndarray) -> None:
    low, high, softening = rendering.choose_sci_limits(image)
    assert low < high
    assert 0 < softening <= 1


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(
        np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)
    )
)
def test_outlines_are_every_edge_between_labels_once(labels: np.ndarray) -> None:
    drawn = []
    for (x0, y0), (x1, y1) in rendering.trace_outlines(labels):
        assert x0 == x1 or y0 == y1
        if y0 == y1:
            drawn += [("below", y0 - 0.5, x) for x in np.arange(x0 + 0.5, x1)]
        else:
            drawn += [("left", y, x0 - 0.5) for y in np.arange(y0 + 0.5, y1)]
    ny, nx = labels.shape
    expected = [
        ("below", y, x)
        for y, x in itertools.product(range(ny - 1), range(nx))
        if labels[y, x] != labels[y + 1, x]
    ] + [
        ("left", y, x)
        for y, x in itertools.product(range(ny), range(nx - 1))
        if labels[y, x] != labels[y, x + 1]
    ]
    assert sorted(drawn) == sorted(expected)
