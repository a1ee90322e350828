"""The tables as a person meets them: mouse, keys, headers, and the canvas that follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

ORDER = "viewer.sources.browser.table.numbers.tolist()"


@pytest.fixture
def grid(book: Any) -> Any:
    found = book.page.get_by_role("grid", name="Sources")
    expect(found.get_by_role("row").nth(1)).to_contain_text("1")
    found.evaluate("grid => { grid.scrollIntoView({ block: 'center' }); grid.scrollTo(0, 0); }")
    expect(row_of(found, 0)).to_be_visible()
    return found


def row_of(grid: Any, place: int) -> Any:
    return grid.locator(f"[aria-rowindex='{place + 2}']")


def test_rows_are_selected_by_mouse_and_keys_and_the_canvas_follows(book: Any, grid: Any) -> None:
    row_of(grid, 1).click()
    book.wait_until("viewer.selection == (2,)")
    row_of(grid, 4).click(modifiers=["Control"])
    book.wait_until("viewer.selection == (2, 5)")
    row_of(grid, 6).click(modifiers=["Shift"])
    book.wait_until("viewer.selection == (5, 6, 7)")

    grid.press("ArrowUp")
    book.wait_until("viewer.selection == (6,)")
    grid.press("End")
    book.wait_until(f"viewer.selected == {ORDER}[-1]")
    expect(row_of(grid, book.ask(f"len({ORDER})") - 1)).to_be_in_viewport()
    left, _, _, upper = book.ask("viewer.active.sources.extent(viewer.selected)")
    book.wait_until(f"viewer.active.extent[0] <= {left} and viewer.active.extent[3] >= {upper}")

    book.do("viewer.selected = 3")
    expect(row_of(grid, 2)).to_have_attribute("aria-selected", "true")
    expect(row_of(grid, 2)).to_be_in_viewport()


def test_the_table_takes_the_width_that_is_there(book: Any, grid: Any) -> None:
    drawer = book.page.locator(".skyseg-drawer").bounding_box()
    table = grid.bounding_box()
    assert table["width"] > drawer["width"] / 2
    record = book.page.locator(".skyseg-values").locator("..").bounding_box()
    assert record["x"] - table["x"] - table["width"] > 8
    expect(book.page.get_by_role("button", name="Measure", exact=True)).to_be_hidden()


def test_a_header_sorts_and_stands_over_its_values(book: Any, grid: Any) -> None:
    header = grid.get_by_role("columnheader", name="MAG_AUTO", exact=False).first
    header.click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    magnitudes = book.ask("sorted(viewer.sources.browser.catalogue.columns['MAG_AUTO'].tolist())")
    column = header.get_attribute("aria-colindex")
    cell = row_of(grid, 0).locator(f"[aria-colindex='{column}']")
    expect(cell).to_have_text(f"{magnitudes[0]:.5g}")

    over, under = header.bounding_box(), cell.bounding_box()
    assert abs(over["x"] - under["x"]) < 1
    assert abs(over["width"] - under["width"]) < 1

    header.focus()
    header.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(header).to_be_focused()


def test_a_filter_is_shown_on_the_canvas_and_a_wrong_one_is_told(book: Any, grid: Any) -> None:
    def colourful(picture: np.ndarray) -> int:
        return int((np.ptp(picture, axis=-1) > 60).sum())

    book.do("viewer.label_style, viewer.opacity = 'filled', 1")
    book.wait_for_picture(lambda picture: colourful(picture) > 2000)
    box = book.page.get_by_role("searchbox", name="Filter").first
    box.fill("MAG_AUTO > 27")
    box.press("Enter")
    book.wait_until("viewer.filter == 'MAG_AUTO > 27'")
    book.wait_for_picture(lambda picture: 20 < colourful(picture) < 1000)
    expect(grid).to_have_attribute("aria-rowcount", str(1 + book.ask(f"len({ORDER})")))

    box.fill("MAG_AUTO <")
    box.press("Enter")
    expect(book.page.get_by_role("alert").filter(has_text="not understood")).to_be_visible()
    expect(box).to_have_attribute("aria-invalid", "true")
    assert book.ask("viewer.filter") == "MAG_AUTO > 27"


def test_columns_are_chosen_by_group_while_the_choice_stays_open(book: Any, grid: Any) -> None:
    button = book.page.get_by_role("button", name="Columns")
    button.click()
    group = book.page.get_by_role("group", name="Shapes")
    for name in ("ELONGATION", "THETA_IMAGE"):
        group.get_by_label(name, exact=True).check()
        expect(grid.get_by_role("columnheader", name=name)).to_have_count(1)
    group.get_by_label("ELONGATION", exact=True).uncheck()
    expect(grid.get_by_role("columnheader", name="ELONGATION")).to_have_count(0)
    button.click()
    expect(group).to_be_hidden()


def test_a_click_with_control_adds_the_source_under_it(book: Any) -> None:
    places = book.ask(
        "[[float(x.value) - 1, float(y.value) - 1] for x, y in "
        "viewer.active.sources.catalogue['X_IMAGE', 'Y_IMAGE'][:30:12]]"
    )
    book.page.keyboard.down("Control")
    for number, (x, y) in enumerate(places):
        book.page.mouse.click(*book.place_of(round(x), round(y)))
        book.wait_until(f"len(viewer.selection) == {number + 1}")
    book.page.keyboard.up("Control")

    assert book.ask("list(viewer.active._marked[::4])") == book.ask("list(viewer.selection)")


def test_sources_are_downloaded_to_the_browser(book: Any, tmp_path: Path) -> None:
    book.do("viewer.selection = (4, 2); viewer.sources.exports.form.label = 'CSV table'")
    with book.page.expect_download() as started:
        book.page.get_by_role("button", name="Download").click()
    started.value.save_as(tmp_path / "kept.csv")

    assert started.value.suggested_filename == "sources.csv"
    assert Table.read(tmp_path / "kept.csv")["NUMBER"].tolist() == [4, 2]
    expect(book.page.get_by_text("2 sources are downloaded as sources.csv")).to_be_visible()
