"""Texts of the viewer stand out from their ground in JupyterLab's dark and light themes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from skyseg.display.colours import LEAST_CONTRAST, measure_contrast
from skyseg.panel.assessed_views import draw_view

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

INK = inspect.signature(draw_view).parameters["ink"].default
TABS = ("Sources", "Difference", "Edit", "Assess", "Mask", "Region")

# Every text that is seen, with its colour and that of its ground: what is transparent lies on what
# is below it, over the canvas on white, the brightest that can be there.
FIND_TEXTS = """() => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const blend = (...colours) => {
    pixel.globalAlpha = 1;
    for (const [colour, alpha] of colours) {
      pixel.globalAlpha = alpha;
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
    }
    return "#" + [...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3)]
      .map((part) => part.toString(16).padStart(2, "0")).join("");
  };
  const groundOf = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      if (each.classList.contains("skyseg-stage")) break;
      layers.unshift([getComputedStyle(each).backgroundColor, 1]);
    }
    return [["white", 1], ...layers];
  };
  const opacityOf = (element) => element ?
    Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1;
  const found = [];
  const add = (element, text, style) => {
    if (!text.replace("■", "").trim()) return;
    if (!element.checkVisibility({ checkVisibilityCSS: true })) return;
    if (element.closest(":disabled, [aria-disabled=true]")) return;
    const ground = groundOf(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    found.push([text.trim().slice(0, 40), element.className.baseVal ?? element.className,
      blend(...ground, [colour, opacityOf(element)]), blend(...ground)]);
  };
  const isText = (node) => node.nodeType === Node.TEXT_NODE;
  for (const element of document.querySelectorAll(".skyseg-root, .skyseg-root *")) {
    const own = [...element.childNodes].filter(isText).map((node) => node.data).join(" ");
    add(element, own, getComputedStyle(element));
    if (element.matches("img.widget-image") && element.checkVisibility()) {
      const ground = groundOf(element);
      found.push(["a picture", element.className, blend(...ground, [INK, 1]), blend(...ground)]);
    }
    if (!element.matches("input:not([type=checkbox], [type=range]), select, textarea")) continue;
    const text = element.selectedOptions?.[0]?.text ?? element.value;
    add(element, text, getComputedStyle(element));
    if (!text) add(element, element.placeholder ?? "", getComputedStyle(element, "::placeholder"));
  }
  return found;
}"""


def choose_theme(book: Any, name: str) -> None:
    page = book.page
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    page.locator(".lm-Menu-itemLabel", has_text=name).first.click()
    is_light = str("Light" in name).lower()
    page.wait_for_selector(f"body[data-jp-theme-light={is_light}]", state="attached")


def show_tab(book: Any, tab: str) -> None:
    book.do(f"viewer.drawer.show({tab!r})")
    handle = book.page.get_by_role("button", name=tab, exact=True)
    handle.and_(book.page.locator(".mod-active")).wait_for()


def find_pale(book: Any) -> dict[tuple[str, str, str, str], float]:
    """Texts of too little contrast, and what it is."""
    texts = book.page.evaluate(FIND_TEXTS.replace("INK", repr(INK)))
    assert len(texts) > 40
    contrasts = {tuple(each): measure_contrast(*each[2:]) for each in texts}
    return {each: round(value, 2) for each, value in contrasts.items() if value < LEAST_CONTRAST}


@pytest.fixture(params=["JupyterLab Dark", "JupyterLab Light"])
def themed_book(request: pytest.FixtureRequest, book: Any) -> Iterator[Any]:
    choose_theme(book, request.param)
    yield book
    choose_theme(book, "JupyterLab Light")


def test_texts_of_panel_canvas_tables_and_tabs_can_be_read_in_both_themes(themed_book: Any) -> None:
    book, page = themed_book, themed_book.page
    book.do("viewer.comparison = band.difference('rms_err', 'wht'); viewer.change = 0")
    book.do("viewer.selected = 5")
    show_tab(book, "Sources")
    page.get_by_role("searchbox", name="Filter").first.fill("MAG_AUTO <")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not understood")).to_be_visible()
    page.get_by_role("checkbox", name="All parameters").check()
    book.canvas().hover(position={"x": 200, "y": 200})
    expect(page.locator(".skyseg-readout")).to_contain_text("SCI")
    expect(page.locator(".skyseg-legend-row")).to_have_count(4)

    book.do("pictures = [viewer.assess_tab.picture, viewer.why_view.picture]")
    book.do("for each in pictures: each.layout.display = None")

    pale = {}
    for tab in TABS:
        show_tab(book, tab)
        pale |= find_pale(book)
    page.get_by_role("checkbox", name="All parameters").uncheck()
    book.do("for each in pictures: each.layout.display = 'none'")
    assert not pale
