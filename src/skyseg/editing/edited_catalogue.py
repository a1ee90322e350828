"""The catalogue of an edited map: what edits touch is measured, the rest is the run's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import Column, QTable

from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import make_maps
from skyseg.engine.remeasuring import LabelMeasurer, LabelPlaces
from skyseg.engine.types import BoolArray, Columns, FloatArray, IntArray, LabelImage
from skyseg.methods import catalogue
from skyseg.methods.base import Request
from skyseg.methods.known_shapes import find_known_shapes
from skyseg.products.seg_files import list_sources

_BLOCK: Final = 32
_REACH: Final = 22.0
"""Major axes from the centre beyond which no aperture is looked for."""

_PLACE: Final = frozenset(["X_IMAGE", "Y_IMAGE", "A_IMAGE"])

Values = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Measured:
    """What has been measured after a change of the map.

    Attributes
    ----------
    numbers : tuple of int
        Sources whose rows are new or others.
    gone : tuple of int
        Sources that have no row any more.
    """

    numbers: tuple[int, ...]
    gone: tuple[int, ...]


class EditedCatalogue:
    """The catalogue of an edited map.

    Sources whose pixels are not those that the run gave them are measured as
    `skyseg.engine.measure_labels` measures them. Of other sources, a value is measured again,
    with the shape that the run gave them, where pixels that changed hands change it. All
    else is the run's, to the bit. So the rows depend on the two maps alone, and not on the
    way from one to the other.

    Parameters
    ----------
    request : Request
        The maps of the run, and what its catalogue holds.
    run : ndarray of int32, shape (ny, nx)
        The map of the run.
    cat : QTable
        Its catalogue.
    mapper : callable, optional
        Applies a function to groups of sources; see `skyseg.engine.mappers`.
    """

    def __init__(
        self, request: Request, run: LabelImage, cat: QTable, mapper: Mapper = map
    ) -> None:
        self._request, self._run, self._cat, self._mapper = request, run, cat, mapper
        self._places = _find_all_places(run)
        self._rows: dict[int, tuple[Values, int]] = {}
        self._touched: dict[int, FloatArray] = {}
        self._before: dict[int, tuple[Values, int]] = {}
        self._gone: set[int] = set()

    @property
    def touched(self) -> frozenset[int]:
        """Sources of the edited map whose pixels are not those that the run gave them."""
        return frozenset(self._touched)

    def follow(self, edited: EditedMap, patches: Iterable[Patch]) -> Measured:
        """Measure what changes of the map have touched.

        Parameters
        ----------
        edited : EditedMap
            The map as it is now.
        patches : iterable of Patch
            All changes since the last call, done or taken back, in any order.

        Returns
        -------
        Measured
        """
        named: set[int] = set()
        blocks = np.zeros([-(-length // _BLOCK) for length in self._run.shape], np.bool_)
        for patch in patches:
            named |= patch.labels
            y, x = np.nonzero(patch.before != patch.after)
            blocks[(y + patch.part[0].start) // _BLOCK, (x + patch.part[1].start) // _BLOCK] = True
        gone = {label for label in named if label not in edited}
        restored = {label for label in named - gone if self._is_as_in_run(edited, label)}
        changed = named - gone - restored
        for label in gone | restored:
            self._touched.pop(label, None)
        self._set_gone(gone, named)
        changed |= self._find_touched_near(blocks, changed)
        near = restored | self._find_others_near(blocks, gone | changed)
        self._measure_touched(edited, sorted(changed))
        others = self._measure_others(edited, sorted(near))
        return Measured(tuple(sorted(changed | others)), tuple(sorted(gone)))

    def make_table(self) -> QTable:
        """Return the catalogue, by NUMBER."""
        base = np.asarray(self._cat["NUMBER"]).astype(np.int64)
        kept = np.array([number not in self._gone for number in base.tolist()], np.bool_)
        added = np.array(sorted(set(self._rows) - set(base.tolist())), np.int64)
        numbers = np.concatenate([base[kept], added])
        order = np.argsort(numbers, kind="stable")
        where = {number: place for place, number in enumerate(numbers[order].tolist())}
        table = QTable()
        for name in self._cat.colnames:
            of_run = _values(self._cat, name)
            values = np.zeros((len(numbers), *of_run.shape[1:]), of_run.dtype)
            values[: int(kept.sum())] = of_run[kept]
            values = values[order]
            for number, (row, place) in self._rows.items():
                values[where[number]] = row[name][place]
            table[name] = _like(self._cat[name], values)
        return table

    @cached_property
    def _measurer(self) -> LabelMeasurer:
        request = self._request
        maps = make_maps(
            request.sci, request.err, request.err_type, request.name, request.flags, request.mask
        )
        columns = catalogue.list_measurements(request) | _PLACE
        return LabelMeasurer.of(
            maps, request.parameters, self._diameters, columns=columns, mapper=self._mapper
        )

    @property
    def _diameters(self) -> tuple[float, ...]:
        return catalogue.list_circles(self._request)

    @cached_property
    def _reaches(self) -> FloatArray:
        """Where apertures of the run's sources may lie: boxes by row and column, shape (n, 4)."""
        known = find_known_shapes(self._cat, self._places.number)
        if known is None:
            return self._surround(self._places.box)
        return self._surround(self._places.box, known.x, known.y, known.a)

    def _surround(
        self, boxes: IntArray, x: FloatArray | None = None, y: FloatArray | None = None,
        a: FloatArray | None = None,
    ) -> FloatArray:  # fmt: skip
        """Boxes that hold all apertures of sources."""
        y0, y1, x0, x1 = boxes.T.astype(np.float64)
        half = np.maximum(y1 - y0, x1 - x0) / 2
        if x is None or y is None or a is None:
            x, y, a = (x0 + x1) / 2, (y0 + y1) / 2, half
        parameters = self._request.parameters
        circles = max((*self._diameters, *parameters.phot_autoapers), default=0.0)
        reach = np.maximum(_REACH * np.nan_to_num(a) + circles, 2 * half) + 4
        reach = reach + parameters.backphoto_thick
        x, y = np.nan_to_num(x), np.nan_to_num(y)
        return np.stack([y - reach, y + reach, x - reach, x + reach], axis=1)

    def _is_as_in_run(self, edited: EditedMap, label: int) -> bool:
        at = int(np.searchsorted(self._places.number, label))
        if at == len(self._places.number) or self._places.number[at] != label:
            return False
        box = self._places.box[at]
        part = slice(box[0], box[1]), slice(box[2], box[3])
        return edited.part_of([label]) == part and np.array_equal(
            self._run[part] == label, edited.labels[part] == label
        )

    def _set_gone(self, gone: set[int], named: set[int]) -> None:
        self._gone -= named
        self._gone |= gone.intersection(self._places.number.tolist())
        for label in gone:
            self._rows.pop(label, None)

    def _find_touched_near(self, blocks: BoolArray, known: set[int]) -> set[int]:
        labels = [label for label in self._touched if label not in known]
        if not labels:
            return set()
        boxes = np.array([self._touched[label] for label in labels])
        return set(np.array(labels)[_reach_into(boxes, blocks)].tolist())

    def _find_others_near(self, blocks: BoolArray, known: set[int]) -> set[int]:
        """Find sources of the run, not touched, whose apertures may hold pixels of blocks."""
        found = self._places.number[_reach_into(self._reaches, blocks)].tolist()
        return set(found) - known - self._touched.keys() - self._gone

    def _measure_touched(self, edited: EditedMap, labels: list[int]) -> None:
        if not labels:
            return
        places = LabelPlaces(np.array(labels), edited.boxes_of(labels))
        measured = self._measurer.measure(edited.labels, places, self._mapper)
        row = self._tabulate(measured)
        reaches = self._surround(
            places.box, measured["X_IMAGE"] - 1, measured["Y_IMAGE"] - 1, measured["A_IMAGE"]
        )
        for place, label in enumerate(labels):
            self._rows[label] = row, place
            self._touched[label] = reaches[place]

    def _measure_others(self, edited: EditedMap, labels: list[int]) -> set[int]:
        """Measure sources of the run anew; return those whose rows are others than before."""
        if not labels:
            return set()
        at = np.searchsorted(self._places.number, labels)
        self._measure_before(at)
        measured = self._tabulate(self._measure_in(edited.labels, at))
        base = np.searchsorted(np.asarray(self._cat["NUMBER"]), labels)
        row: Values = {}
        moved = np.zeros(len(labels), np.bool_)
        for name in self._cat.colnames:
            row[name] = _values(self._cat, name)[base].copy()
            before = np.array([self._before[label][0][name][self._before[label][1]]
                               for label in labels])  # fmt: skip
            differs = _differ(before, measured[name])
            if name == "FLAGS":
                row[name] ^= before ^ measured[name]
            else:
                row[name][differs] = measured[name][differs]
            moved |= differs.reshape(len(labels), -1).any(axis=1)
        others = {label for label in labels if label in self._rows}
        for place, label in enumerate(labels):
            self._rows.pop(label, None)
            if moved[place]:
                self._rows[label] = row, place
                others.add(label)
        return others

    def _measure_before(self, at: IntArray) -> None:
        """Measure sources among the pixels of the run, once."""
        new = [k for k in at.tolist() if int(self._places.number[k]) not in self._before]
        if new:
            row = self._tabulate(self._measure_in(self._run, np.array(new)))
            for place, k in enumerate(new):
                self._before[int(self._places.number[k])] = row, place

    def _measure_in(self, labels: LabelImage, at: IntArray) -> Columns:
        places = self._places.take(at)
        known = find_known_shapes(self._cat, places.number)
        return self._measurer.measure_known(labels, self._run, places, known, self._mapper)

    def _tabulate(self, measured: Columns) -> Values:
        """Return the values of the catalogue's columns; NaN or 0 where they are not measured."""
        table = catalogue.build(measured, self._request, quiet=True)
        row: Values = {}
        for name in self._cat.colnames:
            if name in table.colnames:
                row[name] = _values(table, name)
            else:
                of_run = _values(self._cat, name)
                none = np.nan if of_run.dtype.kind == "f" else 0
                row[name] = np.full((len(table), *of_run.shape[1:]), none, of_run.dtype)
        return row


