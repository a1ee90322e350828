"""The tab Mask as the kernel holds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skyseg
from skyseg.masks.bits import MaskBit
from skyseg.notebook.viewer import Viewer
from skyseg.panel.mask_looks import COLOURS
from skyseg.samples import make_survey

CORNERS = [
    (20.5, 30.5),
    (60.5, 30.5),
    (60.5, 50.5),
    (20.5, 50.5),
]  # of a canvas, whose 0 is an edge


@pytest.fixture
def viewer(tmp_path: Path) -> Viewer:
    make_survey(tmp_path, bands=("F200W", "F444W"), shape=(150, 140), seed=2)
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=tmp_path)
    made: Viewer = data.view(bands=["F200W", "F444W"])
    return made


def tell(viewer: Viewer, kind: str, corners: list[tuple[float, float]], canvas: int = 0) -> None:
    """Say what a browser says when a shape was drawn."""
    viewer.drawn._on_message(viewer.canvases[canvas], {"kind": kind, "corners": corners}, None)


def test_the_mask_is_made_and_shown_with_names_and_colours_of_its_bits(viewer: Viewer) -> None:
    tab, said = viewer.mask_tab, []
    tab.message.observe(lambda change: said.append(change.new), "value")
    tab.make.click()
    assert "looking for bad pixels, 0%" in said[0]
    assert tab.message.value == ""
    assert tab.shown.value
    assert tab.title.value == "<b>F200W: auto mask</b>"
    assert f"color:{COLOURS[MaskBit.EDGE]}" in tab.legend.value
    assert "EDGE" in tab.legend.value
    assert "mask" in viewer.canvases[0].tiles
    assert "mask" not in viewer.canvases[1].tiles
    viewer.active_band = "F444W"
    assert "mask" not in viewer.canvases[0].tiles
    assert tab.title.value == "<b>F444W: no mask</b>"
    tab.shown.value = False
    assert all("mask" not in canvas.tiles for canvas in viewer.canvases)


def test_an_ellipse_and_a_polygon_are_drawn_saved_and_used_by_the_next_run(viewer: Viewer) -> None:
    tab = viewer.mask_tab
    tab.tools["ellipse"].value = True
    assert viewer.active._tool == "ellipse"
    tell(viewer, "ellipse", CORNERS)
    assert viewer.active._tool == ""
    assert not tab.tools["ellipse"].value
    assert viewer.active._drawn[-1]["colour"] == COLOURS[MaskBit.ARTEFACT]
    tab.bit.value = MaskBit.STAR
    tab.tools["polygon"].value = True
    tell(viewer, "polygon", [(80.5, 80.5), (120.5, 85.5), (90.5, 120.5)])
    assert "2 changes not saved" in tab.title.value
    tab.undo.click()
    assert "1 change not saved" in tab.title.value
    tab.save.click()
    assert "the mask is saved" in tab.message.value
    band = viewer.session.data()["F200W"]
    bits, header = band.load_mask(incl_hdr=True)
    assert header["METHOD"] == "manual"
    assert bits[40, 40] & MaskBit.ARTEFACT
    assert not (bits & MaskBit.STAR).any()
    viewer.session.update({"mask": True, "exclude": ("ARTEFACT",)})
    viewer._side_panel.start()
    viewer._side_panel.wait()
    labels = viewer.session.data()["F200W"].load_seg()
    assert labels.any()
    assert not labels[(bits & MaskBit.ARTEFACT) > 0].any()


def paint(viewer: Viewer, points: list[list[float]], canvas: int = 0) -> None:
    """Say what a browser says when the mouse was dragged with a brush."""
    message = {"kind": "path", "points": points}
    viewer.canvases[canvas]._handle_custom_msg(message, [])


def test_bits_are_painted_and_erased_undone_saved_and_used_by_the_next_run(viewer: Viewer) -> None:
    tab = viewer.mask_tab
    tab.tools["paint"].value = True
    tab.width.value = 5
    paint(viewer, [[30.5, 40.5]])
    assert (tab.draft.bits == MaskBit.ARTEFACT).sum() == 13
    paint(viewer, [[30.5, 40.5], [90.5, 40.5]])
    assert viewer.active._tool == "paint"
    tab.bit.value = MaskBit.STAR
    tab.width.value = 11
    paint(viewer, [[60.5, 80.5]])
    paint(viewer, [[-900.5, 40.5]])  # beside the map
    assert "3 changes not saved" in tab.title.value
    tab.tools["erase"].value = True
    assert not tab.tools["paint"].value
    paint(viewer, [[60.5, 40.5]])
    assert tab.draft.bits[40, 60] == 0
    tab.undo.click()
    assert tab.draft.bits[40, 60] == MaskBit.ARTEFACT
    paint(viewer, [[80.5, 40.5]])
    shown = tab.draft.bits.copy()
    tab.save.click()
    assert "the mask is saved" in tab.message.value
    bits = viewer.session.data()["F200W"].load_mask()
    np.testing.assert_array_equal(bits & ~MaskBit.BAD, shown)
    assert shown[40, 50] == MaskBit.ARTEFACT
    assert shown[80, 60] == MaskBit.STAR
    assert shown[40, 80] == 0
    viewer.session.update({"mask": True, "exclude": ("ARTEFACT", "STAR")})
    viewer._side_panel.start()
    viewer._side_panel.wait()
    labels = viewer.session.data()["F200W"].load_seg()
    assert labels.any()
    assert not labels[shown > 0].any()


def test_a_brush_paints_on_the_band_that_it_runs_over_until_another_tab_is_opened(
    viewer: Viewer,
) -> None:
    viewer.drawer.show("Mask")
    tab = viewer.mask_tab
    tab.tools["paint"].value = True
    paint(viewer, [[30.5, 40.5], [50.5, 40.5]], canvas=1)
    assert (viewer.active_band, tab.draft.band.band) == ("F444W", "F444W")
    assert tab.draft.bits[40, 40] == MaskBit.ARTEFACT
    assert "mask" in viewer.canvases[1].tiles
    tab.shown.value = False
    paint(viewer, [[30.5, 40.5]])
    assert "mask" in viewer.canvases[0].tiles
    viewer.active_band = "F444W"
    assert tab.title.value == "<b>F444W: no mask, 1 change not saved</b>"
    viewer.drawer.show("Sources")
    assert not tab.tools["paint"].value
    paint(viewer, [[80.5, 90.5]], canvas=1)
    assert tab.draft.unsaved == 1


def test_what_is_drawn_goes_to_the_band_that_it_is_drawn_over(viewer: Viewer) -> None:
    tab = viewer.mask_tab
    tab.tools["ellipse"].value = True
    tell(viewer, "ellipse", CORNERS, canvas=1)
    assert viewer.active_band == "F444W"
    assert tab.draft.band.band == "F444W"
    assert tab.draft.unsaved == 1


def test_nothing_drawn_and_what_is_no_file_are_told(viewer: Viewer) -> None:
    viewer.mask_tab.save.click()
    assert "nothing is drawn" in viewer.mask_tab.message.value
    array = skyseg.view(np.zeros((40, 40), np.float32))
    array.mask_tab.make.click()
    assert "is no image on disk" in array.mask_tab.message.value
