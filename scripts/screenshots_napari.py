"""Make docs/images/napari_*.png: each widget on the simulated survey.

Run under a display, for example with ``xvfb-run -a -s "-screen 0 1600x1200x24"``, and
with ``NAPARI_CONFIG=`` in the environment, so that no settings of a person are used.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
from napari.settings import get_plugin_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from skyseg.napari_plugin.viewer_session import get_session
from skyseg.samples import make_survey

SEG = "sample F444W SEG rms_err skyseg default"

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = (1440, 900)
WIDGETS = ("Segment", "Sources", "Region", "Difference")


def spin(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def until(done: Callable[[], Any]) -> None:
    """Let the window live until something is done."""
    end = time.monotonic() + 180
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("a widget did not finish in three minutes")
        spin(0.05)
    spin(1.0)


def open_window(archive: Path) -> tuple[napari.Viewer, dict[str, Any], dict[str, Any]]:
    """Open a window on the archive with all widgets as tabs."""
    viewer = napari.Viewer(show=True)
    get_plugin_settings()["skyseg"].imaging.open_fits = False
    viewer.window.resize(*SIZE)
    get_session(viewer).data_dir = archive
    docks, widgets = {}, {}
    for name in WIDGETS:
        docks[name], widgets[name] = viewer.window.add_plugin_dock_widget(
            "skyseg", name, tabify=bool(docks)
        )
    return viewer, docks, widgets


def save(viewer: napari.Viewer, dock: Any, name: str) -> None:
    """Write the window with one widget in front."""
    dock.raise_()
    spin(1.0)
    viewer.screenshot(str(IMAGES / f"napari_{name}.png"), canvas_only=False, flash=False)


def take(archive: Path) -> None:
    """Go through the widgets as a person would."""
    viewer, docks, widgets = open_window(archive)
    session = get_session(viewer)
    segment, sources = widgets["Segment"], widgets["Sources"]
    segment.run()
    until(lambda: not segment.panel.busy and sources.model.rowCount())
    save(viewer, docks["Segment"], "segment")
    viewer.layers.selection.active = viewer.layers[SEG]
    sources.filter.setText("MAG_AUTO < 26 & FLAGS == 0")
    sources.filter.returnPressed.emit()
    sources.table.sortByColumn(sources.rows.titles.index("MAG_AUTO"), Qt.SortOrder.AscendingOrder)
    sources.table.selectRow(4)
    until(
        lambda: (
            sources.details.pictures.pixmap() is not None
            and sources.details.pictures.pixmap().width()
        )
    )
    save(viewer, docks["Sources"], "sources")
    region = widgets["Region"]
    region.text.setText(str(session.selected[-1]))
    region.go.click()
    region.name.setText("a bright galaxy")
    region.remember.click()
    session.selected = ()
    viewer.layers.remove("Selected")
    region.side_by_side.setChecked(True)
    save(viewer, docks["Region"], "region")
    region.side_by_side.setChecked(False)
    session.band = "F444W"
    difference = widgets["Difference"]
    difference.compare_band_runs()
    until(difference.changes.model.rowCount)
    difference.changes.step(2)
    difference.changes.step(1)
    save(viewer, docks["Difference"], "difference")
    for layer in list(viewer.layers):
        layer.visible = layer.name in (
            "sample F444W SCI",
            SEG,
        )
    region.field.setValue(12)
    region.go.click()
    segment.panel.show_parameters.value = True
    session.preview = True
    session.parameters = session.parameters.replace(detect_thresh=4.0)
    until(lambda: "Preview" in viewer.layers)
    save(viewer, docks["Segment"], "preview")
    viewer.close()


def main() -> None:
    """Make the survey in a temporary folder, and the pictures of it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    # in the home folder, so that pictures show paths as a person's are
    with tempfile.TemporaryDirectory(prefix="survey-", dir=Path.home()) as folder:
        os.environ["SKYSEG_WORK_DIR"] = str(Path(folder) / "work")
        os.chdir(folder)
        make_survey("data", shape=(800, 800))
        take(Path("data"))


if __name__ == "__main__":
    main()
