"""The tab Assess: how pure and complete a run is, as numbers, a figure and a table."""

from __future__ import annotations

import threading
import time
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, get_args

import ipywidgets

from skyseg.assessment.injection import Kind
from skyseg.errors import SkysegError
from skyseg.notebook._source_details import encode_png
from skyseg.notebook._table import TableView
from skyseg.panel.assessed_views import draw_view
from skyseg.panel.assessing import REPORT, Assessing
from skyseg.panel.injected_choice import KIND_HELP, MOST, NUMBER_HELP, PSF_HELP, PSF_HINT
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost

_ASSESS, _CANCEL = "Assess", "Cancel"
_INTERVAL: Final = 0.1


class AssessDrawer:
    """The tab Assess of a viewer: purity and completeness of the run of the active band.

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
        self._offering = False
        self._make_controls()
        self.message = ipywidgets.HTML()
        self.message.add_class("skyseg-message")
        self.picture = ipywidgets.Image(
            format="png",
            layout={"max_width": "100%", "align_self": "flex-start", "display": "none"},
        )
        self.picture.add_class("skyseg-cutouts")
        self.table = TableView(self.assessing.rows, "What was found, in bins")
        self.table._empty = "No run is assessed yet."
        self.table.on_sorted = self._sort
        self.box = ipywidgets.HBox(
            [
                ipywidgets.VBox(
                    [*self._lay_out(), self.message, self.picture],
                    layout={"flex": "1 1 0", "min_width": "280px"},
                ),
                self.table,
            ],
            layout={"flex_flow": "row wrap", "padding": "6px", "grid_gap": "12px"},
        )
        self.button.on_click(lambda _: self.press())
        self.by.observe(lambda change: self._choose_view(change.new), "value")
        self.save.on_click(lambda _: self.save_report())
        for name in ("number", "kind", "psf"):
            getattr(self, name).observe(partial(self._choose, name), "value")
        self.assessing.changed.connect(self._show)
        self._show()

    def _make_controls(self) -> None:
        self.button = ipywidgets.Button(
            description=_ASSESS,
            tooltip="Make the run of the active band again on its negative image, which has as "
            "much noise",
            layout={"width": "auto"},
        )
        self.by = _name(ipywidgets.Dropdown, "by", "What is shown: the purity, or the completeness")
        self.number = _name(
            ipywidgets.BoundedIntText, "Put in", NUMBER_HELP, "130px", max=MOST, step=100
        )
        self.kind = _name(
            ipywidgets.Dropdown, "Kind", KIND_HELP, "130px", options=list(get_args(Kind))
        )
        self.psf = _name(ipywidgets.Text, "PSF", PSF_HELP, "200px", placeholder=PSF_HINT)
        self.path = _name(
            ipywidgets.Text, "to", "File on the kernel's machine: .html or .fits", "200px",
            value=REPORT,
        )  # fmt: skip
        self.save = ipywidgets.Button(
            description="Save report",
            tooltip="Write a page with figures and tables, or all tables, on the kernel's machine",
            layout={"width": "auto"},
        )

    def _lay_out(self) -> list[Any]:
        rows = [self.number, self.kind, self.psf], [self.button, self.by], [self.save, self.path]
        return [ipywidgets.HBox(each, layout={"flex_flow": "row wrap"}) for each in rows]

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

    def save_report(self) -> None:
        """Save a report where it is said; what cannot be done is said."""
        try:
            path = make_absolute(self.path.value.strip() or REPORT)
            self._say(f"the report is in {self.assessing.save(path)}")
        except SkysegError as error:
            self._say(worded(error))

    def _choose(self, name: str, change: Any) -> None:
        self.assessing.choice = self.assessing.choice.change(**{name: change.new})

    def _choose_view(self, view: str | None) -> None:
        if not (self._offering or view is None or view == self.assessing.view):
            self.assessing.show(view)

    def _offer_views(self) -> None:
        """Offer what can be shown, with what is shown chosen."""
        views, shown = self.assessing.views, self.assessing.view
        if tuple(views) != tuple(self.by.options):
            self._offering = True  # the first one is chosen by new options
            self.by.options = views
            self._offering = False
        self.by.value = shown

    def _show(self) -> None:
        found, view = self.assessing.found, self.assessing.view
        self.button.description = _CANCEL if self.assessing.running else _ASSESS
        self.save.disabled = found is None
        self._say(self.assessing.said)
        self._offer_views()
        if found is None or (found, view) == self._drawn:
            return
        self._drawn = found, view
        self.picture.value = encode_png(draw_view(found, view))
        self.picture.layout.display = None
        self.table.refresh()

    def _say(self, text: str) -> None:
        self.message.value = f"<div role='status'>{escape(text)}</div>" if text else ""


def _name(kind: Any, name: str, about: str, width: str = "auto", **values: Any) -> Any:
    return kind(
        description=name, tooltip=about, style={"description_width": "initial"},
        layout={"width": width}, **values,
    )  # fmt: skip
