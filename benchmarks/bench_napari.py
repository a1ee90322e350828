"""How the napari plugin holds a big band: open, stalls, pick, outlines, memory, table.

Run under a display, for example
``NAPARI_CONFIG= xvfb-run -a python benchmarks/bench_napari.py``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import napari
import numpy as np
import psutil
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.canvas.source_selection import SourceSelection
from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_browser import SourceBrowser
from skyseg.panel.source_table import FIRST_COLUMNS

TABLE_ROWS = 100_000


def make_field(folder: Path, side: int, sources: int) -> tuple[Path, Path, Any]:
    """Write a band and its labels: elliptical patches on noise; return their catalogue."""
    rng = np.random.default_rng(0)
    header = WCS(naxis=2)
    header.wcs.ctype, header.wcs.crval = ["RA---TAN", "DEC--TAN"], [53.1, -27.8]
    header.wcs.crpix, header.wcs.cdelt = [side / 2, side / 2], [-0.03 / 3600, 0.03 / 3600]
    cards = header.to_header()
    image = rng.standard_normal((side, side), dtype=np.float32)
    labels = np.zeros((side, side), np.int32)
    cells = int(np.ceil(np.sqrt(sources)))
    step = side // cells
    grid = np.mgrid[:step, :step] - step / 2
    rows = []
    for number in range(1, sources + 1):
        y, x = divmod(number - 1, cells)
        a, b = rng.uniform(3, step / 2.5, 2)
        inside = (grid[0] / a) ** 2 + (grid[1] / b) ** 2 < 1
        part = slice(y * step, (y + 1) * step), slice(x * step, (x + 1) * step)
        labels[part][inside] = number
        image[part][inside] += 20
        iy, ix = np.nonzero(inside)
        rows.append((number, x * step + ix.min() + 1, x * step + ix.max() + 1,
                     y * step + iy.min() + 1, y * step + iy.max() + 1))  # fmt: skip
    science, seg = folder / "big-f444w_sci.fits", folder / "big-f444w_seg.fits"
    fits.writeto(science, image, cards)
    packed = fits.CompImageHDU(labels, cards, name="SEG", tile_shape=(256, 256))
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(seg)
    names = ["NUMBER", "XMIN_IMAGE", "XMAX_IMAGE", "YMIN_IMAGE", "YMAX_IMAGE"]
    return science, seg, QTable(rows=rows, names=names)


def middle_of(row: Any) -> tuple[float, float]:
    """Row and column in the middle of a source."""
    y, x = (row[f"{axis}MIN_IMAGE"] + row[f"{axis}MAX_IMAGE"] for axis in "YX")
    return y / 2 - 1, x / 2 - 1


def settled() -> None:
    """Let the window draw what it has to."""
    for _ in range(5):
        QApplication.processEvents()


def timed(action: Callable[[], Any]) -> float:
    """Seconds that an action takes until the window has drawn it."""
    start = time.perf_counter()
    action()
    settled()
    return time.perf_counter() - start


def report(what: str, value: float, limit: float, unit: str) -> None:
    """Print one figure and its limit."""
    verdict = "ok" if value <= limit else "over"
    print(f"{what:<38} {value:9.3f} {unit:<3} limit {limit:g} {unit}  {verdict}")


def main() -> None:
    """Make the field, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000, help="pixels along a side")
    parser.add_argument("--sources", type=int, default=60_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options.side, options.sources)


