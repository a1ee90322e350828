"""Convolution with the detection kernel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image
from skyseg.engine.kernels import make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import FloatImage
from skyseg.errors import ImageError


def filter_image(image: npt.ArrayLike, kernel: npt.ArrayLike) -> FloatImage:
    """Smooth an image with a kernel; outside the image all is zero.

    Parameters
    ----------
    image : array_like, shape (ny, nx)
        Image, or variance.
    kernel : array_like, shape (ny, nx)
        Weights, as `skyseg.engine.make_kernel` gives them.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The smoothed image, summed in single precision in the order of the
        kernel's rows, as SExtractor does it. The weight in the middle of the kernel, right of
        and above it in an even number, is that of the pixel itself, the one after it that
        of the pixel after it.

    Raises
    ------
    ImageError
        If one of them is no image, or the kernel has values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.engine.kernels import make_kernel
    >>> image = np.zeros((5, 5), np.float32)
    >>> image[2, 2] = 16
    >>> filter_image(image, make_kernel("default"))[2]
    array([0., 2., 4., 2., 0.], dtype=float32)
    """
    weights = as_image(kernel, "kernel")
    if not np.isfinite(weights).all():
        raise ImageError("holds NaN or infinity", hint="give finite values", argument="kernel")
    return convolve(as_image(image, "image"), weights)


def convolve(image: FloatImage, kernel: FloatImage) -> FloatImage:
    """Smooth an image with a kernel; see `filter_image`."""
    out = np.empty_like(image)
    _loops.filter_image(image=image, kernel=kernel, out=out)
    return out


def choose_kernel(parameters: Parameters) -> FloatImage:
    """Return the detection kernel; a single 1 where there is no filter."""
    if not parameters.filter:
        return np.ones((1, 1), np.float32)
    return make_kernel(parameters.filter_name)


def choose_noise_kernel(parameters: Parameters) -> FloatImage:
    """Return what the variance is filtered with: the detection kernel, as in SExtractor.

    In units of the filtered sky a kernel with negative weights has their squares, of which
    the sum is the variance of the filtered pixel, and cannot be below 0.
    """
    kernel = choose_kernel(parameters)
    if parameters.thresh_unit == "filtered" and (kernel < 0).any():
        return np.square(kernel)
    return kernel
