"""Make docs/images/notebook*.png: the notebook viewer's tabs, and the first steps with it.

``--into FOLDER --theme dark --size 1280 720`` makes others, to be looked at; the docs have
those of the options' defaults.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from skyseg.samples import make_survey

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.notebook import conftest as tools  # noqa: E402
from tests.notebook.first_steps import FIRST_STEPS  # noqa: E402

SURVEY = """from skyseg import Data

data = Data.from_survey_version("sample", "v1")
data.segment(progress=False)
viewer = data.view(bands=["F200W", "F444W"])
viewer"""
THEME = "config/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
FILE = """import os, pathlib
path = next(pathlib.Path(os.environ["SKYSEG_DATA_DIR"]).rglob("*f444w*.fits"))"""
IMAGES = ROOT / "docs" / "images"
OF_DOCS = ("", "_sources", "_region", "_difference", "_edit", "_first_2_segment", "_first_3_pick",
           "_first_5_compare", "_first_7_save")  # fmt: skip
MARGIN = 6  # pixels below the viewer
LARGEST = "int(viewer.active.sources.catalogue['ISOAREA_IMAGE'].argmax()) + 1"
BRIGHT = "MAG_AUTO < 26 & FLAGS == 0"


class Shots:
    """A notebook and the pictures of it."""

    def __init__(self, book: Any, into: Path) -> None:
        self.book, self.into = book, into

    def save(self, name: str, selector: str = ".skyseg-root") -> None:
        """Write what is in view, from the top of a part of the viewer on."""
        self.book.page.mouse.move(1, 1)
        self.book.wait_for_canvas()
        part = self.book.page.locator(selector).first
        part.evaluate("part => part.scrollIntoView({ block: 'start' })")
        self.shoot(name)

    def shoot(self, name: str) -> None:
        """Write what is in view of the notebook, into the docs only what they show."""
        if self.into == IMAGES and name not in OF_DOCS:
            return
        seen, viewer = (
            self.book.page.locator(part).first.bounding_box()
            for part in (".jp-Notebook", ".skyseg-root")
        )
        end = viewer["y"] + viewer["height"] + MARGIN
        seen["height"] = min(seen["height"], end - seen["y"])
        self.book.page.screenshot(path=self.into / f"notebook{name}.png", clip=seen)


def take_tabs(shots: Shots) -> None:
    """Go through the panel and the tabs, as a person would."""
    book, page = shots.book, shots.book.page
    book.wait_for_canvas(1)
    book.do(f"viewer.active_band = 'F444W'; viewer.selected = {LARGEST}")
    book.do("viewer.sources.details.wait()")
    book.wait_for_canvas()
    shots.save("")
    book.do(
        f"viewer.filter = '{BRIGHT}'; viewer.selection = viewer.sources.browser.table.numbers[:3]"
    )
    book.do("viewer.sources.details.wait()")
    shots.save("_sources", ".skyseg-drawer")
    book.do("viewer.filter = ''; viewer.selected = 0; viewer.region = None")
    book.do("viewer.drawer.show('Region'); viewer.region_tab.text.value = '100'")
    shots.save("_region", ".skyseg-drawer")
    book.do("viewer.drawer.show('Difference')")
    page.get_by_role("button", name="Compare", exact=True).click()
    book.wait_until("not viewer.running and viewer.comparison is not None")
    book.do("viewer.change = 0")
    shots.save("_changes", ".skyseg-drawer")
    shots.save("_difference")
    page.get_by_label("Blink image with").select_option("F200W")
    page.locator(".skyseg-title").get_by_text("Blink").first.wait_for()
    shots.shoot("_blink")
    page.get_by_label("Blink image with").select_option("no other")
    take_edits(shots)
    book.do("viewer.comparison = None; viewer.drawer.show('Sources')")
    page.get_by_role("checkbox", name="All parameters").check()
    shots.save("_parameters")
    book.canvas().focus()
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    book.wait_for_canvas()
    if shots.into != IMAGES:
        page.screenshot(path=shots.into / "notebook_full_screen.png")
    page.keyboard.press("f")


def take_edits(shots: Shots) -> None:
    """Correct a few sources, and split a large one along a line."""
    book = shots.book
    book.do(f"viewer.comparison = viewer.session.target = None; large = {LARGEST}")
    book.do("viewer.drawer.show('Edit')")
    book.do("numbers = [n for n in viewer.edits.edits.map.numbers if n != large]")
    book.do("viewer.edits.why = 'one galaxy'; viewer.edits.merge(numbers[:2])")
    book.do("viewer.edits.why = ''; viewer.edits.delete(numbers[5:6]); viewer.edits.undo()")
    book.do("viewer.selected = large; viewer.edit_tab.press('line')")
    book.do("y0, y1, x0, x1 = viewer.edits.find_boxes([large])[0].tolist()")
    for x, y in (("x0 - 3", "y0 + (y1 - y0) * 0.3"), ("x1 + 3", "y0 + (y1 - y0) * 0.7")):
        book.do(f"viewer.edits.add_point({x}, {y})")
    book.do("viewer.edits.wait()")
    book.wait_for_view()
    shots.save("_edit")
    book.do("viewer.edit_tab.press('cancel'); viewer.selected = 0; viewer.region = None")


def take_first_steps(shots: Shots) -> None:
    """Walk the newcomer's path."""
    for number, (name, act) in enumerate(FIRST_STEPS.items(), 1):
        act(shots.book)
        shots.save(
            f"_first_{number}_{name}", ".skyseg-drawer" if name == "save" else ".skyseg-root"
        )


@contextmanager
def run_lab(folder: Path, theme: str) -> Iterator[Any]:
    """Run JupyterLab on a simulated survey."""
    make_survey(folder / "data", bands=("F200W", "F444W"), shape=(1000, 1200))
    settings = folder / THEME
    settings.parent.mkdir(parents=True)
    settings.write_text(f'{{"theme": "JupyterLab {theme.capitalize()}"}}')
    lab = tools.Lab(folder)
    try:
        yield lab
    finally:
        lab.stop()


def main() -> None:
    """Open JupyterLab on a simulated survey, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=IMAGES)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", type=int, nargs=2, default=(1440, 1000))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    width, height = options.size
    takes = {"first": (FILE, take_first_steps), "sample": (SURVEY, take_tabs)}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=tools.CHROMIUM, headless=True, args=tools.FLAGS
        )
        with run_lab(Path(folder), options.theme) as lab:
            for name, (cell, take) in takes.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                book = tools.Book(lab, page, f"{name}.ipynb", cell)
                take(Shots(book, options.into))
                book.close()
        browser.close()


if __name__ == "__main__":
    main()
