"""Regions cut by the borders of strips are put together as they were."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg.engine._borders import follow_borders, part_at_borders
from skyseg.engine.detection import connect
from skyseg.engine.thresholding import Foreground, find_foreground


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 12), st.floats(0.1, 0.7))
def test_regions_of_strips_are_those_of_the_whole_image(
    seed: int, nx: int, height: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    image = (rng.random((30, nx)) < density).astype(np.float32)
    image *= np.arange(1, image.size + 1, dtype=np.float32).reshape(image.shape)
    nothing = np.zeros_like(image)
    whole: list[Foreground] = []
    strips = []
    for start in range(0, 30, height):
        stop = min(start + height, 30)
        rows = find_foreground(image[start:stop], nothing[start:stop])
        found = Foreground(image.shape, rows.start + start * nx, rows.length, rows.values)
        inner, cut, edges = part_at_borders(found, (start, stop), (start > 0, stop < 30))
        whole.append(inner)
        strips.append((cut, edges))
    for cuts, regions in follow_borders(strips, nx):
        pieces = zip(cuts, regions, strict=True)
        whole.append(Foreground.join([cut.take(which) for cut, which in pieces]))
    assert _list_regions(whole) == _list_regions([find_foreground(image, nothing)])


def _list_regions(foregrounds: list[Foreground]) -> set[tuple[float, ...]]:
    """List the values of each region's pixels, each of which occurs once in the image."""
    found = set()
    for each in foregrounds:
        regions = connect(each, 1).regions
        for light in np.split(regions.value, regions.start[1:-1]) if len(regions) else ():
            assert tuple(light) not in found
            found.add(tuple(light))
    return found


def test_a_region_is_told_with_the_strip_that_ends_it() -> None:
    image = np.zeros((8, 5), np.float32)
    image[1:5, 2] = 1  # ends in the first row of the third strip
    image[3, 4] = 1  # ends in the last row of the second one
    image[6:, 0] = 1
    told = []

    def strips():  # type: ignore[no-untyped-def]
        for start in range(0, 8, 2):
            rows = find_foreground(image[start : start + 2], np.full((2, 5), 0.5, np.float32))
            found = Foreground(image.shape, rows.start + start * 5, rows.length, rows.values)
            goes_on = start > 0, start < 6
            _, cut, edges = part_at_borders(found, (start, start + 2), goes_on)
            told.append(start)
            yield cut, edges

    (cuts, regions), (last, _) = follow_borders(strips(), 5)
    assert told == [0, 2, 4, 6]
    pieces = zip(cuts, regions, strict=True)
    assert [int(cut.take(which).length.sum()) for cut, which in pieces] == [1, 3, 1]
    assert [int(cut.foreground.length.sum()) for cut in last] == [2]
