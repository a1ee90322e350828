"""How much of the light of pixels is noise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

import numpy as np

from skyseg.engine.changing import ChangingImage
from skyseg.engine.mappers import Mapper
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.sky_meshes import MESHES_ALONG_AXIS, sample_meshes
from skyseg.engine.sky_noise import NoiseMeasure
from skyseg.engine.types import BoolImage, FloatArray, FloatImage

_BIN: Final = 0.25  # sigma
_BINS: Final = 40


@dataclass(frozen=True, eq=False)
class NoiseLight:
    """The noise of an image, as light that it adds to what is detected.

    Attributes
    ----------
    image : PreparedImage
        The image; its threshold is one sigma, by its error map.
    unit : float
        The unit of the image in that of the one that is prepared.
    sigma : float
        Scatter of the filtered sky in that threshold.
    parts : ndarray of float64, shape (n + 1,)
        Part of the pixels of each quarter of a sigma above the sky that is noise: as many are
        as far below it. The last is that of all brighter ones.
    growth, growth_scale : float
        beta and alpha by which the light in N pixels of sky scatters, alpha N^beta.

    Notes
    -----
    Of a pixel of filtered light x that is made of noise n and of light s of sources, which noise
    knows nothing of, the part p(-x) / p(x) is without light, where p is how often there are
    such pixels.
    """

    image: PreparedImage
    unit: float
    sigma: float
    parts: FloatArray
    growth: float
    growth_scale: float

    @classmethod
    def of(cls, changing: ChangingImage, measured: NoiseMeasure, mapper: Mapper = map) -> Self:
        """Count the pixels above and below the sky.

        Parameters
        ----------
        changing : ChangingImage
            The image, measured.
        measured : NoiseMeasure
            Its noise.
        mapper : callable
            Works the meshes.
        """
        prepared = changing.prepare()
        own = {"thresh_type": "RELATIVE", "detect_thresh": 1.0, "analysis_thresh": 1.0}
        image = replace(prepared, parameters=prepared.parameters.replace(**own))
        meshes = sample_meshes(image.maps.shape, MESHES_ALONG_AXIS)
        seen = np.concatenate(list(mapper(partial(_list_values, image), meshes)))
        sigma = SIGMA_OF_MAD * float(np.median(np.abs(seen))) if seen.size else math.nan
        counts = [
            np.histogram(sign * seen, _BIN * sigma * np.arange(_BINS + 1))[0]
            if sigma > 0
            else np.zeros(_BINS, np.int64)
            for sign in (1, -1)
        ]
        parts = np.minimum.accumulate(counts[1] / np.maximum(np.maximum(*counts), 1))
        return cls(
            image, 2.0**changing.scale.sci, sigma, np.append(parts, 0.0), measured.growth,
            measured.growth_scale,
        )  # fmt: skip

    def find_growth(self, n_pixels: int) -> float:
        """Return the scatter of the light in so many pixels over what the error map tells."""
        scale, power = self.growth_scale, self.growth - 0.5
        return scale * n_pixels**power if math.isfinite(scale * power) else 1.0

    def find_light(self, window: Window, own: BoolImage) -> float:
        """Return how much of the light in pixels of a part is noise; 0 where it takes light away.

        Parameters
        ----------
        window : Window
            The part.
        own : ndarray of bool, shape of the part
            The pixels.
        """
        if not self.sigma > 0:
            return 0.0
        light, rms = filter_part(self.image, window)
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.nan_to_num(light / rms / (_BIN * self.sigma), nan=_BINS)
        place = np.clip(steps, 0, _BINS).astype(np.int64)
        parts = np.where(steps < 0, 1.0, self.parts[place])
        pixels = self.image.read(window)[0]
        return max(float((parts * pixels)[own].sum(dtype=np.float64)) * self.unit, 0.0)


def filter_part(image: PreparedImage, window: Window) -> tuple[FloatImage, FloatImage]:
    """Filter a part of an image as a run does; NaN is excluded by its mask.

    Parameters
    ----------
    image : PreparedImage
        The image.
    window : Window
        The part.

    Returns
    -------
    light, threshold : ndarray of float32, shape of the part
        The filtered light, and the threshold of the image.
    """
    reach, (ny, nx) = len(image.kernel) // 2, image.maps.shape
    wider = Window(
        max(window.y0 - reach, 0), min(window.y1 + reach, ny),
        max(window.x0 - reach, 0), min(window.x1 + reach, nx),
    )  # fmt: skip
    light, threshold = image.filter(*image.read(wider), wider)
    if image.maps.mask is not None:
        light = image.maps.mask.hide(light, wider)
    inner = (
        slice(window.y0 - wider.y0, window.y1 - wider.y0),
        slice(window.x0 - wider.x0, window.x1 - wider.x0),
    )
    return np.ascontiguousarray(light[inner]), np.ascontiguousarray(threshold[inner])


def _list_values(image: PreparedImage, window: Window) -> FloatArray:
    """List the filtered light of a part in its threshold, where there is any."""
    light, threshold = filter_part(image, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(light / threshold, np.float64)
    return np.asarray(values[np.isfinite(values) & (values != 0)])
