"""The panel as a person meets it: runs, differences, bands side by side."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from skyseg.display.rendering import colour_labels

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_run_segments_in_another_process_and_shows_the_new_labels(book: Any) -> None:
    book.do("viewer.err_type = 'wht'; viewer.overwrite = True")
    before = book.ask("viewer.active._layers")["labels"]
    book.page.get_by_role("button", name="Run", exact=True).click()
    book.page.get_by_role("button", name="Cancel").wait_for()

    assert book.ask("6 * 7") == 42  # cells run meanwhile
    book.wait_until("not viewer.running", 60)
    assert book.ask("viewer.active._layers")["labels"] != before
    assert book.ask("data['F200W'].seg_args['err_type']") == "wht"
    assert book.ask("bool((viewer.active.sources.labels == data['F200W'].load_seg()).all())")
    book.page.get_by_text("F200W SEG wht: made").wait_for()


def test_cancel_leaves_what_was_there(book: Any) -> None:
    book.do("viewer.overwrite = True")
    made = book.ask("data['F200W'].seg_path.stat().st_mtime_ns")
    # the run waits for the lock, so that it cannot be done before it is cancelled
    book.do("from skyseg.products._lock import locked")
    book.do("from skyseg.products.names import ProductPaths")
    book.do("band = data['F200W']")
    book.do("held = locked(ProductPaths(band.seg_path, band.bkg_path, band.cat_path))")
    book.do("held.__enter__()")
    book.page.get_by_role("button", name="Run", exact=True).click()
    book.page.get_by_role("button", name="Cancel").click()
    book.page.get_by_text("cancelled").wait_for()
    book.wait_until("not viewer.running")
    book.do("held.__exit__(None, None, None)")

    assert book.ask("data['F200W'].seg_path.stat().st_mtime_ns") == made


def test_the_difference_has_a_legend_and_is_stepped_through(book: Any) -> None:
    book.do("viewer.drawer.show('Difference')")
    book.page.get_by_role("button", name="Compare", exact=True).click()
    book.wait_until("viewer.comparison is not None and not viewer.running", 60)
    legend = book.page.locator(".skyseg-legend")
    legend.wait_for()

    expect(legend.locator(".skyseg-legend-row")).to_have_count(4)
    for number in (0, 1):
        book.page.get_by_label("Next change").click()
        book.wait_until(f"viewer.change == {number}")
    book.page.locator(".skyseg-frame").wait_for()
    box = book.ask(
        "(lambda y0, y1, x0, x1: [x0, x1, y0, y1])(*viewer.differences.table.rows.get_box(1))"
    )
    book.wait_until(
        "(lambda left, lower, right, upper, x0, x1, y0, y1: left <= x0 <= x1 <= right "
        f"and lower <= y0 <= y1 <= upper)(*viewer.active.extent, *{box})"
    )
    grid = book.page.get_by_role("grid", name="Changes")
    row = grid.get_by_role("row", selected=True)
    expect(row.get_by_role("gridcell").first).to_have_text(
        book.ask("viewer.differences.table.rows.text(1, 0)")
    )
    expect(book.page.get_by_role("status").filter(has_text="at 2 of")).to_be_visible()

    header = grid.get_by_role("columnheader", name="significance")
    header.click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(row).to_have_count(1)
    row.click()
    grid.press("Home")
    book.wait_until("viewer.change == 0")
    grid.press("ArrowDown")
    book.wait_until("viewer.change == 1")


@pytest.mark.parametrize("shown", ["rms_err", "wht"])
def test_blink_shows_the_two_maps_in_turn_whichever_seg_map_is_shown(book: Any, shown: str) -> None:
    book.do(f"data.segment({shown!r}, progress=False); viewer.show_products()")
    book.do("viewer.comparison = band.difference('rms_err', 'wht')")
    x, y, label = book.ask(
        "(lambda a, b: (lambda y, x: [int(x), int(y), int(a[y, x])])"
        "(*(50 + __import__('numpy').argwhere(((a > 0) & (b == 0))[50:-50, 50:-50])[0])))"
        "(viewer.comparison.a.labels, viewer.comparison.b.labels)"
    )
    book.do("viewer.label_style = 'filled'; viewer.opacity = 1; viewer.difference_shown = False")
    book.do(f"viewer.region = (({x}, {y}), 6)")
    book.wait_for_view()
    book.page.get_by_role("checkbox", name="Blink").check()

    def is_of_a(picture: np.ndarray) -> bool:
        middle = picture[picture.shape[0] // 2 - 5, picture.shape[1] // 2 + 5]
        return bool(np.abs(middle - colour_labels(np.array(label))).max() <= 3)

    for _ in range(2):
        book.wait_for_picture(is_of_a)
        book.wait_for_picture(lambda picture: not is_of_a(picture))


def test_bands_side_by_side_move_together(book: Any) -> None:
    book.do("viewer.bands = ('F200W', 'F444W')")
    expect(book.canvas(1)).to_be_visible()
    book.wait_for_view()
    assert book.canvas(1).bounding_box()["width"] > 250

    book.do("viewer.region = ((200, 300), 80)")
    book.wait_for_view()
    left = book.ask("viewer.canvases[1].extent[0]")
    book.canvas(0).focus()
    book.page.keyboard.press("ArrowRight")
    book.wait_until(f"viewer.canvases[1].extent[0] > {left} + 1")
    book.wait_until(
        "max(abs(a - b) for a, b in zip(*(canvas.extent for canvas in viewer.canvases))) < 0.5"
    )

    x, y = book.ask(
        "[round(viewer.canvases[1].sources.catalogue[name][20].value - 1) "
        "for name in ('X_IMAGE', 'Y_IMAGE')]"
    )
    book.do(f"viewer.region = (({x}, {y}), 40)")
    book.wait_for_view()
    box = book.canvas(1).bounding_box()
    book.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    book.wait_until("viewer.active_band == 'F444W' and viewer.selected")
    assert book.ask(f"viewer.selected == data['F444W'].load_seg()[{y}, {x}]")


def test_bands_are_put_side_by_side_by_keys(book: Any) -> None:
    box = book.page.get_by_role("checkbox", name="F444W")
    own = book.page.get_by_role("checkbox", name="F200W")
    expect(own).to_be_checked()
    expect(own).to_be_disabled()  # one band is always shown

    box.focus()
    book.page.keyboard.press("Space")
    book.wait_until("viewer.bands == ('F200W', 'F444W')")
    expect(book.canvas(1)).to_be_visible()
    book.wait_for_view()
    own.focus()
    book.page.keyboard.press("Space")
    book.wait_until("viewer.bands == ('F444W',)")
    expect(book.page.locator(".skyseg-map")).to_have_count(1)
    expect(box).to_be_disabled()
    book.do("viewer.bands = ('F200W',)")
    expect(box).not_to_be_checked()


PREVIEWED = """
import numpy as np

