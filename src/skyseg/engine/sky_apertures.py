"""Empty apertures of a band: where neither a source nor a mask is, on the image without its sky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np

from skyseg.engine._arrays import as_diameters, as_mapper, as_progress
from skyseg.engine.depths import (
    EmptyApertures,
    check_fits,
    choose_aperture_strips,
    choose_part,
    find_places,
    join_apertures,
    sum_apertures,
)
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.known_sky import KnownSky
from skyseg.engine.mappers import Mapper, ThreadMapper, can_keep, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.scaling import choose_scale
from skyseg.engine.segmentation import measure_any, report_within
from skyseg.engine.types import BoolImage, FloatArray, LabelImage, Progress

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
    known : KnownSky
        What is known of the places of the apertures.
    """

    apertures: tuple[EmptyApertures, ...]
    step: int
    covered: LabelImage
    known: KnownSky = field(default_factory=KnownSky)

    def find_local_scatter(self, n_nearest: int) -> list[FloatArray]:
        """Measure the scatter of the apertures nearest to each aperture.

        Parameters
        ----------
        n_nearest : int
            As for `EmptyApertures.find_local_scatter`.

        Returns
        -------
        list of ndarray of float64
            For each diameter.
        """
        find = self.known.neighbours.find
        return [each.find_local_scatter(each.x, each.y, n_nearest, find=find)
                for each in self.apertures]  # fmt: skip

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
                column * self.step + middle, row * self.step + middle, n_nearest,
                find=self.known.neighbours.find,
            )  # fmt: skip
        return found


def measure_sky_apertures(
    maps: Maps, labels: FlagRows, aper_diams: Sequence[float], parameters: Parameters, *,
    known: KnownSky | None = None, strip_rows: int | None = None, mapper: Mapper | None = None,
    progress: Progress | None = None,
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
    known : KnownSky, optional
        What images with the same sources have told, and what this one adds to it.
    strip_rows, progress
        As for `skyseg.engine.depths.measure_empty_apertures`.
    mapper : Mapper, optional
        Works the strips; by default all cores do.

    Returns
    -------
    SkyApertures
        The same whatever strips and mapper. Of an image without a good pixel there are none.

    Raises
    ------
    ImageError
        If the maps differ in shape.
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
    diameters = as_diameters(aper_diams)
    check_fits(diameters, 0.0, maps.shape)
    work = ThreadMapper() if mapper is None else as_mapper(mapper)
    tell = as_progress(progress)
    scale = choose_scale(maps, parameters)
    scaled, adapted = scale.scale_maps(maps), scale.scale_parameters(parameters)
    facts = measure_any(scaled, adapted, strip_rows, work, report_within(tell, 0.0, 0.4))
    image = PreparedImage.of(scaled, facts, adapted)
    step = max(-(-max(maps.shape) // MOST_CELLS), 1)
    strips = choose_aperture_strips(maps.shape, strip_rows, diameters)
    sky = KnownSky() if known is None else known
    # what is known here is not on a cluster
    task = partial(_measure_strip, image, labels, diameters, step,
                   None if can_keep(work) else sky)  # fmt: skip
    parts = work(task, strips)
    told = report_each(parts, report_within(tell, 0.4, 1.0), len(strips), "laying empty apertures")
    covered = np.zeros([-(-length // step) for length in maps.shape], np.int32)
    laid = []
    for strip, (apertures, counts) in zip(strips, told, strict=True):
        first = strip[0] // step
        covered[first : first + len(counts)] += counts
        laid.append(apertures)
    up = 2.0**scale.sci
    found = tuple(replace(each, flux=each.flux * up) for each in join_apertures(laid))
    return SkyApertures(found, step, covered, sky)


def _measure_strip(
    image: PreparedImage, labels: FlagRows, diameters: tuple[float, ...], step: int,
    known: KnownSky | None, strip: tuple[int, int],
) -> tuple[list[EmptyApertures], LabelImage]:  # fmt: skip
    """Lay apertures in a strip, and count its pixels with a measurement in each cell."""
    shape = image.maps.shape
    part = choose_part(shape, strip, diameters)
    sky, bad = image.read_sky(part)
    inside = slice(strip[0] - part.y0, strip[1] - part.y0)
    counts = _count_covered(~bad[inside], step, strip[0])
    known = KnownSky() if known is None else known
    bad |= known.find_taken(part, lambda: labels.read(part) != 0)
    places = known.find_places(
        strip, part, diameters, bad, lambda: find_places(bad, part, shape, strip, diameters)
    )
    return sum_apertures(sky, bad, part, places, diameters), counts


def _count_covered(good: BoolImage, step: int, top: int) -> LabelImage:
    """Count good pixels in each cell that rows from some one on have a part of."""
    begin = np.append(0, np.arange(step - top % step, good.shape[0], step))
    # rows that are added up whole, which reduceat does not do
    by_rows = [rows.sum(axis=0, dtype=np.uint32) for rows in np.split(good, begin[1:])]
    counts: LabelImage = np.add.reduceat(
        np.stack(by_rows), np.arange(0, good.shape[1], step), axis=1, dtype=np.int32
    )
    return counts
