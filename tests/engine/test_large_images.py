"""Images of more than 2^31 pixels, and labels beyond what single precision holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from skyseg.engine import Parameters, Sources, Window
from skyseg.engine.detection import connect
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.sources import find_sources
from skyseg.engine.thresholding import Threshold, scan_rows

FloatImage = npt.NDArray[np.float32]
Maker = Callable[[tuple[int, int], int, int], FloatImage]
SHAPE = (70_000, 40_000)
FIRST = 69_850


def _found(rows: FloatImage, shape: tuple[int, int], first: int) -> Sources:
    unfiltered, place = np.ones((1, 1), np.float32), (first, first, first + len(rows))
    complete = connect(
        scan_rows(rows, np.ones_like(rows), unfiltered, Threshold(factor=3.0), shape, place), 5
    )
    return find_sources(complete, Parameters(detect_minarea=5))


def test_rows_beyond_two_billion_pixels_are_worked_as_the_first_ones(
    crowded_field: Maker,
) -> None:
    rows = np.zeros((SHAPE[0] - FIRST, SHAPE[1]), np.float32)
    rows[10:, -170:] = crowded_field((140, 170), 60, 4)
    near, far = _found(rows, rows.shape, 0), _found(rows, SHAPE, FIRST)
    assert len(near.kept) > 20
    assert far.runs.start.min() > 2**31
    np.testing.assert_array_equal(far.label_rows(FIRST, SHAPE[0]).draw(), near.draw_labels())
    np.testing.assert_allclose(far.shapes.y - FIRST, near.shapes.y, atol=1e-6)
    np.testing.assert_allclose(far.shapes.a, near.shapes.a, rtol=1e-9)
    np.testing.assert_array_equal(far.flags, near.flags)


def test_labels_above_two_to_the_24_are_drawn_as_they_are() -> None:
    names = np.array([2**24 + 1, 2**31 - 1], np.int32)
    runs = Runs(np.array([1, 6]), np.array([2, 3]), np.array([0, 1]))
    drawn = Drawing(runs, names, Window(0, 2, 0, 5), 5).draw()
    assert drawn.tolist() == [[0, names[0], names[0], 0, 0], [0, names[1], names[1], names[1], 0]]
