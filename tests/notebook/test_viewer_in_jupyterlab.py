"""The viewer as a person meets it: in JupyterLab, in a browser."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from skyseg.display.rendering import colour_labels

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_a_band_is_drawn_with_its_sources(book: Any) -> None:
    picture = book.picture()
    coloured = np.ptp(picture, axis=-1) > 40

    assert picture.shape[1] > 400
    assert picture.std() > 10
    assert coloured.sum() > 300


def test_labels_have_the_colours_that_plots_give_them(book: Any) -> None:
    number, x, y = book.ask(
        "(lambda n: [int(n), *map(float, [viewer.active.sources.catalogue['X_IMAGE'][n-1].value-1,"
        "viewer.active.sources.catalogue['Y_IMAGE'][n-1].value-1])])"
        "(1 + viewer.active.sources.catalogue['ISOAREA_IMAGE'].argmax())"
    )
    x, y = round(x), round(y)
    book.do(f"viewer.label_style = 'filled'; viewer.opacity = 1; viewer.region = (({x}, {y}), 6)")
    book.wait_for_view()
    picture = book.picture()
    middle = picture[picture.shape[0] // 2 + 5, picture.shape[1] // 2 + 5]

    assert book.ask(f"int(labels[{y}, {x}])") == number
    assert np.abs(middle - colour_labels(np.array(number))).max() <= 3


def test_dragging_and_the_wheel_move_the_region(book: Any) -> None:
    book.wait_for_view()
    before = book.ask("viewer.active.extent")
    box = book.canvas().bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = book.page.mouse

    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 100, y + 50, steps=20)
    # a hand that stops before it lets go does not send the map sliding on
    for back in (0.5, 0.0, 0.5, 0.0):
        book.page.wait_for_timeout(100)
        mouse.move(x + 100 + back, y + 50)
    book.page.wait_for_timeout(300)
    mouse.up()
    step = (before[2] - before[0]) / box["width"]
    book.wait_until(f"abs(viewer.active.extent[0] - {before[0]}) > {50 * step}")
    dragged = book.ask("viewer.active.extent")
    mouse.wheel(0, -300)
    book.wait_until(
        f"viewer.active.extent[2] - viewer.active.extent[0] < 0.9 * {box['width']} * {step}"
    )

    assert dragged[0] - before[0] == pytest.approx(-100 * step, abs=20 * step)
    assert dragged[1] - before[1] == pytest.approx(50 * step, abs=20 * step)
    assert book.ask("viewer.region[0].ra.deg") == pytest.approx(
        book.ask(
            "band.wcs.pixel_to_world(sum(viewer.active.extent[::2]) / 2 - 0.5, "
            "sum(viewer.active.extent[1::2]) / 2 - 0.5).ra.deg"
        ),
        abs=1e-9,
    )


def test_a_click_selects_the_source_under_it(book: Any) -> None:
    book.wait_for_view()
    truth = book.ask(
        "[[int(n), float(x.value) - 1, float(y.value) - 1] for n, x, y in "
        "viewer.active.sources.catalogue['NUMBER', 'X_IMAGE', 'Y_IMAGE'][:60:7]]"
    )
    for _, x, y in truth:
        book.page.mouse.click(*book.place_of(round(x), round(y)))
        number = book.ask(f"int(labels[{round(y)}, {round(x)}])")
        book.wait_until(f"viewer.selected == {number}")

    row = book.page.get_by_role("row", selected=True)
    expect(row.get_by_role("gridcell").first).to_have_text(str(number))


def test_the_readout_is_that_of_the_full_wcs_and_the_image(book: Any) -> None:
    book.wait_for_view()
    book.page.mouse.move(1, 1)
    readout = book.page.locator(".skyseg-readout")
    book.page.wait_for_function("document.querySelector('.skyseg-readout').textContent == ''")
    book.page.mouse.move(*book.place_of(200, 300))
    book.page.wait_for_function("document.querySelector('.skyseg-readout').textContent != ''")
    text = readout.text_content()
    x, y = map(float, re.search(r"x (\S+)  y (\S+)", text).groups())
    sky = book.ask(
        f"band.wcs.pixel_to_world({x} - 1, {y} - 1).to_string('hmsdms', sep=':', precision=2)"
    ).split()

    assert (x, y) == pytest.approx((201, 301), abs=1.5)
    assert "(from 1)" in text
    assert text.startswith(f"RA {sky[0]}")
    assert f"Dec {sky[1]}" in text
    value = book.ask(f"float(band.load_sci()[{int(y - 0.5)}, {int(x - 0.5)}])")
    assert float(text.split("SCI ")[1].split()[0]) == pytest.approx(value, rel=1e-4)


def test_a_cell_that_sets_traits_moves_the_view(book: Any) -> None:
    whole = book.ask("viewer.active.extent")

    book.run_last_cell("viewer.selected = 5")
    book.wait_until("viewer.selected == 5")
    book.wait_for_view()
    x0, y0, x1, y1 = book.ask("viewer.active.sources.extent(5)")
    left, lower, right, upper = book.ask("viewer.active.extent")
    assert right - left < whole[2] - whole[0]
    assert left < x0 < x1 < right
    assert lower < y0 < y1 < upper
    white = (book.picture() > 230).all(axis=-1)
    assert white[150:330, 150:500].sum() > 50

    book.do(
        "import astropy.units as u; from astropy.coordinates import SkyCoord\n"
        "viewer.region = (band.wcs.pixel_to_world(250, 300), 3 * u.arcsec)"
    )
    book.wait_for_view()
    left, lower, right, upper = book.ask("viewer.active.extent")
    assert ((left + right) / 2, (lower + upper) / 2) == pytest.approx((250.5, 300.5), abs=1)
    assert book.ask("viewer.session.region.x") == pytest.approx(
        book.ask("float(viewer.region[0].ra.deg)"), abs=1e-5
    )


def test_limits_and_stretch_go_both_ways(book: Any) -> None:
    before = book.picture().mean()
    limits = book.ask("list(viewer.limits)")
    stretch = book.page.get_by_label("Stretch")

    book.do(f"viewer.limits = ({limits[0]}, {limits[1] * 20}); viewer.stretch = 'linear'")
    expect(stretch).to_have_value("linear")
    book.wait_for_picture(lambda picture: picture.mean() < before / 2)
    stretch.select_option("asinh")
    book.page.get_by_label("High").fill(str(limits[1]))
    book.page.get_by_label("High").press("Tab")
    book.wait_until(f"viewer.limits[1] == {limits[1]!r} and viewer.stretch == 'asinh'")


def test_keys_move_and_step_and_do_not_reach_the_notebook(book: Any) -> None:
    book.wait_for_view()
    cells = book.page.locator(".jp-Cell").count()
    book.canvas().focus()

    before = book.ask("viewer.active.extent")
    book.page.keyboard.press("ArrowRight")
    book.wait_until(f"viewer.active.extent[0] > {before[0]}")
    book.page.keyboard.press("+")
    book.wait_until(
        f"viewer.active.extent[2] - viewer.active.extent[0] < {before[2] - before[0]} / 1.5"
    )
    for number in (1, 2, 3):
        book.page.keyboard.press("n")
        book.wait_until(f"viewer.selected == {number}")
    book.page.keyboard.press("p")
    book.wait_until("viewer.selected == 2")
    book.page.keyboard.press("c")
    book.wait_until("viewer.label_style == 'off'")
    for key in "bdd":
        book.page.keyboard.press(key)
    book.page.keyboard.press("Escape")
    book.wait_until("viewer.selected == 0")

    assert book.page.locator(".jp-Cell").count() == cells


def test_a_canvas_that_has_the_keys_has_a_frame_over_what_is_drawn(book: Any) -> None:
    book.do("viewer.region = ((100, 100), 20)")
    book.wait_for_view()
    book.canvas().focus()
    book.page.keyboard.press("Shift")

    rim = book.picture()[0, 4:-4]
    assert (rim == rim[0]).all()


def test_what_is_looked_at_stays_in_view_when_the_page_becomes_narrower(book: Any) -> None:
    book.do("viewer.region = ((250, 300), 60)")
    book.wait_for_view()
    wide = book.ask("viewer.active.extent")
    book.page.set_viewport_size({"width": 1000, "height": 1000})
    book.wait_until(f"viewer.active.extent[2] - viewer.active.extent[0] < {wide[2] - wide[0]} - 1")
    left, lower, right, upper = book.ask("viewer.active.extent")
    region = book.ask("[viewer.session.region.width, viewer.session.region.height]")
    book.page.set_viewport_size({"width": 1400, "height": 1000})
    book.wait_until(f"abs(viewer.active.extent[0] - {wide[0]}) < 0.01")

    assert left < 220.5 < 279.5 < right
    assert lower < 270.5 < 329.5 < upper
    assert region == pytest.approx([1.8, 1.8], rel=1e-3)  # nobody moved


@pytest.mark.parametrize("tab", ["Region", "Sources", "Difference"])
def test_every_control_has_a_name(book: Any, tab: str) -> None:
    book.do(f"viewer.drawer.show({tab!r})")
    handle = book.page.get_by_role("button", name=tab, exact=True)
    expect(handle).to_have_class(re.compile("mod-active"))
    nameless = book.page.evaluate(
        """() => [...document.querySelectorAll(
               '.jp-OutputArea input, .jp-OutputArea select, .jp-OutputArea button')]
             .filter(e => ![...(e.labels ?? []), e].some(
                 each => each.textContent.trim() && each.localName !== "select") &&
                 !e.ariaLabel)
             .map(e => e.outerHTML)"""
    )

    assert nameless == []


def test_the_view_answers_while_a_cell_runs(book: Any) -> None:
    book.do("viewer.region = ((250, 300), 60)")
    book.wait_for_view()
    started, end = book.lab.books / "started", book.lab.books / "end"
    book.run_last_cell(
        f"import pathlib, time; pathlib.Path({str(started)!r}).touch()\n"
        f"while not pathlib.Path({str(end)!r}).exists(): time.sleep(0.05)"
    )
    while not started.exists():
        book.page.wait_for_timeout(20)
    book.canvas().hover(position={"x": 200, "y": 200})

    try:
        book.page.locator(".skyseg-readout").get_by_text("SCI").wait_for()
    finally:
        end.touch()


def test_the_saved_notebook_holds_a_picture(book: Any) -> None:
    import base64

    import nbformat

    book.page.locator(".jp-Cell .cm-content").last.click()
    book.page.keyboard.press("Control+s")
    for _ in range(50):
        saved = nbformat.read(book.lab.books / book.name, as_version=4)
        outputs = [out for cell in saved.cells[:1] for out in cell.outputs if "data" in out]
        if outputs:
            break
        book.page.wait_for_timeout(100)
    picture = base64.b64decode(outputs[0]["data"]["image/png"])

    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000


def test_a_kernel_that_does_not_answer_or_was_restarted_is_said_to_be_gone(
    open_book: Callable[..., Any], complaints: list[str]
) -> None:
    book = open_book("restart.ipynb", "import numpy as np, skyseg\nskyseg.view(np.eye(300))")
    book.wait_for_canvas()
    kernel = int(book.do("import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    book.canvas().hover(position={"x": 100, "y": 100})
    silent = book.page.get_by_text("The kernel does not answer.")
    silent.wait_for()
    os.kill(kernel, signal.SIGCONT)
    silent.wait_for(state="hidden")

    book.page.get_by_role("button", name="Restart the kernel", exact=True).click()
    book.page.get_by_role("button", name="Confirm Kernel Restart").click()
    book.page.get_by_text("The kernel that made this view has stopped").wait_for()
    assert book.page.locator(".skyseg-drawer").evaluate("drawer => drawer.inert")
    book.page.get_by_text("| Idle").wait_for()

    book.page.locator(".jp-Cell .cm-content").first.click()
    book.page.keyboard.press("Shift+Enter")
    book.page.get_by_text("The kernel that made this view has stopped").wait_for(state="detached")
    book.wait_for_canvas()
    book.close()
    assert complaints == []


def test_keys_pressed_in_the_viewer_never_reach_the_notebook(book: Any) -> None:
    cells = book.page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    button = book.page.get_by_role("button", name="Run", exact=True)
    for control in (button, book.page.get_by_label("Stretch"), book.canvas()):
        control.focus()
        for key in ("x", "d", "d", "a", "m"):
            book.page.keyboard.press(key)

    assert cells.count() == before
    expect(book.canvas()).to_be_visible()


def test_the_view_is_made_higher_by_keys_and_turned_north_up(book: Any) -> None:
    book.page.locator(".skyseg-grip").focus()
    book.page.keyboard.press("ArrowDown")
    book.wait_until("viewer.height == 540")
    assert book.canvas().bounding_box()["height"] == pytest.approx(540, abs=3)
    book.do("viewer.height = 520")

    book.do("viewer.region = ((200, 300), 60); viewer.active._sky = "
            "{**viewer.active._sky, 'north': [1.0, 0.0], 'east': [0.0, 1.0]}")  # fmt: skip
    book.wait_for_view()
    extent = book.ask("viewer.active.extent")
    book.page.get_by_label("North up").check()
    book.wait_until("viewer.north_up and viewer.active.north_up")
    box = book.canvas().bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    book.page.mouse.move(middle[0], middle[1] - 100)
    book.page.wait_for_function("document.querySelector('.skyseg-readout').textContent != ''")
    text = book.page.locator(".skyseg-readout").text_content()
    x, y = map(float, re.search(r"x (\S+)  y (\S+)", text).groups())
    step = 100 * (extent[2] - extent[0]) / box["width"]
    assert (x, y) == pytest.approx((201 + step, 301), abs=1)
    assert book.ask("viewer.active.extent") == pytest.approx(extent, abs=0.1)
    book.page.get_by_label("North up").uncheck()
    book.wait_until("not viewer.north_up")


FIELD = """
import numpy as np, skyseg
rows = np.random.default_rng(1).standard_normal((100, 10_000), dtype=np.float32)
image = np.tile(rows, (100, 1))
blocks = np.arange(1, 250 * 250 + 1, dtype=np.int32).reshape(250, 250)
labels = np.kron(blocks, np.pad(np.ones((12, 12), np.int32), (10, 18)))
image[labels > 0] += 30
left = skyseg.view(image, labels)
left
"""


def test_a_field_of_10_000_x_10_000_and_a_second_viewer(empty_book: Any) -> None:
    book = empty_book
    book.run_last_cell(FIELD)
    book.wait_for_canvas()
    wait = "left.active._visible"
    book.wait_until(wait)
    assert book.ask("left.active.extent")[2] > 10_000

    book.do("left.region = ((5215.5, 7415.5), 300)")
    book.wait_for_canvas()
    box = book.canvas().bounding_box()
    book.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    book.wait_until("left.selected == labels[7415, 5215]")
    assert book.ask("left.selected") == 185 * 250 + 130 + 1

    book.run_last_cell("right = skyseg.view(image[:500, :700], labels[:500, :700])\nright")
    book.wait_for_canvas(1)
    book.do("right.selected = 3")
    assert book.ask("[left.selected, right.selected]") == [185 * 250 + 130 + 1, 3]


HIGH_NUMBERS = """
import numpy as np, skyseg
image = np.random.default_rng(1).standard_normal((3000, 3000), dtype=np.float32)
labels = np.zeros(image.shape, np.int32)
numbers = [2**24, 2**24 + 1, 2**25 + 2, 2**25 + 3, 2**31 - 2, 2**31 - 1]
for place, number in enumerate(numbers):
    y, x = 1000 + 300 * (place // 2), 1000 + 200 * (place % 2)
    labels[y : y + 200, x : x + 200] = number
viewer = skyseg.view(image, labels)
viewer.limits = (-5, 200)
viewer
"""


@pytest.fixture(scope="module")
def high_numbers(spare_book: Any) -> Any:
    spare_book.empty()
    spare_book.run_last_cell(HIGH_NUMBERS)
    spare_book.wait_for_canvas()
    return spare_book


@pytest.mark.parametrize("size", [3000, 450])
def test_numbers_beyond_those_of_single_precision_are_exact_from_afar_and_from_near(
    high_numbers: Any, complaints: list[str], size: int
) -> None:
    book = high_numbers
    for place, number in enumerate(book.ask("numbers")):
        x, y = 1000 + 200 * (place % 2), 1000 + 300 * (place // 2)
        book.do(f"viewer.selected = 0; viewer.region = ((1200, {y + 100}), {size})")
        book.wait_for_view()
        book.page.mouse.click(*book.place_of(x + 100, y + 100))
        book.wait_until(f"viewer.selected == {number}")

        def outline_is_that_of_this_one_alone(picture: np.ndarray, x: int = x, y: int = y) -> bool:
            box = book.canvas().bounding_box()
            corners = [*book.place_of(x - 0.5, y + 199.5), *book.place_of(x + 199.5, y - 0.5)]
            left, upper, right, lower = np.subtract(corners, [box["x"], box["y"]] * 2)
            top, side = int(upper) - 40, int(left) - 40  # nothing of the overlays is so near
            near = picture[top : int(lower) + 40, side : int(right) + 40]
            rows, columns = np.nonzero((near > 230).all(axis=-1))
            if not rows.size:
                return False
            found = [columns.min() + side, rows.min() + top, columns.max() + side, rows.max() + top]
            return bool(np.abs(np.subtract(found, [left, upper, right, lower])).max() < 4)

        book.wait_for_picture(outline_is_that_of_this_one_alone)
    assert complaints == []


def test_large_numbers_are_dimmed_by_the_filter_and_marked_where_several_are_selected(
    high_numbers: Any, complaints: list[str]
) -> None:
    book = high_numbers
    book.do("viewer.selected, viewer.region = 0, ((1200, 1400), 1000)")
    book.do("viewer.label_style, viewer.opacity = 'filled', 1.0")
    book.wait_for_view()

    def colourful(picture: np.ndarray) -> list[bool]:
        """Whether the middle of each source is in colour."""
        box, found = book.canvas().bounding_box(), []
        for place in range(6):
            middle = book.place_of(1100 + 200 * (place % 2), 1100 + 300 * (place // 2))
            x, y = np.subtract(middle, [box["x"], box["y"]]).astype(int)
            found.append(bool(np.ptp(picture[y, x]) > 15))
        return found

    def outlined(picture: np.ndarray) -> int:
        return int((picture > 250).all(axis=-1).sum())

    book.wait_for_picture(lambda picture: all(colourful(picture)))
    book.do("viewer.filter = f'NUMBER > {2**25 + 2}'")
    book.wait_for_picture(lambda picture: colourful(picture) == [False] * 3 + [True] * 3)
    book.do(
        "viewer.filter = ''; viewer.selection = numbers[:1]; viewer.region = ((1200, 1400), 1000)"
    )
    book.wait_for_view()
    one = outlined(book.wait_for_picture(lambda picture: outlined(picture) > 100))
    book.do("viewer.selection = numbers; viewer.region = ((1200, 1400), 1000)")
    book.wait_for_view()
    book.wait_for_picture(lambda picture: outlined(picture) > 4 * one)
    book.do("viewer.selected, viewer.label_style, viewer.opacity = 0, 'contour', 0.6")
    assert complaints == []


NO_WEBGL = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind.includes("webgl") ? null : get.call(this, kind, ...options);
};
"""


def test_without_webgl_a_picture_is_shown_and_why(
    open_book: Callable[..., Any], complaints: list[str]
) -> None:
    cell = "import numpy as np, skyseg\nviewer = skyseg.view(np.eye(300))\nviewer"
    book = open_book("still.ipynb", cell, NO_WEBGL)
    book.page.get_by_text("This browser has no WebGL").wait_for()
    picture = "document.querySelector('.skyseg-still')"
    book.page.wait_for_function(f"{picture}?.naturalWidth > 300")
    before = book.page.evaluate(f"{picture}.src")
    book.do("viewer.region = ((20, 20), 30)")
    book.page.wait_for_function(f"{picture}.src != '{before}'")
    book.close()
    assert complaints == []
