"""The tab Region in a browser: a rectangle is dragged, and what is drawn is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

YELLOW, MARK, FRAME = (255, 214, 10), (0, 255, 255), (255, 55, 95)


@pytest.fixture
def tab(book: Any) -> Iterator[Any]:
    """The viewer with its tab Region open."""
    book.do("viewer.drawer.show('Region')")
    book.page.get_by_role("button", name="Draw rectangle").wait_for()
    yield book
    book.do(
        "viewer.drawn.take_tool(''); viewer.session.update({'places': (), 'marks': (), "
        "'target': None}); viewer.drawer.fold()"
    )


def pixels_of(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture has a colour: rows and columns."""
    return np.argwhere(np.abs(picture - colour).max(axis=-1) < 60)


def test_a_rectangle_is_dragged_over_the_image_and_drawn(tab: Any) -> None:
    tab.page.get_by_role("button", name="Draw rectangle").click()
    tab.wait_until("viewer.active._tool == 'rectangle'")
    tab.canvas().scroll_into_view_if_needed()
    (x0, y0), (x1, y1) = tab.place_of(100, 150), tab.place_of(300, 350)
    mouse = tab.page.mouse
    mouse.move(x0, y0)
    mouse.down()
    mouse.move(x1, y1, steps=8)
    mouse.up()
    tab.wait_until("len(viewer.session.places) == 1")
    width, height, name = tab.ask(
        "[viewer.session.places[0].width, viewer.session.places[0].height,"
        " viewer.session.places[0].name]"
    )
    side = tab.ask("float(data['F200W'].pix_scale.value)")
    assert (width, height) == (
        pytest.approx(200 * side, rel=0.03),
        pytest.approx(200 * side, rel=0.03),
    )
    assert name == "rectangle 1"
    assert not tab.ask("viewer.region_tab.draw.value")
    tab.do("viewer.region = None")
    tab.wait_for_view()
    drawn = pixels_of(tab.wait_for_picture(lambda now: len(pixels_of(now, YELLOW)) > 300), YELLOW)
    box = tab.canvas().bounding_box()
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    (left, lower), (right, upper) = tab.place_of(100, 150), tab.place_of(300, 350)
    np.testing.assert_allclose(low, (upper - box["y"], left - box["x"]), atol=6)
    np.testing.assert_allclose(high, (lower - box["y"], right - box["x"]), atol=6)


def test_marks_and_the_frame_around_a_place_are_seen(tab: Any) -> None:
    tab.do("viewer.mark(data['F200W'].load_cat(), name='truth')")
    place = tab.page.get_by_label("Place", exact=True)
    place.fill("12")
    place.press("Enter")
    tab.wait_until("viewer.session.target is not None")
    tab.wait_for_view()
    picture = tab.wait_for_picture(
        lambda now: len(pixels_of(now, FRAME)) > 40 and len(pixels_of(now, MARK)) > 20
    )
    middle = np.array(picture.shape[:2]) / 2
    framed = pixels_of(picture, FRAME)
    np.testing.assert_allclose((framed.min(axis=0) + framed.max(axis=0)) / 2, middle, atol=4)
    assert np.ptp(framed, axis=0) == pytest.approx((30, 30), abs=3)
    if folder := os.environ.get("SHOTS"):
        tab.page.screenshot(path=f"{folder}/region.png", full_page=True)