def previewed():
    return int(viewer.active.tiles["preview"].pixels.max())

def is_exact():
    labels = viewer.active.tiles["preview"].pixels
    whole = data["F200W"].copy()
    whole.segment("rms_err", parameters=viewer.parameters, overwrite=True)
    true = whole.load_seg()[viewer.active.part_in_view()]
    pairs = np.unique(np.stack([labels.ravel(), true.ravel()]), axis=1)
    one_to_one = {len(np.unique(side)) for side in pairs} == {pairs.shape[1]}
    return labels.shape == true.shape and one_to_one and bool(((labels > 0) == (true > 0)).all())
"""


def outlined(picture: np.ndarray) -> int:
    """Pixels in the colour of preview outlines."""
    return int((np.abs(picture - (255, 176, 0)).max(axis=-1) < 30).sum())


def test_preview_shows_what_a_whole_run_would_give_and_apply_makes_it(book: Any) -> None:
    book.do(PREVIEWED)
    book.do("viewer.label_style = 'off'; viewer.region = ((250, 300), 120)")
    book.wait_for_view()
    assert outlined(book.picture()) == 0

    book.page.get_by_role("checkbox", name="Preview").check()
    book.wait_for_picture(lambda picture: outlined(picture) > 200)
    before = book.ask("previewed()")
    assert before > 3
    assert book.ask("is_exact()")

    # by the panel
    book.page.get_by_role("checkbox", name="All parameters").check()
    threshold = book.page.get_by_label("DETECT_THRESH")
    threshold.fill("12")
    threshold.press("Tab")
    book.wait_until(f"viewer.parameters.detect_thresh == 12 and previewed() < {before}")
    few = book.ask("previewed()")
    assert few > 0
    assert book.ask("is_exact()")
    book.page.get_by_text(f"preview: {few} sources in view").wait_for()

    # from a cell
    book.run_last_cell("viewer.parameters = viewer.parameters.replace(detect_thresh=3.0)")
    book.wait_until(f"previewed() > {few}")
    assert book.ask("is_exact()")
    expect(threshold).to_have_value("3")
    book.page.get_by_role("checkbox", name="All parameters").uncheck()

    book.page.get_by_role("checkbox", name="Overwrite").check()
    book.page.get_by_role("button", name="Apply", exact=True).click()
    book.page.get_by_text(re.compile("F200W SEG rms_err .*: made")).wait_for()
    book.wait_until("not viewer.running")
    assert book.ask("data['F200W'].seg_args['parameters'].detect_thresh") == 3
    assert book.ask("bool((viewer.active.sources.labels == data['F200W'].load_seg()).all())")

    book.page.get_by_role("checkbox", name="Preview").uncheck()
    book.wait_for_picture(lambda picture: outlined(picture) == 0)
    assert book.ask("'preview' not in viewer.active.tiles")


def test_run_is_in_view_however_long_the_panel_is(book: Any) -> None:
    run = book.page.get_by_role("button", name="Run", exact=True)
    book.page.get_by_role("checkbox", name="All parameters").check()
    book.page.locator(".skyseg-side").scroll_into_view_if_needed()
    last = book.page.get_by_role("textbox", name="ANALYSIS_THRESH")
    last.scroll_into_view_if_needed()

    expect(last).to_be_in_viewport()
    expect(run).to_be_in_viewport(ratio=1)
    run.click(trial=True)
    book.page.get_by_role("checkbox", name="All parameters").uncheck()


def test_the_panel_is_as_high_as_the_canvas_and_shows_several_parameters(book: Any) -> None:
    book.page.get_by_role("checkbox", name="All parameters").check()
    boxes = [book.page.locator(name).bounding_box() for name in (".skyseg-side", ".skyseg-stage")]
    panel, canvas = boxes
    assert panel["x"] > canvas["x"] + canvas["width"]
    assert panel["height"] == pytest.approx(canvas["height"], abs=4)

    first = book.page.get_by_label("DETECT_TYPE")
    first.evaluate("box => box.scrollIntoView({ block: 'start' })")
    shown = [
        name
        for name in ("DETECT_TYPE", "DETECT_MINAREA", "THRESH_TYPE", "DETECT_THRESH", "FILTER")
        if is_seen_whole(book.page.get_by_label(name, exact=True))
    ]
    assert len(shown) == 5, shown
    book.page.get_by_role("checkbox", name="All parameters").uncheck()


def is_seen_whole(control: Any) -> bool:
    """Whether nothing lies over the middle of a control's upper and lower edge."""
    return bool(
        control.evaluate(
            """control => {
                const { left, right, top, bottom } = control.getBoundingClientRect();
                const seen = (y) => document.elementFromPoint((left + right) / 2, y) === control;
                return seen(top + 2) && seen(bottom - 2);
            }"""
        )
    )