def measure(folder: Path, side: int, sources: int) -> None:
    """Open the field in a window and print the figures."""
    with ProcessPoolExecutor(1, get_context("spawn")) as others:
        science, seg, table = others.submit(make_field, folder, side, sources).result()
    process = psutil.Process()
    before = process.memory_info().rss
    viewer = napari.Viewer(show=True)
    settled()
    session = get_session(viewer)
    empty = process.memory_info().rss

    for _ in range(2):  # the first ones of a window cost more
        bare = [
            timed(partial(viewer.layers.append, each))
            for each in (Image(np.zeros((2, 2))), Labels(np.zeros((2, 2), np.uint8)))
        ]
        viewer.layers.clear()
        settled()

    def open_band() -> Layer:
        layer = Layer.create(*read_paths(str(science))[0])
        viewer.layers.append(layer)
        viewer.fit_to_view()
        return layer

    report("open SCI to first picture", timed(open_band), 3, "s")
    start = time.perf_counter()
    layer = Layer.create(*read_paths(str(seg))[0])
    made = time.perf_counter() - start
    stall = timed(lambda: viewer.layers.append(layer))
    report("open SEG", made + stall, 3, "s")
    report("of it in the window's own thread", 1000 * stall, 100, "ms")
    for what, seconds in zip(("an image", "labels"), bare, strict=True):
        print(f"{f'napari alone: {what} of 2 x 2 pixels':<38} {1000 * seconds:9.3f} ms")
    info = get_info(layer)
    assert info is not None
    selection = SourceSelection(viewer, SourceBrowser(session))
    selection.browser.use(Catalogue(table), info)
    timed(lambda: selection.select_at(info.to_world(100, 100)))
    rng = np.random.default_rng(1)
    chosen = table[rng.integers(0, sources, 20)]
    places = [info.to_world(*middle_of(row)) for row in chosen]
    picks, frames = [], []
    for place in places:
        start = time.perf_counter()
        selection.select_at(place)
        picks.append(time.perf_counter() - start)
        frames.append(timed(lambda: None))
    report("select by click, slowest of 20", 1000 * max(picks), 50, "ms")
    print(f"{'the frame that is drawn after it':<38} {1000 * max(frames):9.3f} ms")
    contours = []
    for contour in (1, 0, 1, 0):
        contours.append(timed(lambda contour=contour: setattr(layer, "contour", contour)))
    report("switch outlines, slowest of 4", 1000 * max(contours), 100, "ms")
    layer.contour = 1
    measure_outlines(viewer)
    selection.session.selected = (sources // 2,)
    print(f"{'fly to a source':<38} {1000 * timed(selection.go_to_current):9.3f} ms")
    used = process.memory_info().rss
    report("memory of the process", used / 1e9, 1.5, "GB")
    mapped = sum(m.rss for m in process.memory_maps() if m.path.endswith("_sci.fits")) / 1e9
    print(f"{'of it the mapped file, which can go':<38} {mapped:9.3f} GB")
    print(f"{'an empty window':<38} {(empty - before) / 1e9:9.3f} GB above the program")
    viewer.layers.clear()
    measure_table(viewer)
    viewer.close()


def measure_outlines(viewer: napari.Viewer) -> None:
    """Zoom and move the view while outlines are drawn, and print the longest stalls."""
    outlines, camera = draw_outlines(viewer), viewer.scene.camera
    start, stalls, waits = camera.zoom, [], []
    for step in range(24):
        asked = last = time.perf_counter()
        camera.zoom = start * 1.4 ** min(step, 24 - step)
        camera.center = (0.0, 3.0 * step, 2.0 * step)
        while outlines.working:
            QApplication.processEvents()
            now = time.perf_counter()
            stalls.append(now - last)
            last = now
        waits.append(last - asked)
    report("zoom with outlines, longest stall", 1000 * max(stalls), 100, "ms")
    print(f"{'until the outlines fit the view':<38} {1000 * max(waits):9.3f} ms")


def measure_table(viewer: napari.Viewer) -> None:
    """Work on a table of 100 000 rows in the window, and print the slowest steps."""
    rng = np.random.default_rng(2)
    columns = {name: rng.uniform(0, 100, TABLE_ROWS) for name in FIRST_COLUMNS}
    columns["NUMBER"] = np.arange(1, TABLE_ROWS + 1, dtype=np.int32)
    columns["FLAGS"] = rng.integers(0, 4, TABLE_ROWS).astype(np.int16)
    widget = SourcesWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Sources")
    settled()
    table, bar = widget.table, widget.table.verticalScrollBar()
    catalogue = Catalogue(QTable(columns))
    widget.browser.use(catalogue)

    def change(how: Callable[[Any], None], value: Any) -> None:
        how(value)
        widget.model.refresh()

    steps: dict[str, Callable[[], Any]] = {
        "show": partial(change, widget.rows.show, catalogue),
        "sort": lambda: table.sortByColumn(3, Qt.SortOrder.AscendingOrder),
        "filter": partial(change, widget.rows.filter, "MAG_AUTO < 26 & FLAGS == 0"),
        "all": partial(change, widget.rows.filter, ""),
        "scroll": lambda: bar.setValue(bar.maximum() // 2),
        "select a row": lambda: table.selectRow(TABLE_ROWS // 2),
        "select all": table.selectAll,
        "sort all selected": lambda: table.sortByColumn(1, Qt.SortOrder.DescendingOrder),
    }
    for what, step in steps.items():
        report(f"table of {TABLE_ROWS} rows: {what}", 1000 * timed(step), 100, "ms")


if __name__ == "__main__":
    main()
