"""The variance that an error map stands for."""

from __future__ import annotations

import numpy as np

from skyseg.engine import make_variance_map


def test_the_variance_is_the_rms_squared_or_the_scaled_inverse_of_the_weight() -> None:
    err = np.array([[0.5, 2, 4]], np.float32)
    bad = np.array([[False, False, True]])
    assert make_variance_map(err, bad, "rms_err").tolist() == [[0.25, 4, np.float32(1e30)]]
    assert make_variance_map(err, bad, "wht", 3.0).tolist() == [[18, 4.5, np.float32(1e30)]]
