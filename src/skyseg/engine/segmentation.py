"""The whole extraction: maps in, segmentation out, strip by strip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from skyseg.engine._foreground import Foreground
from skyseg.engine._photometry import Photometry
from skyseg.engine._scene import BEYOND
from skyseg.engine._strips import (
    Found,
    Pack,
    Work,
    choose_kernel,
    deblend_strip,
    detect_strip,
    draw_strip,
    measure_window,
)
from skyseg.engine.background import choose_background_step
from skyseg.engine.detection import Detections, connect
from skyseg.engine.maps import INTERPOLATION_LENGTH, Maps
from skyseg.engine.measuring import make_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import ArrayRows, Window, row_strips
from skyseg.engine.sky import Sky, gather_sky, measure_sky
from skyseg.engine.sources import Runs, Sources, clean_and_number, join_shapes
from skyseg.engine.types import (
    Columns,
    ErrType,
    FloatArray,
    FloatImage,
    IntArray,
    LabelImage,
    Progress,
)
from skyseg.errors import ImageError

Task = TypeVar("Task")
Result = TypeVar("Result")

_STRIP_PIXELS = 2_000_000
_REACH = 7.0
# pixels on a side of the squares of the photometry: larger ones leave the cache, smaller
# ones are margin for the most part
_SQUARE = 1000


class Mapper(Protocol):
    """Applies a function to tasks; the results come in the order of the tasks."""

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Return the results."""
        ...


