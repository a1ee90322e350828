"""How the napari plugin holds a big band: open, stalls, pick, outlines, memory, table.

Run under a display, for example
``NAPARI_CONFIG= xvfb-run -a python benchmarks/bench_napari.py``. Beside the time of the clock
stands that of the processors, which other work on the machine changes less.
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
from typing import Any, NamedTuple

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


class Spent(NamedTuple):
    """Seconds of the clock, and of the processors."""

    clock: float
    processors: float

    @classmethod
    def since(cls, start: Spent) -> Spent:
        """Tell what was spent since a moment."""
        now = cls.now()
        return cls(now.clock - start.clock, now.processors - start.processors)

    @classmethod
    def now(cls) -> Spent:
        """Note a moment."""
        return cls(time.perf_counter(), time.process_time())


def settled() -> None:
    """Let the window draw what it has to."""
    for _ in range(5):
        QApplication.processEvents()


def timed(action: Callable[[], Any]) -> Spent:
    """Measure what an action takes until the window has drawn it."""
    start = Spent.now()
    action()
    settled()
    return Spent.since(start)


def find_longest(action: Callable[[], Any]) -> Spent:
    """Measure the longest time without an event, as an action is done and drawn."""
    stalls = [_time_once(action)]
    stalls += [_time_once(QApplication.processEvents) for _ in range(5)]
    return max(stalls)


def _time_once(action: Callable[[], Any]) -> Spent:
    start = Spent.now()
    action()
    return Spent.since(start)


def report(what: str, spent: Spent, limit: float | None = None, unit: str = "ms") -> None:
    """Print one time and its limit."""
    clock, processors = (each * (1000 if unit == "ms" else 1) for each in spent)
    told = f"{what:<38} {clock:9.3f} {unit:<3} of the processors {processors:9.3f} {unit:<3}"
    verdict = "" if limit is None else _judge(clock, limit, unit)
    print(f"{told} {verdict}".rstrip())


def _judge(value: float, limit: float, unit: str) -> str:
    return f"limit {limit:g} {unit}  {'ok' if value <= limit else 'over'}"


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
            find_longest(partial(viewer.layers.append, each))
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
    start = Spent.now()
    layer = Layer.create(*read_paths(str(seg))[0])
    stall = find_longest(lambda: viewer.layers.append(layer))
    report("open SEG", Spent.since(start), 1.2, "s")
    report("longest stall as it is shown", stall, 1000 * bare[1].clock + 100)
    for what, spent in zip(("an image", "labels"), bare, strict=True):
        report(f"napari alone: {what} of 2 x 2 pixels", spent)
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
        picks.append(_time_once(partial(selection.select_at, place)))
        frames.append(timed(lambda: None))
    report("select by click, slowest of 20", max(picks), 50)
    report("the frame that is drawn after it", max(frames))
    contours = []
    for contour in (1, 0, 1, 0):
        contours.append(timed(lambda contour=contour: setattr(layer, "contour", contour)))
    report("switch outlines, slowest of 4", max(contours), 100)
    layer.contour = 1
    measure_outlines(viewer)
    selection.session.selected = (sources // 2,)
    report("fly to a source", timed(selection.go_to_current))
    used = process.memory_info().rss / 1e9
    print(f"{'memory of the process':<38} {used:9.3f} GB  {_judge(used, 1.0, 'GB')}")
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
        asked = last = Spent.now()
        camera.zoom = start * 1.4 ** min(step, 24 - step)
        camera.center = (0.0, 3.0 * step, 2.0 * step)
        while outlines.working:
            QApplication.processEvents()
            stalls.append(Spent.since(last))
            last = Spent.now()
        waits.append(Spent.since(asked))
    report("zoom with outlines, longest stall", max(stalls), 100)
    report("until the outlines fit the view", max(waits))


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
        report(f"table of {TABLE_ROWS} rows: {what}", timed(step), 100)


if __name__ == "__main__":
    main()
