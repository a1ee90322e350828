"""What differs between two maps: which two, and their changes as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from skyseg.comparison import CHANGES, Comparison
from skyseg.comparison.inputs import LabelMap
from skyseg.errors import ParameterError, SkysegError
from skyseg.notebook._comparison import ComparisonView
from skyseg.notebook._latest import Latest
from skyseg.notebook._source_drawer import find_seg, name_seg
from skyseg.notebook._table import Part, TableView
from skyseg.panel.compared_files import ComparedPair, find_compared_files
from skyseg.panel.compared_maps import compare_named, name_pair
from skyseg.panel.compared_runs import list_compared_runs
from skyseg.panel.wording import worded
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost

SHOWN: Final = "what is shown"
"""The labels on the canvas of the active band, as one side of a comparison."""

_EXAMPLE = "significance > 3 & area_b > 20"
_WORDS = ("kind", "labels_a", "labels_b")


class DifferenceDrawer:
    """Compares any two maps, and shows their changes as a table.

    Parameters
    ----------
    viewer : ViewHost
        Whose `comparison` and `change` are shown.
    view : ComparisonView
        Their changes.
    compare_runs : callable or None
        Compares the session's two runs of the active band, in another process; None
        where there is no panel.
    get_bands : callable
        Returns the bands that images can blink with, by key.

    Attributes
    ----------
    first, second : ipywidgets.Combobox
        Which two: runs of the active band, what is shown, or files.
    compare : ipywidgets.Button
        Compares them.
    blink_with : ipywidgets.Dropdown
        With which band's image that of the active band takes turns.
    table : TableView
        The changes.
    box : ipywidgets.Box
        The widget that holds all.
    """

    def __init__(
        self,
        viewer: ViewHost,
        view: ComparisonView,
        compare_runs: Callable[[], None] | None,
        get_bands: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._get_bands = get_bands
        self._viewer, self._view = viewer, view
        self._compare_runs = compare_runs
        self._runs = (
            {} if compare_runs is None else {run.label: run for run in list_compared_runs()}
        )
        self._work = Latest(self._show, self._fail)
        self.table = TableView(view.changes, "Changes", left=_WORDS, example=_EXAMPLE)
        self.table._empty = "Compare two runs or maps to see what differs."
        self._lay_out()
        self._listen()
        self._redraw()

    def _lay_out(self) -> None:
        self.first, self.second = (self._make_box(name) for name in ("First", "Second"))
        self._show_choice()
        self.compare = ipywidgets.Button(
            description="Compare",
            tooltip="Show what differs between the two maps; runs that are not there are made",
            layout={"width": "auto", "flex": "0 0 auto"},
        )
        self._message = ipywidgets.HTML()
        self._message.add_class("skyseg-message")
        self.blink_with = ipywidgets.Dropdown(
            description="Blink image with",
            tooltip="The image of this band takes turns with that of the active band",
            layout={"width": "auto", "flex": "0 1 240px"},
            style={"description_width": "initial"},
        )
        row = [self.first, self.second, self.compare, self.blink_with]
        above = ipywidgets.HBox(row, layout={"flex_flow": "row wrap"})
        self.box = ipywidgets.VBox([above, self._message, self.table])

    def _make_box(self, name: str) -> Any:
        return ipywidgets.Combobox(
            options=[SHOWN, *self._runs],
            description=name,
            placeholder="a run, or the path of a SEG map",
            tooltip=f"{name} map: {SHOWN}, a run of the active band, or the path of a FITS file",
            layout={"flex": "1 1 220px", "width": "auto", "min_width": "200px"},
            style={"description_width": "initial"},
        )

    def _listen(self) -> None:
        changes = self._view.changes
        self.compare.on_click(lambda _: self.start())
        self.table.on_chosen = self._choose
        self.table.on_activated = self._go_to
        self.table.on_sorted = lambda column, rising: self._arrange(
            lambda: changes.sort(column, rising=rising)
        )
        self.table.on_filter = self._filter
        self.table.on_part = self._choose_kind
        self._viewer.observe(lambda change: self._take(change.new), "comparison")
        self._viewer.session.events.difference.connect(self._show_choice)
        self._viewer.observe(lambda _: self.follow_band(), "blink_with")
        self.blink_with.observe(self._blink_with, "value")
        self._viewer.observe(lambda _: self._follow_change(), "change")

    def _offer_bands(self) -> None:
        """Offer the bands that the image of the active band can blink with."""
        chosen, active = self._viewer.blink_with, self._viewer.active.band
        keys = [key for key, band in self._get_bands().items() if band is not active]
        self.blink_with.options = [("no other", ""), *((key, key) for key in keys)]
        self.blink_with.value = chosen if chosen in keys else ""

    def _blink_with(self, change: Any) -> None:
        self._viewer.blink_with = change.new
        self._viewer.blink = bool(change.new)

    def follow_band(self) -> None:
        """Give the canvas in hand the image that it blinks with, and take it from the others."""
        active = self._viewer.active
        band = self._get_bands().get(self._viewer.blink_with)
        for canvas in self._viewer.canvases:
            with_other = canvas is active and band is not None and band is not active.band
            canvas.show_second(band if with_other else None)
        self._offer_bands()

    def _show_choice(self) -> None:
        """Show the two runs that the session says, where runs can be compared."""
        chosen = [run.label for run in self._viewer.session.difference]
        self.first.value, self.second.value = chosen if self._runs else (SHOWN, "")

    def start(self) -> None:
        """Compare the two maps that are chosen."""
        first, second = self.first.value.strip(), self.second.value.strip()
        if not first or not second or first == second:
            self._say("give two maps that differ: runs, what is shown, or paths of SEG maps")
            return
        self._say("comparing")
        if first in self._runs and second in self._runs and self._compare_runs is not None:
            self._viewer.session.difference = self._runs[first], self._runs[second]
            try:
                self._compare_runs()
            except SkysegError as error:
                self._fail(error)
            return
        try:
            sides = self._find(first), self._find(second)
        except SkysegError as error:
            self._fail(error)
            return
        self._compare(sides, (self._name(first), self._name(second)))

    def compare_files(self, pair: ComparedPair | None) -> None:
        """Compare two maps of files, as a saved session says; None leaves what is shown."""
        if pair is None:
            return
        self.first.value, self.second.value = (str(each.ref) for each in pair)
        first, second = pair
        names = first.name or str(first.ref), second.name or str(second.ref)
        self._compare((first.ref, second.ref), names)

    def _compare(self, sides: tuple[Any, Any], names: tuple[str, str]) -> None:
        shown = self._viewer.active.band
        band = shown if isinstance(shown, BandData) else None
        self._work.ask(lambda: compare_named(*sides, names, band))

    def wait(self) -> None:
        """Wait until what was asked for is compared."""
        self._work.wait()

    def _find(self, text: str) -> Any:
        """Return what a text means, as `skyseg.compare` takes it."""
        canvas = self._viewer.active
        if text == SHOWN:
            if canvas.sources is None:
                raise ParameterError(
                    f"{canvas.band.name} shows no SEG map", hint="segment it, or open one"
                )
            ref = None if self._viewer.outlines_of else find_seg(canvas)
            where = {} if ref is None else {"path": str(ref)}
            return LabelMap(canvas.sources.labels, text, where, canvas.band.wcs)
        if text in self._runs and isinstance(canvas.band, BandData):
            run, chosen = self._runs[text], self._viewer.session.segment_arguments()
            method = run.method or chosen["method"]
            return canvas.band, {**chosen, "err_type": run.err_type, "method": method}
        return text

    def _name(self, text: str) -> str:
        canvas = self._viewer.active
        if text == SHOWN:
            return name_seg(canvas)
        return f"{canvas.band.name} {text}" if text in self._runs else text

    def _show(self, comparison: Comparison) -> None:
        try:
            self._viewer.comparison = comparison
        except SkysegError as error:
            self._fail(error)

    def _take(self, comparison: Comparison | None) -> None:
        """Show the changes of a comparison, and let the session remember which two maps it is of.

        What is worth knowing of it is said.
        """
        self._viewer.session.compared = find_compared_files(comparison)
        self._redraw()
        advice = () if comparison is None else comparison.advice
        self._say("; ".join(map(worded, advice)))

    def _fail(self, error: SkysegError) -> None:
        self._say(worded(error))

    def _say(self, text: str) -> None:
        self._message.value = escape(text)

    def _choose(self, rows: list[int]) -> None:
        self._viewer.change = rows[-1] if rows else -1

    def _go_to(self, row: int) -> None:
        self._viewer.change = -1
        self._viewer.change = row

    def _arrange(self, act: Callable[[], None], error: str = "") -> None:
        """Sort or filter the changes; the one that is pointed out stays so where it is shown."""
        place = self._view.rearrange(act)
        self._redraw(error)
        self._viewer.change = place
        self._follow_change(error)

    def _filter(self, text: str) -> None:
        error = ""
        try:
            self._view.changes.filter(text)
        except ParameterError as failure:
            error = worded(failure)
        self._arrange(lambda: None, error)

    def _choose_kind(self, name: str, shown: bool) -> None:
        changes = self._view.changes
        kinds = {*changes.kinds, name} if shown else {*changes.kinds} - {name}
        chosen = tuple(kind for kind in CHANGES if kind in kinds)
        self._arrange(lambda: changes.choose_kinds(chosen))

    def _redraw(self, error: str = "") -> None:
        changes, comparison = self._view.changes, self._viewer.comparison
        self.table.refresh(changes.sorted_by)
        counts: dict[Any, int] = {} if comparison is None else comparison.counts
        kinds = [
            Part(kind, kind in changes.kinds, f"{counts[kind]} changes")
            for kind in CHANGES
            if counts.get(kind)
        ]
        self.table.offer("Kinds", [("Kinds", kinds)] if kinds else [])
        self._follow_change(error)

    def _follow_change(self, error: str = "") -> None:
        """Mark the change that is pointed out, and say where in the order it is."""
        changes, place = self._view.changes, self._viewer.change
        if self.table.chosen[-1:] != ([place] if place >= 0 else []):
            self.table.choose([place] if place >= 0 else [])
        self.table.say(status=self._describe(place), filtered=changes.filter_text, error=error)

    def _describe(self, place: int) -> str:
        changes, comparison = self._view.changes, self._viewer.comparison
        if comparison is None:
            return "no two maps are compared"
        position = changes.tell_position(place)
        parts = [changes.count, changes.filter_text, position and f"at {position}"]
        return f"{name_pair(comparison)}: {', '.join(filter(None, parts))}"
