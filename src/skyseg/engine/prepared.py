"""The front half of an extraction: from the maps to what detection works on.

Bad pixels, mesh, variance and weight factor, filling, filter, threshold. Facts of the
whole image are measured once; any part is prepared from them, with the same values
whatever the part.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_image, as_instance, as_list, as_mapper, as_progress
from skyseg.engine._levels import invert_weight, measure_guided_mesh, measure_raw_mesh
from skyseg.engine.background import (
    Mesh,
    MeshRule,
    draw_background_part,
    filter_mesh,
    scale_weight,
)
from skyseg.engine.bad_pixels import BAD_VARIANCE, INTERPOLATION_LENGTH
from skyseg.engine.filtering import choose_kernel, choose_noise_kernel, convolve
from skyseg.engine.image_levels import ImageLevels
from skyseg.engine.known_facts import find_facts, keep_facts, name_facts
from skyseg.engine.mappers import Mapper, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window, check_window, choose_strips_of
from skyseg.engine.thresholding import (
    Threshold,
    check_threshold_unit,
    choose_analysis,
    choose_detection,
    set_thresholds,
)
from skyseg.engine.types import (
    BoolArray,
    BoolImage,
    ByteImage,
    CountArray,
    FloatImage,
    Int32Array,
    Progress,
)
from skyseg.errors import ParameterError

if TYPE_CHECKING:
    from skyseg.engine.sky_scale import SkyScale

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
class RawMeshes:
    """Level and scatter of the meshes of a part of an image, as they were measured.

    Attributes
    ----------
    image : tuple of ndarray of float32
        Those of the image, shape (nby, nbx) each.
    err : tuple of ndarray of float32, or None
        Those of a relative error map; None for another one.
    """

    image: tuple[FloatImage, FloatImage]
    err: tuple[FloatImage, FloatImage] | None


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """What has to be known of a whole image before any part of it can be prepared.

    Attributes
    ----------
    mesh : Mesh
        Background level and noise.
    weight_factor : float
        f in variance = f^2 / weight, or f^2 * relative variance; 1 for other maps.
    noise : float
        Global noise, which thresholds and the gain refer to: that of the meshes, or, for
        a relative map that is taken as it is, that of the scale of the map.
    n_bad : int
        Number of bad pixels.
    holes : Holes
        What filling them depends on.
    raw : RawMeshes
        Its meshes, and those of a relative error map, before they were filtered.
    sky_scale : SkyScale or None
        Scatter of the filtered sky; None where thresholds are not in units of it.
    """

    mesh: Mesh
    weight_factor: float
    noise: float
    n_bad: int
    holes: Holes
    raw: RawMeshes
    sky_scale: SkyScale | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What a run tells of its image; see `skyseg.engine.Measured`."""
        return {
            "n_bad": self.n_bad, "weight_factor": self.weight_factor,
            "noise": self.mesh.global_sigma,
        }  # fmt: skip


@dataclass(frozen=True)
class BadPixels:
    """Bad pixels of some rows: how many, and packed bits if there are any.

    The bits are compressed where they are sent.
    """

    count: int
    bits: ByteImage | None

    def __getstate__(self) -> tuple[int, tuple[int, ...], bytes]:
        if self.bits is None:
            return self.count, (0,), b""
        return self.count, self.bits.shape, zlib.compress(self.bits.tobytes(), 1)

    def __setstate__(self, state: tuple[int, tuple[int, ...], bytes]) -> None:
        count, shape, packed = state
        bits = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape) if packed else None
        vars(self).update(count=count, bits=bits)

    @classmethod
    def of(cls, bad: BoolImage) -> BadPixels:
        """Pack a mask."""
        count = int(np.count_nonzero(bad))
        return cls(count, np.packbits(bad, axis=1) if count else None)


@dataclass(frozen=True)
class StripFacts:
    """What some rows tell of the image: its meshes and its bad pixels."""

    meshes: RawMeshes
    bad: BadPixels


class SeenStrips(NamedTuple):
    """Facts of the strips of an image, and what they depend on, as that was before."""

    name: Hashable | None
    facts: Sequence[StripFacts]


