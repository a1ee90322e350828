"""How long an edit takes in the viewers: from the button to the new map, and to the new table.

    NAPARI_CONFIG= xvfb-run -a python benchmarks/bench_edit_viewers.py --side 8192 --sources 20000

A band is segmented and its journal given --edits edits in a temporary folder; then sources are
grown by the button of each panel. Times are in ms: of the clock, and of the processors, which
other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from bench_edits import edit_once, make_image
from qtpy.QtWidgets import QApplication

from skyseg import BandData, Edits
from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import list_frames
from skyseg.napari_plugin.widgets.edit_widget import EditWidget

_GROWN = 20


class Clock:
    """Notes when something is done, in ms after it was begun."""

    def __init__(self) -> None:
        self.times: dict[str, list[tuple[float, float]]] = {}

    def begin(self) -> None:
        """Begin to count."""
        self._begun = time.perf_counter(), time.process_time()

    def note(self, what: str) -> None:
        """Note that something is done."""
        now = time.perf_counter(), time.process_time()
        spent = tuple(1000 * (b - a) for a, b in zip(self._begun, now, strict=True))
        self.times.setdefault(what, []).append((spent[0], spent[1]))

    def report(self, viewer: str) -> None:
        """Print medians and the slowest."""
        for what, times in self.times.items():
            clock, spent = np.median(times, axis=0)
            slowest = np.max(times, axis=0)
            print(
                f"{viewer:<9} {what:<28} {clock:6.0f} ({slowest[0]:.0f} at most), "
                f"of the processors {spent:.0f} ({slowest[1]:.0f})"
            )


def make_band(folder: Path, side: int, sources: int, edits: int) -> BandData:
    """Segment a band, and give it a journal."""
    rng = np.random.default_rng(1)
    image = make_image(side, sources, rng)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [53.1, -27.8]
    wcs.wcs.crpix, wcs.wcs.cdelt = [side / 2, side / 2], [-0.04 / 3600, 0.04 / 3600]
    for role, pixels in (("sci", image), ("err", np.ones_like(image))):
        fits.writeto(folder / f"f444w_{role}.fits", pixels, wcs.to_header())
    band = BandData.from_files(
        folder / "f444w_sci.fits", folder / "f444w_err.fits", zero_point=28.9,
        work_dir=folder / "work",
    )  # fmt: skip
    band.segment(progress=False)
    journal = Edits(band)
    while len(journal) < edits:
        number = int(rng.choice(journal.map.numbers))
        try:
            edit_once(journal, number, rng)
        except ParameterError:
            continue
    assert band.products is not None
    journal.save(band.products.paths.journal)
    print(f"{side}^2, {len(band.load_cat())} sources, {len(journal)} edits")
    return band


def time_napari(band: BandData) -> None:
    """Press the button Grow in a window."""
    viewer = napari.Viewer(show=True)
    for layer in read_layers(band, ("SCI", "SEG"), list_frames(viewer.layers), outlined=True):
        put_layer(viewer, layer)
    widget = EditWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Edit")
    clock = Clock()
    clock.begin()
    _wait(lambda: widget.edit is not None and widget.edit.catalogue is not None)
    clock.note("journal read, replayed, measured")
    edit = widget.edit
    assert edit is not None
    edit.catalogue_changed.connect(lambda: clock.note("table"))
    for number in _choose(edit.edits):
        widget.session.selected = (number,)
        _wait(lambda: not edit.measuring)
        clock.begin()
        widget.do("grow")
        clock.note("layer has the new labels")
        QApplication.processEvents()
        clock.note("window drawn")
        before = len(clock.times.get("table", []))
        _wait(lambda before=before: len(clock.times.get("table", [])) > before)
    clock.report("napari")
    viewer.close()


def time_notebook(band: BandData) -> None:
    """Press the button Grow of the tab, and serve the tiles that a browser then asks for."""
    viewer = band.view()
    clock = Clock()
    clock.begin()
    viewer.drawer.show("Edit")
    edit = viewer.edits
    edit.wait()
    clock.note("journal read, replayed, measured")
    edit.catalogue_changed.connect(lambda: clock.note("table"))
    for number in _choose(edit.edits):
        viewer.session.selected = (number,)
        clock.begin()
        viewer.edit_tab.press("grow")
        clock.note("canvas told")
        for x in range(4):
            for y in range(4):
                viewer.active.tiles["labels"].tile(0, x, y)
        clock.note("16 new tiles served")
        edit.wait()
    clock.report("notebook")


def _choose(edits: Edits | None) -> list[int]:
    assert edits is not None
    return np.random.default_rng(3).choice(edits.map.numbers, _GROWN, replace=False).tolist()


def _wait(holds: Callable[[], bool]) -> None:
    while not holds():
        QApplication.processEvents()
        time.sleep(0.001)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--sources", type=int, default=20_000)
    parser.add_argument("--edits", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        band = make_band(Path(name), asked.side, asked.sources, asked.edits)
        time_notebook(band)
        time_napari(band)


if __name__ == "__main__":
    main()
