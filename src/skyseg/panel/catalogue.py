"""A catalogue as the widgets use it: plain columns by name, and what is known of one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from skyseg.display.rings import trace_rings
from skyseg.engine.types import BoolArray, Box, Columns, FloatArray, IntArray
from skyseg.products.seg_files import MEASURED_KEY

Outline = FloatArray
"""Points (row, column) of a closed line, shape (n, 2)."""

_KRON = frozenset(["A_IMAGE", "B_IMAGE", "KRON_RADIUS", "THETA_IMAGE"])
_CIRCLE = np.linspace(0, 2 * np.pi, 65)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A catalogue, and its columns without units.

    Attributes
    ----------
    table : QTable
        As it is on disk.
    """

    table: QTable

    @property
    def is_measured(self) -> bool:
        """Whether it says more of its sources than where their pixels are."""
        return bool(self.table.meta.get(MEASURED_KEY, True))

    @cached_property
    def columns(self) -> Columns:
        """Columns by name, as plain arrays."""
        return {
            name: np.asarray(getattr(self.table[name], "value", self.table[name]))
            for name in self.table.colnames
        }

    @cached_property
    def _sorted(self) -> tuple[IntArray, IntArray]:
        """NUMBERs in rising order, and their rows."""
        order = np.argsort(self.columns["NUMBER"], kind="stable")
        return self.columns["NUMBER"][order].astype(np.int64), order

    def __len__(self) -> int:
        return len(self.table)

    def find_row(self, number: int) -> int | None:
        """Row of a source; None where it is not in the catalogue."""
        found = self.find_rows((number,))
        return int(found[0]) if found.size else None

    def find_rows(self, numbers: Sequence[int] | IntArray) -> IntArray:
        """Rows of those sources that are in the catalogue."""
        known, order = self._sorted
        wanted = np.asarray(numbers, np.int64)
        indices = np.searchsorted(known, wanted)
        if not len(known):
            return order
        found: BoolArray = known[np.minimum(indices, len(known) - 1)] == wanted
        rows: IntArray = order[indices[found]]
        return rows

    def get_box(self, number: int) -> Box:
        """First and last row, first and last column of a source's pixels, counted from 0."""
        row = self.find_rows((number,))[0]
        y0, y1, x0, x1 = (
            int(self.columns[f"{side}_IMAGE"][row]) - 1 for side in ("YMIN", "YMAX", "XMIN", "XMAX")
        )
        return y0, y1, x0, x1

    def get_positions(self, numbers: tuple[int, ...]) -> SkyCoord | None:
        """Positions of sources; None where the catalogue has none."""
        if not {"ALPHA_J2000", "DELTA_J2000"} <= self.columns.keys():
            return None
        rows = self.find_rows(numbers)
        ra, dec = self.columns["ALPHA_J2000"][rows], self.columns["DELTA_J2000"][rows]
        return SkyCoord(ra, dec, unit="deg") if rows.size and np.all(np.isfinite(ra)) else None

    def trace_kron_ellipse(self, number: int) -> Outline | None:
        """Kron ellipse of a source; None where the catalogue does not say it."""
        if not self.columns.keys() >= _KRON:
            return None
        row = self.find_rows((number,))[0]
        a, b, kron, theta = (
            float(self.columns[name][row])
            for name in ("A_IMAGE", "B_IMAGE", "KRON_RADIUS", "THETA_IMAGE")
        )
        return self._trace_ellipse(number, a * kron, b * kron, np.radians(theta))

    def trace_aperture(self, number: int, diameter: float) -> Outline:
        """Circular aperture of a source, of a diameter in pixels."""
        return self._trace_ellipse(number, diameter / 2, diameter / 2, 0.0)

    def _trace_ellipse(self, number: int, a: float, b: float, theta: float) -> Outline:
        row = self.find_rows((number,))[0]
        x, y = self.columns["X_IMAGE"][row] - 1, self.columns["Y_IMAGE"][row] - 1
        along, across = a * np.cos(_CIRCLE), b * np.sin(_CIRCLE)
        return np.column_stack(
            [
                y + along * np.sin(theta) + across * np.cos(theta),
                x + along * np.cos(theta) - across * np.sin(theta),
            ]
        )


def trace_outline(labels: Any, number: int, box: Box) -> list[Outline]:
    """Trace the outlines of a source along the edges of its pixels.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The map.
    number : int
        The source.
    box : tuple of int
        First and last row, first and last column in which it lies.

    Returns
    -------
    list of ndarray of float64, shape (n, 2)
        Corners (row, column) of each closed line.
    """
    y0, y1, x0, x1 = box
    own = np.asarray(labels[y0 : y1 + 1, x0 : x1 + 1]) == number
    return [line + np.array([y0, x0]) for line in trace_rings(own)]