class RawPart(NamedTuple):
    """A part of the maps as it is read, to be prepared.

    Attributes
    ----------
    window : Window
        The part that is wanted.
    read : Window
        What is read of the maps: what filling needs besides.
    sci, err : ndarray of float32, shape of ``read``
        Image and error map, if there is one.
    bad : ndarray of bool, shape of ``read``
        Pixels that hold no measurement.
    """

    window: Window
    read: Window
    sci: FloatImage
    err: FloatImage | None
    bad: BoolImage


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image of which any part can be had as detection and photometry work on it.

    Attributes
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        Those of background, noise, filter and threshold are used.
    mesh : Mesh or None
        Background level and noise; None where neither is asked for.
    weight_factor : float
        f in variance = f^2 / weight, or f^2 * relative variance.
    holes : Holes or None
        What filling depends on, so that it need not be looked for above a part.
    noise : float
        Global noise of the image; NaN where nothing that is asked for depends on it.
    sky_scale : SkyScale or None
        Scatter of the filtered sky; None where thresholds are not in units of it.

    Examples
    --------
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> maps = make_maps(image, np.ones_like(image), "rms_err")
    >>> prepared = PreparedImage.of(maps, measure_facts(maps, Parameters()), Parameters())
    >>> part = Window(0, 20, 10, 40)
    >>> filtered, threshold = prepared.filter(*prepared.read(part), part)
    >>> int((filtered > threshold).sum())
    52
    """

    maps: Maps
    parameters: Parameters
    mesh: Mesh | None
    weight_factor: float = 1.0
    holes: Holes | None = None
    noise: float = math.nan
    sky_scale: SkyScale | None = None

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
            Those that they were measured with.

        Raises
        ------
        ParameterError
            If one of them is of another type, or ``weight_type`` contradicts the error type.
        """
        as_instance(maps, Maps, "maps")
        as_instance(facts, ImageFacts, "facts")
        as_instance(parameters, Parameters, "parameters")
        if NoiseSource.of(maps.err_type, parameters).weight_type == "NONE":
            # there are none to follow
            parameters = parameters.replace(weight_gain=False)
        return cls(
            maps, parameters, facts.mesh, facts.weight_factor, facts.holes, facts.noise,
            facts.sky_scale,
        )  # fmt: skip

    @cached_property
    def source(self) -> NoiseSource:
        """Where the noise of each pixel comes from."""
        return NoiseSource.of(self.maps.err_type, self.parameters)

    @cached_property
    def kernel(self) -> FloatImage:
        """The detection kernel; a single 1 where there is no filter."""
        return choose_kernel(self.parameters)

    @cached_property
    def noise_kernel(self) -> FloatImage:
        """What the variance is filtered with; see `skyseg.engine.filtering.choose_noise_kernel`."""
        return choose_noise_kernel(self.parameters)

    @cached_property
    def detection_threshold(self) -> Threshold:
        """The threshold of the filtered image."""
        return choose_detection(self.parameters, self.noise, weighted=self._weighted)

    @cached_property
    def levels(self) -> ImageLevels:
        """What its sources are measured against."""
        analysis = choose_analysis(self.parameters, self.noise, weighted=self._weighted)
        if self.sky_scale is not None:
            analysis = Threshold(factor=analysis.factor * self.sky_scale.middle)
        return ImageLevels(analysis, self.noise, self._subtracted, self.mesh)

    @property
    def _subtracted(self) -> Mesh | float:
        if self.parameters.back_type == "MANUAL":
            return self.parameters.back_value
        assert self.mesh is not None
        return self.mesh

    @property
    def _weighted(self) -> bool:
        # in units of the filtered sky each pixel has its own, as it has with an error map
        return self.source.weight_type != "NONE" or self.parameters.thresh_unit == "filtered"

    def read(self, window: Window) -> tuple[FloatImage, FloatImage]:
        """Read a part without background and with bad pixels filled.

        Without an error map they are not: they have value 0 and variance 1e30.

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
        image, variance, _ = self.read_marked(window)
        return image, variance

    def read_marked(self, window: Window) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Read a part as `read` does, and which of its pixels hold no measurement."""
        image, variance, bad = self.read_views(window)
        return np.ascontiguousarray(image), np.ascontiguousarray(variance), bad

    def read_views(self, window: Window) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Read a part as `read_marked` does; its rows may lie apart in memory."""
        return self.prepare(self.read_raw(window))

    def read_raw(self, window: Window) -> RawPart:
        """Read what a part is prepared from."""
        check_window(window, self.maps.shape)
        read = window
        if self._fills:
            read = replace(
                window, y0=max(window.y0 - INTERPOLATION_LENGTH, 0),
                x0=max(window.x0 - INTERPOLATION_LENGTH, 0),
            )  # fmt: skip
        sci, err = self.maps.read(read)
        return RawPart(window, read, sci, err, self.source.find_bad(sci, err, self.weight_factor))

    def prepare(self, raw: RawPart) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Prepare a part as `read_views` returns it, in place of what was read."""
        window, read, sci, err, bad = raw
        # beyond the threshold a pixel that is not filled stays as it is, as in SExtractor
        empty = bad if self.source.thresh is None else self.source.find_empty(sci, err)
        self._subtract_sky(sci, read)
        err = self.source.make_variance(err, empty, self.weight_factor, self.mesh, read)
        if not self.source.has_map:
            sci[bad] = 0
        elif self._fills and bad.any():
            counts = self._count_above(read, bad, window.y0)
            _loops.fill(sci=sci, variance=err, bad=bad, left_in_column=counts)
        part = slice(window.y0 - read.y0, None), slice(window.x0 - read.x0, None)
        return sci[part], err[part], bad[part]

    @property
    def _fills(self) -> bool:
        return self.source.has_map and (self.holes is None or len(self.holes.rows) > 0)

    def read_sky(self, window: Window) -> tuple[FloatImage, BoolImage]:
        """Read a part without background, and which of its pixels hold no measurement.

        Bad pixels are as they are in the map, and no variance is made.
        """
        check_window(window, self.maps.shape)
        sci, err = self.maps.read(window)
        bad = self.source.find_bad(sci, err, self.weight_factor)
        self._subtract_sky(sci, window)
        return sci, bad

    def _subtract_sky(self, sci: FloatImage, window: Window) -> None:
        if isinstance(self._subtracted, Mesh):
            sci -= draw_background_part(self._subtracted, window)
        elif self._subtracted:
            sci -= np.float32(self._subtracted)

    def filter(
        self, image: FloatImage, variance: FloatImage, window: Window
    ) -> tuple[FloatImage, FloatImage]:
        """Filter a part of the image and find its threshold.

        Parameters
        ----------
        image, variance : ndarray of float32, shape (ny, nx)
            As `read` gives them; outside them all is zero.
        window : Window
            Where the part lies.

        Returns
        -------
        filtered, threshold : ndarray of float32, shape (ny, nx)
            A pixel is detected where the first is above the second.

        Raises
        ------
        ImageError
            If one is no image, or the two differ in shape.
        """
        check_window(window, self.maps.shape)
        filtered, spread = self.convolve(image, variance)
        return filtered, self.find_threshold(spread, window)

    def convolve(self, image: FloatImage, variance: FloatImage) -> tuple[FloatImage, FloatImage]:
        """Filter a part of the image and its variance, each by its kernel; see `filter`."""
        pixels = as_image(image, "image")
        spread = as_image(variance, "variance", pixels.shape)
        pixels = self.hide_bad(pixels, spread)
        return convolve(pixels, self.kernel), convolve(spread, self.noise_kernel)

    def find_threshold(self, filtered_variance: FloatImage, window: Window) -> FloatImage:
        """Return the threshold of a part, by its variance as `convolve` gives it."""
        threshold = set_thresholds(filtered_variance, self.detection_threshold)
        if self.sky_scale is not None:
            threshold *= self.sky_scale.draw(window)
        return threshold

    def hide_bad(self, image: FloatImage, variance: FloatImage) -> FloatImage:
        """Return a part as it is filtered: without an error map a bad pixel is NaN.

        So nothing is detected where the kernel reaches one, as in SExtractor.
        """
        if self.source.has_map:
            return image
        return np.where(variance < BAD_VARIANCE, image, np.float32(np.nan))

    def _count_above(self, part: Window, bad: BoolImage, row: int) -> CountArray:
        """How many pixels of each column may be filled from above in a part that is read.

        The numbers are those that fill its rows from ``row`` on rightly. More rows above are read
        where what is filled depends on them.
        """
        lowest, known = 0, np.zeros(self.maps.shape[1], np.int16)
        if self.holes is not None:
            lowest, known = self.holes.before(part.y0)
        known = known[part.x0 : part.x1]
        if part.y0 == lowest:
            return known.copy()
        above, wanted = bad[: row - part.y0], np.empty(bad.shape[1], np.bool_)
        _loops.mark_dependent(bad=bad[row - part.y0 :], out=wanted)
        least, most = np.zeros_like(known), np.full_like(known, INTERPOLATION_LENGTH)
        open_columns = np.flatnonzero(wanted & _are_apart(above, least, most))
        if not len(open_columns):
            return least
        first = max(int(open_columns[0]) - INTERPOLATION_LENGTH, 0)
        some = slice(first, int(open_columns[-1]) + 1)
        least[some] = self._look_up(
            replace(part, x0=part.x0 + some.start, x1=part.x0 + some.stop),
            np.ascontiguousarray(above[:, some]), wanted[some], (lowest, known[some]),
        )  # fmt: skip
        return least

    def _look_up(
        self, part: Window, above: BoolImage, wanted: BoolArray, known: tuple[int, CountArray]
    ) -> CountArray:
        """Read rows above some columns of a part until these tell what `_count_above` returns."""
        lowest, counts = known
        blocks: list[BoolImage] = []
        row, height = part.y0, _BLOCK
        while row > lowest:
            first = max(row - height, lowest)
            maps = self.maps.read(replace(part, y0=first, y1=row))
            blocks.insert(0, self.source.find_bad(*maps, self.weight_factor))
            row, height = first, 2 * height
            least, most = np.zeros_like(counts), np.full_like(counts, INTERPOLATION_LENGTH)
            if row == lowest:
                least, most = counts.copy(), counts.copy()
            for block in blocks:
                _loops.count_down(bad=block, left_in_column=least)
                _loops.count_down(bad=block, left_in_column=most)
            if not (wanted & _are_apart(above, least, most)).any():
                break
        return least


