"""Convolution with the detection kernel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

FloatImage = npt.NDArray[np.float32]


def filter_image(image: FloatImage, kernel: FloatImage) -> FloatImage:
    """Smooth an image with a kernel; outside the image all is zero.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Image, or variance.
    kernel : ndarray of float32, shape (odd, odd)
        Kernel that sums to 1, as `skyseg.engine.kernels.kernel` gives it.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The smoothed image, summed in single precision in the order of the
        kernel's rows, as SExtractor does it.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.engine.kernels import kernel
    >>> image = np.zeros((5, 5), np.float32)
    >>> image[2, 2] = 16
    >>> filter_image(image, kernel("default"))[2]
    array([0., 2., 4., 2., 0.], dtype=float32)
    """
    return _convolve(image, kernel)


@compiled
def _convolve(image: FloatImage, kernel: FloatImage) -> FloatImage:
    out = np.empty(image.shape, dtype=np.float32)
    for y in range(image.shape[0]):
        filter_row(image, kernel, y, out[y])
    return out


@compiled
def filter_row(image: FloatImage, kernel: FloatImage, y: int, out: FloatImage) -> None:
    """Smooth one row of an image; see `filter_image`."""
    ny, nx = image.shape
    ky, kx = kernel.shape
    for x in range(nx):
        out[x] = 0.0
    for j in range(max(0, ky // 2 - y), min(ky, ny + ky // 2 - y)):
        source = image[y + j - ky // 2]
        if kx == 5 and nx > 4:
            _add_five(out, source, kernel[j])
            continue
        for i in range(kx):
            shift = i - kx // 2
            _add(out[max(0, -shift) :], source[max(0, shift) :], kernel[j, i])


@compiled
def _add(row: FloatImage, source: FloatImage, weight: np.float32) -> None:
    for x in range(min(row.size, source.size)):
        row[x] += weight * source[x]


@compiled
def _add_five(row: FloatImage, source: FloatImage, weights: FloatImage) -> None:
    """Add a row of the usual kernel in one pass: the same sums, in the same order."""
    n = row.size
    a, b, c, d, e = weights[0], weights[1], weights[2], weights[3], weights[4]
    row[0] = ((row[0] + c * source[0]) + d * source[1]) + e * source[2]
    row[1] = (((row[1] + b * source[0]) + c * source[1]) + d * source[2]) + e * source[3]
    for x in range(n - 4):
        value = (row[x + 2] + a * source[x]) + b * source[x + 1]
        row[x + 2] = ((value + c * source[x + 2]) + d * source[x + 3]) + e * source[x + 4]
    value = (row[n - 2] + a * source[n - 4]) + b * source[n - 3]
    row[n - 2] = (value + c * source[n - 2]) + d * source[n - 1]
    row[n - 1] = ((row[n - 1] + a * source[n - 3]) + b * source[n - 2]) + c * source[n - 1]
