"""Measuring some sources of a label map, in the parts of an image that they reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from skyseg.engine._arrays import as_diameters, as_instance, as_mapper
from skyseg.engine._isophotes import measure_isophotes
from skyseg.engine._local_sky import Frames, find_boxes, measure_frames
from skyseg.engine._photometry import Photometry, measure_apertures
from skyseg.engine._scene import BEYOND, Scene, mask_variance
from skyseg.engine._strips import Work
from skyseg.engine._windows import choose_reach
from skyseg.engine.detected import OF_RUN, KnownShapes, apply_known
from skyseg.engine.detection import PixelLists
from skyseg.engine.flag_maps import FlagRows, check_flags, measure_flags
from skyseg.engine.image_facts import ImageFacts
from skyseg.engine.labelled import HIGHEST, count_light, make_labelled
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import Maps
from skyseg.engine.masking import measure_mask
from skyseg.engine.measuring import USUAL_MEASUREMENTS, as_measurements, make_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window
from skyseg.engine.scaling import Scale, choose_scale
from skyseg.engine.segmentation import measure_whole
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources
from skyseg.engine.types import (
    BoolArray,
    Columns,
    FloatArray,
    FloatImage,
    IntArray,
    LabelImage,
)

_SQUARE: Final = 500
_TAKEN: Final = np.int32(2**31 - 1)


class LabelPlaces(NamedTuple):
    """Some sources of a label map, and where they are.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
        Labels, ascending.
    box : ndarray of int64, shape (n, 4)
        First row, row after the last, first column, column after the last.
    """

    number: IntArray
    box: IntArray

    def take(self, which: IntArray | BoolArray) -> LabelPlaces:
        """Return some of them."""
        return LabelPlaces(self.number[which], self.box[which])


class _Scenery(NamedTuple):
    """Whose each pixel is: a map, and that of a run, which leaves what it detected besides out."""

    labels: LabelImage
    run: LabelImage | None


@dataclass(frozen=True, eq=False)
class LabelMeasurer:
    """Measures sources of label maps of one image, of which the whole is looked at once.

    Attributes
    ----------
    work : Work
        The image.
    scale : Scale
        The powers of two that it is worked by.
    facts : ImageFacts
        What the whole image tells.
    """

    work: Work
    scale: Scale
    facts: ImageFacts

    @classmethod
    def of(
        cls, maps: Maps, parameters: Parameters, aper_diams: tuple[float, ...] = (), *,
        columns: Collection[str] = USUAL_MEASUREMENTS, mapper: Mapper = map,
    ) -> LabelMeasurer:  # fmt: skip
        """Look at an image.

        Parameters
        ----------
        maps : Maps
            The image, its error map, flags and mask.
        parameters, aper_diams, columns
            As for `skyseg.engine.measure_labels`.
        mapper : callable
            Applies a function to the parts of the image; see `skyseg.engine.mappers`.

        Raises
        ------
        ImageError
            If no pixel of the image is good.
        ParameterError
            If an argument is not what `skyseg.engine.segment_image` asks for.
        """
        as_instance(maps, Maps, "maps")
        as_instance(parameters, Parameters, "parameters")
        as_mapper(mapper)
        wanted, diameters = as_measurements(columns), as_diameters(aper_diams)
        check_flags(maps.flags, wanted)
        scale = choose_scale(maps, parameters)
        maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
        facts = measure_whole(maps, parameters, None, mapper, lambda part, what: None)
        image = PreparedImage.of(maps, facts, parameters)
        return cls(Work(image, diameters, wanted), scale, facts)

    def measure(self, labels: LabelImage, places: LabelPlaces, mapper: Mapper = map) -> Columns:
        """Measure sources as `skyseg.engine.measure_labels` measures them in the whole map.

        Parameters
        ----------
        labels : ndarray of int32, shape (ny, nx)
            The map.
        places : LabelPlaces
            Which sources, and where they are.
        mapper : callable
            Applies a function to groups of sources.

        Returns
        -------
        dict of str to ndarray
            Their rows, to the bit those of that function.

        Examples
        --------
        >>> from skyseg.engine.maps import make_maps
        >>> image = np.zeros((40, 40), np.float32)
        >>> image[10:14, 20:24] = 50
        >>> measurer = LabelMeasurer.of(
        ...     make_maps(image, np.ones_like(image), "rms_err"), Parameters())
        >>> where = LabelPlaces(np.array([7]), np.array([[10, 14, 20, 24]]))
        >>> labels = (image > 0).astype(np.int32) * 7
        >>> measurer.measure(labels, where)["ISOAREAF_IMAGE"].tolist()
        [16]
        """
        return self._measure(_Scenery(labels, None), places, None, mapper)

    def measure_known(
        self, labels: LabelImage, run: LabelImage, places: LabelPlaces, known: KnownShapes | None,
        mapper: Mapper = map,
    ) -> Columns:  # fmt: skip
        """Measure sources of a run, with their shapes, among the pixels of an edited map.

        Parameters
        ----------
        labels : ndarray of int32, shape (ny, nx)
            The edited map.
        run : ndarray of int32, shape (ny, nx)
            The map of the run. Pixels above the threshold that have no label in either are
            in no aperture, as in that run.
        places : LabelPlaces
            Which sources, and where they are; their pixels are the same in both maps.
        known : KnownShapes or None
            Their shapes; those of their pixels where there are none.
        mapper : callable
            Applies a function to groups of sources.

        Returns
        -------
        dict of str to ndarray
            See `skyseg.engine.measure`.
        """
        return self._measure(_Scenery(labels, run), places, known, mapper)

    def _measure(
        self, scenery: _Scenery, places: LabelPlaces, known: KnownShapes | None, mapper: Mapper
    ) -> Columns:
        groups = _group(places.box)
        tasks = ((places.take(group), _take(known, group)) for group in groups)
        parts = list(mapper(partial(self._measure_group, scenery), tasks))
        if not parts:
            none = LabelPlaces(np.empty(0, np.int64), np.empty((0, 4), np.int64))
            parts, groups = [self._measure_group(scenery, (none, None))], [np.empty(0, np.int64)]
        order = np.argsort(np.concatenate(groups))
        joined = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
        return self.scale.restore_columns(joined)

    def _measure_group(
        self, scenery: _Scenery, task: tuple[LabelPlaces, KnownShapes | None]
    ) -> Columns:
        """Measure sources that are near to one another."""
        places, known = task
        sources, isophotes, flags = self._look(scenery, places, known)
        photometry = self._lay_apertures(scenery, sources, isophotes["sky"])
        columns = self.work.columns
        measured = make_columns(sources, isophotes, photometry, self.work.mesh, columns)
        return measured | flags

    def _look(
        self, scenery: _Scenery, places: LabelPlaces, known: KnownShapes | None
    ) -> tuple[Sources, Columns, Columns]:
        """Look at the sources' own pixels: their shapes, light and flags."""
        window = _surround(places.box, np.zeros(len(places.number)), self.work.shape)
        image, variance, filtered, threshold = self._read(window)
        pixels = _list_pixels(scenery.labels, places.number, window, self.work.shape)
        row, column = np.divmod(pixels.index, self.work.shape[1])
        at = row - window.y0, column - window.x0
        limit = np.minimum(threshold[at], HIGHEST)
        pixels = replace(pixels, value=count_light(filtered[at], limit), threshold=limit)
        sources = make_labelled(pixels, places.number, self.work.parameters.detect_minarea)
        if known is not None:
            shapes = apply_known(sources.shapes, known)
            sources = replace(sources, shapes=shapes, flags=known.flags & OF_RUN)
        sky = self._find_sky(scenery, places)
        isophotes = measure_isophotes(
            image[at], variance[at], pixels, sources.shapes, self.work.parameters,
            self.work.image.levels, sky, self.work.columns,
        )  # fmt: skip
        isophotes |= {"footprint": pixels.area, "sky": sky}
        return sources, isophotes, self._find_flags(sources, window)

    def _find_sky(self, scenery: _Scenery, places: LabelPlaces) -> FloatArray:
        """Measure what is left of the sky around sources, where that is asked for."""
        parameters, (ny, nx) = self.work.parameters, self.work.shape
        sky = np.zeros(len(places.number))
        if parameters.backphoto_type != "LOCAL":
            return sky
        y0, y1, x0, x1 = places.box.T
        boxes = find_boxes({"xmin": x0, "xmax": x1 - 1, "ymin": y0, "ymax": y1 - 1})
        reach = parameters.backphoto_thick + 2
        for k, box in enumerate(boxes):
            window = Window(max(int(box[0]) - reach, 0), min(int(box[1]) + reach, ny), 0, nx)
            image, variance, filtered, threshold = self._read(window)
            owner = _draw_owners(scenery, window, filtered > threshold)
            frames = Frames(box[None], np.zeros(1, np.int64), np.array([ny * nx]))
            freed = np.where(owner != 0, _TAKEN, np.int32(0))
            sky[k] = measure_frames(image, variance, freed, window, frames, parameters)[0]
        return sky

    def _find_flags(self, sources: Sources, window: Window) -> Columns:
        """Measure flags and mask of the sources' pixels, of which all lie in a window."""
        maps, kind = self.work.image.maps, self.work.parameters.flag_type
        if maps.flags is None and maps.mask is None:
            return {}
        runs, width = sources.runs, self.work.shape[1]
        row, column = np.divmod(runs.start, width)
        start = (row - window.y0) * (window.x1 - window.x0) + column - window.x0
        here = replace(sources, shape=window.shape, runs=replace(runs, start=start))
        flags = None if maps.flags is None else _PartFlags(maps.flags, window)
        mask = maps.mask
        if mask is not None:
            mask = replace(mask, rows=_PartFlags(mask.rows, window))
        return measure_flags(here, flags, kind, self.work.columns) | measure_mask(here, mask, kind)

    def _lay_apertures(self, scenery: _Scenery, sources: Sources, sky: FloatArray) -> Photometry:
        """Lay apertures on sources, in larger windows on those that reach far."""
        work = self.work
        reach = choose_reach(sources.shapes, work.parameters, work.aper_diams)
        parts, places = [], []
        pending = [np.arange(len(reach))]
        while pending:
            group = pending.pop(0)
            shapes = sources.shapes.take(group)
            window = _window_of(shapes, reach[group], work.shape)
            found = self._lay_in(scenery, window, sources.number[group], shapes, sky[group])
            parts.append(found)
            places.append(group)
            beyond = group[(found.flags & BEYOND) != 0]
            reach[beyond] *= 2
            pending += [beyond[k : k + 1] for k in range(len(beyond))]
        return Photometry.place(parts, places)

    def _lay_in(
        self, scenery: _Scenery, window: Window, numbers: IntArray, shapes: Shapes,
        sky: FloatArray,
    ) -> Photometry:  # fmt: skip
        work = self.work
        if scenery.run is None:
            (image, variance), detected = work.image.read(window), None
        else:
            image, variance, filtered, threshold = self._read(window)
            detected = filtered > threshold
        owner = _draw_owners(scenery, window, detected)
        variance = mask_variance(variance, work.image.source.highest_variance)
        scene = Scene(image, variance, owner, (window.y0, window.x0), work.shape)
        return measure_apertures(
            scene, numbers, shapes, sky, work.parameters, work.aper_diams, work.image.noise,
            work.columns,
        )  # fmt: skip

    def _read(self, window: Window) -> tuple[FloatImage, FloatImage, FloatImage, FloatImage]:
        """Read image, variance, filtered image and threshold of a part."""
        margin, (ny, nx) = len(self.work.image.kernel), self.work.shape
        wide = Window(
            max(window.y0 - margin, 0), min(window.y1 + margin, ny),
            max(window.x0 - margin, 0), min(window.x1 + margin, nx),
        )  # fmt: skip
        image, variance = self.work.image.read(wide)
        filtered, threshold = self.work.image.filter(image, variance, wide)
        top, left = window.y0 - wide.y0, window.x0 - wide.x0
        part = np.s_[top : top + window.shape[0], left : left + window.shape[1]]
        cut = (np.ascontiguousarray(each[part]) for each in (image, variance, filtered, threshold))
        return next(cut), next(cut), next(cut), next(cut)