def _are_apart(bad: BoolImage, least: CountArray, most: CountArray) -> BoolArray:
    """Tell of which columns two bounds of what may be filled from above differ after some rows."""
    least, most = least.copy(), most.copy()
    _loops.count_down(bad=bad, left_in_column=least)
    _loops.count_down(bad=bad, left_in_column=most)
    apart: BoolArray = least != most
    return apart


def measure_facts(
    maps: Maps, parameters: Parameters, *, strip_rows: int | None = None,
    hole_rows: Sequence[int] = (0,), mapper: Mapper = map, progress: Progress | None = None,
) -> ImageFacts:  # fmt: skip
    """Read the whole image, some rows at a time, and measure what all of its parts need.

    Of maps that tell their state this is done once while they stay as they are.

    Parameters
    ----------
    maps : Maps
        The image.
    parameters : Parameters
        Those of meshes and noise are used; see `keep_sky`.
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
        If an argument is not what is asked for, or ``weight_type`` contradicts the error type.
    """
    as_instance(maps, Maps, "maps")
    as_instance(parameters, Parameters, "parameters")
    as_mapper(mapper)
    rows = _as_hole_rows(hole_rows, maps.shape[0])
    if strip_rows is not None:
        strip_rows = as_count(strip_rows, "strip_rows")
    return obtain_facts(maps, parameters, strip_rows, rows, mapper, as_progress(progress))


