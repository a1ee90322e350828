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
from scipy.ndimage import correlate

from skyseg.engine import filter_image, make_kernel
from skyseg.engine.kernels import Kernel, KernelName
from skyseg.errors import ParameterError

NAMES = get_args(KernelName)
PROGRAM_DATA = Path("/usr/share/source-extractor")


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_of_a_kernel_sum_to_one_and_have_the_symmetry_of_a_square(
    name: KernelName,
) -> None:
    values = make_kernel(name)
    assert values.dtype == np.float32
    np.testing.assert_allclose(np.abs(values).sum(dtype=np.float64), 1, rtol=1e-6)
    for other in (values.T, values[::-1], values[:, ::-1]):
        np.testing.assert_array_equal(values, other)


def test_every_kernel_that_sextractor_ships_is_made_as_it_reads_it() -> None:
    files = sorted(PROGRAM_DATA.glob("*.conv"))
    if not files:
        pytest.skip(f"SExtractor's kernels are not at {PROGRAM_DATA}")
    assert {path.stem for path in files} == set(NAMES)
    for path in files:
        own = Kernel(path.stem, tuple(map(tuple, np.loadtxt(path, skiprows=1).tolist())))
        np.testing.assert_array_equal(make_kernel(path.stem), make_kernel(own))  # type: ignore[arg-type]


def test_a_kernel_of_ones_own_is_divided_by_the_sum_of_its_absolute_weights_or_not_at_all() -> None:
    weights = ((-1.0, -1.0, -1.0), (-1.0, 8.0, -1.0), (-1.0, -1.0, -1.0))
    np.testing.assert_allclose(make_kernel(Kernel("hat", weights))[1], [-1 / 16, 0.5, -1 / 16])
    np.testing.assert_array_equal(make_kernel(Kernel("hat", weights, norm=False)), weights)


@settings(deadline=None, max_examples=60)
@given(
    image=arrays(
        np.float32,
        st.tuples(st.integers(1, 13), st.integers(1, 13)),
        elements=st.floats(-8, 8, width=32),
    ),
    kernel=st.sampled_from(NAMES).map(make_kernel)
    | arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=st.floats(-1, 1, width=32),
    ),
)
def test_filtering_weighs_the_pixels_around_each_with_nothing_outside(
    image: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32]
) -> None:
    expected = correlate(image.astype(np.float64), kernel.astype(np.float64), mode="constant")
    found = filter_image(image, kernel)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("fwhm", [2.0, 2.5, 4.84, 9.0])
def test_a_gaussian_of_any_width_is_as_wide_as_asked(fwhm: float) -> None:
    weights = make_kernel(Kernel.gaussian(fwhm)).astype(float)
    steps = np.arange(len(weights)) - len(weights) // 2
    sigma = np.sqrt((weights.sum(axis=0) * steps**2).sum())
    in_pixels = np.hypot(fwhm / 2.35, np.sqrt(1 / 12))
    assert sigma == pytest.approx(in_pixels, rel=0.05)


@pytest.mark.parametrize("fwhm", [0.9, 15.1, float("nan")])
def test_a_gaussian_that_is_no_kernel_is_refused(fwhm: float) -> None:
    with pytest.raises(ParameterError, match="from 1 to 15"):
        Kernel.gaussian(fwhm)
