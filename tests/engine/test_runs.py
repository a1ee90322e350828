"""Runs of pixels, and the parts of an image that they reach into."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from skyseg.engine.detection import PixelLists
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs


@given(
    labels=nps.arrays(np.int32, nps.array_shapes(min_dims=2, max_dims=2, max_side=12),
                      elements=st.integers(0, 2)),
    corners=st.tuples(*(st.integers(0, 12) for _ in range(4))),
)  # fmt: skip
def test_the_runs_within_a_part_draw_it(
    labels: np.ndarray, corners: tuple[int, int, int, int]
) -> None:
    ny, nx = labels.shape
    index = np.flatnonzero(labels)
    index = index[np.argsort(labels.flat[index], kind="stable")]
    first = np.searchsorted(labels.flat[index], np.arange(1, 4))
    no_light = np.empty(0, np.float32)
    runs = Runs.of(PixelLists((ny, nx), first, index, no_light, no_light))
    y, x = np.sort(np.mod(corners[:2], ny + 1)), np.sort(np.mod(corners[2:], nx + 1))
    part = Window(y[0], y[1], x[0], x[1])
    within = runs.within(part, nx)
    ends = within.start % nx + within.length
    assert ((within.start % nx < part.x1) & (ends > part.x0)).all()
    drawn = Drawing(within, within.source.astype(np.int32) + 1, part, nx).draw()
    np.testing.assert_array_equal(drawn, labels[y[0] : y[1], x[0] : x[1]])
