"""The front half of an extraction: from the maps to what detection works on.

Bad pixels, mesh, variance and weight factor, filling, filter, threshold. Facts of the
whole image are measured once; any part is prepared from them, with the same values
whatever the part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_image, as_instance, as_list, as_mapper, as_progress
from skyseg.engine._levels import measure_inverse_mesh, measure_raw_mesh
from skyseg.engine.background import Mesh, draw_background_part, filter_mesh, scale_weight
from skyseg.engine.bad_pixels import INTERPOLATION_LENGTH
from skyseg.engine.filtering import choose_kernel, convolve
from skyseg.engine.mappers import Mapper, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window, check_window, choose_strips, row_strips
from skyseg.engine.thresholding import (
    Threshold,
    choose_analysis,
    choose_detection,
    set_thresholds,
)
from skyseg.engine.types import BoolImage, ByteImage, CountArray, FloatImage, Int32Array, Progress
from skyseg.errors import ParameterError

_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Holes:
    """How deep into the bad pixels of each column filling has come, at some rows.

    Attributes
    ----------
    rows : tuple of int
        Rows, ascending, the first one 0; none where no pixel is bad.
    counts : tuple of tuple of ndarray
        Before each of these rows, how many more pixels of each column may be
        filled from above; see `skyseg.engine.interpolate_bad`. Runs of equal
        numbers along the row: the number of each, and how many columns have it.
    """

    rows: tuple[int, ...]
    counts: tuple[tuple[CountArray, Int32Array], ...]

    def before(self, row: int) -> tuple[int, CountArray]:
        """Return the last known row up to ``row``, and its numbers, shape (nx,)."""
        k = int(np.searchsorted(self.rows, row, side="right")) - 1
        return self.rows[k], np.repeat(*self.counts[k])


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """What has to be known of a whole image before any part of it can be prepared.

    Attributes
    ----------
    mesh : Mesh
        Background level and noise.
    weight_factor : float
        f in variance = f^2 / weight; 1 for an rms map.
    n_bad : int
        Number of bad pixels.
    holes : Holes
        What filling them depends on.
    """

    mesh: Mesh
    weight_factor: float
    n_bad: int
    holes: Holes


@dataclass(frozen=True)
class StripFacts:
    """What some rows tell of the image: meshes, and bad pixels as packed bits, if any."""

    level: FloatImage
    sigma: FloatImage
    inverse_level: FloatImage
    inverse_sigma: FloatImage
    n_bad: int
    bad: ByteImage | None


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image of which any part can be had as detection and photometry work on it.

    Attributes
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        Those of the filter and the threshold are used.
    background : Mesh or float
        What is subtracted.
    weight_factor : float
        f in variance = f^2 / weight.
    holes : Holes or None
        What filling depends on, so that it need not be looked for above a part.
    noise : float
        Global noise of the image; NaN where nothing that is asked for depends on it.

    Examples
    --------
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> maps = make_maps(image, np.ones_like(image), "rms_err")
    >>> prepared = PreparedImage.of(maps, measure_facts(maps, Parameters()), Parameters())
    >>> filtered, threshold = prepared.filter(*prepared.read(Window(0, 20, 10, 40)))
    >>> int((filtered > threshold).sum())
    52
    """

    maps: Maps
    parameters: Parameters
    background: Mesh | float
    weight_factor: float = 1.0
    holes: Holes | None = None
    noise: float = math.nan

    @classmethod
    def of(cls, maps: Maps, facts: ImageFacts, parameters: Parameters) -> PreparedImage:
        """Prepare an image by the facts that were measured of it.

        Parameters
        ----------
        maps : Maps
            The image and its error map.
        facts : ImageFacts
            What `measure_facts` found.
        parameters : Parameters
            ``back_type`` says whether the mesh or ``back_value`` is subtracted.

        Raises
        ------
        ParameterError
            If one of them is of another type.
        """
        as_instance(maps, Maps, "maps")
        as_instance(facts, ImageFacts, "facts")
        as_instance(parameters, Parameters, "parameters")
        background = facts.mesh if parameters.back_type == "AUTO" else parameters.back_value
        return cls(
            maps, parameters, background, facts.weight_factor, facts.holes, facts.mesh.global_sigma
        )

    @cached_property
    def kernel(self) -> FloatImage:
        """The detection kernel; a single 1 where there is no filter."""
        return choose_kernel(self.parameters)

    @cached_property
    def detection_threshold(self) -> Threshold:
        """The threshold of the filtered image."""
        return choose_detection(self.parameters, self.noise, weighted=self._weighted)

    @cached_property
    def analysis_threshold(self) -> Threshold:
        """The threshold of the image, for areas and widths."""
        return choose_analysis(self.parameters, self.noise, weighted=self._weighted)

    @property
    def _weighted(self) -> bool:
        return self.maps.err_type != "none"

    def read(self, window: Window) -> tuple[FloatImage, FloatImage]:
        """Read a part without background and with bad pixels filled.

        Parameters
        ----------
        window : Window
            The part.

        Returns
        -------
        image, variance : ndarray of float32, shape (y1 - y0, x1 - x0)
            The same values whatever the part.

        Raises
        ------
        ParameterError
            If the part does not lie within the image.
        """
        check_window(window, self.maps.shape)
        above = max(window.y0 - INTERPOLATION_LENGTH, 0)
        left = max(window.x0 - INTERPOLATION_LENGTH, 0)
        if self.holes is None:
            read = Window(above, window.y1, left, window.x1)
        elif self.holes.rows:
            row, counts = self.holes.before(above)
            read = Window(row, window.y1, left, window.x1)
            counts = counts[left : window.x1]
        else:
            read, counts = window, None
        sci, err, bad = self.maps.read(read)
        if self.holes is None:
            counts = self._count_above(read, bad[: window.y0 - above])
        if isinstance(self.background, Mesh):
            sci -= draw_background_part(self.background, read)
        elif self.background:
            sci -= np.float32(self.background)
        _loops.to_variance(
            err=err, bad=bad, is_rms=self.maps.err_type == "rms_err", factor=self.weight_factor
        )
        if counts is not None:
            _loops.fill(sci=sci, variance=err, bad=bad, left_in_column=counts)
        part = slice(window.y0 - read.y0, None), slice(window.x0 - read.x0, None)
        return np.ascontiguousarray(sci[part]), np.ascontiguousarray(err[part])

    def filter(self, image: FloatImage, variance: FloatImage) -> tuple[FloatImage, FloatImage]:
        """Filter a part of the image and find its threshold.

        Parameters
        ----------
        image, variance : ndarray of float32, shape (ny, nx)
            As `read` gives them; outside them all is zero.

        Returns
        -------
        filtered, threshold : ndarray of float32, shape (ny, nx)
            A pixel is detected where the first is above the second.

        Raises
        ------
        ImageError
            If one is no image, or the two differ in shape.
        """
        pixels = as_image(image, "image")
        spread = as_image(variance, "variance", pixels.shape)
        threshold = set_thresholds(convolve(spread, self.kernel), self.detection_threshold)
        return convolve(pixels, self.kernel), threshold

    def _count_above(self, part: Window, bad: BoolImage) -> CountArray:
        """How many pixels of each column may be filled from above in a part that is read.

        Only columns that are bad in all of the rows ``bad``, the first ones of the part,
        depend on what lies further above.
        """
        counts = np.zeros(part.x1 - part.x0, np.int16)
        unknown = bad.all(axis=0)
        blocks: list[BoolImage] = []
        row, height = part.y0, _BLOCK
        while row > 0 and unknown.any():
            first = max(row - height, 0)
            blocks.append(self.maps.read(Window(first, row, part.x0, part.x1))[2])
            unknown &= blocks[-1].all(axis=0)
            row, height = first, 2 * height
        for block in reversed(blocks):
            _loops.count_down(bad=block, left_in_column=counts)
        return counts


