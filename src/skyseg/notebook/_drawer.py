"""The drawer below the canvases: tabs over the whole width, one open at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from psygnal import Signal

from skyseg.notebook._late_widgets import hold_back, put_into


class Drawer:
    """Tabs of which one is open, or none.

    A tab is drawn when it is opened for the first time, and keeps its state from then on. One
    of many widgets is made then, too, so that a viewer is there sooner.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget that holds all; it takes no room before there is a tab.
    turned : psygnal.Signal
        Emitted with the title of the tab that is open now; empty where all are folded.

    Examples
    --------
    >>> drawer = Drawer()
    >>> drawer.add("Sources", ipywidgets.HTML("42 sources"))
    >>> drawer.show("Sources")
    >>> drawer.opened
    'Sources'
    """

    turned = Signal(str)

    def __init__(self) -> None:
        self._makers: dict[str, Callable[[], Any]] = {}
        self._widgets: dict[str, Any] = {}
        self._handles: dict[str, ipywidgets.ToggleButton] = {}
        self._row = ipywidgets.HBox()
        self._row.add_class("skyseg-tabs")
        self._content = ipywidgets.VBox(layout={"display": "none"})
        self.box = ipywidgets.VBox([self._row, self._content], layout={"display": "none"})
        self.box.add_class("skyseg-drawer")

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of the tabs, from the left."""
        return tuple(self._handles)

    @property
    def opened(self) -> str:
        """Title of the tab that is open; empty where all are folded."""
        return next((title for title, handle in self._handles.items() if handle.value), "")

    def add(self, title: str, widget: Any) -> None:
        """Add a tab at the right, folded.

        Parameters
        ----------
        title : str
            What it is called; its button says so.
        widget : ipywidgets.DOMWidget
            What it shows.
        """
        self.add_later(title, lambda: widget)

    def add_later(self, title: str, make: Callable[[], Any]) -> None:
        """Add a tab at the right, folded, whose widget is made when it is opened.

        Parameters
        ----------
        title : str
            What it is called; its button says so.
        make : callable
            Returns the widget that it shows.
        """
        handle = ipywidgets.ToggleButton(
            description=title,
            tooltip=f"Open or fold the tab {title}",
            layout={"width": "auto"},
        )
        self._makers[title], self._handles[title] = make, handle
        handle.observe(lambda change: self._turn(title, change.new), "value")
        self._row.children = (*self._row.children, handle)
        self.box.layout.display = "flex"

    def show(self, title: str) -> None:
        """Open a tab, and fold the one that was open."""
        self._handles[title].value = True

    def fold(self) -> None:
        """Fold the tab that is open."""
        for handle in self._handles.values():
            handle.value = False

    def _turn(self, title: str, is_open: bool) -> None:
        if title not in self._widgets:
            with hold_back():
                self._widgets[title] = self._makers.pop(title)()
        widget = self._widgets[title]
        if is_open:
            for other, handle in self._handles.items():
                handle.value = other == title
            if widget not in self._content.children:
                put_into(self._content, (*self._content.children, widget))
        widget.layout.display = None if is_open else "none"
        self._content.layout.display = None if self.opened else "none"
        self.turned.emit(self.opened)