def obtain_facts(
    maps: Maps, parameters: Parameters, strip_rows: int | None, rows: Sequence[int],
    mapper: Mapper, progress: Progress, seen: SeenStrips | None = None,
) -> ImageFacts:  # fmt: skip
    """Do as `measure_facts`; of the strips that `choose_strips_of` gives all may be measured."""
    name = name_image(maps, parameters, rows) if seen is None else seen.name
    if (known := find_facts(name)) is not None:
        return known
    strips = choose_strips_of(parameters.back_size, maps.shape, strip_rows)
    told: Iterable[StripFacts]
    if seen is None:
        source, rule = NoiseSource.of(maps.err_type, parameters), MeshRule.of(parameters)
        parts = mapper(partial(_measure_sky, maps, source, rule), strips)
        told = report_each(parts, progress, len(strips), "sky")
    else:
        told = seen.facts
    return keep_facts(name, _join_facts(maps, parameters, strips, told, rows, mapper))


def name_image(maps: Maps, parameters: Parameters, rows: Sequence[int]) -> Hashable | None:
    """Return what the facts of an image depend on, as its maps are now; see `name_facts`."""
    return name_facts(maps, keep_sky(parameters), rows)


def _join_facts(
    maps: Maps, parameters: Parameters, strips: Sequence[tuple[int, int]],
    told: Iterable[StripFacts], rows: Sequence[int], mapper: Mapper,
) -> ImageFacts:  # fmt: skip
    """Put together what the strips of a whole image tell; see `measure_facts`."""
    source = NoiseSource.of(maps.err_type, parameters)
    seen: list[RawMeshes] = []
    n_bad, holes = _follow_holes(maps.shape, strips, _keep_meshes(told, seen), rows)
    relative = [part.err for part in seen if part.err is not None]
    raw = RawMeshes(_stack([part.image for part in seen]), _stack(relative) if relative else None)
    mesh, factor, noise = filter_meshes(raw, maps, parameters)
    if source.bad_depend_on_factor:
        again = mapper(partial(_mark_strip, maps, source, factor), strips)
        n_bad, holes = _follow_holes(maps.shape, strips, again, rows)
    known = holes if source.has_map else Holes((), ())
    found = ImageFacts(mesh, factor, noise, n_bad, known, raw)
    if parameters.thresh_unit == "rms":
        return found
    from skyseg.engine.sky_scale import measure_sky_scale

    check_threshold_unit(parameters)
    return replace(
        found, sky_scale=measure_sky_scale(PreparedImage.of(maps, found, parameters), mapper)
    )


