"""The newcomer's path in a notebook: from a FITS file to saved sources, one action a step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Act = Callable[[Any], None]
"""Done to a book, which it leaves when what the person waits for is there."""

Press = Callable[[Any, str], None]
"""Presses the button of a book that bears a name."""

_MOST_TABS = 60
_FROM_HERE = """part => part === document.activeElement ? "" :
    document.activeElement.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING
        ? "Tab" : "Shift+Tab"
"""


def click(book: Any, name: str) -> None:
    """Click a button."""
    book.page.get_by_role("button", name=name, exact=True).click()


def press_by_keys(book: Any, name: str) -> None:
    """Go to a button by Tab, and press Enter."""
    tab_to(book, book.page.get_by_role("button", name=name, exact=True))
    book.page.keyboard.press("Enter")


def open_file(book: Any) -> None:
    """Run a cell that views a file, whose path is `path` in the kernel."""
    book.run_last_cell("import skyseg\n\nviewer = skyseg.view(path)\nviewer")
    book.wait_for_canvas()


def open_file_and_leave_the_cell(book: Any) -> None:
    """Run the cell, and leave the editor of the next one, in which Tab is a character."""
    open_file(book)
    book.page.keyboard.press("Escape")


def tab_to(book: Any, part: Any) -> None:
    """Press Tab, or Shift and Tab, until a part of the page has the focus."""
    for _ in range(_MOST_TABS):
        key = part.evaluate(_FROM_HERE)
        if not key:
            return
        book.page.keyboard.press(key)
    raise AssertionError(f"{part} is not reached by Tab")


def pick_source(book: Any) -> None:
    """Click a source on the canvas: the largest one."""
    places = "viewer.active.sources.catalogue"
    largest = f"int({places}['ISOAREA_IMAGE'].argmax())"
    x, y = (book.ask(f"float({places}['{axis}_IMAGE'][{largest}].value) - 1") for axis in "XY")
    book.canvas().scroll_into_view_if_needed()
    book.page.mouse.click(*book.place_of(round(x), round(y)))
    book.wait_until("viewer.selected > 0")


def step_to_source(book: Any) -> None:
    """Go to the canvas by Tab, and press n."""
    tab_to(book, book.canvas())
    book.page.keyboard.press("n")
    book.wait_until("viewer.selected > 0")


def list_steps(press: Press, pick: Act) -> dict[str, Act]:
    """List the actions, by how buttons are pressed and a source is picked."""

    def segment(book: Any) -> None:
        press(book, "Run")
        book.wait_until("not viewer.running and viewer.active.sources is not None")
        book.wait_for_canvas()

    def compare_error_types(book: Any) -> None:
        press(book, "Compare")
        book.wait_until("not viewer.running and viewer.comparison is not None")
        book.wait_for_canvas()

    def save_sources(book: Any) -> None:
        press(book, "Save")
        book.page.get_by_text(re.compile("source.* in .*sources.fits")).wait_for()

    return {
        "open": open_file,
        "segment": segment,
        "pick": pick,
        "difference": lambda book: press(book, "Difference"),
        "compare": compare_error_types,
        "sources": lambda book: press(book, "Sources"),
        "save": save_sources,
    }


FIRST_STEPS = list_steps(click, pick_source)
BY_KEYS = list_steps(press_by_keys, step_to_source) | {"open": open_file_and_leave_the_cell}
