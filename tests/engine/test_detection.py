"""Regions of connected pixels above the threshold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from skyseg.engine import detect
from skyseg.errors import ImageError

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 14)))


@settings(deadline=None, max_examples=150)
@given(mask=MASKS, minarea=st.integers(1, 12))
def test_regions_are_the_8_connected_components_that_are_large_enough(
    mask: npt.NDArray[np.bool_], minarea: int
) -> None:
    found = detect(mask.astype(np.float32), np.full(mask.shape, 0.5, np.float32), minarea)
    components, n = ndimage.label(mask, np.ones((3, 3)))
    expected = {
        tuple(pixels)
        for k in range(1, n + 1)
        if len(pixels := np.flatnonzero(components == k)) >= minarea
    }
    regions = [
        found.regions.index[start:stop]
        for start, stop in zip(found.regions.start[:-1], found.regions.start[1:], strict=True)
    ]
    assert {tuple(pixels) for pixels in regions} == expected
    assert len(regions) == len(expected)
    # in the order in which a scan completes them, their pixels ascending
    assert all((np.diff(pixels) > 0).all() for pixels in regions)
    assert (np.diff([pixels[-1] for pixels in regions]) > 0).all()
    drawn = np.union1d(found.regions.index, found.small)
    np.testing.assert_array_equal(drawn, np.flatnonzero(mask))
    assert np.intersect1d(found.regions.index, found.small).size == 0


def test_a_pixel_at_the_threshold_is_background() -> None:
    image = np.array([[1, 2, 3]], np.float32)
    found = detect(image, np.full_like(image, 2), 1)
    assert found.regions.index.tolist() == [2]


def test_regions_keep_the_light_and_the_thresholds_of_their_pixels() -> None:
    image = np.array([[0, 5, 6, 0]], np.float32)
    threshold = np.array([[1, 2, 3, 4]], np.float32)
    found = detect(image, threshold, 1).regions
    assert (found.value.tolist(), found.threshold.tolist()) == ([5, 6], [2, 3])
    assert found.draw_labels().tolist() == [[0, 1, 1, 0]]


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ImageError, match=r"\(2, 3\).*\(3, 2\)"):
        detect(np.ones((2, 3), np.float32), np.ones((3, 2), np.float32), 1)