def filter_meshes(raw: RawMeshes, maps: Maps, parameters: Parameters) -> tuple[Mesh, float, float]:
    """Filter the meshes of a whole image; with the factor of its weights and its global noise."""
    source, rule = NoiseSource.of(maps.err_type, parameters), MeshRule.of(parameters)
    mesh = filter_mesh(*raw.image, rule, maps.shape)
    if raw.err is None:
        return mesh, 1.0, mesh.global_sigma
    measured = scale_weight(mesh, *raw.err, rule, maps.name)
    if source.rescaled:
        return mesh, measured, mesh.global_sigma
    return mesh, 1.0, mesh.global_sigma / measured


def keep_sky(parameters: Parameters, *others: str) -> Parameters:
    """Keep the parameters that `measure_facts` uses, and others; the rest is `Parameters()`."""
    names = (
        "back_size", "back_filtersize", "back_filtthresh", "back_pearson", "weight_type",
        "rescale_weights", "weight_thresh",
    )  # fmt: skip
    if parameters.thresh_unit == "filtered":
        others += ("thresh_unit", "thresh_type", "filter", "filter_name", "back_type", "back_value")
    kept = {name: getattr(parameters, name) for name in (*names, *others)}
    return Parameters(**kept)


def _as_hole_rows(value: Sequence[int], ny: int) -> list[int]:
    """Return rows of an image, ascending, the first one 0."""
    rows = as_list(value, "hole_rows", np.int64)
    if not len(rows) or rows[0] != 0 or rows[-1] >= ny or (np.diff(rows) < 1).any():
        raise ParameterError(
            f"is {value!r}", hint=f"give rows from 0 on, ascending, below {ny}",
            argument="hole_rows",
        )  # fmt: skip
    return [int(row) for row in rows]


def needs_facts(source: NoiseSource, parameters: Parameters) -> bool:
    """Tell whether any fact of the whole image matters to what a part of it is prepared to."""
    is_known = parameters.back_type == "MANUAL" and source.has_map and not source.rescaled
    return not (is_known and parameters.thresh_unit == "rms")


def prepare_image(maps: Maps, parameters: Parameters, mapper: Mapper = map) -> PreparedImage:
    """Measure an image and prepare it.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        Those of background, filter and threshold are used.
    mapper : Mapper
        Works strips of rows.

    Returns
    -------
    PreparedImage
    """
    return PreparedImage.of(maps, measure_facts(maps, parameters, mapper=mapper), parameters)