def measure_facts(
    maps: Maps, parameters: Parameters, *, strip_rows: int | None = None,
    hole_rows: Sequence[int] = (0,), mapper: Mapper = map, progress: Progress | None = None,
) -> ImageFacts:  # fmt: skip
    """Read the whole image, some rows at a time, and measure what all of its parts need.

    Parameters
    ----------
    maps : Maps
        The image.
    parameters : Parameters
        ``back_size`` and ``back_filtersize`` are used.
    strip_rows : int, optional
        Rows that are read at a time, at the least; the result does not depend on it.
    hole_rows : sequence of int
        Rows at which `Holes` are to be known, ascending, the first one 0.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.

    Returns
    -------
    ImageFacts

    Raises
    ------
    ParameterError
        If an argument is not what is asked for.
    """
    as_instance(maps, Maps, "maps")
    size = as_instance(parameters, Parameters, "parameters").back_size
    as_mapper(mapper)
    rows = _as_hole_rows(hole_rows, maps.shape[0])
    if strip_rows is not None:
        strip_rows = as_count(strip_rows, "strip_rows")
    first, stop = choose_strips(maps.shape, strip_rows)[0]
    strips = row_strips(maps.shape[0], -(-(stop - first) // size) * size)
    parts = mapper(partial(_measure_strip, maps, size), strips)
    told = report_each(parts, as_progress(progress), len(strips), "sky")
    return _gather(maps, parameters, strips, told, rows)


def _as_hole_rows(value: Sequence[int], ny: int) -> list[int]:
    """Return rows of an image, ascending, the first one 0."""
    rows = as_list(value, "hole_rows", np.int64)
    if not len(rows) or rows[0] != 0 or rows[-1] >= ny or (np.diff(rows) < 1).any():
        raise ParameterError(
            f"is {value!r}", hint=f"give rows from 0 on, ascending, below {ny}",
            argument="hole_rows",
        )  # fmt: skip
    return [int(row) for row in rows]


def prepare_image(maps: Maps, parameters: Parameters) -> PreparedImage:
    """Measure an image and prepare it.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        Those of background, filter and threshold are used.

    Returns
    -------
    PreparedImage
    """
    return PreparedImage.of(maps, measure_facts(maps, parameters), parameters)


def _measure_strip(maps: Maps, size: int, strip: tuple[int, int]) -> StripFacts:
    """Measure a strip of rows, the first one a multiple of ``size``."""
    start, stop = strip
    sci, err, bad = maps.read(Window(start, stop, 0, maps.shape[1]))
    n_bad = int(np.count_nonzero(bad))
    level, sigma = measure_raw_mesh(sci, bad, size)
    inverse = (level, sigma)
    if maps.err_type == "wht":
        inverse = measure_inverse_mesh(sci, err, bad, size)
    return StripFacts(level, sigma, *inverse, n_bad, np.packbits(bad, axis=1) if n_bad else None)


def _gather(
    maps: Maps, parameters: Parameters, strips: Iterable[tuple[int, int]],
    parts: Iterable[StripFacts], hole_rows: Sequence[int],
) -> ImageFacts:  # fmt: skip
    """Put together what the strips of an image tell."""
    size, filter_size = parameters.back_size, parameters.back_filtersize
    left = np.zeros(maps.shape[1], np.int16)
    wanted, counts = list(hole_rows), []
    seen = []
    for (start, stop), part in zip(strips, parts, strict=True):
        at = start
        while wanted and wanted[0] < stop:
            _advance(part, at - start, wanted[0] - start, left)
            at = wanted.pop(0)
            counts.append(_encode_runs(left))
        _advance(part, at - start, stop - start, left)
        seen.append(StripFacts(part.level, part.sigma, part.inverse_level, part.inverse_sigma,
                               part.n_bad, None))  # fmt: skip
    mesh = filter_mesh(
        np.concatenate([part.level for part in seen]),
        np.concatenate([part.sigma for part in seen]),
        size, filter_size, maps.shape,
    )  # fmt: skip
    factor = 1.0
    if maps.err_type == "wht":
        inverse = np.concatenate([part.inverse_level for part in seen])
        scatter = np.concatenate([part.inverse_sigma for part in seen])
        factor = scale_weight(mesh, inverse, scatter, filter_size, maps.name)
    n_bad = sum(part.n_bad for part in seen)
    holes = Holes(tuple(hole_rows), tuple(counts)) if n_bad else Holes((), ())
    return ImageFacts(mesh, factor, n_bad, holes)


def _advance(part: StripFacts, start: int, stop: int, left: CountArray) -> None:
    if stop <= start:
        return
    if part.bad is None:
        left[:] = INTERPOLATION_LENGTH
    else:
        bad = np.unpackbits(part.bad[start:stop], axis=1, count=len(left)).astype(bool)
        _loops.count_down(bad=bad, left_in_column=left)


def _encode_runs(numbers: CountArray) -> tuple[CountArray, Int32Array]:
    """Return runs of equal numbers: the number of each, and its length."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], np.diff(starts, append=len(numbers)).astype(np.int32)
