"""Convolution with the detection kernel."""

from __future__ import annotations

import numpy as np

from skyseg import _loops
from skyseg.engine.types import FloatImage


def filter_image(image: FloatImage, kernel: FloatImage) -> FloatImage:
    """Smooth an image with a kernel; outside the image all is zero.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Image, or variance.
    kernel : ndarray of float32, shape (odd, odd)
        Kernel that sums to 1, as `skyseg.engine.make_kernel` gives it.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The smoothed image, summed in single precision in the order of the
        kernel's rows, as SExtractor does it.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.engine.kernels import make_kernel
    >>> image = np.zeros((5, 5), np.float32)
    >>> image[2, 2] = 16
    >>> filter_image(image, make_kernel("default"))[2]
    array([0., 2., 4., 2., 0.], dtype=float32)
    """
    out = np.empty_like(image)
    _loops.filter_image(image, kernel, out)
    return out
