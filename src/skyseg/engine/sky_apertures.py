"""Empty apertures of a band: where neither a source nor a mask is, on the image without its sky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from skyseg.engine._arrays import as_mapper, as_progress
from skyseg.engine.depths import EmptyApertures, measure_empty_apertures
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.mappers import Mapper, ThreadMapper, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window, choose_strips
from skyseg.engine.scaling import choose_scale
from skyseg.engine.segmentation import measure_whole, report_within
from skyseg.engine.types import FloatArray, FloatImage, LabelImage, Progress

MOST_CELLS: Final = 100
"""Cells of a map of depth along the longer side of an image, at the most."""


@dataclass(frozen=True, eq=False)
class SkyApertures:
    """Empty apertures of several diameters on one image, and what it covers.

    Attributes
    ----------
    apertures : tuple of EmptyApertures
        For each diameter; the light is in the unit of the image, without its sky.
    step : int
        Side of the cells of ``covered``, in pixels.
    covered : ndarray of int32, shape (ceil(ny / step), ceil(nx / step))
        Pixels in each cell that have a measurement and are not excluded by a mask.
    """

    apertures: tuple[EmptyApertures, ...]
    step: int
    covered: LabelImage

    def map_local_scatter(self, n_nearest: int) -> FloatArray:
        """Measure the scatter of the apertures nearest to the middle of each cell.

        Parameters
        ----------
        n_nearest : int
            As for `EmptyApertures.find_local_scatter`.

        Returns
        -------
        ndarray of float64, shape (number of diameters, *covered.shape)
            NaN in cells that are not covered.
        """
        row, column = np.nonzero(self.covered)
        middle = (self.step - 1) / 2
        found = np.full((len(self.apertures), *self.covered.shape), np.nan)
        for number, each in enumerate(self.apertures):
            found[number, row, column] = each.find_local_scatter(
                column * self.step + middle, row * self.step + middle, n_nearest
            )
        return found


@dataclass(frozen=True, eq=False)
class _SkyRows:
    """An image without its background; NaN where it has no measurement."""

    image: PreparedImage

    @property
    def shape(self) -> tuple[int, int]:
        return self.image.maps.shape

    def read(self, window: Window) -> FloatImage:
        sky, _, bad = self.image.read_marked(window)
        sky[bad] = np.nan
        return sky


@dataclass(frozen=True, eq=False)
class _TakenRows:
    """1 on sources, else 0."""

    labels: FlagRows

    @property
    def shape(self) -> tuple[int, int]:
        return self.labels.shape

    def read(self, window: Window) -> FloatImage:
        taken: FloatImage = (self.labels.read(window) != 0).astype(np.float32)
        return taken


def measure_sky_apertures(
    maps: Maps, labels: FlagRows, aper_diams: Sequence[float], parameters: Parameters, *,
    strip_rows: int | None = None, mapper: Mapper | None = None, progress: Progress | None = None,
) -> SkyApertures:  # fmt: skip
    """Measure the light in circles that hold neither a source nor a bad or masked pixel.

    Parameters
    ----------
    maps : Maps
        Image and error map; pixels that their mask excludes are bad.
    labels : FlagRows
        Labels of sources, 0 is sky.
    aper_diams : sequence of float
        Diameters in pixels.
    parameters : Parameters
        Those of the background are used, which is measured and subtracted.
    strip_rows, progress
        As for `skyseg.engine.depths.measure_empty_apertures`.
    mapper : Mapper, optional
        Works the strips; by default all cores do.

    Returns
    -------
    SkyApertures
        The same whatever strips and mapper.

    Raises
    ------
    ImageError
        If the maps differ in shape, or have no good pixel.
    ParameterError
        If another argument is not allowed.

    Examples
    --------
    >>> from skyseg.engine.flag_maps import as_flags
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.random.default_rng(1).normal(0, 1, (200, 200)).astype(np.float32)
    >>> maps = make_maps(image, np.ones_like(image), "rms_err")
    >>> labels = as_flags(np.zeros(image.shape, np.int32), image.shape)
    >>> found = measure_sky_apertures(maps, labels, [8.0], Parameters())
    >>> len(found.apertures[0].flux), int(found.covered.sum())
    (576, 40000)
    """
    as_flags(labels, maps.shape)
    work = ThreadMapper() if mapper is None else as_mapper(mapper)
    tell = as_progress(progress)
    scale = choose_scale(maps, parameters)
    scaled, adapted = scale.scale_maps(maps), scale.scale_parameters(parameters)
    facts = measure_whole(scaled, adapted, strip_rows, work, report_within(tell, 0.0, 0.4))
    image = PreparedImage.of(scaled, facts, adapted)
    found = measure_empty_apertures(
        _SkyRows(image), _TakenRows(labels), aper_diams, strip_rows=strip_rows, mapper=work,
        progress=report_within(tell, 0.4, 0.8),
    )  # fmt: skip
    step = max(-(-max(maps.shape) // MOST_CELLS), 1)
    covered = _count_covered(image, step, work, report_within(tell, 0.8, 1.0))
    up = 2.0**scale.sci
    return SkyApertures(tuple(replace(each, flux=each.flux * up) for each in found), step, covered)


def _count_covered(
    image: PreparedImage, step: int, mapper: Mapper, progress: Progress
) -> LabelImage:
    """Count the pixels with a measurement in each cell."""
    height = max(choose_strips(image.maps.shape, None)[0][1] // step, 1) * step
    strips = choose_strips(image.maps.shape, height)
    parts = mapper(partial(_count_strip, image, step), strips)
    return np.concatenate(list(report_each(parts, progress, len(strips), "measuring coverage")))


def _count_strip(image: PreparedImage, step: int, strip: tuple[int, int]) -> LabelImage:
    nx = image.maps.shape[1]
    maps = image.maps.read(Window(*strip, 0, nx))
    good = ~image.source.find_bad(*maps, image.weight_factor)
    by_rows = np.add.reduceat(good, np.arange(0, good.shape[0], step), axis=0, dtype=np.int32)
    counts: LabelImage = np.add.reduceat(by_rows, np.arange(0, nx, step), axis=1)
    return counts
