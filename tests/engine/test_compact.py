"""What is sent compactly arrives bit for bit."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skyseg.engine._compact import pack_array, unpack_array
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs


@pytest.mark.parametrize(
    "values",
    [
        np.arange(5),
        np.array([2**62, -(2**62), 7]),
        np.array([-5, 300, -5], np.int32),
        np.array([2**40, 2**40 + 3, 2**41]),
        np.array([5, 2**31 - 1, -(2**31)], np.int32),
        np.array([[2**15 - 1, -(2**15)]], np.int16),
        np.array([-(2**63), 2**63 - 1]),
        np.array([3, 3, 3], np.int16),
        np.zeros((3, 2)),
        np.array([0.0, -0.0]),
        np.array([np.nan, 1e-300]),
        np.array([[1, 2], [-3, 400]]),
        np.empty((0, 3), np.int64),
        np.array([True, False]),
        np.array([255, 0, 255], np.uint8),
        np.array([2**64 - 1, 0], np.uint64),
    ],
)  # fmt: skip
def test_arrays_come_back_to_the_bit(values: npt.NDArray[Any]) -> None:
    back = unpack_array(pickle.loads(pickle.dumps(pack_array(values))))
    assert back.dtype == values.dtype
    assert back.shape == values.shape
    assert back.tobytes() == values.tobytes()


def test_runs_are_sent_in_a_quarter_of_their_bytes() -> None:
    rng = np.random.default_rng(3)
    start = np.sort(rng.choice(10**7, 20_000, replace=False)) + 10**10
    runs = Runs(start, rng.integers(1, 60, 20_000), rng.integers(-1, 200, 20_000))
    sent = pickle.dumps(Drawing(runs, runs.source.astype(np.int32), Window(0, 1, 0, 1), 1))
    assert len(sent) < (3 * 8 + 4) * 20_000 / 4
    back = pickle.loads(sent)
    for name in ("start", "length", "source"):
        assert getattr(back.runs, name).tobytes() == getattr(runs, name).tobytes()
