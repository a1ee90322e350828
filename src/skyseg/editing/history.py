"""What is done to a map, in order, and what was taken back: by one person, or by several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from skyseg.editing.applying import Light, apply_operation, foresee_operation
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.operations import Operation
from skyseg.editing.replay import Replayed, ReplayReport
from skyseg.errors import ParameterError, SkysegError


class History:
    """Operations that are done to a map, and those that were taken back.

    Parameters
    ----------
    edited : EditedMap
        The map.
    light : Light or None
        The light under it.

    Attributes
    ----------
    map : EditedMap
        The map as it is now.
    undone : list of Operation
        What was taken back, the last one last.
    """

    def __init__(self, edited: EditedMap, light: Light | None) -> None:
        self.map, self.light = edited, light
        self.undone: list[Operation] = []
        # one value, so that who reads beside an edit sees each operation with its patch
        self._done: tuple[tuple[Operation, Patch | None], ...] = ()
        self._changes: list[Patch] = []

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is done, in order."""
        return tuple(operation for operation, _ in self._done)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of what is done."""
        return tuple(each.id for each in self.operations)

    @property
    def touched(self) -> frozenset[int]:
        """Sources that have lost or gained pixels by what is done."""
        return self.touched_by(self.ids)

    def touched_by(self, ids: Iterable[str]) -> frozenset[int]:
        """Return the sources that some of the operations gave or took pixels, or name."""
        wanted, found = set(ids), set[int]()
        for operation, patch in self._done:
            if operation.id in wanted and patch is not None:
                found |= patch.labels
        return frozenset(found)

    def take_changes(self) -> tuple[Patch, ...]:
        """Return all changes of the map since the last call, done or taken back."""
        changes, self._changes = tuple(self._changes), []
        return changes

    def adopt(self, steps: Iterable[Replayed]) -> None:
        """Take as done what has been done to the map."""
        for step in steps:
            if step.now is not None:
                self._note(step.now, step.patch)

    def do(self, operation: Operation) -> Operation:
        """Do an operation, and return it with the numbers of what it made.

        Raises
        ------
        ParameterError
            If it cannot be done; then all is as it was.
        """
        patch, made = apply_operation(self.map, operation, self.light)
        done = operation.model_copy(update={"made": made})
        self._note(done, patch)
        return done

    def step_back(self) -> Operation:
        """Take the last operation back, and return it."""
        last, patch = self._done[-1]
        if patch is not None:
            self.map.take_back(patch)
            self._changes.append(patch)
        self._done = self._done[:-1]
        return last

    def set_operations(self, wanted: Sequence[Operation]) -> None:
        """Do and take back what it takes for just these to be done, in this order.

        Raises
        ------
        ParameterError
            If one cannot be done; then all is as it was.
        """
        former = self.operations
        try:
            self._go_to(wanted)
        except ParameterError:
            self._go_to(former)
            raise

    def revise(self, place: int, make: Callable[[], Operation]) -> None:
        """Do another operation in place of one, and those after it again.

        Parameters
        ----------
        place : int
            Which one is revised, from 0.
        make : callable
            Returns the other, asked when the map is as it was before; what it makes has the
            numbers that the former made, and new ones where it makes more.

        Raises
        ------
        ParameterError
            If one cannot be done; then all is as it was.
        """
        former = self.operations
        try:
            self._go_to(former[:place])
            other = make()
            numbers = foresee_operation(self.map, other, self.light)[1]
            kept = former[place].made[: len(numbers)]
            self.do(other.model_copy(update={"made": kept + numbers[: len(numbers) - len(kept)]}))
            for each in former[place + 1 :]:
                self.do(each)
        except ParameterError:
            self._go_to(former)
            raise

    def _go_to(self, wanted: Sequence[Operation]) -> None:
        shared = 0
        for have, want in zip(self.operations, wanted, strict=False):
            if (have.id, have.made) != (want.id, want.made):
                break
            shared += 1
        while len(self._done) > shared:
            self.step_back()
        for each in wanted[shared:]:
            self.do(each)

    def add_others(
        self, operations: Iterable[Operation], theirs: frozenset[int] = frozenset()
    ) -> ReplayReport:
        """Do operations that somebody else did to the same map, each where it does not conflict.

        Parameters
        ----------
        operations : iterable of Operation
            All of theirs, in order; those that are done here already say which numbers
            sources have that they made.
        theirs : frozenset of int
            Sources, by the numbers here, that are not to be touched.

        Returns
        -------
        ReplayReport
            What became of those that were not done here.
        """
        here = {each.id: each for each in (*self.operations, *self.undone)}
        made: dict[int, int | None] = {}
        steps = []
        for each in operations:
            if each.id in here:
                numbers: Sequence[int | None] = here[each.id].made
            else:
                steps.append(self._add(each, made, theirs))
                now = steps[-1].now
                numbers = () if now is None else now.made
            made.update(dict.fromkeys(each.made))
            made.update(zip(each.made, numbers, strict=False))
        return ReplayReport(tuple(steps))

    def _add(
        self, operation: Operation, made: Mapping[int, int | None], kept: frozenset[int]
    ) -> Replayed:
        names = {label: made.get(label, label) for label in operation.named}
        if missing := [label for label, name in names.items() if name is None]:
            return Replayed(operation, "conflict", f"source {missing[0]} is not here")
        if both := sorted(kept.intersection(names.values())):
            return Replayed(operation, "conflict", f"both edit source {both[0]}")
        try:
            done = self.do(rename(operation, {k: v for k, v in names.items() if v is not None}))
        except SkysegError as error:
            return Replayed(operation, "conflict", error.what)
        patch = self._done[-1][1]
        if patch is not None and (both := sorted(kept & patch.labels)):
            self.step_back()
            return Replayed(operation, "conflict", f"both edit source {both[0]}")
        same = (done.named, done.made) == (operation.named, operation.made)
        why = "" if same else "its sources have other numbers here"
        return Replayed(operation, "applied" if same else "changed", why, done, patch)

    def _note(self, operation: Operation, patch: Patch | None) -> None:
        self._done = (*self._done, (operation, patch))
        if patch is not None:
            self._changes.append(patch)


def rename(operation: Operation, names: Mapping[int, int]) -> Operation:
    """Return an operation on sources of other numbers, whose new sources have no number yet.

    Examples
    --------
    >>> from skyseg.editing.operations import Merge
    >>> rename(Merge(labels=(5, 6)), {6: 9}).title
    'merge 5 9'
    """
    update: dict[str, object] = {"made": ()}
    if hasattr(operation, "labels"):
        update["labels"] = tuple(sorted({names.get(each, each) for each in operation.labels}))
    elif operation.named:
        update["label"] = names.get(operation.named[0], operation.named[0])
    return operation.model_copy(update=update)
