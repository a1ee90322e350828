"""The notebook viewer on a large field: first view, zoom, frames, and what goes over the wire.

    python benchmarks/bench_notebook.py --side 10000 --sources 60000

A JupyterLab server and a headless Chromium are started; nothing is written outside a
temporary folder. Without --browser only the kernel's side is measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

CELL = """
import time, numpy as np, skyseg
side, number = {side}, {sources}
image = np.random.default_rng(1).standard_normal((side, side), dtype=np.float32)
per_side = int(number ** 0.5)
pitch = side // per_side
blocks = np.arange(1, per_side**2 + 1, dtype=np.int32).reshape(per_side, per_side)
stamp = np.zeros((pitch, pitch), np.int32)
stamp[pitch // 4 : pitch // 2, pitch // 4 : pitch // 2] = 1
labels = np.zeros((side, side), np.int32)
labels[: per_side * pitch, : per_side * pitch] = np.kron(blocks, stamp)
image[labels > 0] += 30
"""
VIEW = """
sent, counted = [], skyseg.notebook.canvas.BandCanvas.send
def count(self, content, buffers=None):
    sent.extend(map(len, buffers or []))
    counted(self, content, buffers)
skyseg.notebook.canvas.BandCanvas.send = count
viewer = skyseg.view(image, labels)
viewer
"""
REST = 1.0
WATCH = """() => {
    window.skysegDrawn = [];
    window.skysegWatch ??= new MutationObserver((changes) => {
        for (const { target } of changes) {
            if (target.matches(".skyseg-map") && target.getAttribute("aria-busy") === "false") {
                window.skysegDrawn.push(performance.now() / 1000);
            }
        }
    });
    window.skysegWatch.observe(document.body, { subtree: true, attributeFilter: ["aria-busy"] });
    return performance.now() / 1000;
}"""
FRAMES = """async (canvas, how) => {
    const box = canvas.getBoundingClientRect();
    let frames = 0, going = true;
    const tick = () => { frames++; if (going) requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
    const start = performance.now();
    const fire = (target, type, x, y) => target.dispatchEvent(
        new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, pointerId: 1,
                                 isPrimary: true, button: 0, buttons: 1 }));
    let x = box.x + 100, y = box.y + 100, key = "+";
    if (how === "drag") fire(canvas.querySelector(".ol-viewport"), "pointerdown", x, y);
    while (performance.now() - start < 3000) {
        if (how === "drag") {
            x += 2; y += 1;
            fire(document, "pointermove", x, y);
            await new Promise(requestAnimationFrame);
        } else {
            canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            key = key === "+" ? "-" : "+";
            await new Promise((done) => setTimeout(done, 250));
        }
    }
    going = false;
    if (how === "drag") fire(document, "pointerup", x, y);
    return frames / ((performance.now() - start) / 1000);
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000, help="pixels along a side")
    parser.add_argument("--sources", type=int, default=60_000, help="number of sources")
    parser.add_argument("--browser", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    cell = CELL.format(side=options.side, sources=options.sources)
    measure_kernel(cell)
    if options.browser:
        measure_browser(cell)


def measure_kernel(cell: str) -> None:
    """Measure what happens in the kernel alone."""
    import skyseg.notebook._opening
    import skyseg.notebook._snapshot

    field: dict[str, Any] = {}
    exec(cell, field)
    skyseg = field["skyseg"]
    start, cost = time.perf_counter(), time.process_time()
    viewer = skyseg.view(field["image"], field["labels"])
    opened = time.perf_counter()
    viewer._repr_mimebundle_()
    shown, cost = time.perf_counter(), time.process_time() - cost
    canvas = viewer.active
    sizes: dict[str, list[int]] = {"image": [], "labels": []}
    for name, found in sizes.items():
        for z in range(2):
            tiles = [canvas.tiles[name].tile(z, x, y) for x in range(4) for y in range(4)]
            found += [len(tile) for tile in tiles if tile]
    served = time.perf_counter()
    number = sum(map(len, sizes.values()))
    print(f"view()                      {opened - start:8.2f} s")
    print(f"picture for the notebook    {shown - opened:8.2f} s   pyramids included")
    print(f"both, of the processor      {cost:8.2f} s")
    print(f"a tile is served in         {1000 * (served - shown) / number:8.2f} ms")
    for name, found in sizes.items():
        print(f"bytes of a tile of {name:8s} {sum(found) / len(found):8.0f}")
    start = time.perf_counter()
    for pick in range(1000):
        canvas.pick(pick * 7 % 9000, pick * 13 % 9000)
    print(f"a pick takes                {time.perf_counter() - start:8.2f} ms")
    numbers = viewer.sources.read().table.numbers
    for some in (numbers, numbers[::2], numbers[:0]):
        start = time.perf_counter()
        viewer.selection = some
        took = 1000 * (time.perf_counter() - start)
        print(f"selecting {len(some):6d} takes      {took:8.2f} ms")
    for text in ("NUMBER > 30000", ""):
        start = time.perf_counter()
        viewer.filter = text
        took = 1000 * (time.perf_counter() - start)
        print(f"the filter {text!r:16} takes {took:8.2f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"largest memory              {peak:8.2f} GB")


def measure_browser(cell: str) -> None:
    """Measure what a person waits for."""
    from playwright.sync_api import sync_playwright

    path = Path(__file__).parents[1] / "tests" / "notebook" / "conftest.py"
    spec = importlib.util.spec_from_file_location("lab", path)
    assert spec is not None
    assert spec.loader is not None
    tools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tools)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        lab = tools.Lab(Path(folder))
        try:
            browser = driver.chromium.launch(
                executable_path=tools.CHROMIUM, headless=True, args=tools.FLAGS
            )
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            book = tools.Book(lab, page, "field.ipynb", cell)
            book.do("import skyseg.notebook._opening, skyseg.notebook._snapshot")
            look(book)
            browser.close()
        finally:
            lab.stop()


def look(book: Any) -> None:
    """Open the viewer, zoom in and drag."""
    start = book.page.evaluate(WATCH)
    book.run_last_cell(VIEW)
    print(f"first view in JupyterLab    {find_last_drawn(book) - start:8.2f} s", wire(book))
    start = book.page.evaluate(WATCH)
    book.do("sent.clear(); viewer.region = ((side // 2, side // 2), (700, 480))")
    print(f"zoom to 1:1                 {find_last_drawn(book) - start:8.2f} s", wire(book))
    for how, name in (("drag", "dragging"), ("zoom", "zooming ")):
        rate = book.canvas().evaluate(FRAMES, how)
        print(f"frames while {name}       {rate:8.1f} per second")
    look_through(book)


STALLS = """async (grid, how) => {
    const stalls = [];
    let before = performance.now(), going = true;
    const tick = (now) => {
        stalls.push(now - before);
        before = now;
        if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    const press = (key, more) => grid.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    grid.focus();
    const end = performance.now() + 3000;
    if (how === "choosing all") press("a", { ctrlKey: true });
    while (performance.now() < end) {
        if (how === "scrolling") grid.scrollTop += 400;
        if (how === "pages") press("PageDown");
        await new Promise((done) => setTimeout(done, 100));
    }
    going = false;
    stalls.sort((a, b) => b - a);
    return stalls.slice(0, 3);
}"""


def look_through(book: Any) -> None:
    """Go through the table of sources, and say how long the screen stood still at most."""
    grid = book.page.get_by_role("grid", name="Sources")
    grid.scroll_into_view_if_needed()
    for how in ("scrolling", "pages", "choosing all"):
        longest = grid.evaluate(STALLS, how)
        told = ", ".join(f"{each:.0f}" for each in longest)
        print(f"longest frames, {how:12s} {told} ms")


def find_last_drawn(book: Any) -> float:
    """Return when, in seconds, a canvas had drawn all that it asked for, and rested then.

    The browser itself notes it: neither it nor the kernel is asked meanwhile.
    """
    book.page.wait_for_function("window.skysegDrawn.length > 0", polling=500, timeout=60_000)
    while True:
        drawn = book.page.evaluate("window.skysegDrawn")
        time.sleep(REST)
        if drawn == book.page.evaluate("window.skysegDrawn"):
            return float(drawn[-1])


def wire(book: Any) -> str:
    """Say how many tiles went to the browser."""
    number, size = book.ask("[len([s for s in sent if s]), sum(sent)]")
    return f"  {number} tiles, {size / 2**20:.2f} MB"


if __name__ == "__main__":
    main()
