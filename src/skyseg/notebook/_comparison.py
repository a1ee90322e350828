"""The comparison that a viewer shows, and the change of it that is pointed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from skyseg.comparison import CHANGES
from skyseg.errors import ParameterError
from skyseg.notebook._geometry import Extent
from skyseg.notebook._source_details import format_record

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.comparison import Comparison
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.plotting.maps import Band

_NUMBERS = {"area_a": "pix", "area_b": "pix", "iou": "", "flux_change_sigma": ""}


class ComparisonView:
    """Shows a comparison on one canvas, and points out its changes.

    Parameters
    ----------
    fly_to : callable
        Brings a part of the image of a canvas into view.
    show_record : callable
        Shows what is known of a change, as HTML.

    Attributes
    ----------
    canvas : BandCanvas or None
        Where the comparison is shown.
    """

    def __init__(
        self,
        fly_to: Callable[[Extent, BandCanvas], None],
        show_record: Callable[[str], None],
    ) -> None:
        self.canvas: BandCanvas | None = None
        self._changes: QTable | None = None
        self._fly_to, self._show_record = fly_to, show_record

    @property
    def n_changes(self) -> int:
        """Number of changes of the comparison; 0 where none is shown."""
        return 0 if self._changes is None else len(self._changes)

    def show(
        self, comparison: Comparison | None, canvas: BandCanvas, canvases: Sequence[BandCanvas]
    ) -> None:
        """Show a comparison on one of some canvases, and take it from the others."""
        self.canvas = None if comparison is None else canvas
        self._changes = None if comparison is None else list_changes(comparison)
        for each in canvases:
            each.show_comparison(comparison if each is self.canvas else None)

    def check_change(self, number: int) -> int:
        """Return the number of a change that is there; -1 is none.

        Raises
        ------
        ParameterError
            If it is not.
        """
        if not -1 <= number < self.n_changes:
            raise ParameterError(
                f"change {number} is not there",
                hint=f"the comparison has {self.n_changes}, from 0 on",
            )
        return number

    def step(self, change: int, by: int) -> int:
        """Return the change some steps after or before one, going round; -1 without changes."""
        if not self.n_changes:
            return -1
        return (max(change, -1 if by > 0 else 0) + by) % self.n_changes

    def point_out(self, number: int) -> None:
        """Draw a box around a change and bring it into view; -1 takes the box away."""
        if self.canvas is None or self._changes is None:
            return
        if number < 0:
            self.canvas.point_out(None)
            return
        row = self._changes[number]
        box = bound_change(row)
        self.canvas.point_out(box)
        self._fly_to(box, self.canvas)
        self._show_record(format_change(row))


def check_comparison(comparison: Comparison | None, band: Band) -> Comparison | None:
    """Return a comparison that can be shown over a band.

    Raises
    ------
    ParameterError
        If it has another shape.
    """
    if comparison is not None and comparison.a.shape != band.shape:
        raise ParameterError(
            f"the comparison has shape {comparison.a.shape}, but {band.name} has {band.shape}",
            hint="compare maps of this band, or choose their band first",
        )
    return comparison


def list_changes(comparison: Comparison) -> QTable:
    """Return the rows of a comparison's table that are changes."""
    table = comparison.table
    return table[[kind in CHANGES for kind in table["kind"]]]


def shorten_names(name_a: str, name_b: str) -> tuple[str, str]:
    """Return what tells two names apart.

    Examples
    --------
    >>> shorten_names("JOF v11 F444W rms_err skyseg", "JOF v11 F444W wht skyseg")
    ('rms_err', 'wht')
    """
    a, b = name_a.split(), name_b.split()
    only_a = " ".join(word for word in a if word not in b)
    only_b = " ".join(word for word in b if word not in a)
    return only_a or name_a, only_b or name_b


def bound_change(row: Any) -> Extent:
    """Return the bounding box of a change on the canvas."""
    return (
        float(row["x_min"]),
        float(row["y_min"]),
        float(row["x_max"] + 1),
        float(row["y_max"] + 1),
    )


def format_change(row: Any) -> str:
    """Return what is known of a change, as HTML: a table of one row."""
    labels = [(name, " ".join(map(str, row[name])), "", "") for name in ("labels_a", "labels_b")]
    numbers = [(name, f"{row[name]:.4g}", unit, "") for name, unit in _NUMBERS.items()]
    return format_record([("kind", str(row["kind"]), "", ""), *labels, *numbers])
