"""The front half of an extraction: from the maps to what detection works on.

Bad pixels, variance, filling, filter, threshold. Any part is prepared from the facts of the
whole image, with the same values whatever the part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_instance
from skyseg.engine.background import Mesh, MeshRule, draw_background_part
from skyseg.engine.bad_pixels import BAD_VARIANCE, INTERPOLATION_LENGTH
from skyseg.engine.filtering import choose_kernel, choose_noise_kernel, convolve
from skyseg.engine.image_facts import BadPixels, Holes, ImageFacts, StripFacts, measure_part
from skyseg.engine.image_levels import ImageLevels
from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window, check_window
from skyseg.engine.thresholding import Threshold, choose_analysis, choose_detection, set_thresholds
from skyseg.engine.types import BoolArray, BoolImage, CountArray, FloatImage

if TYPE_CHECKING:
    from skyseg.engine.sky_scale import SkyScale

_BLOCK = 64


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
    >>> from skyseg.engine.whole_image import measure_facts
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


def measure_raw(
    raw: RawPart, rows: tuple[int, int], source: NoiseSource, rule: MeshRule
) -> StripFacts:
    """Measure some rows of a part as it was read, the first one a multiple of the meshes' size."""
    own = slice(rows[0] - raw.read.y0, rows[1] - raw.read.y0)
    bad, err = raw.bad[own], None if raw.err is None else raw.err[own]
    return StripFacts(measure_part(source, rule, raw.sci[own], err, bad), BadPixels.of(bad))
