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