@dataclass(frozen=True, eq=False)
class _PartFlags:
    """A part of a flag map, as a map of its own."""

    rows: FlagRows
    part: Window

    @property
    def shape(self) -> tuple[int, int]:
        return self.part.shape

    def read(self, window: Window) -> LabelImage:
        top, left = self.part.y0, self.part.x0
        return self.rows.read(
            Window(window.y0 + top, window.y1 + top, window.x0 + left, window.x1 + left)
        )


def _list_pixels(
    labels: LabelImage, numbers: IntArray, window: Window, shape: tuple[int, int]
) -> PixelLists:
    """Pixels of some labels, all in a window of an image of some shape; without values."""
    part = labels[window.y0 : window.y1, window.x0 : window.x1]
    y, x = np.nonzero(np.isin(part, numbers))
    number = part[y, x]
    order = np.argsort(number, kind="stable")
    index = ((y + window.y0) * shape[1] + x + window.x0)[order]
    start = np.append(np.searchsorted(number[order], numbers), len(order))
    none = np.empty(0, np.float32)
    return PixelLists(shape, start.astype(np.int64), index.astype(np.int64), none, none)


def _draw_owners(
    scenery: _Scenery, window: Window, detected: np.typing.NDArray[np.bool_] | None
) -> LabelImage:
    """Draw whose pixels are not free for the apertures of others."""
    part = slice(window.y0, window.y1), slice(window.x0, window.x1)
    owner = np.array(scenery.labels[part], np.int32)
    if scenery.run is not None and detected is not None:
        owner[detected & (owner == 0) & (scenery.run[part] == 0)] = -1
    return owner


