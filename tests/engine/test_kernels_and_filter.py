"""Detection kernels and the smoothing with them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import convolve

from skyseg.engine import filter_image, make_kernel
from skyseg.engine.kernels import KernelName

NAMES = get_args(KernelName)
PROGRAM_DATA = Path("/usr/share/source-extractor")


@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_sums_to_one_and_has_the_symmetry_of_a_square(name: KernelName) -> None:
    values = make_kernel(name)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values.sum(dtype=np.float64), 1, rtol=1e-6)
    for other in (values.T, values[::-1], values[:, ::-1]):
        np.testing.assert_array_equal(values, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_is_the_one_that_sextractor_reads(name: KernelName) -> None:
    path = PROGRAM_DATA / f"{name}.conv"
    if not path.is_file():
        pytest.skip(f"SExtractor's kernels are not at {PROGRAM_DATA}")
    table = np.loadtxt(path, skiprows=1, comments="#")
    np.testing.assert_allclose(make_kernel(name), table / table.sum(), rtol=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    image=arrays(
        np.float32,
        st.tuples(st.integers(1, 13), st.integers(1, 13)),
        elements=st.floats(-1000, 1000, width=32),
    ),
    name=st.sampled_from(NAMES),
)
def test_filtering_is_a_convolution_with_nothing_outside(
    image: npt.NDArray[np.float32], name: KernelName
) -> None:
    expected = convolve(
        image.astype(np.float64), make_kernel(name).astype(np.float64), mode="constant"
    )
    found = filter_image(image, make_kernel(name))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)
