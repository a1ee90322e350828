"""What stands beside the canvas: the panel, its work, and the comparison of two error types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets as t

from skyseg.errors import SkysegError
from skyseg.notebook.beside import BandBoxes
from skyseg.notebook.running import Runner
from skyseg.notebook.trying import Trier
from skyseg.panel.controls import Panel
from skyseg.panel.runs import FinishedTask, give_all, plan_comparison, plan_run

if TYPE_CHECKING:
    from skyseg.notebook.viewer import Viewer


EXTS = ("SCI", "ERR", "WHT", "BKG")
"""Maps that can be shown under the labels."""

_LABEL_WIDTH = "132px"
_BELOW = ("preview", "overwrite", "run", "bar", "message")  # in view however long the rest is


class Side:
    """The panel of a viewer and what its buttons do.

    Parameters
    ----------
    viewer : Viewer
        The viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._session = viewer.session
        self._data = viewer.session.data()
        self.panel = Panel(viewer.session, "ipynb")
        self.runner = Runner(self.panel, self._hear_busy)
        self.compare = ipywidgets.Button(
            description="Compare rms_err with wht",
            tooltip="Segment the band in hand with both error types and show what differs",
            layout={"width": "auto", "flex": "0 0 auto"},
        )
        self.compare.on_click(lambda _: self.start_comparison())
        self.panel.started.connect(self.start)
        for name in ("data_dir", "survey", "version", "instruments"):
            getattr(self._session.events, name).connect(self._use_survey)
        ext = ipywidgets.Dropdown(options=EXTS, tooltip="Which map is shown under the labels")
        t.link((viewer, "ext"), (ext, "value"))
        chosen_map = ipywidgets.HBox([ipywidgets.Label("Map"), ext])
        self.boxes = BandBoxes(viewer)
        for box in self.panel.maps.values():
            box.visible = False
        native = self.panel.container.native
        for part in (native, chosen_map, self.boxes.widget):
            _arrange(part)
        self.panel.message.native.add_class("skyseg-message")
        self.trier = Trier(viewer, self.panel)
        below = [getattr(self.panel, name).native for name in _BELOW]
        rest = [each for each in native.children if each not in below]
        choices = [chosen_map, self.boxes.widget, *rest]
        scrolled = {"flex": "0 1 auto", "overflow": "hidden auto"}
        self.box = ipywidgets.VBox(
            [ipywidgets.VBox(choices, layout=scrolled), *below, self.compare],
            layout={"flex": "1 0 330px", "max_height": "560px"},
        )

    def start(self) -> None:
        """Segment what is chosen in the panel."""
        try:
            work = plan_run(self._session)
        except SkysegError as error:
            self.panel.say(str(error))
            return
        self.runner.start(work, self._show_segmented)

    def start_comparison(self) -> None:
        """Segment the band in hand with both error types, and compare."""
        band: Any = self._viewer.active.band
        self.runner.start(plan_comparison(self._session, band), self._show_compared)

    def _show_segmented(self, done: list[FinishedTask]) -> str:
        """Take the products over into the bands of this kernel, and show them."""
        give_all(done, self._session.data())
        self._viewer.show_products()
        return "; ".join(each.line for each in done)

    def _show_compared(self, done: list[FinishedTask]) -> str:
        from skyseg.comparison import compare

        comparison = compare(done[0].band, done[1].band)
        self._viewer.comparison = comparison
        found = [f"{number} {kind}" for kind, number in comparison.counts.items() if number]
        return ", ".join(found) or "no source in either map"

    def _hear_busy(self, busy: bool) -> None:
        self._viewer.running = busy
        self.compare.disabled = busy

    def _use_survey(self) -> None:
        try:
            data = self._session.data()
        except SkysegError as error:
            self.panel.say(str(error))
            return
        if data is self._data:
            return
        self._data = data
        self._viewer.use_bands(dict(zip(data.keys(), data, strict=True)))


def _arrange(widget: Any) -> None:
    """Give the labels of a panel one width, its controls the rest, and each row its height."""
    widget.layout.width = "auto"
    widget.layout.flex = "0 0 auto"
    if isinstance(widget, ipywidgets.Checkbox):
        widget.indent = False
    children: Sequence[Any] = getattr(widget, "children", ())
    for child in children:
        _arrange(child)
    if len(children) == 2 and isinstance(children[0], ipywidgets.Label):
        label, control = children
        label.layout.width = _LABEL_WIDTH
        label.layout.flex = "0 0 auto"
        control.layout.flex = "1 1 0"
        control.layout.min_width = "0"
        if "description" in control.traits():  # by which browsers know a control
            control.description = label.value
            control.add_class("skyseg-named")
            label.tooltip = control.tooltip
