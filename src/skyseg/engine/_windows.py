"""Apertures on all sources of an image: which are measured together, in which part of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeGuard, TypeVar

import numpy as np

from skyseg.engine._compact import Compact
from skyseg.engine._photometry import Laid, Photometry, measure_apertures
from skyseg.engine._scene import BEYOND, Scene, mask_variance
from skyseg.engine._strips import Work
from skyseg.engine.mappers import GroupedTasks, Mapper, can_keep, share_out
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources
from skyseg.engine.types import BoolArray, FloatArray, IntArray, Progress

if TYPE_CHECKING:
    from skyseg.engine._spread import SpreadSources, SpreadTask, SpreadTasks

_REACH = 7.0
# side in pixels of a square as large as the parts of the photometry, which are twice as wide and
# half as high, for rows are read: larger ones leave the cache, smaller ones are mostly margin
_SQUARE = 1000


class Task(NamedTuple):
    """A part of the image, whose its pixels are, and the sources that are measured there.

    Of their shapes the ellipses.
    """

    window: Window
    owners: Drawing
    which: IntArray
    numbers: IntArray
    shapes: Shapes


class Tasks(list[Task]):
    """Tasks that are worked one after the other, and sent as one."""

    def __reduce__(self) -> tuple[Any, ...]:
        sources = _Joined(
            np.array([len(task.which) for task in self]),
            np.concatenate([task.which for task in self]),
            np.concatenate([task.numbers for task in self]),
            Shapes.join([task.shapes for task in self]),
        )
        return _split_tasks, ([(task.window, task.owners) for task in self], sources)


@dataclass(frozen=True)
class _Joined(Compact):
    """Sources of several tasks, and how many each has."""

    counts: IntArray
    which: IntArray
    numbers: IntArray
    shapes: Shapes


def _split_tasks(parts: list[tuple[Window, Any]], sources: _Joined) -> Tasks:
    ends = np.cumsum(sources.counts).tolist()
    tasks = Tasks()
    for (window, owners), begin, end in zip(parts, [0, *ends[:-1]], ends, strict=True):
        some = np.arange(begin, end)
        which, numbers = sources.which[some], sources.numbers[some]
        tasks.append(Task(window, owners, which, numbers, sources.shapes.take(some)))
    return tasks


class _Flagged(Protocol):
    """What was measured of the sources of a task."""

    @property
    def flags(self) -> IntArray: ...


Part = TypeVar("Part", bound=_Flagged)


def measure_in_windows(
    work: Work, sources: Sources, sky: FloatArray, mapper: Mapper, progress: Progress,
    limit: Window | None = None, wanted: BoolArray | None = None,
) -> Photometry:  # fmt: skip
    """Lay apertures on the sources that CLEAN left, in the order of their numbers.

    A source whose apertures reach too far is measured anew. The windows are parts of a grid:
    around strips of a wide image there would be more margin than strip.

    Parameters
    ----------
    work : Work
        The image.
    sources : Sources
        Its n sources.
    sky : ndarray of float64, shape (n,)
        What is left of the sky around each; 0 where workers have their pixels.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.
    progress : callable
        Called with the part that is done, 0 to 1, and what comes next.
    limit : Window, optional
        The part of the image whose sources are known; by default all of it. Windows do not
        leave it, and a source whose apertures do keeps the bit ``BEYOND`` in its flags.
    wanted : ndarray of bool, shape (m,), optional
        Which of those that CLEAN left are measured; all by default. Of the others all is 0.

    Returns
    -------
    Photometry
    """
    reach = choose_reach(sources.shapes.take(sources.kept), work.parameters, work.aper_diams)
    left = sky[:0] if _are_spread(sources) else sky
    measured, places = work_in_windows(
        partial(_lay_apertures, work, left), sources, reach, mapper, progress, limit, wanted
    )
    if not measured:
        fractions = len(work.parameters.phot_fluxfrac)
        return Photometry.blank(len(work.aper_diams), fractions, len(reach))
    return Photometry.place(measured, places, len(reach))


def choose_reach(
    shapes: Shapes, parameters: Parameters, aper_diams: tuple[float, ...]
) -> FloatArray:
    """How far from their centres the apertures of sources are expected to reach, in pixels."""
    largest = max(aper_diams, default=0.0) / 2
    return np.maximum(_REACH * shapes.a, max(largest, *parameters.phot_autoapers)) + 4


def work_in_windows(
    measure: Callable[[Any], list[Part]], sources: Sources, reach: FloatArray, mapper: Mapper,
    progress: Progress, limit: Window | None = None, wanted: BoolArray | None = None,
    cut: dict[bytes, Task] | None = None,
) -> tuple[list[Part], list[IntArray]]:  # fmt: skip
    """Measure all sources that CLEAN left, those that are near to one another together.

    Parameters
    ----------
    measure : callable
        Measures the sources of tasks, of which it flags as ``BEYOND`` those that reach
        beyond their window; they are measured again in larger ones. See `measure_each`.
        What it returns of many may be joined to one.
    sources : Sources
        The sources, m of which CLEAN left.
    reach : ndarray of float64, shape (m,)
        How far each is expected to reach, in pixels.
    mapper, progress, limit, wanted
        As for `measure_in_windows`.
    cut : dict, optional
        Takes the tasks that are cut, for the next image that the same sources, as far as the
        same, are measured in.

    Returns
    -------
    parts : list
        What was measured.
    places : list of ndarray of int64
        Which of the m sources each part is of; a later part replaces an earlier one.
    """
    kept, shape = sources.kept, sources.shape
    limit = Window(0, shape[0], 0, shape[1]) if limit is None else limit
    shapes, reach = sources.shapes.take(kept), reach.copy()
    groups = _group(shapes, reach, shape, by_place=can_keep(mapper))
    if wanted is not None:
        groups = [some for group in groups if len(some := group[wanted[group]])]
    measured: list[Part] = []
    places: list[IntArray] = []
    begin = 0.0
    while groups:
        windows = _make_windows(shapes, reach, groups, limit)
        shared = list(share_out(mapper, list(zip(groups, windows, strict=True))))
        tasks = GroupedTasks(partial(_cut_tasks, sources, kept, reach, cut), shared)
        measured_there = mapper(measure, tasks)
        again = [np.empty(0, np.int64)]
        for done, (batch, parts) in enumerate(zip(shared, measured_there, strict=True)):
            of = [group for group, _ in batch]
            if len(parts) == 1:
                of = [np.concatenate(of)]
            measured += parts
            places += of
            again += [
                group[part.flags & BEYOND != 0] for group, part in zip(of, parts, strict=True)
            ]
            progress(begin + (1 - begin) * (done + 1) / len(shared), "photometry")
        beyond = np.concatenate(again)
        boxes = make_boxes(shapes.take(beyond), reach[beyond])
        beyond = beyond[~are_cut(boxes, limit, shape)]
        reach[beyond] *= 2
        groups, begin = _split(beyond), 1.0
    return measured, places


def measure_each(measure: Callable[[Task], Part], tasks: Tasks) -> list[Part]:
    """Measure the sources of several tasks."""
    return [measure(task) for task in tasks]


def make_boxes(shapes: Shapes, reach: FloatArray) -> FloatArray:
    """Boxes around sources: first and last row, first and last column, shape (n, 4)."""
    y, x = shapes.y, shapes.x
    return np.stack([y - reach, y + reach, x - reach, x + reach], axis=1)


def are_cut(
    boxes: FloatArray | IntArray, window: Window, shape: tuple[int, int], border: int = 0
) -> BoolArray:
    """Tell which boxes reach the border of a window, where it is not that of the image."""
    far = math.inf
    cut: BoolArray = (
        (boxes[:, 0] < (window.y0 + border if window.y0 > 0 else -far))
        | (boxes[:, 1] >= (window.y1 - border if window.y1 < shape[0] else far))
        | (boxes[:, 2] < (window.x0 + border if window.x0 > 0 else -far))
        | (boxes[:, 3] >= (window.x1 - border if window.x1 < shape[1] else far))
    )
    return cut


def _group(
    shapes: Shapes, reach: FloatArray, shape: tuple[int, int], *, by_place: bool
) -> list[IntArray]:
    """List sources that are measured together, the longest first, so that threads end together.

    Those that reach far have windows of their own, the others those of their parts of a grid;
    ``by_place`` these are in its order, so that few workers have the pixels of those in a row.
    """
    apart = reach > _SQUARE // 4
    ny, nx = shape
    part = _find_part(shapes.y, ny, _SQUARE // 2) * nx + _find_part(shapes.x, nx, 2 * _SQUARE)
    together = np.flatnonzero(~apart)
    together = together[np.argsort(part[together], kind="stable")]
    groups = np.split(together, np.flatnonzero(np.diff(part[together])) + 1)
    if not by_place:
        groups = sorted(groups, key=len, reverse=True)
    return [group for group in _split(np.flatnonzero(apart)) + groups if len(group)]


def _split(sources: IntArray) -> list[IntArray]:
    return [sources[k : k + 1] for k in range(len(sources))]


def _find_part(position: FloatArray, length: int, usual: int) -> IntArray:
    """Tell in which of equal parts of a usual length positions along an axis lie."""
    return (position * max(round(length / usual), 1) / length).astype(np.int64)


def _lay_apertures(work: Work, sky: FloatArray, tasks: Tasks | SpreadTasks) -> Laid:
    """Lay apertures on the sources of tasks."""
    return Laid(_lay_in_window(work, sky, task) for task in tasks)


def _lay_in_window(work: Work, sky: FloatArray, task: Task | SpreadTask) -> Photometry:
    """Lay apertures on the sources of a task."""
    window = task.window
    image, variance, _ = work.image.read_views(window)
    variance = mask_variance(variance, work.image.source.highest_variance)
    scene = Scene(image, variance, task.owners.draw(), (window.y0, window.x0), work.shape)
    left = sky[task.which] if isinstance(task, Task) else np.zeros(len(task.numbers))
    return measure_apertures(
        scene,
        task.numbers,
        task.shapes,
        left,
        work.parameters,
        work.aper_diams,
        work.image.noise,
        work.columns,
    )  # fmt: skip


def _make_windows(
    shapes: Shapes, reach: FloatArray, groups: Sequence[IntArray], limit: Window
) -> list[Window]:
    """Windows around groups of sources."""
    which = np.concatenate(groups)
    begin = np.cumsum([0, *map(len, groups[:-1])])
    boxes = make_boxes(shapes.take(which), reach[which])
    low = np.minimum.reduceat(boxes[:, ::2], begin).astype(np.int64) - 2
    high = np.maximum.reduceat(boxes[:, 1::2], begin).astype(np.int64) + 3
    top, left = np.maximum(low, (limit.y0, limit.x0)).T.tolist()
    bottom, right = np.minimum(high, (limit.y1, limit.x1)).T.tolist()
    return list(map(Window, top, bottom, left, right))


def _cut_tasks(
    sources: Sources, kept: IntArray, reach: FloatArray, cut: dict[bytes, Task] | None,
    batch: Sequence[tuple[IntArray, Window]],
) -> Tasks | SpreadTasks:  # fmt: skip
    """Make tasks of groups of sources, and the windows around them."""
    if _are_spread(sources):
        return sources.cut_tasks((window, kept[group]) for group, window in batch)
    return Tasks(
        _cut_task(sources, kept[group], reach[group], window, cut) for group, window in batch
    )


def _are_spread(sources: Sources) -> TypeGuard[SpreadSources]:
    return sources.are_spread


def _cut_task(
    sources: Sources, group: IntArray, reach: FloatArray, window: Window,
    cut: dict[bytes, Task] | None,
) -> Task:  # fmt: skip
    """Make a task, or take one that was cut before."""
    if cut is None:
        return _make_task(sources, group, window)
    name = group.tobytes() + reach.tobytes()
    if name not in cut:
        cut[name] = _make_task(sources, group, window)
    return cut[name]


def _make_task(sources: Sources, group: IntArray, window: Window) -> Task:
    """Make what is measured of some sources in a window."""
    return Task(
        window, sources.owners_in(window), group, sources.number[group],
        sources.shapes.take(group).without_light,
    )  # fmt: skip
