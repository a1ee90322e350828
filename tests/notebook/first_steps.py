"""The newcomer's path in a notebook: from a FITS file to saved sources, one action a step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Act = Callable[[Any], None]
"""Done to a book, which it leaves when what the person waits for is there."""


def open_file(book: Any) -> None:
    """Run a cell that views a file, whose path is `path` in the kernel."""
    book.run_last_cell("import skyseg\n\nviewer = skyseg.view(path)\nviewer")
    book.wait_for_canvas()


def segment(book: Any) -> None:
    """Press Run."""
    book.page.get_by_role("button", name="Run", exact=True).click()
    book.wait_until("not viewer.running and viewer.active.sources is not None")
    book.wait_for_canvas()


def pick_source(book: Any) -> None:
    """Click a source on the canvas: the largest one."""
    places = "viewer.active.sources.catalogue"
    largest = f"int({places}['ISOAREA_IMAGE'].argmax())"
    x, y = (book.ask(f"float({places}['{axis}_IMAGE'][{largest}].value) - 1") for axis in "XY")
    book.canvas().scroll_into_view_if_needed()
    book.page.mouse.click(*book.place_of(round(x), round(y)))
    book.wait_until("viewer.selected > 0")


def open_tab(title: str) -> Act:
    """Return the action that opens a tab below the canvas."""

    def click(book: Any) -> None:
        book.page.get_by_role("button", name=title, exact=True).click()

    return click


def compare_error_types(book: Any) -> None:
    """Press Compare, as the boxes hold both error types."""
    book.page.get_by_role("button", name="Compare", exact=True).click()
    book.wait_until("not viewer.running and viewer.comparison is not None")
    book.wait_for_canvas()


def save_sources(book: Any) -> None:
    """Press Save."""
    book.page.get_by_role("button", name="Save", exact=True).click()
    book.page.get_by_text(re.compile("source.* in .*sources.fits")).wait_for()


FIRST_STEPS: dict[str, Act] = {
    "open": open_file,
    "segment": segment,
    "pick": pick_source,
    "difference": open_tab("Difference"),
    "compare": compare_error_types,
    "sources": open_tab("Sources"),
    "save": save_sources,
}
