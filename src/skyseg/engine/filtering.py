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
    ny, nx = image.shape
    ky, kx = kernel.shape
    out = np.zeros((ny, nx), dtype=np.float32)
    for y in range(ny):
        for j in range(max(0, ky // 2 - y), min(ky, ny + ky // 2 - y)):
            source = image[y + j - ky // 2]
            for i in range(kx):
                shift = i - kx // 2
                _add(out[y, max(0, -shift) :], source[max(0, shift) :], kernel[j, i])
    return out


@compiled
def _add(row: FloatImage, source: FloatImage, weight: np.float32) -> None:
    for x in range(min(row.size, source.size)):
        row[x] += weight * source[x]
