"""The detection kernels: Gaussians of given FWHM, as tabulated for SExtractor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from skyseg.engine.types import FloatImage
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
    "default",
]


@dataclass(frozen=True)
class Kernel:
    """A detection kernel of one's own.

    Attributes
    ----------
    name : str
        What it is called: its file's name without ending.
    weights : tuple of tuple of float
        Its rows, the lowest first.
    norm : bool
        Whether it is scaled to sum 1.
    """

    name: str
    weights: tuple[tuple[float, ...], ...]
    norm: bool = True


# Each kernel is symmetric about both axes and its diagonal, so one octant says it all:
# from the centre outwards, row by row, the part on and right of the diagonal.
# fmt: off
_OCTANTS: dict[KernelName, tuple[float, ...]] = {
    "gauss_1.5_3x3": (0.823102, 0.3007, 0.109853),
    "gauss_2.0_3x3": (0.894573, 0.483068, 0.260856),
    "gauss_2.0_5x5": (0.894573, 0.483068, 0.075183, 0.260856, 0.040599, 0.006319),
    "gauss_2.5_5x5": (0.930649, 0.6172, 0.179633, 0.409323, 0.119131, 0.034673),
    "gauss_3.0_5x5": (0.951108, 0.710525, 0.296069, 0.530797, 0.221178, 0.092163),
    "gauss_3.0_7x7": (
        0.951108, 0.710525, 0.296069, 0.068707, 0.530797, 0.221178, 0.051328, 0.092163,
        0.021388, 0.004963,
    ),
    "gauss_4.0_7x7": (
        0.972079, 0.821978, 0.49695, 0.214776, 0.695055, 0.420215, 0.181612, 0.254053, 0.109799,
        0.047454,
    ),
    "gauss_5.0_9x9": (
        0.982004, 0.881075, 0.636368, 0.369987, 0.173152, 0.79052, 0.570963, 0.331961, 0.155356,
        0.412386, 0.239763, 0.112208, 0.139399, 0.065238, 0.030531,
    ),
    "default": (4.0, 2.0, 1.0),
}
# fmt: on


def make_kernel(name: KernelName | Kernel) -> FloatImage:
    """Return a detection kernel, normalised to sum 1.

    Parameters
    ----------
    name : str
        ``gauss_FWHM_size``, or ``default`` for the 3 x 3 pyramid.

    Returns
    -------
    ndarray of float32, shape (n, n)
        The kernel; n is odd.

    Raises
    ------
    ParameterError
        If there is no kernel of that name.

    Examples
    --------
    >>> make_kernel("default") * 16
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]], dtype=float32)
    """
    if not isinstance(name, str) or name not in _OCTANTS:
        raise ParameterError(
            f"is {name!r}", hint=f"use one of {', '.join(_OCTANTS)}", argument="name"
        )
    octant = _OCTANTS[name]
    half = next(h for h in range(1, 6) if (h + 1) * (h + 2) // 2 == len(octant))
    quadrant = np.zeros((half + 1, half + 1))
    quadrant[np.triu_indices(half + 1)] = octant
    quadrant = np.maximum(quadrant, quadrant.T)
    right = np.concatenate([quadrant[:, :0:-1], quadrant], axis=1)
    table = np.concatenate([right[:0:-1], right], axis=0)
    single = table.astype(np.float32).astype(np.float64)
    normalised: FloatImage = (single / single.sum()).astype(np.float32)
    return normalised
