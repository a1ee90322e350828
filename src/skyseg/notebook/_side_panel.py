"""What is at the side of the canvases: the panel and its work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from skyseg.errors import ParameterError, SkysegError
from skyseg.notebook._band_boxes import BandBoxes
from skyseg.notebook._late_widgets import leave_out_hidden
from skyseg.panel.chosen_files import list_maps
from skyseg.panel.compared_maps import name_pair
from skyseg.panel.controls import Panel
from skyseg.panel.naming import describe_products_folder
from skyseg.panel.running import Runner
from skyseg.panel.runs import FinishedTask, plan_comparison, segment_to_compare

if TYPE_CHECKING:
    from skyseg.comparison import Comparison
    from skyseg.panel.session import Session
    from skyseg.survey import BandData, Data

EXTS = ("SCI", "ERR", "WHT", "BKG")
"""Maps that can be shown under the labels."""

_INTERVAL = 0.1
_LABEL_WIDTH = "140px"
_FULL_WIDTH = {"width": "auto", "flex": "0 0 auto"}
_LINES = "72px"
_BELOW = (
    "preview",
    "overwrite",
    "run",
    "measure",
    "bar",
    "message",
)  # in view however long the rest is


class SidePanel:
    """The panel of a session and what its buttons do.

    The work is done in another process; a thread of the kernel tells how far it is, so
    that cells run meanwhile.

    Parameters
    ----------
    session : Session
        What is chosen.
    band_to_compare : callable
        Returns the band whose runs are compared.
    choose_bands : callable
        Told the keys of the bands that a person wants side by side.
    on_busy : callable
        Told whether work goes on.
    on_segmented : callable
        Told each band that a run has made or loaded, as soon as it is.
    on_compared : callable
        Told the comparison that was asked for.
    on_survey : callable
        Told the bands of a survey that is chosen.
    on_stacked : callable
        Told a stack that was made.
    on_measured : callable
        Told the detection when its sources were measured in all bands.

    Attributes
    ----------
    panel : Panel
        The panel.
    ext : ipywidgets.Dropdown
        Which map is shown under the labels.
    bands : BandBoxes
        Which bands are shown side by side.
    box : ipywidgets.VBox
        The widget that holds all.
    """

    def __init__(
        self,
        session: Session,
        *,
        band_to_compare: Callable[[], BandData],
        choose_bands: Callable[[tuple[str, ...]], None],
        on_busy: Callable[[bool], None],
        on_segmented: Callable[[list[FinishedTask]], None],
        on_compared: Callable[[Comparison], None],
        on_survey: Callable[[Data], None],
        on_stacked: Callable[[BandData], None] = lambda _: None,
        on_measured: Callable[[BandData], None] = lambda _: None,
    ) -> None:
        self._session = session
        self._data = session.data()
        self._band_to_compare = band_to_compare
        self._on_busy, self._on_survey = on_busy, on_survey
        self._on_segmented, self._on_compared = on_segmented, on_compared
        self._on_stacked = on_stacked
        self._thread: threading.Thread | None = None
        self.panel = Panel(session, "ipynb")
        self.panel.files.offer(list_maps(self._data))
        self.bands = BandBoxes(choose_bands)
        self._runner = Runner(
            self.panel,
            on_finished=lambda task: self._on_segmented([task]),
            on_done=lambda: self._runner.end(),
            on_stacked=self._take_stack,
            on_measured=on_measured,
        )
        self._follower = self._runner.follower
        self._lay_out()
        self._listen()

    def _lay_out(self) -> None:
        self.ext = ipywidgets.Dropdown(options=EXTS, tooltip="Which map is shown under the labels")
        chosen_map = ipywidgets.HBox([ipywidgets.Label("Map"), self.ext])
        for box in self.panel.maps.values():
            box.visible = False
        native = self.panel.container.native
        for part in (native, chosen_map, self.bands.widget):
            _arrange(part)
        below = [getattr(self.panel, name).native for name in _BELOW]
        rest = [each for each in native.children if each not in below]
        preview, overwrite, run, measure, bar, message = below
        run.layout.flex = "1 1 0"
        scrolled = {"flex": "1 1 0", "min_height": "0", "overflow": "hidden auto"}
        self.box = ipywidgets.VBox(
            [
                ipywidgets.VBox([chosen_map, self.bands.widget, *rest], layout=scrolled),
                ipywidgets.HBox([preview, overwrite], layout={"flex": "0 0 auto"}),
                self._make_products_folder(),
                ipywidgets.HBox([run, measure], layout={"flex": "0 0 auto"}),
                self._make_progress(),
                bar,
                _give_room(message),
            ],
            layout={"flex": "1 0 330px", "padding": "0 0 0 6px"},
        )
        leave_out_hidden(self.box)

    def _make_progress(self) -> ipywidgets.FloatProgress:
        self.progress = ipywidgets.FloatProgress(
            min=0.0,
            max=1.0,
            tooltip="How far the work is",
            layout={**_FULL_WIDTH, "height": "14px", "visibility": "hidden"},
        )
        self.panel.progressed.connect(lambda part: setattr(self.progress, "value", part))
        return self.progress

    def _make_products_folder(self) -> ipywidgets.Label:
        self.products_folder = ipywidgets.Label(layout=_FULL_WIDTH)
        self.products_folder.add_class("skyseg-message")
        self._show_products_folder()
        return self.products_folder

    def _show_products_folder(self) -> None:
        """Say where products go."""
        files = self._session.files
        folder = None if files is None else files.work_dir or None
        text, about = describe_products_folder(self._session.method, folder)
        self.products_folder.value = text
        self.products_folder.tooltip = f"{about}, then start the kernel anew."

    def offer_maps(self, roles: Sequence[str]) -> None:
        """Offer the maps that there are under the labels."""
        if tuple(roles) == tuple(self.ext.options):
            return
        shown = self.ext.value
        with self.ext.hold_trait_notifications():
            self.ext.options = tuple(roles)
            self.ext.value = shown if shown in roles else roles[0]

    def _listen(self) -> None:
        self.panel.started.connect(self.start)
        self.panel.stack_asked.connect(self.make_stack)
        self.panel.measure_asked.connect(self.measure_in_all_bands)
        self.panel.advice_asked.connect(self.advise)
        self.panel.cancelled.connect(self.cancel)
        for name in ("data_dir", "survey", "version", "instruments", "files"):
            getattr(self._session.events, name).connect(self._use_survey)
        for name in ("method", "files"):
            getattr(self._session.events, name).connect(self._show_products_folder)

    def start(self) -> None:
        """Segment what is chosen in the panel, unless something runs already."""
        if not self.panel.busy and self._runner.start():
            self._begin_polling()

    def make_stack(self) -> None:
        """Combine the bands that are chosen, unless something runs already."""
        if not self.panel.busy and self._runner.start_stack():
            self._begin_polling()

    def measure_in_all_bands(self) -> None:
        """Measure the chosen band's sources in every band, unless something runs already."""
        if not self.panel.busy and self._runner.start_measuring():
            self._begin_polling()

    def advise(self) -> None:
        """Find which threshold gives the purity that is asked for, unless something runs."""
        if not self.panel.busy and self._runner.start_advising():
            self._begin_polling()

    def start_comparison(self) -> None:
        """Segment a band in both chosen ways and compare.

        Raises
        ------
        ParameterError
            If the two ways are the same, or something runs already.
        """
        tasks = plan_comparison(self._session, self._band_to_compare())
        if self.panel.busy:
            raise ParameterError("other work goes on", hint="wait for its end, or cancel it")
        self._runner.start_other()
        self._follower.start(segment_to_compare, tasks, on_done=self._finish_comparison)
        self._begin_polling()

    def cancel(self) -> None:
        """End the work."""
        self._follower.cancel()

    def wait(self) -> None:
        """Wait until nothing runs."""
        if self._thread is not None:
            self._thread.join()

    def _begin_polling(self) -> None:
        self._set_busy(True)
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def _poll(self) -> None:
        try:
            while self._follower.running:
                self._follower.poll()
                time.sleep(_INTERVAL)
        finally:
            self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self.panel.set_busy(busy)
        self.progress.layout.visibility = None if busy else "hidden"
        self._on_busy(busy)

    def _take_stack(self, stack: BandData) -> None:
        self._data = self._session.data()
        self._on_stacked(stack)

    def _finish_comparison(self, done: list[FinishedTask]) -> None:
        from skyseg.comparison import compare

        comparison = compare(done[0].band, done[1].band)
        self._on_compared(comparison)
        found = [f"{number} {kind}" for kind, number in comparison.counts.items() if number]
        told = ", ".join(found) or "no source in either map"
        self.panel.say(f"{name_pair(comparison)}: {told}")

    def _use_survey(self) -> None:
        try:
            data = self._session.data()
        except SkysegError:  # which the panel says
            return
        if data is not self._data:
            self._data = data
            self.panel.files.offer(list_maps(data))
            self._on_survey(data)


def _give_room(message: Any) -> ipywidgets.VBox:
    """Give what is said some lines that do not move what is below, and in which it scrolls."""
    message.add_class("skyseg-message")
    room = ipywidgets.VBox(
        [message],
        layout={"height": _LINES, "flex": "0 0 auto", "overflow": "hidden auto"},
    )
    room.add_class("skyseg-room")
    return room


def _keep_flow(changed: Any) -> None:
    """Let what is shown again lie as before: magicgui shows it as a block."""
    layout = getattr(changed, "owner", changed)
    if layout.display == "block":
        layout.display = None


def _arrange(widget: Any) -> None:
    """Give the labels of a panel one width, its controls the rest, and each row its height."""
    widget.layout.observe(_keep_flow, "display")
    _keep_flow(widget.layout)
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
