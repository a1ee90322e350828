"""The comparison that a viewer shows, and the change of it that is pointed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from skyseg.comparison import Comparison
from skyseg.errors import ParameterError
from skyseg.notebook._geometry import Extent
from skyseg.panel.change_table import ChangeTable
from skyseg.panel.compared_maps import check_belongs

if TYPE_CHECKING:
    from skyseg.notebook.canvas import BandCanvas

_NONE: Final = -1


class ComparisonView:
    """Shows a comparison on one canvas, and points out its changes in the order of their table.

    Parameters
    ----------
    fly_to : callable
        Brings a part of the image of a canvas into view.

    Attributes
    ----------
    canvas : BandCanvas or None
        Where the comparison is shown.
    changes : ChangeTable
        Its changes, sorted and filtered.
    """

    def __init__(self, fly_to: Callable[[Extent, BandCanvas], None]) -> None:
        self.canvas: BandCanvas | None = None
        self.changes = ChangeTable()
        self._fly_to = fly_to
        self._pointed_out = _NONE  # row of the comparison's own table

    def show(
        self, comparison: Comparison | None, canvas: BandCanvas, canvases: Sequence[BandCanvas]
    ) -> None:
        """Show a comparison on one of some canvases, and take it from the others."""
        self.canvas = None if comparison is None else canvas
        self.changes.show(comparison)
        self._pointed_out = _NONE
        for each in canvases:
            each.show_comparison(comparison if each is self.canvas else None)

    def check_change(self, number: int) -> int:
        """Return the place of a change in the table; -1 is none.

        Raises
        ------
        ParameterError
            If it is not there.
        """
        if not _NONE <= number < len(self.changes):
            raise ParameterError(
                f"change {number} is not there",
                hint=f"the table of changes has {len(self.changes)}, from 0 on",
            )
        return number

    def rearrange(self, act: Callable[[], None]) -> int:
        """Sort or filter the changes; return where the one that is pointed out is then."""
        act()
        return self.changes.find_row(self._pointed_out)

    def point_out(self, number: int) -> None:
        """Draw a box around a change and bring it into view; -1 takes the box away."""
        if self.canvas is None:
            return
        if number < 0:
            self._pointed_out = _NONE
            self.canvas.point_out(None)
            return
        row = int(self.changes.rows[number])
        if row == self._pointed_out:
            return
        self._pointed_out = row
        y0, y1, x0, x1 = self.changes.get_box(number)
        box = float(x0), float(y0), float(x1 + 1), float(y1 + 1)
        self.canvas.point_out(box)
        self._fly_to(box, self.canvas)


def check_comparison(comparison: Comparison | None, band: Any) -> Comparison | None:
    """Return a comparison that can be shown over a band.

    Raises
    ------
    ParameterError
        If it is no comparison, of another band, or lies on other pixels.
    """
    if comparison is None:
        return None
    if not isinstance(comparison, Comparison):
        raise ParameterError(
            f"is {comparison!r}", hint="give a Comparison, or None", argument="comparison"
        )
    check_belongs(comparison, band)
    if comparison.a.shape != band.shape:
        raise ParameterError(
            f"the comparison of {comparison.a.name} with {comparison.b.name} has shape "
            f"{comparison.a.shape}, but {band.name} has {band.shape}",
            hint="compare with the map of this band as the first",
        )
    return comparison
