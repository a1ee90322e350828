"""The sources of a label map: which one is where, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.comparison.overlaps import count_overlaps
from skyseg.errors import ParameterError
from skyseg.notebook._geometry import Extent

if TYPE_CHECKING:
    from astropy.table import Table

    from skyseg.imaging.refs import MapRef

_BOX = ("XMIN_IMAGE", "XMAX_IMAGE", "YMIN_IMAGE", "YMAX_IMAGE")


class LabelSources:
    """The sources of a label map.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        0 is background.
    load_catalogue : callable
        Returns its catalogue, or None where there is none.
    name : str, optional
        What the labels are, for people.

    Attributes
    ----------
    ref : MapRef or None
        Where the labels are on disk, if they were read from a file.
    is_live : bool
        Whether the labels change in place.
    """

    ref: MapRef | None = None
    is_live = False

    def __init__(
        self,
        labels: npt.NDArray[Any],
        load_catalogue: Callable[[], Table | None],
        name: str = "SEG",
    ) -> None:
        self.labels = labels
        self._name = name
        self._load_catalogue = load_catalogue

    @property
    def name(self) -> str:
        """What the labels are, for people."""
        return self._name

    @cached_property
    def catalogue(self) -> Table | None:
        """The catalogue, read when it is first asked for."""
        return self._load_catalogue()

    def use_catalogue(self, catalogue: Table) -> None:
        """Take another catalogue, such as one that was measured since."""
        self._load_catalogue = lambda: catalogue
        for name in ("catalogue", "_boxes"):
            self.__dict__.pop(name, None)

    @cached_property
    def _boxes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Labels in rising order, and the first and last column and row of each, from 0."""
        table = self.catalogue
        if table is not None and {"NUMBER", *_BOX} <= set(table.colnames):
            numbers = np.asarray(table["NUMBER"], dtype=np.int64)
            edges = [np.asarray(getattr(table[name], "value", table[name])) for name in _BOX]
            boxes = np.stack(edges, axis=1).astype(np.int64) - 1
        else:
            pairs = count_overlaps(self.labels, self.labels)
            pairs = pairs[pairs["a"] > 0]
            numbers = pairs["a"]
            boxes = np.stack([pairs[name] for name in ("x_min", "x_max", "y_min", "y_max")], axis=1)
        order = np.argsort(numbers)
        return numbers[order], boxes[order]

    def at(self, x: float, y: float) -> int:
        """Return the label of the pixel under a place on the canvas; 0 outside the image."""
        column, row = int(np.floor(x)), int(np.floor(y))
        ny, nx = self.labels.shape
        return int(self.labels[row, column]) if 0 <= row < ny and 0 <= column < nx else 0

    def next(self, number: int, by: int) -> int:
        """Return the label some steps after or before one, going round; 0 without sources.

        Before the first step, with 0, the next one is the first and the one before the last.
        """
        numbers = self._boxes[0]
        if not numbers.size:
            return 0
        here = int(np.searchsorted(numbers, number)) if number else min(-by, 0)
        return int(numbers[(here + by) % numbers.size])

    def check(self, wanted: Sequence[int]) -> None:
        """Refuse numbers of which one is of no source.

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        numbers = self._boxes[0]
        missing = np.asarray(wanted)[~np.isin(wanted, numbers)]
        if missing.size:
            known = f"has {numbers[0]} to {numbers[-1]}" if numbers.size else "has none"
            raise ParameterError(f"there is no source {missing[0]}", hint=f"the SEG map {known}")

    def extent(self, number: int) -> Extent:
        """Return the bounding box of a source on the canvas.

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        self.check([number])
        numbers, boxes = self._boxes
        x_min, x_max, y_min, y_max = map(float, boxes[np.searchsorted(numbers, number)])
        return x_min, y_min, x_max + 1, y_max + 1
