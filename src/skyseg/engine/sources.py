"""Sources after CLEAN: which pixels each has, and its number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.cleaning import clean
from skyseg.engine.deblending import deblend
from skyseg.engine.detection import Detections, PixelLists
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes, measure_shapes

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sources:
    """All n sources that deblending found, those that CLEAN gave away among them.

    Attributes
    ----------
    pixels : PixelLists
        Pixels of each source before CLEAN.
    shapes : Shapes
        Shapes before CLEAN.
    split : ndarray of bool, shape (n,)
        Whether a source was blended.
    eater : ndarray of int64, shape (n,)
        Source that has its pixels: itself, or the one that ate it.
    number : ndarray of int64, shape (n,)
        Label of the source in the map; an eaten one has its eater's.
    small : ndarray of int64, shape (m,)
        Flat indices of detected pixels that belong to no source.
    """

    pixels: PixelLists
    shapes: Shapes
    split: npt.NDArray[np.bool_]
    eater: IntArray
    number: IntArray
    small: IntArray

    @property
    def kept(self) -> IntArray:
        """Sources that CLEAN left, in the order of their numbers, shape (m,)."""
        kept = np.flatnonzero(self.eater == np.arange(len(self.eater)))
        return kept[np.argsort(self.number[kept])]

    def labels(self) -> npt.NDArray[np.int32]:
        """Draw the label image.

        Returns
        -------
        ndarray of int32, shape (ny, nx)
            0 is background.
        """
        return self._drawn(self.number)

    def owners(self) -> npt.NDArray[np.int32]:
        """Draw whose pixels are not free for the apertures of others.

        Returns
        -------
        ndarray of int32, shape (ny, nx)
            Number of the source, -1 for a detected pixel of no source, 0 for a
            free pixel: background, or of a source that CLEAN gave away.
        """
        own = self.eater == np.arange(len(self.eater))
        image = self._drawn(np.where(own, self.number, 0))
        image.ravel()[self.small] = -1
        return image

    def _drawn(self, numbers: IntArray) -> npt.NDArray[np.int32]:
        image = np.zeros(self.pixels.shape, np.int32)
        image.ravel()[self.pixels.index] = np.repeat(numbers.astype(np.int32), self.pixels.area)
        return image


def find_sources(detections: Detections, parameters: Parameters) -> Sources:
    """Deblend, CLEAN and number detections.

    Parameters
    ----------
    detections : Detections
        As `skyseg.engine.detect` gives them.
    parameters : Parameters
        Those of deblending and CLEAN are used.

    Returns
    -------
    Sources
        Numbered from 1 in the order of their first pixels along the rows.
    """
    found = deblend(detections.regions, parameters.deblend_nthresh, parameters.deblend_mincont)
    shapes = measure_shapes(found.pixels, found.moments, parameters.detect_minarea)
    eater = np.arange(len(found.pixels))
    if parameters.clean:
        eater = clean(shapes, parameters.clean_param)
    number = _numbers(found.pixels, eater)
    return Sources(found.pixels, shapes, found.split, eater, number, detections.small)


def _numbers(pixels: PixelLists, eater: IntArray) -> IntArray:
    if not len(eater):
        return np.empty(0, np.int64)
    first = np.full(len(eater), np.iinfo(np.int64).max)
    np.minimum.at(first, eater, np.minimum.reduceat(pixels.index, pixels.start[:-1]))
    kept = np.flatnonzero(eater == np.arange(len(eater)))
    number = np.zeros(len(eater), np.int64)
    number[kept[np.argsort(first[kept])]] = np.arange(1, len(kept) + 1)
    return number[eater]
