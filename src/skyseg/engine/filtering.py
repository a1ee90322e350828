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
def _convolve(image, kernel):  # type: ignore[no-untyped-def]
    ny, nx = image.shape
    ky, kx = kernel.shape
    out = np.zeros((ny, nx), dtype=np.float32)
    for y in range(ny):
        row = out[y]
        for j in range(ky):
            from_y = y + j - ky // 2
            if from_y < 0 or from_y >= ny:
                continue
            source = image[from_y]
            for i in range(kx):
                weight = kernel[j, i]
                shift = i - kx // 2
                for x in range(max(0, -shift), min(nx, nx - shift)):
                    row[x] += weight * source[x + shift]
    return out
