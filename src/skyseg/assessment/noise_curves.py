"""How many detections an image and its negative have, against the threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from skyseg.assessment.noise_light import filter_part
from skyseg.engine.detection import PixelLists, connect
from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.mappers import Mapper
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window
from skyseg.engine.sky_noise import measure_for_run
from skyseg.engine.thresholding import Foreground, find_foreground, raise_thresholds
from skyseg.engine.types import ErrType, FloatArray, IntArray
from skyseg.methods.noise_facts import LEAST_SIGMAS

SIGMAS: Final = np.arange(2.0, 10.01, 0.15)
"""Thresholds that are tried, in sigma of the filtered sky."""

_WHOLE: Final = 1536**2
_SIDE: Final = 384
_ALONG_AXIS: Final = 4
_LEAST_COUNT: Final = 4
_CELL: Final = 4


@dataclass(frozen=True, eq=False)
class NoiseCurve:
    """Detections of an image and of its negative against the threshold.

    Attributes
    ----------
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    kernel : str or Kernel or None
        The detection kernel; None without.
    minarea : int
        DETECT_MINAREA.
    filtered_sigma : float
        Scatter of the filtered sky over what the error map tells of it.
    sigma : ndarray of float64, shape (n,)
        Thresholds in units of that scatter, ascending.
    n_positive, n_negative : ndarray of int64, shape (n,)
        Regions above each in the image, and in its negative, that are apart from one another.
    n_noise : ndarray of float64, shape (n,)
        Those of noise that are expected in the image: the negative ones or, where these have
        become few, the tail that is fitted to them, whichever is more.
    purity : ndarray of float64, shape (n,)
        Part of the positive ones that is not noise; NaN where there are none.
    """

    err_type: ErrType
    kernel: KernelName | Kernel | None
    minarea: int
    filtered_sigma: float
    sigma: FloatArray
    n_positive: IntArray
    n_negative: IntArray

    @property
    def thresh(self) -> FloatArray:
        """The thresholds in the rms of the error map, as ``detect_thresh`` has them."""
        return self.sigma * self.filtered_sigma

    @property
    def n_noise(self) -> FloatArray:
        """See the attributes."""
        return np.maximum(self.n_negative, _fit_tail(self.sigma, self.n_negative))

    @property
    def purity(self) -> FloatArray:
        """See the attributes."""
        with np.errstate(divide="ignore", invalid="ignore"):
            purity = np.maximum(1 - self.n_noise / self.n_positive, 0.0)
        return np.where(self.n_positive > 0, purity, np.nan)

    def only(self, sigma: FloatArray) -> NoiseCurve:
        """Return the curve at some of its thresholds."""
        kept = np.isin(self.sigma, sigma)
        return replace(
            self, sigma=self.sigma[kept], n_positive=self.n_positive[kept],
            n_negative=self.n_negative[kept],
        )  # fmt: skip

    def find_lowest(self, purity: float) -> int | None:
        """Return the first threshold of at least 3 sigma from which on a purity is reached.

        None where none does.
        """
        reached = self.purity >= purity
        steady = reached & np.append(reached[1:], reached[-1:])
        # below where noise melts into one region its count falls again
        steady[: int(np.argmax(self.n_negative))] = False
        steady[self.sigma < LEAST_SIGMAS] = False
        found = np.flatnonzero(steady)
        return int(found[0]) if len(found) else None


def find_sigma(parameters: Parameters, filtered_sigma: float) -> float | None:
    """Return the threshold of settings in sigma of the filtered sky; None where it is none.

    Parameters
    ----------
    parameters : Parameters
        The settings.
    filtered_sigma : float
        Scatter of the filtered sky over what the error map tells of it.
    """
    thresh = parameters.detect_thresh
    if isinstance(thresh, tuple) or parameters.thresh_type == "ABSOLUTE":
        return None
    return thresh if parameters.thresh_unit == "filtered" else thresh / filtered_sigma


def count_against_threshold(
    image: PreparedImage, minareas: Sequence[int], mapper: Mapper = map,
    also: Parameters | None = None,
) -> list[NoiseCurve]:  # fmt: skip
    """Count the detections of an image and of its negative at all thresholds.

    Parameters
    ----------
    image : PreparedImage
        The image; its own threshold does not matter.
    minareas : sequence of int
        DETECT_MINAREA of each curve.
    mapper : Mapper
        Works the meshes of the noise.
    also : Parameters, optional
        Settings at whose own threshold is counted too, where it is between the others.

    Returns
    -------
    list of NoiseCurve
        One for each area. Regions are counted before deblending and CLEAN; those within a few
        pixels of one another count once, so that a galaxy that noise tears to pieces is one for
        any kernel. All of the image is counted in or, of a large one, 16 squares of 384
        pixels that are spread over it.
    """
    parameters, prepared = image.parameters, _in_rms(image)
    scale = measure_for_run(prepared, mapper).filtered_sigma
    sigmas = _add_own(also, scale)
    counts = np.zeros((2, len(sigmas), len(minareas)), np.int64)
    if math.isfinite(scale):
        for window in choose_windows(image.maps.shape):
            for sign, found in enumerate(_find_both(prepared, window, sigmas[0] * scale)):
                for k, sigma in enumerate(sigmas):
                    above = raise_thresholds(found, sigma * scale)
                    regions = connect(above, 1).regions
                    counts[sign, k] += [_count_apart(regions, least) for least in minareas]
    kernel = parameters.filter_name if parameters.filter else None
    return [
        NoiseCurve(image.maps.err_type, kernel, least, scale, sigmas, *counts[:, :, k])
        for k, least in enumerate(minareas)
    ]


def _add_own(parameters: Parameters | None, filtered_sigma: float) -> FloatArray:
    """Return the thresholds that are tried, with that of settings where it is between them."""
    if parameters is None or not math.isfinite(filtered_sigma) or filtered_sigma == 0:
        return SIGMAS
    own = find_sigma(parameters, filtered_sigma)
    if own is None or not SIGMAS[0] < own < SIGMAS[-1]:
        return SIGMAS
    if np.isclose(SIGMAS, own, rtol=1e-9).any():
        return SIGMAS
    return np.sort(np.append(SIGMAS, own))


def _count_apart(regions: PixelLists, minarea: int) -> int:
    """Count regions of enough pixels; those that have pixels in cells which touch count once."""
    from scipy import ndimage

    own = regions.index[np.repeat(regions.area >= minarea, regions.area)]
    y, x = np.divmod(own, regions.shape[1])
    cells = np.zeros([-(-length // _CELL) for length in regions.shape], np.bool_)
    cells[y // _CELL, x // _CELL] = True
    return int(ndimage.label(cells, np.ones((3, 3), np.int8))[1])


def _in_rms(image: PreparedImage) -> PreparedImage:
    """Return an image whose threshold is the rms that its error map tells."""
    unit = image.parameters.replace(
        thresh_unit="rms", thresh_type="RELATIVE", detect_thresh=1.0, analysis_thresh=1.0
    )
    return replace(image, parameters=unit, sky_scale=None)


def choose_windows(shape: tuple[int, int]) -> list[Window]:
    """Choose which parts of an image are counted in: all, or squares spread over a large one.

    Examples
    --------
    >>> choose_windows((100, 200))
    [Window(y0=0, y1=100, x0=0, x1=200)]
    >>> len(choose_windows((5000, 4000)))
    16
    """
    ny, nx = shape
    if ny * nx <= _WHOLE:
        return [Window(0, ny, 0, nx)]
    rows, columns = (_spread(length) for length in shape)
    return [Window(y0, y1, x0, x1) for y0, y1 in rows for x0, x1 in columns]


def _spread(length: int) -> list[tuple[int, int]]:
    """Spread parts of an axis in the middles of as many cells."""
    n = min(_ALONG_AXIS, -(-length // _SIDE))
    side = min(_SIDE, length // n)
    firsts = ((2 * k + 1) * length // (2 * n) - side // 2 for k in range(n))
    return [(first, first + side) for first in firsts]


def _find_both(image: PreparedImage, window: Window, lowest: float) -> Iterator[Foreground]:
    """Pixels above a threshold, in units of the error map, in a part and in its negative."""
    light, rms = filter_part(image, window)
    for sign in (1, -1):
        found = find_foreground(np.float32(sign) * light, rms * np.float32(lowest))
        values = found.values.copy()
        values[1] /= np.float32(lowest)
        yield replace(found, values=values)


def _fit_tail(sigma: FloatArray, counts: IntArray) -> FloatArray:
    """Fit what falls as a Gaussian's excursions do, log n = a - b sigma^2, to counts of noise."""
    tail = np.arange(len(counts)) >= int(np.argmax(counts))
    known = tail & (counts >= _LEAST_COUNT)
    if np.count_nonzero(known) < 3:
        return np.zeros(len(counts))
    slope, level = np.polyfit(sigma[known] ** 2, np.log(counts[known]), 1, w=np.sqrt(counts[known]))
    if slope >= 0:
        return np.zeros(len(counts))
    fitted: FloatArray = np.exp(level + slope * sigma**2)
    return np.where(tail, np.minimum(fitted, counts.max()), 0.0)