def measure_edited(
    request: Request, run: LabelImage, edited: EditedMap, cat: QTable, mapper: Mapper = map
) -> QTable:
    """Return the catalogue of an edited map; see `EditedCatalogue`.

    Parameters
    ----------
    request, run, cat, mapper
        As for `EditedCatalogue`.
    edited : EditedMap
        The edited map.
    """
    whole = EditedCatalogue(request, run, cat, mapper)
    everything = slice(0, run.shape[0]), slice(0, run.shape[1])
    whole.follow(edited, [Patch(everything, run, edited.labels)])
    return whole.make_table()


def _find_all_places(run: LabelImage) -> LabelPlaces:
    table = list_sources(run)
    y0, y1, x0, x1 = (
        np.asarray(table[f"{side}_IMAGE"]).astype(np.int64)
        for side in ("YMIN", "YMAX", "XMIN", "XMAX")
    )
    boxes = np.stack([y0 - 1, y1, x0 - 1, x1], axis=1)
    return LabelPlaces(np.asarray(table["NUMBER"]).astype(np.int64), boxes)


def _reach_into(boxes: FloatArray, blocks: BoolArray) -> BoolArray:
    """Tell which boxes hold a part of a block that is marked."""
    total = np.pad(blocks.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    y0, y1, x0, x1 = np.floor(boxes.T / _BLOCK).astype(np.int64)
    y0, y1 = (np.clip(each, 0, blocks.shape[0]) for each in (y0, y1 + 1))
    x0, x1 = (np.clip(each, 0, blocks.shape[1]) for each in (x0, x1 + 1))
    found: BoolArray = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0] > 0
    return found


def _values(table: QTable, name: str) -> npt.NDArray[Any]:
    column = table[name]
    return np.asarray(getattr(column, "value", column))


def _differ(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = a == b
    if a.dtype.kind == "f":
        same |= np.isnan(a) & np.isnan(b)
    return ~same


def _like(column: Any, values: npt.NDArray[Any]) -> Any:
    """Return values with the unit and the description of a column."""
    if isinstance(column, u.Quantity):
        made = u.Quantity(values, column.unit, dtype=values.dtype)
        made.info.description = column.info.description
        return made
    return Column(values, description=column.info.description)
