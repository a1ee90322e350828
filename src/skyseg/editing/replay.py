"""A journal done again on another map: what applies, what applies otherwise, what conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from skyseg.editing.anchors import Plane, move_runs
from skyseg.editing.applying import Light, apply_operation
from skyseg.editing.drawn import are_on, fill_drawn
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.journal_file import Base
from skyseg.editing.operations import Anchor, Draw, Mark, Merge, Operation, Paint
from skyseg.errors import SkysegError
from skyseg.imaging.tables import facts_text

Status: TypeAlias = Literal["applied", "changed", "conflict"]

_ALIKE: Final = 2.0
"""Sources whose areas on the sky differ by more than this factor are not taken as the same."""


@dataclass(frozen=True)
class Replayed:
    """What became of one operation on another map.

    Attributes
    ----------
    was : Operation
        As it is in the journal.
    status : {"applied", "changed", "conflict"}
        Whether it was done as it is, with changes, or not.
    why : str
        What changed, or what conflicts; empty where it was done as it is.
    now : Operation or None
        As it was done on this map; None where it was not.
    patch : Patch or None
        The pixels that changed.
    """

    was: Operation
    status: Status
    why: str = ""
    now: Operation | None = None
    patch: Patch | None = None


@dataclass(frozen=True)
class ReplayReport:
    """What became of each operation of a journal, in their order.

    Attributes
    ----------
    steps : tuple of Replayed
        The operations.
    """

    steps: tuple[Replayed, ...] = ()

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Any:
        return iter(self.steps)

    @property
    def counts(self) -> dict[Status, int]:
        """How many operations had which end."""
        ends: tuple[Status, ...] = ("applied", "changed", "conflict")
        return {end: sum(step.status == end for step in self.steps) for end in ends}

    @property
    def conflicts(self) -> tuple[Replayed, ...]:
        """What was not done."""
        return tuple(step for step in self.steps if step.status == "conflict")

    def __str__(self) -> str:
        told = ", ".join(f"{number} {end}" for end, number in self.counts.items())
        lines = {
            f"{place} {step.was.kind} {' '.join(map(str, step.was.named))}".strip(): (
                f"{step.status}{': ' if step.why else ''}{step.why}"
            )
            for place, step in enumerate(self.steps, start=1)
        }
        return facts_text(f"{len(self.steps)} edits: {told}", lines)


class _Conflict(Exception):
    """Why an operation cannot be done on the other map."""


class Replay:
    """Does the operations of a journal to another map, one after the other.

    Parameters
    ----------
    edited : EditedMap
        The map.
    plane : Plane
        Its pixels on the sky.
    base : Base
        The map that the journal is of.
    light : Light, optional
        The light under the map.
    same : bool, optional
        Whether it is the map of the journal, so that numbers and pixels are the same.

    Notes
    -----
    The rules. A source is the one on the pixel where the journal saw it, by the sky where
    both maps have a WCS, else by pixels; with more than twice or less than half of its area
    on the sky it is another one, and the operation conflicts. A source that an earlier
    operation made is the one that it made here. A merge whose sources lie in one already,
    with their area together, and marks, apply. What is drawn, and not over others, leaves
    sources that are here their pixels, and conflicts where they have more than half. Widths
    in pixels keep their size on the sky, at least one pixel.
    """

    def __init__(
        self,
        edited: EditedMap,
        plane: Plane,
        base: Base,
        light: Light | None = None,
        *,
        same: bool = False,
    ) -> None:
        self._edited, self._plane, self._base, self._light = edited, plane, base, light
        self._same = same
        self._made: dict[int, int | None] = {}
        here = plane.pix_scale
        known = here is not None and base.pix_scale is not None
        self._zoom = (base.pix_scale or 1.0) / (here or 1.0) if known else 1.0
        self._by_sky = known

    def run(self, operations: Iterable[Operation]) -> ReplayReport:
        """Do operations, and say what became of each."""
        return ReplayReport(tuple(self._do(each) for each in operations))

    def _do(self, operation: Operation) -> Replayed:
        notes: list[str] = []
        try:
            asked = operation if self._same else self._move(operation, notes)
            if asked is None:
                return Replayed(operation, "applied", "it is so already")
            patch, made = apply_operation(self._edited, asked, self._light)
        except _Conflict as conflict:
            return self._conflicting(operation, str(conflict))
        except SkysegError as error:
            return self._conflicting(operation, f"{error.argument} {error.what}".strip())
        if len(made) != len(operation.made):
            notes.append(f"makes {len(made)} sources and not {len(operation.made)}")
        self._made.update(dict.fromkeys(operation.made))
        self._made.update(zip(operation.made, made, strict=False))
        now = asked.model_copy(update={"made": made})
        status: Status = "changed" if notes else "applied"
        return Replayed(operation, status, "; ".join(notes), now, patch)

    def _conflicting(self, operation: Operation, why: str) -> Replayed:
        self._made.update(dict.fromkeys(operation.made))
        return Replayed(operation, "conflict", why)

    def _move(self, operation: Operation, notes: list[str]) -> Operation | None:
        """Put an operation in terms of this map; None where nothing is left to do."""
        update: dict[str, Any] = {"made": ()}
        anchors = {each.label: each for each in operation.anchors}
        if isinstance(operation, Merge) and self._is_one_already(operation):
            return None
        labels = [self._find(label, anchors.get(label), notes) for label in operation.named]
        if isinstance(operation, Merge):
            if len(set(labels)) == 1:
                return None
            update["labels"] = tuple(sorted(set(labels)))
        elif hasattr(operation, "labels"):
            update["labels"] = tuple(sorted(set(labels)))
        elif labels:
            update["label"] = labels[0]
        elif isinstance(operation, Paint):
            update["label"] = 0
        if operation.points:
            update[_POINTS[operation.kind]] = self._move_points(operation)
        if runs := getattr(operation, "runs", ()):
            update["runs"] = self._move_runs(runs)
        for name in ("pixels", "radius"):
            width = getattr(operation, name, None)
            if width is not None and not isinstance(operation, Mark):
                update[name] = max(round(width * self._zoom), 1)
                if update[name] != width:
                    notes.append(f"{name} is {update[name]} and not {width}")
        moved = operation.model_copy(update=update)
        if isinstance(moved, Draw) and not moved.over:
            self._check_room(moved, notes)
        return self._plane.locate(self._edited, moved)

    def _is_one_already(self, operation: Merge) -> bool:
        """Tell whether its sources lie in one here that has the area of them together."""
        if {each.label for each in operation.anchors} != set(operation.labels):
            return False
        found = {self._label_at(*self._place(each)) for each in operation.anchors}
        area = sum(each.area for each in operation.anchors)
        return len(found) == 1 and 0 not in found and self._is_alike(found.pop(), area)

    def _check_room(self, operation: Draw, notes: list[str]) -> None:
        """Say where sources that are here lie in what is drawn between those of the journal."""
        part, inside = fill_drawn(operation, self._edited.shape)
        there = self._edited.labels[part][inside]
        taken = np.unique(there[there > 0]).tolist()
        if not taken:
            return
        said = f"{_list_sources(taken)} where it was drawn"
        if np.count_nonzero(there) > there.size / _ALIKE:
            raise _Conflict(f"there is {said}")
        notes.append(f"leaves the pixels of {said}")

    def _find(self, label: int, anchor: Anchor | None, notes: list[str]) -> int:
        if label in self._made:
            made = self._made[label]
            if made is None or made not in self._edited:
                raise _Conflict(f"source {label}, which an earlier edit made, is not here")
            return made
        if anchor is None:
            raise _Conflict(f"the journal does not say where source {label} was")
        x, y = self._place(anchor)
        found = self._label_at(x, y)
        if not found:
            raise _Conflict(f"there is no source where {label} was")
        if not self._is_alike(found, anchor.area):
            area = self._area_of(found)
            raise _Conflict(
                f"source {found} where {label} was has {area:.0f} pixels and not {anchor.area}"
            )
        if found != label:
            notes.append(f"{label} is {found} here")
        return found

    def _area_of(self, label: int) -> float:
        """Return the area of a source in pixels of the map that was edited."""
        return int(self._edited.mask_of(label).sum()) / self._zoom**2

    def _is_alike(self, label: int, area: int) -> bool:
        return 1 / _ALIKE <= self._area_of(label) / area <= _ALIKE

    def _place(self, anchor: Anchor) -> tuple[float, float]:
        if self._by_sky and anchor.ra is not None and anchor.dec is not None:
            x, y = self._plane.to_pixels([(anchor.ra, anchor.dec)])[0]
            return float(x), float(y)
        return anchor.x, anchor.y

    def _label_at(self, x: float, y: float) -> int:
        if not np.isfinite([x, y]).all():
            return 0
        row, column = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        ny, nx = self._edited.shape
        inside = 0 <= row < ny and 0 <= column < nx
        return int(self._edited.labels[row, column]) if inside else 0

    def _move_points(self, operation: Operation) -> tuple[tuple[float, float], ...]:
        if not (self._by_sky and len(operation.sky) == len(operation.points)):
            return operation.points
        moved = self._plane.to_pixels(operation.sky)
        if not np.isfinite(moved).all():
            raise _Conflict("a point of it lies off the map")
        return tuple((float(x), float(y)) for x, y in moved)

    def _move_runs(self, runs: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
        if not self._base.wcs or self._plane.wcs is None:
            if self._edited.shape != self._base.shape:
                raise _Conflict("its pixels are those of another grid")
            return tuple(runs)
        if not are_on(runs, self._base.shape):
            raise _Conflict("its pixels lie off the map that was edited")
        of = WCS(fits.Header.fromstring(self._base.wcs))
        moved = move_runs(runs, of, self._plane.wcs, self._edited.shape)
        if not moved:
            raise _Conflict("its pixels lie off the map")
        return moved


def _list_sources(labels: Sequence[int]) -> str:
    return f"source{'s' if len(labels) > 1 else ''} {', '.join(map(str, labels))}"


_POINTS: Final = {"split": "seeds", "cut": "line", "draw": "outline"}
