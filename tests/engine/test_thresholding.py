"""The threshold of each pixel."""

from __future__ import annotations

import numpy as np

from skyseg.engine import make_threshold_map


def test_the_threshold_is_a_multiple_of_the_noise() -> None:
    variance = np.array([[4, 0.25, 1e30]], np.float32)
    np.testing.assert_allclose(make_threshold_map(variance, 1.8), [[3.6, 0.9, 1.8e15]], rtol=1e-6)


def test_a_variance_too_small_for_single_precision_leaves_a_threshold_above_zero() -> None:
    assert (make_threshold_map(np.zeros((2, 2), np.float32), 1.8) > 0).all()
