"""A map is corrected in JupyterLab, by mouse and keys: what is seen, and what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

YELLOW = (255, 214, 10)
OPEN = """
from skyseg import BandData
stem = {stem!r}
band = BandData.from_files(f"{{stem}}_sci.fits", wht=f"{{stem}}_wht.fits")
band.segment(progress=False)
base = band.load_seg()
viewer = band.view()
viewer
"""
OTHER_WINDOW = """
import sys
from skyseg import BandData, Edits
stem = sys.argv[1]
band = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits")
band.segment(progress=False)
Edits.open(band, who="ben").merge([28, 30], why="one galaxy")
"""


class Corrector:
    """A person at the viewer."""

    def __init__(self, book: Any) -> None:
        self.book, self.page = book, book.page

    def click(self, x: float, y: float, *, more: bool = False) -> None:
        """Click a pixel of the image, with Ctrl to add its source."""
        keyboard = self.page.keyboard
        place = self.book.place_of(x, y)
        if more:
            keyboard.down("Control")
        self.page.mouse.click(*place)
        if more:
            keyboard.up("Control")

    def choose(self, *places: tuple[float, float]) -> list[int]:
        """Select the sources at some pixels; return their numbers."""
        numbers = [self.book.ask(f"viewer.active.sources.at({x} + 0.5, {y} + 0.5)")
                   for x, y in places]  # fmt: skip
        for count, place in enumerate(places, start=1):
            self.click(*place, more=count > 1)
            self.book.wait_until(f"viewer.selection == {(*numbers[:count],)}")
        return numbers

    def press(self, key: str) -> None:
        self.book.canvas().focus()
        self.page.keyboard.press(key)

    def wait_for_tool(self) -> None:
        """Wait until the canvas takes clicks for the tool that is in hand."""
        self.page.locator(".skyseg-map.skyseg-drawing").first.wait_for()

    def wait_for_edit(self, title: str) -> None:
        self.book.wait_until(
            f"[each.title for each in viewer.edits.edits.operations][-1:] == [{title!r}]"
        )

    def take_picture(self, name: str) -> None:
        if folder := os.environ.get("SHOTS"):
            self.page.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture(scope="module")
def stem(imaging_dir: Path) -> str:
    return str(imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w")


@pytest.fixture
def person(empty_book: Any, stem: str) -> Iterator[Corrector]:
    book = empty_book
    book.run_last_cell(OPEN.format(stem=stem))
    book.wait_for_canvas()
    book.page.get_by_role("button", name="Edit", exact=True).click()
    book.wait_until("viewer.edit_tab.status.value.count('0 edits')")
    book.wait_for_view()
    yield Corrector(book)
    book.do("viewer.edits.wait()")


def test_a_star_is_made_whole_a_blend_parted_a_spike_deleted_and_a_missed_source_drawn(
    person: Corrector, stem: str
) -> None:
    book = person.book
    assert "J make one source" in book.canvas().get_attribute("aria-label")
    book.canvas().scroll_into_view_if_needed()

    assert person.choose((642, 296), (646, 267)) == [37, 34]
    person.press("j")
    person.wait_for_edit("merge 34 37")
    book.wait_until("viewer.selection == (34,)")

    assert person.choose((611, 277)) == [39]
    person.press("d")
    person.wait_for_edit("delete 39")

    person.choose((688, 149))
    person.press("k")
    person.wait_for_tool()
    person.click(670, 150)
    book.wait_until("len(viewer.edits.draft.points) == 1")
    person.click(710, 158)
    person.page.get_by_text("source 17 in 2 parts").wait_for()
    book.wait_for_picture(lambda now: len(pixels_of(now, YELLOW)) > 10)
    person.take_picture("edit_line")
    person.press("Enter")
    person.wait_for_edit("cut 17")

    person.press("n")
    person.wait_for_tool()
    corners = [(91, 203), (95, 199), (101, 199), (104, 203), (101, 207), (95, 207)]
    for count, corner in enumerate(corners, start=1):
        person.click(*corner)
        book.wait_until(f"len(viewer.edits.draft.points) == {count}")
    person.page.get_by_role("button", name="Do it").click()
    book.wait_until("viewer.edits.edits.operations[-1].kind == 'draw'")
    made = book.ask("viewer.edits.edits.operations[-1].made[0]")
    assert book.ask("int(viewer.edits.labels[203, 98])") == made
    book.wait_until(f"viewer.selection == ({made},)")

    person.press("r")
    person.wait_for_tool()
    mouse = person.page.mouse
    mouse.move(*book.place_of(300, 150))
    mouse.down()
    mouse.move(*book.place_of(316, 150), steps=6)
    mouse.up()
    book.wait_until("viewer.edits.edits.operations[-1].kind == 'paint'")
    assert book.ask(f"viewer.edits.labels[150, 300:316].tolist() == 16 * [{made}]")
    person.press("r")
    book.wait_until("viewer.active._tool == ''")
    person.press("u")
    book.wait_until("len(viewer.edits.edits) == 4")

    for key, count in (("u", 3), ("u", 2), ("Shift+U", 3), ("Shift+U", 4)):
        person.press(key)
        book.wait_until(f"len(viewer.edits.edits) == {count}")
    rows = person.page.get_by_role("grid", name="Journal of edits").get_by_role("row")
    rows.filter(has_text="merge 34 37").first.wait_for()
    rows.filter(has_text="cut 17").first.wait_for()
    book.wait_for_view()
    person.take_picture("edit_done")

    environment = person.book.lab.environment
    subprocess.run([sys.executable, "-c", OTHER_WINDOW, stem], env=environment, check=True)
    book.wait_until("len(viewer.edits.edits) == 5")
    rows.filter(has_text="ben").first.wait_for()
    assert book.ask("int(viewer.edits.labels[240, 714]) == int(viewer.edits.labels[244, 728])")

    book.do("viewer.edits.wait()")
    person.page.get_by_role("button", name="Save", exact=True).last.click()
    person.page.get_by_text("are written").wait_for()
    kept = book.ask("band.load_seg().tobytes() == base.tobytes()")
    assert kept, "the map of the run was changed"
    book.do("band.segment(edits=True, progress=False)")
    assert book.ask("(band.load_seg() == viewer.edits.labels).all()")


def pixels_of(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture has a colour: rows and columns."""
    return np.argwhere(np.abs(picture - colour).max(axis=-1) < 60)
