"""Thresholding: from an image to the runs of pixels above the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_number
from skyseg.engine.types import FloatImage, IntArray
from skyseg.errors import ParameterError


@dataclass(frozen=True)
class Foreground:
    """Pixels above the threshold in some rows of an image, as runs along the rows.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    start : ndarray of int64, shape (nrun,)
        Flat index of the first pixel of each run, ascending.
    length : ndarray of int64, shape (nrun,)
        Pixels of each run.
    values : ndarray of float32, shape (2 + m, npix)
        Filtered image, threshold, and m other maps at the pixels of all runs.
    """

    shape: tuple[int, int]
    start: IntArray
    length: IntArray
    values: FloatImage

    def join(self, other: Foreground) -> Foreground:
        """Return the runs of both; those of ``other`` come after."""
        return Foreground(
            self.shape,
            np.concatenate([self.start, other.start]),
            np.concatenate([self.length, other.length]),
            np.concatenate([self.values, other.values], axis=1),
        )


def find_foreground(filtered: FloatImage, threshold: FloatImage) -> Foreground:
    """Find the pixels of an image above the threshold.

    Parameters
    ----------
    filtered, threshold : ndarray of float32, shape (ny, nx)
        Filtered image and its threshold.

    Returns
    -------
    Foreground
    """
    return Foreground(
        (filtered.shape[0], filtered.shape[1]),
        **_loops.find_runs(filtered=filtered, threshold=threshold),
    )


def scan_rows(
    image: FloatImage, variance: FloatImage, kernel: FloatImage, detect_thresh: float,
    shape: tuple[int, int], rows: tuple[int, int, int],
) -> Foreground:  # fmt: skip
    """Filter some rows of an image and find the pixels above the threshold.

    The same as `filter_image`, `make_threshold_map` and `find_foreground`, row by row,
    so that what is made on the way stays small.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (n, nx)
        The rows, with as many around them as the kernel reaches.
    kernel : ndarray of float32, shape (odd, odd)
        Detection kernel.
    detect_thresh : float
        Threshold in sigma.
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    rows : tuple of int
        First row of ``image`` in the whole image, and of which rows of the whole
        image, from the first to before the last, the pixels are wanted.

    Returns
    -------
    Foreground
        With image and variance as other maps.
    """
    top, first, stop = rows
    found = _loops.scan_rows(
        image=image, variance=variance, kernel=kernel, factor=_as_factor(detect_thresh),
        first=first - top, stop=stop - top,
    )  # fmt: skip
    start = found["start"] + top * shape[1]
    return Foreground(shape, start, found["length"], found["values"])


def make_threshold_map(filtered_variance: npt.ArrayLike, detect_thresh: float) -> FloatImage:
    """Give each pixel its detection threshold.

    Parameters
    ----------
    filtered_variance : array_like, shape (ny, nx)
        Variance convolved with the detection kernel.
    detect_thresh : float
        Threshold in sigma.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        ``detect_thresh * sqrt(filtered_variance)``, and never 0.

    Raises
    ------
    ImageError
        If the variance is no image.
    ParameterError
        If the threshold is not a finite number above zero.
    """
    variance = as_image(filtered_variance, "filtered_variance")
    return set_thresholds(variance, as_number(detect_thresh, "detect_thresh"))


def set_thresholds(filtered_variance: FloatImage, detect_thresh: float) -> FloatImage:
    """Give each pixel its detection threshold; see `make_threshold_map`."""
    out = np.empty_like(filtered_variance)
    _loops.set_thresholds(
        variance=filtered_variance.ravel(), factor=_as_factor(detect_thresh), out=out.reshape(-1)
    )
    return out


def _as_factor(detect_thresh: float) -> float:
    return float(np.float32(detect_thresh))


def as_single(thresh: float | tuple[float, float], argument: str) -> float:
    """Return a threshold in sigma, as the only kind there is so far."""
    if isinstance(thresh, tuple):
        raise ParameterError(f"is {thresh}", hint="give one number", argument=argument)
    return thresh
