"""Make docs/images/napari_*.png: each widget on the simulated survey.

Run under a display, for example with ``xvfb-run -a -s "-screen 0 2000x1200x24"``, and
with ``NAPARI_CONFIG=`` in the environment, so that no settings of a person are used.
``--into FOLDER --theme light --size 1280 720`` makes others, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
from napari.settings import get_plugin_settings, get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.samples import make_survey

SEG = "sample F444W SEG rms_err"

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = (1440, 900)
WIDGETS = ("Segment", "Sources", "Region", "Difference", "Mask", "Assess", "View", "Edit")
PUT_IN = 200  # sources, for the completeness
PSF = "0.15"  # arcsec


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


class Shots:
    """A window on the archive with all widgets as tabs, and the pictures of it."""

    def __init__(self, archive: Path, options: argparse.Namespace) -> None:
        get_settings().appearance.theme = options.theme
        self.into: Path = options.into
        self.viewer = napari.Viewer(show=True)
        get_plugin_settings()["skyseg"].imaging.open_fits = False
        self.viewer.window.resize(*options.size)
        get_session(self.viewer).data_dir = archive
        self.docks: dict[str, Any] = {}
        self.widgets: dict[str, Any] = {}
        for name in WIDGETS:
            self.docks[name], self.widgets[name] = self.viewer.window.add_plugin_dock_widget(
                "skyseg", name
            )
        spin(1.0)

    def save(self, widget: str, name: str) -> None:
        """Write the window with one widget in front."""
        self.docks[widget].raise_()
        spin(1.5)
        until(lambda: not draw_outlines(self.viewer).working)
        path = self.into / f"napari_{name}.png"
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)


def take(shots: Shots) -> None:
    """Go through the widgets as a person would."""
    viewer, widgets = shots.viewer, shots.widgets
    session = get_session(viewer)
    segment, sources = widgets["Segment"], widgets["Sources"]
    segment.run()
    until(lambda: not segment.panel.busy and sources.model.rowCount())
    shots.save("Segment", "segment")
    viewer.layers.selection.active = viewer.layers[SEG]
    sources.filter.line.setText("MAG_AUTO < 26 & FLAGS == 0")
    sources.filter.line.returnPressed.emit()
    sources.table.sortByColumn(sources.rows.titles.index("MAG_AUTO"), Qt.SortOrder.AscendingOrder)
    sources.table.selectRow(4)
    until(
        lambda: (
            sources.details.pictures.pixmap() is not None
            and sources.details.pictures.pixmap().width()
        )
    )
    shots.save("Sources", "sources")
    region = widgets["Region"]
    region.text.setText(str(session.selected[-1]))
    region.go.click()
    region.name.setText("a bright galaxy")
    region.remember.click()
    session.selected = ()
    viewer.layers.remove("Selected")
    region.side_by_side.setChecked(True)
    shots.save("Region", "region")
    region.side_by_side.setChecked(False)
    session.band = "F444W"
    difference = widgets["Difference"]
    difference.compare_band_runs()
    until(difference.changes.model.rowCount)
    difference.changes.step(2)
    difference.changes.step(1)
    shots.save("Difference", "difference")
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
    shots.save("Segment", "preview")
    session.preview = False
    take_mask(shots)
    take_assess(shots)
    take_why(shots)
    take_view(shots)
    take_edit(shots)
    viewer.close()


def take_mask(shots: Shots) -> None:
    """Show the bits of a mask over a corner of the image."""
    mask, viewer = shots.widgets["Mask"], shots.viewer
    viewer.fit_to_view()
    first, last = viewer.layers[SEG].extent.world
    viewer.scene.camera.zoom *= 2
    viewer.scene.camera.center = tuple(first + 0.28 * (last - first))
    mask.make.click()
    until(lambda: mask.shown.isChecked() and mask.make.isEnabled())
    shots.save("Mask", "mask")
    mask.shown.setChecked(False)


def take_assess(shots: Shots) -> None:
    """Show how complete a run is by magnitude, beside a part of the image."""
    assess, viewer = shots.widgets["Assess"], shots.viewer
    viewer.layers.selection.active = viewer.layers[SEG]
    shots.widgets["Sources"].filter.line.clear()
    shots.widgets["Region"].go.click()
    assess.number.setValue(PUT_IN)
    assess.psf.setText(PSF)
    assess.button.click()
    until(lambda: not assess.assessing.running and assess.assessing.found is not None)
    shots.save("Assess", "assess")


def take_why(shots: Shots) -> None:
    """Show why a pixel is in a source."""
    sources, viewer = shots.widgets["Sources"], shots.viewer
    viewer.layers.selection.active = viewer.layers[SEG]
    sources.filter.line.clear()
    sources.table.selectRow(4)
    sources.why.button.click()
    until(lambda: sources.why.answers.answer is not None)
    shots.save("Sources", "why")
    sources.why.button.click()


def take_view(shots: Shots) -> None:
    """Show three bands in colour, with the outlines of one, a colour for each map."""
    view, viewer = shots.widgets["View"], shots.viewer
    view.colours.textActivated.emit("map")
    view.outlines.setCurrentIndex(view.outlines.findText("sample F444W"))
    view.outlines.activated.emit(view.outlines.currentIndex())
    view.show_rgb.setChecked(True)
    until(lambda: any(layer.name.startswith("RGB") for layer in viewer.layers))
    shots.save("View", "view")


def take_edit(shots: Shots) -> None:
    """Merge two galaxies, and look at the parts of a split before it is done."""
    edit, viewer = shots.widgets["Edit"], shots.viewer
    viewer.layers.selection.active = viewer.layers[SEG]
    until(lambda: edit.edit is not None and edit.edit.catalogue is not None)
    pair = [int(edit.edit.labels[place]) for place in ((551, 447), (570, 462))]
    edit.session.selected = tuple(pair)
    edit.why.setText("one galaxy?")
    edit.do("merge")
    edit.buttons.buttons["contrast"].click()
    edit.box.slider.setValue(0)
    shots.docks["Edit"].raise_()
    spin(1.5)
    shots.docks["Edit"].grab().save(str(shots.into / "napari_edit.png"))


def main() -> None:
    """Make the survey in a temporary folder, and the pictures of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=IMAGES, help="folder of the pictures")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", type=int, nargs=2, default=SIZE, help="of the window")
    options = parser.parse_args()
    options.into = options.into.absolute()
    options.into.mkdir(parents=True, exist_ok=True)
    # in the home folder, so that pictures show paths as a person's are
    with tempfile.TemporaryDirectory(prefix="survey-", dir=Path.home()) as folder:
        os.environ["SKYSEG_WORK_DIR"] = str(Path(folder) / "work")
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        os.chdir(folder)
        make_survey("data", shape=(800, 800))
        take(Shots(Path("data"), options))


if __name__ == "__main__":
    main()