def _take(known: KnownShapes | None, which: IntArray) -> KnownShapes | None:
    return None if known is None else known.take(which)


def _group(boxes: IntArray) -> list[IntArray]:
    """List sources that are measured together: those of a square, and each large one alone."""
    large = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) > _SQUARE // 4
    row, column = boxes[:, 0] // _SQUARE, boxes[:, 2] // _SQUARE
    square = row * (1 + int(column.max(initial=0))) + column
    square[large] = -1 - np.flatnonzero(large)
    order = np.argsort(square, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(square[order])) + 1)
    return [np.sort(group) for group in groups if len(group)]


def _surround(boxes: IntArray, reach: FloatArray, shape: tuple[int, int]) -> Window:
    """Return the window that holds boxes, and more around each."""
    if not len(boxes):
        return Window(0, 1, 0, 1)
    low = np.floor(boxes[:, [0, 2]] - reach[:, None]).min(axis=0).astype(int)
    high = np.ceil(boxes[:, [1, 3]] + reach[:, None]).max(axis=0).astype(int)
    return Window(
        max(int(low[0]), 0), min(int(high[0]), shape[0]),
        max(int(low[1]), 0), min(int(high[1]), shape[1]),
    )  # fmt: skip


def _window_of(shapes: Shapes, reach: FloatArray, shape: tuple[int, int]) -> Window:
    """Return the window in which apertures are laid on sources."""
    far = np.minimum(np.nan_to_num(reach, nan=0.0), float(max(shape))) + 2
    y, x = (
        np.clip(np.nan_to_num(each), 0, length - 1)
        for each, length in zip((shapes.y, shapes.x), shape, strict=True)
    )
    middle = np.stack([y, y + 1, x, x + 1], axis=1).astype(np.int64)
    return _surround(middle, far + 1, shape)
