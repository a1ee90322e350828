"""The detection kernels: those that SExtractor ships, made by their formulas, and one's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from skyseg.engine.types import FloatArray, FloatImage
from skyseg.errors import ParameterError

KernelName = Literal[
    "gauss_1.5_3x3",
    "gauss_2.0_3x3",
    "gauss_2.0_5x5",
    "gauss_2.5_5x5",
    "gauss_3.0_5x5",
    "gauss_3.0_7x7",
    "gauss_4.0_7x7",
    "gauss_5.0_9x9",
    "tophat_1.5_3x3",
    "tophat_2.0_3x3",
    "tophat_2.5_3x3",
    "tophat_3.0_3x3",
    "tophat_4.0_5x5",
    "tophat_5.0_5x5",
    "mexhat_1.5_5x5",
    "mexhat_2.0_7x7",
    "mexhat_2.5_7x7",
    "mexhat_3.0_9x9",
    "mexhat_4.0_9x9",
    "mexhat_5.0_11x11",
    "block_3x3",
    "default",
]

MOST_WEIGHTS: Final = 1024
"""Most weights of a kernel: 32 x 32, the limit of SExtractor."""

_SUBPIXELS: Final = 10
_WIDEST: Final = 15


@dataclass(frozen=True)
class Kernel:
    """A detection kernel of one's own.

    Attributes
    ----------
    name : str
        What it is called: its file's name without ending.
    weights : tuple of tuple of float
        Its rows, the lowest first, all of one length. Any number of rows and columns
        whose product is at most 1024; in an even number the middle is the upper of the two
        pixels there.
    norm : bool
        Whether the weights are divided by the sum of their absolute values.

    Raises
    ------
    ParameterError
        If the weights are no table of at most 1024 finite numbers, or are to be divided
        by 0.

    Examples
    --------
    >>> make_kernel(Kernel("edge", ((-1.0, 2.0, 1.0),)))
    array([[-0.25,  0.5 ,  0.25]], dtype=float32)
    """

    name: str
    weights: tuple[tuple[float, ...], ...]
    norm: bool = True

    def __post_init__(self) -> None:
        fault = _find_fault(self)
        if fault:
            what, hint = fault
            raise ParameterError(what, hint=hint, argument="weights")
        rows = tuple(tuple(map(float, row)) for row in self.weights)
        object.__setattr__(self, "weights", rows)

    @classmethod
    def gaussian(cls, fwhm: float) -> Kernel:
        """Return a Gaussian of any width, that of a PSF say.

        Parameters
        ----------
        fwhm : float
            Its full width at half maximum in pixels, 1 to 15.

        Returns
        -------
        Kernel
            As those that are shipped: twice as wide as its FWHM, or as much as fits.

        Raises
        ------
        ParameterError
            If the width is not in that range.

        Examples
        --------
        >>> kernel = Kernel.gaussian(4.84)
        >>> kernel.name, make_kernel(kernel).shape
        ('gauss_4.84_11x11', (11, 11))
        """
        if not 1 <= fwhm <= _WIDEST:
            raise ParameterError(
                f"is {fwhm!r}", hint=f"give pixels from 1 to {_WIDEST}", argument="fwhm"
            )
        side = 2 * math.ceil(fwhm) + 1
        name = f"gauss_{fwhm:g}_{side}x{side}"
        return cls(name, tuple(map(tuple, _tabulate(name).tolist())))


def _find_fault(kernel: Kernel) -> tuple[str, str] | None:
    """Tell what is wrong with a kernel's weights, and what to do."""
    try:
        with np.errstate(over="ignore"):
            table = np.array(kernel.weights, np.float32)
    except (TypeError, ValueError, OverflowError):
        table = np.empty(0, np.float32)
    if table.ndim != 2 or not table.size:
        return "are no table of numbers", "give rows of one length"
    if table.size > MOST_WEIGHTS:
        rows, columns = table.shape
        return f"are {rows} rows of {columns}", f"give at most {MOST_WEIGHTS} weights"
    if not np.isfinite(table).all():
        return "are not all finite", "give numbers that single precision holds"
    if kernel.norm and not table.any():
        return "are all 0, and cannot be divided by their sum", "give one that is not"
    return None


def make_kernel(name: KernelName | Kernel) -> FloatImage:
    """Return a detection kernel as the filter takes it.

    Parameters
    ----------
    name : str or Kernel
        One of those that SExtractor ships, or one's own: ``gauss_FWHM_size``,
        ``tophat_diameter_size``, ``mexhat_FWHM_size``, ``block_3x3``, or ``default``
        for the 3 x 3 pyramid.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The weights, divided by the sum of their absolute values; those of a `Kernel` with
        ``norm=False`` as they are.

    Raises
    ------
    ParameterError
        If there is no kernel of that name.

    Notes
    -----
    Each weight of a Gaussian, a top-hat or a Mexican hat is the mean over the 10 x 10
    subpixels of a pixel, rounded to six digits, as in SExtractor's files. Sigma is the FWHM
    over 2.35. The Mexican hat is a Gaussian of FWHM / sqrt(2), rounded to two digits, less
    half of one that is sqrt(2) wider.

    Examples
    --------
    >>> make_kernel("default") * 16
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]], dtype=float32)
    """
    if isinstance(name, Kernel):
        table = np.array(name.weights, np.float32)
        return _normalise(table) if name.norm else table
    if not isinstance(name, str) or name not in get_args(KernelName):
        raise ParameterError(
            f"is {name!r}", hint=f"use one of {', '.join(get_args(KernelName))}, or a Kernel",
            argument="name",
        )  # fmt: skip
    return _normalise(_tabulate(name).astype(np.float32))


def _normalise(table: FloatImage) -> FloatImage:
    exact = table.astype(np.float64)
    normalised: FloatImage = (exact / np.abs(exact).sum()).astype(np.float32)
    return normalised


def _tabulate(name: str) -> FloatArray:
    """Return the weights of a shipped kernel as its file has them."""
    if name == "default":
        return np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0])
    if name == "block_3x3":
        return np.ones((3, 3))
    shape, width, size = name.split("_")
    side = int(size.split("x")[0])
    steps = (np.arange(side * _SUBPIXELS) - (side * _SUBPIXELS - 1) / 2) / _SUBPIXELS
    fine = _profile(shape, float(width), np.add.outer(steps**2, steps**2))
    blocks = fine.reshape(side, _SUBPIXELS, side, _SUBPIXELS)
    table: FloatArray = blocks.mean(axis=(1, 3)).round(6)
    return table


def _profile(shape: str, width: float, r2: FloatArray) -> FloatArray:
    """Return a kernel's profile at squares of the distance from its middle, in pixels."""
    if shape == "tophat":
        return np.asarray(r2 <= width**2 / 4, np.float64)
    if shape == "gauss":
        return _gaussian(r2, width)
    narrow = round(width / math.sqrt(2), 2)
    return _gaussian(r2, narrow) - 0.5 * _gaussian(r2, narrow * math.sqrt(2))


def _gaussian(r2: FloatArray, fwhm: float) -> FloatArray:
    profile: FloatArray = np.exp(-r2 / (2 * (fwhm / 2.35) ** 2))
    return profile
