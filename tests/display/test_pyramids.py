"""Pyramids of images and of labels."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyseg.display.pyramids import make_image_pyramid, make_label_pyramid, make_lazy_pyramid

IMAGES = arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.one_of(st.floats(-100, 100, width=32), st.just(np.nan)),
)


def half_by_hand(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    ny, nx = (image.shape[0] + 1) // 2, (image.shape[1] + 1) // 2
    out = np.full((ny, nx), np.nan, np.float32)
    for y in range(ny):
        for x in range(nx):
            block = image[2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
            if np.isfinite(block).any():
                out[y, x] = block[np.isfinite(block)].astype(np.float64).mean()
    return out


@settings(max_examples=60, deadline=None)
@given(IMAGES)
def test_a_pixel_of_a_level_is_the_mean_of_the_finite_pixels_under_it(
    image: npt.NDArray[np.float32],
) -> None:
    levels = make_image_pyramid(image, smallest=1)
    for below, above in itertools.pairwise(levels):
        np.testing.assert_allclose(above, half_by_hand(below), rtol=1e-6, atol=1e-6)
    assert max(levels[-1].shape) == 1


@settings(max_examples=60, deadline=None)
@given(arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_labels_are_never_mixed(labels: npt.NDArray[np.int32]) -> None:
    for level in make_label_pyramid(labels, smallest=1):
        assert level.dtype == np.int32
        assert np.isin(level, labels).all()


def test_smaller_labels_take_no_memory_and_follow_what_is_written_to_the_map() -> None:
    labels = np.zeros((9, 9), np.int32)
    levels = make_label_pyramid(labels, smallest=2)
    assert all(np.shares_memory(level, labels) for level in levels)
    labels[8, 4] = 5
    assert [level.max() for level in levels] == [5, 5, 5, 0]


def test_big_endian_images_and_rows_over_many_blocks_give_the_same() -> None:
    image = np.random.default_rng(1).normal(size=(1537, 30)).astype(np.float32)
    ours = make_image_pyramid(image.astype(">f4"), smallest=400)
    for level, wanted in zip(ours, make_image_pyramid(image, smallest=400), strict=True):
        np.testing.assert_array_equal(level, wanted)
    np.testing.assert_allclose(ours[1], half_by_hand(image), rtol=1e-6, atol=1e-6)


def test_levels_made_later_are_those_made_at_once() -> None:
    image = np.random.default_rng(2).normal(size=(70, 45)).astype(np.float32)
    later = make_lazy_pyramid(image, smallest=10)
    at_once = make_image_pyramid(image, smallest=10)
    assert [level.shape for level in later] == [level.shape for level in at_once]
    for level, wanted in zip(later, at_once, strict=True):
        np.testing.assert_array_equal(level[2:5, 1:3], wanted[2:5, 1:3])
        np.testing.assert_array_equal(np.asarray(level), wanted)


@pytest.mark.parametrize("shape", [(512, 512), (3, 512)])
def test_a_small_image_has_one_level(shape: tuple[int, int]) -> None:
    assert len(make_image_pyramid(np.zeros(shape, np.float32))) == 1
    assert len(make_label_pyramid(np.zeros(shape, np.int32))) == 1
