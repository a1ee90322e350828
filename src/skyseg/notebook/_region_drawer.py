"""The tab Region: go to a place, remember it, draw regions and marks, save and open sessions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import ipywidgets

from skyseg.errors import ParameterError
from skyseg.notebook._drawn import DrawnOverlay, describe_canvas
from skyseg.notebook._telling_tab import TellingTab
from skyseg.panel.marks import add_marks, choose_colour, read_marks
from skyseg.panel.place_list import (
    forget_places,
    move_place,
    name_next,
    remember_places,
    rename_place,
)
from skyseg.panel.place_parsing import PLACE_HELP, PLACE_HINT, PlaceKind, name_unit, parse_place
from skyseg.panel.region_files import read_region_places, save_region_places
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.panel.session import Place

_FIELD = 5.0
_ROWS = 6


class RegionDrawer(TellingTab):
    """The tab Region of a viewer.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.
    drawn : DrawnOverlay
        What is drawn over its canvases.
    save_session : callable
        Told the path under which the session is saved; returns the file.
    open_session : callable
        Told the path of a session to show in the viewer; returns what is missing.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget.
    """

    def __init__(
        self,
        viewer: ViewHost,
        drawn: DrawnOverlay,
        save_session: Callable[[str], Path],
        open_session: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._viewer, self._drawn, self.session = viewer, drawn, viewer.session
        self._save, self._open = save_session, open_session
        self._make_place()
        self._make_list()
        self._make_files()
        self.message = ipywidgets.HTML()
        self.message.add_class("skyseg-message")
        self.box = ipywidgets.VBox(
            [*self._lay_out(), self.message], layout={"padding": "6px", "grid_gap": "4px"}
        )
        self.box.add_class("skyseg-region-tab")
        drawn.tool_changed.connect(lambda tool: setattr(self.draw, "value", tool == "rectangle"))
        self.session.events.places.connect(self._list_places)
        self.session.events.marks.connect(self._list_marks)
        self._list_places()
        self._list_marks()
        self.name_unit()

    def _make_place(self) -> None:
        self.text = _make_text(PLACE_HINT, f"{PLACE_HELP}. Enter goes there", "Place", "320px")
        self.kind = ipywidgets.Dropdown(
            options=get_args(PlaceKind),
            description="Kind of place",
            tooltip="What is written, where it cannot be told",
            layout={"width": "110px"},
        )
        self.kind.add_class("skyseg-named")
        self.field = ipywidgets.BoundedFloatText(
            _FIELD,
            min=0.1,
            max=36000.0,
            description="Field of view",
            tooltip="Width and height of what is shown around the place",
            style={"description_width": "initial"},
            layout={"width": "180px"},
        )
        self.unit = ipywidgets.Label()
        self.go = self._make_button("Go", "Go to what is written, and frame it", self.look)
        self.clear = self._make_button(
            "Clear frame", "Take the frame away", lambda: setattr(self.session, "target", None)
        )
        self.whole = self._make_button(
            "Whole image", "Show all of the image", lambda: setattr(self.session, "region", None)
        )
        self.draw = ipywidgets.ToggleButton(
            description="Draw rectangle", tooltip="Drag a rectangle over an image; it is kept"
        )
        self.text.observe(lambda change: self._try(self.look) if change.new else None, "value")
        self.draw.observe(self._take_tool, "value")

    def _make_list(self) -> None:
        self.places = ipywidgets.Select(
            description="Places",
            rows=_ROWS,
            style={"description_width": "initial"},
            layout={"width": "280px"},
        )
        self.places.tooltip = "Remembered places; choose one to go there"
        self.name = _make_text("name", "Name for the place in view, or the chosen one", "Name")
        self.remember = self._make_button("Remember", "Remember what is in view", self._remember)
        self.rename = self._make_button("Rename", "Give the chosen place the name", self._rename)
        self.up = self._make_button("▲", "Move the chosen place up", lambda: self._move(-1))
        self.down = self._make_button("▼", "Move the chosen place down", lambda: self._move(1))
        self.forget = self._make_button(
            "Forget", "Forget the chosen place and what is drawn for it", self._forget
        )
        self.places.observe(self._visit, "value")

    def _make_files(self) -> None:
        where = "on the machine of the kernel"
        self.regions = _make_text("regions.reg", f"DS9 region file, {where}", "DS9 regions")
        self.open_regions = self._make_button(
            "Draw", "Draw the regions of the file, and list them", self._open_regions
        )
        self.save_regions = self._make_button(
            "Save", "Save all places as DS9 regions", self._save_regions
        )
        self.table = _make_text("truth.ecsv", f"Catalogue or truth table, {where}", "Table")
        self.mark = self._make_button(
            "Mark",
            "Mark its positions: RA and Dec, X_IMAGE and Y_IMAGE (from 1) or x and y (from 0)",
            self._mark,
        )
        self.marks = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        self.file = _make_text("field.skyseg.json", f"File of a session, {where}", "Session")
        self.save_session = self._make_button(
            "Save", "Save what is chosen, shown, drawn and looked at", self._save_session
        )
        self.open_session = self._make_button("Open", "Show what the file holds", self._open_file)

    def _lay_out(self) -> list[Any]:
        row = partial(ipywidgets.HBox, layout={"flex_flow": "row wrap", "align_items": "center"})
        side = ipywidgets.VBox(
            [
                row([self.name, self.remember, self.rename]),
                row([self.up, self.down, self.forget]),
                row([self.draw]),
            ]
        )
        files = ipywidgets.VBox(
            [
                row([self.regions, self.open_regions, self.save_regions]),
                row([self.table, self.mark]),
                self.marks,
                row([self.file, self.save_session, self.open_session]),
            ]
        )
        going = [self.text, self.kind, self.field, self.unit, self.go, self.clear, self.whole]
        return [
            row(going),
            row([self.places, side, files], layout={"flex_flow": "row wrap", "grid_gap": "12px"}),
        ]

    def look(self) -> None:
        """Go to the place that is written, and frame it.

        Raises
        ------
        ParameterError
            If it is not understood, or lies outside the image.
        """
        canvas = self._viewer.active
        sources = canvas.sources
        load = None if sources is None else lambda: sources.catalogue
        kind: Any = self.kind.value
        info = describe_canvas(canvas)
        place = parse_place(kind, self.text.value, self.field.value, info, load)
        self._go_to(place)
        self.session.target = place

    def _go_to(self, place: Place) -> None:
        self._viewer.active.extent_of(place.region)
        self.session.region = place

    def name_unit(self) -> None:
        """Say in what unit the field of view of the active band is."""
        self.unit.value = name_unit(describe_canvas(self._viewer.active))

    def _take_tool(self, change: Any) -> None:
        if change.new or self._drawn.tool == "rectangle":
            self._drawn.take_tool("rectangle" if change.new else "")

    def _list_places(self) -> None:
        row = self.places.index
        names = [(place.name or "(no name)", n) for n, place in enumerate(self.session.places)]
        self.places.unobserve(self._visit, "value")
        self.places.options = names
        self.places.index = None if row is None or not names else min(row, len(names) - 1)
        self.places.observe(self._visit, "value")

    def _visit(self, change: Any) -> None:
        if change.new is not None:
            self._try(lambda: self._go_to(self.session.places[change.new]))

    def _remember(self) -> None:
        region = self.session.region
        if region is None:
            raise ParameterError("the whole image is in view", hint="zoom to a place first")
        name = self.name.value.strip() or name_next(self.session.places, "place")
        remember_places(self.session, [region.model_copy(update={"name": name, "shape": None})])

    def _rename(self) -> None:
        rename_place(self.session, self._chosen(), self.name.value)

    def _move(self, by: int) -> None:
        row = move_place(self.session, self._chosen(), by)
        self.places.unobserve(self._visit, "value")
        self.places.index = row
        self.places.observe(self._visit, "value")

    def _forget(self) -> None:
        forget_places(self.session, [self._chosen()])

    def _chosen(self) -> int:
        if self.places.index is None:
            raise ParameterError("no place is chosen", hint="choose one in the list")
        return int(self.places.index)

    def _open_regions(self) -> None:
        path = make_absolute(self.regions.value)
        found, note = read_region_places(path, describe_canvas(self._viewer.active))
        remember_places(self.session, found)
        self._go_to(found[0])
        self.say(note)

    def _save_regions(self) -> None:
        path = make_absolute(self.regions.value or "regions.reg").with_suffix(".reg")
        save_region_places(path, self.session.places)
        self.say(f"{len(self.session.places)} regions are in {path}")

    def _mark(self) -> None:
        marks = read_marks(self.table.value, colour=choose_colour(self.session.marks))
        self.session.marks = add_marks(self.session.marks, marks)

    def _list_marks(self) -> None:
        self.marks.children = [self._show_marks(name) for name in self.session.marks]

    def _show_marks(self, marks: Any) -> Any:
        label = f"<span style='color:{marks.colour}'>●</span> {escape(marks.name)}"
        remove = self._make_button(
            "✕", f"Take the marks {marks.name} away", partial(self._unmark, marks.name)
        )
        return ipywidgets.HBox([ipywidgets.HTML(f"{label} ({len(marks.x)})"), remove])

    def _unmark(self, name: str) -> None:
        self.session.marks = tuple(each for each in self.session.marks if each.name != name)

    def _save_session(self) -> None:
        self.say(f"the session is in {self._save(self.file.value or 'session')}")

    def _open_file(self) -> None:
        self.say("; ".join(self._open(self.file.value)))


def _make_text(placeholder: str, about: str, name: str, width: str = "220px") -> Any:
    return ipywidgets.Text(
        placeholder=placeholder,
        tooltip=about,
        description=name,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": width},
    )
