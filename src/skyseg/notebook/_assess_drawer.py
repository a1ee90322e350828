"""The tab Assess: how pure the catalogue of a run is, as a number, a figure and a table."""

from __future__ import annotations

import threading
import time
from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from skyseg.errors import SkysegError
from skyseg.notebook._source_details import encode_png
from skyseg.notebook._table import TableView
from skyseg.panel.assessing import Assessing
from skyseg.panel.purity_table import BY, draw_purity
from skyseg.panel.wording import worded
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost

_ASSESS, _CANCEL = "Assess", "Cancel"
_INTERVAL: Final = 0.1


class AssessDrawer:
    """The tab Assess of a viewer: the purity of the run of the active band.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.

    Attributes
    ----------
    assessing : Assessing
        What was found.
    box : ipywidgets.HBox
        The widget.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self.assessing = Assessing()
        self._thread: threading.Thread | None = None
        self._drawn: tuple[object, ...] = ()
        self.button = ipywidgets.Button(
            description=_ASSESS,
            tooltip="Make the run of the active band again on its negative image, which has as "
            "much noise",
            layout={"width": "auto"},
        )
        self.by = ipywidgets.Dropdown(
            options=list(BY),
            description="by",
            tooltip="By what the purity is shown",
            layout={"width": "160px"},
            style={"description_width": "initial"},
        )
        self.message = ipywidgets.HTML()
        self.picture = ipywidgets.Image(
            format="png",
            layout={"max_width": "100%", "align_self": "flex-start", "display": "none"},
        )
        self.picture.add_class("skyseg-cutouts")
        self.table = TableView(self.assessing.rows, "Purity in bins")
        self.table._empty = "No run is assessed yet."
        self.table.on_sorted = self._sort
        self.box = ipywidgets.HBox(
            [
                ipywidgets.VBox(
                    [ipywidgets.HBox([self.button, self.by]), self.message, self.picture],
                    layout={"flex": "1 1 0", "min_width": "280px"},
                ),
                self.table,
            ],
            layout={"flex_flow": "row wrap", "padding": "6px", "grid_gap": "12px"},
        )
        self.button.on_click(lambda _: self.press())
        self.by.observe(lambda change: self.assessing.show_by(change.new), "value")
        self.assessing.changed.connect(self._show)
        self._show()

    def press(self) -> None:
        """Assess the run of the active band, or cancel that; what cannot be done is said."""
        if self.assessing.running:
            self.assessing.cancel()
            return
        band: Any = self._viewer.active.band
        given = self._viewer.seg_maps.is_given(band)
        try:
            self.assessing.begin(band if isinstance(band, BandData) and not given else None)
        except SkysegError as error:
            self._say(worded(error))
            return
        self._show()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is assessed."""
        if self._thread is not None:
            self._thread.join()

    def _poll(self) -> None:
        while self.assessing.running:
            self.assessing.poll()
            time.sleep(_INTERVAL)

    def _sort(self, column: int, rising: bool) -> None:
        self.assessing.rows.sort(column, rising=rising)
        self.table.refresh((column, rising))

    def _show(self) -> None:
        found, by = self.assessing.found, BY[self.assessing.by]
        self.button.description = _CANCEL if self.assessing.running else _ASSESS
        self._say(self.assessing.said)
        if found is None or (found, by) == self._drawn:
            return
        self._drawn = found, by
        self.picture.value = encode_png(draw_purity(found.purity, by))
        self.picture.layout.display = None
        self.table.refresh()

    def _say(self, text: str) -> None:
        self.message.value = f"<div role='status'>{escape(text)}</div>" if text else ""