class Canvas(Protocol):
    """Takes the maps that are made, in order of rows."""

    row_step: int
    """Rows come in multiples of this number, the last ones apart."""

    def packer(self, step: float) -> Pack:
        """Return what turns rows of labels and background into what `write` takes.

        The background comes as whole multiples of ``step``. The packer runs where
        the rows were worked, be it another thread or machine.
        """
        ...

    def write(self, first: int, packed: Any) -> None:
        """Take packed rows, ``first`` being the first row."""
        ...


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What an extraction measured.

    Attributes
    ----------
    columns : dict of str to ndarray
        Measurements by SExtractor's names, in the order of the labels; see
        `skyseg.engine.measure`.
    facts : dict
        ``n_bad``, the number of bad pixels; ``weight_factor``, f in
        variance = f^2 / weight (1 for an rms map); ``noise``, the median noise
        of the background meshes in the unit of the image.
    """

    columns: Columns
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Segmentation(Measured):
    """What an extraction found.

    Attributes
    ----------
    columns, facts
        See `Measured`.
    labels : ndarray of int32, shape (ny, nx)
        Label of each pixel, 0 for background. LabelImage run from 1 in the order
        of the sources' first pixels along the rows.
    background : ndarray of float32, shape (ny, nx)
        Mesh background model, in the unit of the image.
    """

    labels: LabelImage
    background: FloatImage


class ArrayCanvas:
    """Maps that are drawn in memory."""

    row_step = 1

    def __init__(self, shape: tuple[int, int]) -> None:
        self.labels = np.zeros(shape, np.int32)
        self.background = np.zeros(shape, np.float32)

    def packer(self, step: float) -> Pack:
        """Return what leaves the labels as they are."""
        return partial(_plain, step)

    def write(self, first: int, packed: tuple[LabelImage, FloatImage]) -> None:
        """Take rows of labels and background."""
        labels, background = packed
        self.labels[first : first + len(labels)] = labels
        self.background[first : first + len(labels)] = background


def _plain(
    step: float, labels: LabelImage, background: LabelImage
) -> tuple[LabelImage, FloatImage]:
    return labels, np.multiply(background, np.float32(step), dtype=np.float32)


def segment_image(
    sci: FloatImage, err: FloatImage, err_type: ErrType,
    parameters: Parameters, aper_diams: tuple[float, ...] = (), *,
    progress: Progress | None = None, strip_rows: int | None = None, mapper: Mapper = map,
) -> Segmentation:  # fmt: skip
    """Find, deblend, CLEAN and measure the sources of an image.

    Parameters
    ----------
    sci : ndarray of float32, shape (ny, nx)
        Image; NaN is a bad pixel.
    err : ndarray of float32, shape (ny, nx)
        Rms of the noise, or a weight proportional to the inverse variance;
        values not above zero, or not finite, are bad pixels.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.
    strip_rows : int, optional
        Rows that are worked at a time; the result does not depend on it.
    mapper : callable
        Applies a function to tasks, as `map` does; see `skyseg.engine.mappers`.

    Returns
    -------
    Segmentation

    Raises
    ------
    ImageError
        If the maps differ in shape or no pixel is good.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> found = segment_image(image, np.ones_like(image), "rms_err", Parameters())
    >>> len(found.columns["NUMBER"])
    1
    """
    if sci.shape != err.shape:
        raise ImageError(
            f"the image has shape {sci.shape} and its error map {err.shape}; "
            "give maps on the same pixels"
        )
    maps = Maps(ArrayRows(sci), ArrayRows(err), err_type)
    canvas = ArrayCanvas(maps.shape)
    measured = segment_rows(
        maps, parameters, aper_diams, canvas, progress=progress, strip_rows=strip_rows,
        mapper=mapper,
    )  # fmt: skip
    return Segmentation(
        columns=measured.columns, facts=measured.facts, labels=canvas.labels,
        background=canvas.background,
    )  # fmt: skip


def segment_rows(
    maps: Maps, parameters: Parameters, aper_diams: tuple[float, ...], canvas: Canvas, *,
    progress: Progress | None = None, strip_rows: int | None = None, mapper: Mapper = map,
) -> Measured:  # fmt: skip
    """Find, deblend, CLEAN and measure the sources of an image of any size.

    The maps are read three times, some rows at a time: for the sky, for the
    sources, for the apertures. Beside these rows memory holds the sources and
    the runs of their pixels.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    parameters, aper_diams, progress, strip_rows, mapper
        As for `segment_image`.
    canvas : Canvas
        Takes labels and background as they are drawn.

    Returns
    -------
    Measured

    Raises
    ------
    ImageError
        If no pixel is good.
    """
    tell = progress or (lambda part, what: None)
    strips = _strips(maps.shape, strip_rows)
    sky = _look(maps, parameters, strip_rows, strips, mapper, tell)
    work = Work(maps, sky, parameters, aper_diams)
    found = list(mapper(partial(_deblended, work), _detected(work, strips, mapper, tell)))
    tell(0.6, "CLEAN")
    sources = _settled(maps.shape, found, parameters)
    isophotes = {
        name: np.concatenate([part.isophotes[name] for part in found])
        for name in found[0].isophotes
    }
    columns = make_columns(sources, isophotes, _photometry(work, sources, mapper, tell))
    _draw(work, sources, canvas, strips, mapper, tell)
    facts = {
        "n_bad": sky.n_bad, "weight_factor": sky.weight_factor, "noise": sky.mesh.global_sigma,
    }  # fmt: skip
    return Measured(columns=columns, facts=facts)


def _draw(
    work: Work, sources: Sources, canvas: Canvas, strips: list[tuple[int, int]], mapper: Mapper,
    tell: Progress,
) -> None:  # fmt: skip
    height = strips[0][1] - strips[0][0]
    rows = _strips(work.maps.shape, -(-height // canvas.row_step) * canvas.row_step)
    drawings = (sources.label_rows(start, stop) for start, stop in rows)
    packed = mapper(
        partial(draw_strip, work, canvas.packer(choose_background_step(work.sky.mesh))), drawings
    )
    told = _told(packed, tell, 0.9, 1.0, len(rows), "drawing")
    for (start, _), part in zip(rows, told, strict=True):
        canvas.write(start, part)
    tell(1.0, "done")


def _strips(shape: tuple[int, int], strip_rows: int | None) -> list[tuple[int, int]]:
    return row_strips(shape[0], strip_rows or max(_STRIP_PIXELS // shape[1], 16))


def _look(
    maps: Maps, parameters: Parameters, strip_rows: int | None, strips: list[tuple[int, int]],
    mapper: Mapper, tell: Progress,
) -> Sky:  # fmt: skip
    """First reading: the sky. Its strips hold whole meshes."""
    size = parameters.back_size
    meshes = row_strips(maps.shape[0], -(-(strips[0][1] - strips[0][0]) // size) * size)
    halo = len(choose_kernel(parameters)) // 2 + INTERPOLATION_LENGTH
    wanted = sorted({0} | {max(start - halo, 0) for start, _ in strips})
    parts = mapper(partial(measure_sky, maps, size), meshes)
    sky = gather_sky(maps, parameters, meshes, _told(parts, tell, 0.0, 0.15, len(meshes), "sky"),
                     wanted)  # fmt: skip
    if sky.n_bad == maps.shape[0] * maps.shape[1]:
        raise ImageError(
            f"there is no good pixel in the image and its {maps.err_type} map; "
            "give maps with finite values and errors above zero"
        )
    return sky


def _foreground(work: Work, strip: tuple[int, int]) -> Foreground:
    return detect_strip(work, *strip)


def _deblended(work: Work, complete: Detections) -> Found:
    return deblend_strip(work, complete)


def _told(
    results: Iterable[Result], tell: Progress, begin: float, end: float, count: int, what: str
) -> Iterator[Result]:
    for k, result in enumerate(results):
        tell(begin + (end - begin) * k / count, what)
        yield result


def _detected(
    work: Work, strips: list[tuple[int, int]], mapper: Mapper, tell: Progress
) -> Iterator[Detections]:
    """Second reading: regions, as soon as the strip that completes them has been worked."""
    foregrounds = mapper(partial(_foreground, work), strips)
    rest: Foreground | None = None
    last = work.maps.shape[0]
    told = _told(foregrounds, tell, 0.15, 0.6, len(strips), "detection")
    for (_, stop), strip in zip(strips, told, strict=True):
        open_row = stop - 1 if stop < last else -1
        joined = strip if rest is None else rest.joined(strip)
        complete, rest = connect(joined, work.parameters.detect_minarea, open_row)
        yield complete


def _settled(shape: tuple[int, int], found: list[Found], parameters: Parameters) -> Sources:
    runs, before = [], 0
    for part in found:
        runs += [Runs(part.runs.start, part.runs.length, part.runs.source + before), part.small]
        before += len(part.first)
    return clean_and_number(
        shape, Runs.joined(runs), join_shapes([part.shapes for part in found]),
        np.concatenate([part.flags for part in found]),
        np.concatenate([part.first for part in found]),
        np.concatenate([part.last_row for part in found]), parameters,
    )  # fmt: skip


def _photometry(work: Work, sources: Sources, mapper: Mapper, tell: Progress) -> Photometry:
    """Third reading: apertures. A source whose apertures reach too far is measured anew.

    The windows are squares: around strips of a wide image there would be more
    margin than strip.
    """
    kept = sources.kept
    shapes = sources.shapes.taken(kept)
    largest = max(work.aper_diams, default=0.0) / 2
    reach = np.maximum(_REACH * shapes.a, max(largest, *work.parameters.phot_autoapers)) + 4
    # far-reaching sources have windows of their own, the others those of their squares
    apart = reach > _SQUARE // 4
    ny, nx = work.maps.shape
    square = _part_of(shapes.y, ny) * nx + _part_of(shapes.x, nx)
    together = np.flatnonzero(~apart)
    together = together[np.argsort(square[together], kind="stable")]
    groups = np.split(together, np.flatnonzero(np.diff(square[together])) + 1)
    # the longest first, so that threads end together
    groups = _one_by_one(np.flatnonzero(apart)) + sorted(groups, key=len, reverse=True)
    groups = [group for group in groups if len(group)]
    measured: list[Photometry] = []
    places: list[IntArray] = []
    begin = 0.65
    while groups:
        windows = (_window_of(work, sources, kept, group, reach[group]) for group in groups)
        parts = mapper(partial(_measured, work), windows)
        measured += _told(parts, tell, begin, 0.9, len(groups), "photometry")
        places += groups
        found = zip(groups, measured[-len(groups) :], strict=True)
        left = np.concatenate([group[part.flags & BEYOND != 0] for group, part in found])
        reach[left] *= 2
        groups, begin = _one_by_one(left), 0.9
    if not measured:
        return Photometry.blank(0, len(work.aper_diams))
    return Photometry.placed(measured, places)


def _one_by_one(sources: IntArray) -> list[IntArray]:
    return [sources[k : k + 1] for k in range(len(sources))]


def _part_of(position: FloatArray, length: int) -> IntArray:
    """Tell in which of equal parts, about a square long, positions along an axis lie."""
    return (position * max(round(length / _SQUARE), 1) / length).astype(np.int64)


def _measured(work: Work, task: tuple[Any, ...]) -> Photometry:
    return measure_window(work, *task)


def _window_of(
    work: Work, sources: Sources, kept: IntArray, group: IntArray, reach: FloatArray
) -> tuple[Any, ...]:
    """Window around some of the kept sources, and what is measured there."""
    ny, nx = work.maps.shape
    shapes = sources.shapes.taken(kept[group])
    low, high = (shapes.y - reach).min(), (shapes.y + reach).max()
    left, right = (shapes.x - reach).min(), (shapes.x + reach).max()
    window = Window(
        max(int(low) - 2, 0), min(int(high) + 3, ny),
        max(int(left) - 2, 0), min(int(right) + 3, nx),
    )  # fmt: skip
    return window, sources.owners_in(window), sources.number[kept[group]], shapes
