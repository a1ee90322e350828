"""Widgets of which a browser is told once they are as they are to be, and when they are shown.

A widget tells the browser of itself as soon as it is made, and of each change from then on. For
a viewer these are thousands of messages, more than a Jupyter server keeps for a busy browser.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias

import ipywidgets

P = ParamSpec("P")
Init: TypeAlias = Callable[Concatenate[Any, P], None]

_making, _telling = threading.RLock(), threading.RLock()


class _NoComm:
    """Stands for the line to the browser of a widget that the browser does not know.

    Whoever names the widget to the browser, by showing it or putting it into a box of their own,
    asks for `comm_id` or the picture of a cell: the browser is then told of it first.
    """

    kernel = None  # so that the widget sends nothing

    def __init__(self, widget: Any) -> None:
        self.is_whole = False
        self._widget, self._id = widget, uuid.uuid4().hex
        widget._repr_mimebundle_, widget.close = self._show, self._close_widget

    @property
    def comm_id(self) -> str:
        """What the browser knows the widget by."""
        if self.is_whole and self._widget.comm is self:
            tell(self._widget)
        return self._id

    def let_go(self) -> None:
        """Let the widget be shown and closed as any other."""
        self.is_whole = False
        del self._widget._repr_mimebundle_, self._widget.close

    def on_msg(self, _: Any) -> None:
        """Nobody says anything."""

    def close(self) -> None:
        """Nothing is open."""

    def _show(self, **kwargs: Any) -> Any:
        tell(self._widget)
        return self._widget._repr_mimebundle_(**kwargs)

    def _close_widget(self) -> None:
        self.let_go()
        self._widget.close()


@contextmanager
def hold_back() -> Iterator[None]:
    """Let the browser know nothing of the widgets that this thread makes in the block.

    It is told of each by `tell`, or when the widget is shown by itself. Nothing is held back from
    a host that listens for widgets by itself, such as marimo.

    Examples
    --------
    >>> with hold_back():
    ...     button = ipywidgets.Button()
    ...     button.description = "Run"
    >>> tell(button)
    """
    maker = threading.get_ident()
    held: list[_NoComm] = []

    def hold(widget: Any) -> None:
        if threading.get_ident() == maker and widget.comm is None:
            held.append(_NoComm(widget))
            widget.comm = held[-1]

    with _making:
        if ipywidgets.Widget._widget_construction_callback is not None:  # a host's, or this one
            yield
            return
        ipywidgets.Widget.on_widget_constructed(hold)
        try:
            yield
        finally:
            ipywidgets.Widget.on_widget_constructed(None)
            for each in held:
                each.is_whole = True


def tell(widget: Any) -> None:
    """Tell the browser of a widget, and first of those that it holds, unless it knows them.

    Parameters
    ----------
    widget : ipywidgets.Widget
        The widget.
    """
    with _telling:
        if not isinstance(widget.comm, _NoComm):
            return
        for part in _list_parts(widget):
            tell(part)
        changed: set[str] = set()  # by other threads, while the browser is told

        def note(change: Any) -> None:
            changed.add(change.name)

        widget.observe(note)
        widget.comm.let_go()
        widget.comm = None
        widget.open()
        widget.unobserve(note)
        late = changed & set(widget.keys)
        if late:
            widget.send_state(late)


def _list_parts(widget: Any) -> list[Any]:
    """List the widgets that a message about a widget refers to: its children, layout and style."""
    values = [getattr(widget, name) for name in widget.keys]
    held = [each if isinstance(each, list | tuple) else (each,) for each in values]
    return [part for each in held for part in each if isinstance(part, ipywidgets.Widget)]


def told_when_made(init: Init[P]) -> Init[P]:
    """Let a widget, and all that it is made of, be told of when it is whole."""

    @wraps(init)
    def make(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with hold_back():
            init(self, *args, **kwargs)
        tell(self)

    return make


def put_into(box: Any, children: Iterable[Any]) -> None:
    """Put widgets into a box; a browser that knows the box is told of them first.

    Parameters
    ----------
    box : ipywidgets.Box
        The box.
    children : iterable of ipywidgets.Widget
        All that it is to hold.
    """
    held = tuple(children)
    if not isinstance(box.comm, _NoComm):
        for child in held:
            tell(child)
    box.children = held


def leave_out_hidden(box: Any) -> None:
    """Take out of a box, and of the boxes in it, what is hidden, until it is shown.

    Parameters
    ----------
    box : ipywidgets.Box
        The box.
    """
    every = box.children
    for child in every:
        if hasattr(child, "children"):
            leave_out_hidden(child)

    def put_in(_: Any) -> None:
        known = box.children
        shown = (child for child in every if child in known or child.layout.display != "none")
        put_into(box, shown)

    box.children = [child for child in every if child.layout.display != "none"]
    for child in every:
        if child not in box.children:
            child.layout.observe(put_in, "display")
