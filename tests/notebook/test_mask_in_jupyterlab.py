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


def test_what_is_painted_by_mouse_is_shown_saved_and_without_a_source(book: Any) -> None:
    page, mouse = book.page, book.page.mouse
    x, y = book.ask(
        "(lambda made: [round(made[name][made['ISOAREA_IMAGE'].argmax()].value - 1) "
        "for name in ('X_IMAGE', 'Y_IMAGE')])(viewer.active.sources.catalogue)"
    )

    def drag(tool: str, *way: tuple[float, float]) -> None:
        page.get_by_role("button", name=tool, exact=True).click()
        book.wait_until(f"viewer.active._tool == '{tool.lower()}'")
        book.canvas().scroll_into_view_if_needed()
        mouse.move(*book.place_of(*way[0]))
        mouse.down()
        for place in way[1:]:
            mouse.move(*book.place_of(*place), steps=8)
        mouse.up()

    book.do("viewer.drawer.show('Mask')")
    page.get_by_role("spinbutton", name="Width").fill("20")
    page.keyboard.press("Tab")
    book.wait_until("viewer.mask_tab.width.value == 20")
    drag("Paint", (x - 25, y), (x + 25, y), (x + 25, y + 25))
    book.wait_until("viewer.mask_tab.draft.unsaved == 1")
    drag("Erase", (x + 25, y + 25))
    book.wait_until("viewer.mask_tab.draft.unsaved == 2")
    bits = "viewer.mask_tab.draft.bits[{}, {}] & 8"
    assert book.ask(bits.format(y, x))
    assert not book.ask(bits.format(y + 25, x + 25))
    page.get_by_role("button", name="Erase", exact=True).click()
    book.wait_until("viewer.active._tool == ''")
    page.get_by_role("button", name="Save mask").click()
    book.wait_until("viewer.mask_tab.draft.unsaved == 0")
    book.do("painted = (data['F200W'].load_mask() & 8) > 0")
    assert book.ask(f"painted[{y}, {x}] and labels[{y}, {x}]")
    chosen = "{'mask': True, 'exclude': ('ARTEFACT',), 'overwrite': True}"
    try:
        book.do(f"viewer.session.update({chosen})")
        page.get_by_role("button", name="Run", exact=True).click()
        book.wait_until("viewer.running")
        book.wait_until("not viewer.running", seconds=120)
        assert book.ask("data['F200W'].load_seg().any()")
        assert not book.ask("data['F200W'].load_seg()[painted].any()")
    finally:
        book.do("viewer.session.update({'mask': False, 'exclude': (), 'overwrite': False})")
        book.do("viewer.mask_tab.shown.value = False")
        book.do("data.segment(overwrite=True, progress=False)")
