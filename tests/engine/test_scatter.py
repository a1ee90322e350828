"""The medians are those of numpy, to the bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skyseg.engine.scatter import median_of, medians_along


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 64, 65, 1000])
def test_medians_are_those_of_numpy(count: int, dtype: type) -> None:
    values = (np.random.default_rng(count).normal(0, 1e3, (7, count))).astype(dtype)
    found, wanted = medians_along(values), np.median(values, axis=-1)
    assert found.dtype == wanted.dtype
    assert found.tobytes() == wanted.tobytes()
    assert median_of(values) == np.median(values)


@pytest.mark.parametrize("mark", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_marks_of_bad_values_count_as_numpy_has_them(count: int, mark: float) -> None:
    values = np.arange(3.0 * count).reshape(3, count)
    values[1, 0] = values[2, :] = mark
    np.testing.assert_array_equal(medians_along(values), np.median(values, axis=-1))
    np.testing.assert_array_equal(median_of(values), np.median(values))


def test_of_nothing_there_is_no_median() -> None:
    assert math.isnan(median_of([]))