def test_in_full_screen_nothing_is_squeezed_and_one_bar_scrolls(book: Any) -> None:
    heights = """() => [...document.querySelectorAll(".skyseg-root .widget-button, " +
        ".skyseg-root .widget-toggle-button")].filter((each) => each.checkVisibility())
        .map((each) => each.getBoundingClientRect().height)"""
    usual = book.page.evaluate(heights)
    book.canvas().focus()
    book.page.keyboard.press("f")
    book.page.wait_for_function("document.fullscreenElement !== null")
    book.wait_for_canvas()
    assert book.page.evaluate(heights) == usual
    scrolled = """() => [".skyseg-drawer", ".skyseg-drawer > .widget-vbox"].map((each) => {
        const { scrollHeight, clientHeight } = document.querySelector(each);
        return scrollHeight - clientHeight;
    })"""
    assert max(book.page.evaluate(scrolled)) <= 1
    book.page.keyboard.press("f")
    book.page.wait_for_function("document.fullscreenElement === null")


def test_images_of_two_bands_blink_with_their_names_on_the_canvas(book: Any) -> None:
    book.do("viewer.drawer.show('Difference')")
    book.page.get_by_label("Blink image with").select_option("F444W")
    title = book.page.locator(".skyseg-title")
    for _ in range(2):
        expect(title).to_have_text("Blink: sample v1 F444W")
        other = book.picture()
        expect(title).to_have_text("Blink: sample v1 F200W")
        book.wait_for_picture(lambda picture, other=other: not np.array_equal(picture, other))
    book.do("viewer.blink_with, viewer.blink = '', False; viewer.drawer.show('Sources')")


def test_a_stack_is_made_in_the_browser_and_its_sources_are_measured_in_all_bands(
    book: Any,
) -> None:
    page = book.page
    page.get_by_label("Band", exact=True).select_option("stack of bands…")
    page.get_by_role("button", name="Make stack").click()
    book.wait_until("viewer.bands == ('F200W+F444W',) and not viewer.running")
    page.get_by_text("sample F200W+F444W is a stack of 2 bands").wait_for()
    page.get_by_role("button", name="Measure in all bands").click()
    page.get_by_text("sources of F200W+F444W").first.wait_for()
    book.wait_until("not viewer.running")
    assert book.ask("all(band.forced_phot for band in viewer.session.data()[:2])")
    book.do(
        "viewer.session.update({'stacks': (), 'band': ''}); "
        "viewer.use_bands({band.band: band for band in data})"
    )