def _measure_sky(
    maps: Maps, source: NoiseSource, rule: MeshRule, strip: tuple[int, int]
) -> StripFacts:
    """Measure a strip of rows, the first one a multiple of the meshes' size."""
    meshes, bad = measure_meshes(maps, source, rule, Window(*strip, 0, maps.shape[1]))
    return StripFacts(meshes, BadPixels.of(bad))


def measure_meshes(
    maps: Maps, source: NoiseSource, rule: MeshRule, window: Window
) -> tuple[RawMeshes, BoolImage]:
    """Measure the meshes of a part that begins where one does, and find its bad pixels."""
    sci, err = maps.read(window)
    bad = source.find_bad(sci, err)
    return _measure_part(source, rule, sci, err, bad), bad


def measure_raw(
    raw: RawPart, rows: tuple[int, int], source: NoiseSource, rule: MeshRule
) -> StripFacts:
    """Measure some rows of a part as it was read, the first one a multiple of the meshes' size."""
    own = slice(rows[0] - raw.read.y0, rows[1] - raw.read.y0)
    bad, err = raw.bad[own], None if raw.err is None else raw.err[own]
    return StripFacts(_measure_part(source, rule, raw.sci[own], err, bad), BadPixels.of(bad))


def _measure_part(
    source: NoiseSource, rule: MeshRule, sci: FloatImage, err: FloatImage | None, bad: BoolImage
) -> RawMeshes:
    """Measure the meshes of a part that begins where one does."""
    image = measure_raw_mesh(sci, bad, rule.size, rule.pearson)
    if err is None or not source.is_relative:
        return RawMeshes(image, None)
    relative = invert_weight(err, bad) if source.weight_type == "MAP_WEIGHT" else err
    return RawMeshes(image, measure_guided_mesh(relative, bad, sci, rule.size, rule.pearson))


def _mark_strip(
    maps: Maps, source: NoiseSource, factor: float, strip: tuple[int, int]
) -> BadPixels:
    start, stop = strip
    return BadPixels.of(
        source.find_bad(*maps.read(Window(start, stop, 0, maps.shape[1])), factor)
    )  # fmt: skip


def _keep_meshes(parts: Iterable[StripFacts], seen: list[RawMeshes]) -> Iterator[BadPixels]:
    """Yield the bad pixels of each strip, of which the rest is kept."""
    for part in parts:
        seen.append(part.meshes)
        yield part.bad


def _stack(meshes: Sequence[tuple[FloatImage, FloatImage]]) -> tuple[FloatImage, FloatImage]:
    """Put the meshes of strips together."""
    levels, sigmas = zip(*meshes, strict=True)
    return np.concatenate(levels), np.concatenate(sigmas)


def _follow_holes(
    shape: tuple[int, int], strips: Iterable[tuple[int, int]], bad: Iterable[BadPixels],
    hole_rows: Sequence[int],
) -> tuple[int, Holes]:  # fmt: skip
    """Count bad pixels, and tell how deep filling has come before some rows."""
    left = np.zeros(shape[1], np.int16)
    wanted, counts, n_bad = list(hole_rows), [], 0
    for (start, stop), part in zip(strips, bad, strict=True):
        at = start
        while wanted and wanted[0] < stop:
            _advance(part, at - start, wanted[0] - start, left)
            at = wanted.pop(0)
            counts.append(_encode_runs(left))
        _advance(part, at - start, stop - start, left)
        n_bad += part.count
    return n_bad, Holes(tuple(hole_rows), tuple(counts)) if n_bad else Holes((), ())


def _advance(part: BadPixels, start: int, stop: int, left: CountArray) -> None:
    if stop <= start:
        return
    if part.bits is None:
        left[:] = INTERPOLATION_LENGTH
    else:
        bad = np.unpackbits(part.bits[start:stop], axis=1, count=len(left)).astype(bool)
        _loops.count_down(bad=bad, left_in_column=left)


def _encode_runs(numbers: CountArray) -> tuple[CountArray, Int32Array]:
    """Return runs of equal numbers: the number of each, and its length."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], np.diff(starts, append=len(numbers)).astype(np.int32)
