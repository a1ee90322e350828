"""The tab Mask in a real browser."""

from __future__ import annotations

from typing import Any

import numpy as np

BLUE = np.array([86, 180, 233])


def test_a_mask_is_made_shown_drawn_on_and_saved_in_the_browser(book: Any) -> None:
    page = book.page
    book.do("viewer.drawer.show('Mask')")
    page.get_by_role("button", name="Make mask").click()
    book.wait_until("viewer.mask_tab.shown.value")

    def tinted(picture: np.ndarray) -> int:
        return int((picture[..., 2] - picture[..., 0] > 60).sum())

    book.wait_for_picture(lambda picture: tinted(picture) > 5000)
    page.get_by_role("button", name="Draw ellipse").click()
    book.wait_until("viewer.active._tool == 'ellipse'")
    book.canvas().scroll_into_view_if_needed()
    start, end = book.place_of(150, 200), book.place_of(230, 260)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*[(a + b) / 2 for a, b in zip(start, end, strict=True)])
    page.mouse.move(*end)
    page.mouse.up()
    book.wait_until("viewer.mask_tab.draft.unsaved == 1")

    page.get_by_role("button", name="Draw polygon").click()
    book.wait_until("viewer.active._tool == 'polygon'")
    book.canvas().scroll_into_view_if_needed()
    for place in ((300, 300), (380, 310)):
        page.mouse.click(*book.place_of(*place))
        page.wait_for_timeout(400)
    page.mouse.dblclick(*book.place_of(340, 400))
    book.wait_until("viewer.mask_tab.draft.unsaved == 2")
    assert book.ask("viewer.selected") == 0
    page.get_by_role("button", name="Save mask").click()
    book.wait_until("viewer.mask_tab.draft.unsaved == 0")
    drawn = "viewer.mask_tab.draft.bits[{}, {}] & 8"
    assert book.ask(drawn.format(230, 190))
    assert book.ask(drawn.format(330, 340))
    assert not book.ask(drawn.format(202, 152))
    book.do("viewer.mask_tab.shown.value = False")
