"""Sources of a catalogue: their boxes and outlines."""

from __future__ import annotations

import numpy as np

from skyseg import Data
from skyseg.panel.catalogue import Catalogue, trace_outline


def test_outlines_run_along_the_pixels(bands: Data, catalogue: Catalogue) -> None:
    labels = bands["F444W"].load_seg()
    box = catalogue.get_box(40)
    inside = np.argwhere(labels == 40)
    assert box == (*inside[:, 0][[0, -1]], inside[:, 1].min(), inside[:, 1].max())
    points = np.concatenate(trace_outline(labels, 40, box))
    np.testing.assert_array_equal(points.min(axis=0), inside.min(axis=0) - 0.5)
    np.testing.assert_array_equal(points.max(axis=0), inside.max(axis=0) + 0.5)


def test_an_outline_goes_round_each_corner_of_the_pixels_and_cuts_none() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[2:7, 3] = labels[4, 1:7] = labels[7, 4] = 5
    labels[5:7, 5:7] = 5
    labels[0, 0] = 6
    lines = trace_outline(labels, 5, (2, 7, 1, 6))
    for line in lines:
        np.testing.assert_array_equal(line[0], line[-1])
        steps = np.diff(line, axis=0)
        assert ((steps == 0).sum(axis=1) == 1).all()
        np.testing.assert_array_equal(line % 1, 0.5)
    length = sum(np.abs(np.diff(line, axis=0)).sum() for line in lines)
    inside = labels == 5
    assert length == sum(np.count_nonzero(np.diff(inside, axis=axis)) for axis in (0, 1))
