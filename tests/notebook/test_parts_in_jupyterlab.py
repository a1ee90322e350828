"""Parts of a viewer that are shown by themselves, in a browser."""

from __future__ import annotations

from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

OPEN = """
from IPython.display import display
import ipywidgets
from skyseg import Data
data = Data.from_survey_version("sample", "v1")
data.segment(progress=False)
viewer = data.view()
"""
# what of each is seen once it is shown, whether or not its tab was opened before
PARTS = {
    "viewer.differences.box": "Compare",
    "viewer.edit_tab.box": "Delete",
    "viewer.region_tab.box": "Draw rectangle",
    "viewer.mask_tab.box": "Make mask",
    "viewer.assess_tab.box": "Assess",
    "viewer.sources.exports.box": "Download",
    "ipywidgets.VBox([viewer.differences.compare])": "Compare",
    "viewer": "Run",
}


LINES = """() => {
    const found = document.querySelectorAll(".skyseg-message > .widget-html-content");
    return [...found].map((each) => {
        const { lineHeight, fontSize } = getComputedStyle(each);
        return parseFloat(lineHeight) / parseFloat(fontSize);
    });
}"""


def test_lines_of_what_a_tab_says_lie_close(book: Any) -> None:
    book.do("for tab in ('Region', 'Edit', 'Assess'): viewer.drawer.show(tab)")
    book.page.get_by_role("button", name="Assess", exact=True).nth(1).wait_for()

    heights = book.page.evaluate(LINES)
    assert len(heights) >= 5
    assert max(heights) < 1.5


def test_each_part_is_shown_by_itself_before_its_tab_was_opened(empty_book: Any) -> None:
    book, page = empty_book, empty_book.page
    shown = "".join(f"display({part})\n" for part in PARTS)
    book.run_last_cell(OPEN + shown)
    outputs = page.locator(".jp-OutputArea-output:has(.jupyter-widgets)")
    expect(outputs).to_have_count(len(PARTS))
    expect(page.locator(".skyseg-map").first).to_be_visible()

    for place, (part, name) in enumerate(PARTS.items()):
        button = outputs.nth(place).get_by_role("button", name=name, exact=True)
        assert button.count(), part
        expect(button.first).to_be_visible()
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    expect(page.get_by_text("model not found")).to_have_count(0)
