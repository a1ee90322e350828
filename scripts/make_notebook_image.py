"""Takes the picture of the notebook viewer that the documentation shows."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from skyseg.samples import make_survey

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tests" / "notebook" / "conftest.py"
CELL = """from skyseg import Data

data = Data.from_survey_version("sample", "v1")
data.segment(progress=False)
viewer = data.view(bands=["F444W"])
viewer"""


def main() -> None:
    """Open JupyterLab on a simulated survey, select a source, and save the picture."""
    spec = importlib.util.spec_from_file_location("lab", TOOLS)
    assert spec is not None
    assert spec.loader is not None
    tools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tools)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        make_survey(Path(folder) / "data", bands=("F200W", "F444W"), shape=(1000, 1200))
        lab = tools.Lab(Path(folder))
        try:
            lab.segment_survey()
            browser = driver.chromium.launch(
                executable_path=tools.CHROMIUM, headless=True, args=tools.FLAGS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            book = tools.Book(lab, page, "sample.ipynb", CELL)
            book.wait_for_canvas()
            book.do("viewer.selected = int(data['F444W'].load_cat()['ISOAREA_IMAGE'].argmax()) + 1")
            book.wait_for_canvas()
            book.canvas().hover(position={"x": 260, "y": 200})
            page.locator(".skyseg-readout").get_by_text("RA ").wait_for()
            page.locator(".jp-Notebook").screenshot(path=ROOT / "docs" / "images" / "notebook.png")
            browser.close()
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
