"""Widgets of the panel made, filled and put below each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from magicgui import widgets
from magicgui.application import Application, use_app

Backend = Literal["qt", "ipynb"]


@contextmanager
def use_backend(name: Backend) -> Iterator[None]:
    """Make the widgets that are built in the block for one kind of window.

    Parameters
    ----------
    name : {"qt", "ipynb"}
        For Qt, or for a notebook.

    Examples
    --------
    >>> with use_backend("ipynb"):
    ...     label = widgets.Label(value="hello")
    """
    before = Application._instance
    use_app(name)
    try:
        yield
    finally:
        Application._instance = before


def make_combo(label: str, about: str, choices: Callable[[Any], Iterable[Any]]) -> Any:
    """Make a box to choose from what a function lists whenever the box is shown anew."""
    return widgets.ComboBox(label=label, tooltip=about, choices=choices)


def make_check(label: str, about: str) -> Any:
    """Make a box to tick."""
    return widgets.CheckBox(text=label, tooltip=about)


def stack(rows: Iterable[Any]) -> Any:
    """Put widgets below each other; put in one by one, their labels are given one width."""
    box: Any = widgets.Container(label="")
    box.extend(rows)
    box.margins = (0, 0, 0, 0)
    return box


def show(widget: Any, value: Any) -> None:
    """Show a value in a widget, after its choices are listed anew."""
    if hasattr(widget, "reset_choices"):
        widget.reset_choices()
    if not (value == "" and value not in getattr(widget, "choices", ())):
        widget.value = value


@contextmanager
def silence(all_widgets: Iterable[Any]) -> Iterator[None]:
    """Let widgets change in the block without telling anybody."""
    with ExitStack() as blocked:
        for widget in all_widgets:
            blocked.enter_context(widget.changed.blocked())
        yield
