"""Stacks, masks and forced photometry from the Segment widget, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QApplication

from skyseg.masks.bits import MaskBit
from skyseg.napari_plugin.canvas.preview_outlines import PREVIEW_LAYER
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.segment_widget import SegmentWidget
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget
from skyseg.panel.imaging_choice import NEW_STACK

Until = Callable[..., None]


def docked(window: Any, archive: Path) -> Any:
    get_session(window).data_dir = archive
    widget = SegmentWidget(window)
    window.window.add_dock_widget(widget, name="Segment")
    QApplication.processEvents()
    return widget


def test_a_stack_is_made_shown_segmented_and_its_sources_are_measured_in_all_bands(
    window: Any, three_bands: Path, until: Until
) -> None:
    widget = docked(window, three_bands / "data")
    panel, session = widget.panel, widget.session
    panel.band.value = NEW_STACK
    panel.stacks.bands.value = ["F200W", "F444W"]
    panel.stacks.make.native.click()
    until(lambda: not panel.busy and "stack of 2 bands" in panel.message.value)
    assert session.band == "F200W+F444W"
    assert not panel.stacks.make.visible
    assert [layer.name for layer in window.layers] == ["JOF F200W+F444W SCI"]
    panel.run.native.click()
    until(lambda: not panel.busy)
    assert window.layers[-1].name == "JOF F200W+F444W SEG rms_err"
    panel.measure.native.click()
    until(lambda: not panel.busy and "F444W:" in panel.message.value)
    for band in ("F115W", "F200W", "F444W"):
        assert f"JOF {band}: 1 sources of F200W+F444W measured" in panel.message.value
        assert session.data()[band].forced_phot is not None


def test_a_survey_without_zero_points_is_given_them(
    window: Any, imaging_dir: Path, until: Until
) -> None:
    widget = docked(window, imaging_dir)
    panel, session = widget.panel, widget.session
    session.choose_survey("XDF")
    session.band = "F160W"
    panel.run.native.click()
    until(lambda: not panel.busy)
    names = [layer.name for layer in window.layers]
    assert np.all(np.isnan(session.data()["F160W"].load_cat()["MAG_AUTO"]))
    panel.zero_points.box.value = "25.9463"
    panel.overwrite.value = True
    panel.run.native.click()
    until(lambda: not panel.busy)
    assert [layer.name for layer in window.layers] == names
    assert np.any(np.isfinite(session.data()["F160W"].load_cat()["MAG_AUTO"]))


def test_the_light_of_a_source_is_shown_by_wavelength_beside_its_cutouts(
    window: Any, three_bands: Path, until: Until
) -> None:
    widget = docked(window, three_bands / "data")
    widget.session.band = "F444W"
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    sources = SourcesWidget(window)
    window.window.add_dock_widget(sources, name="Sources")
    until(lambda: sources.browser.catalogue is not None)
    assert "Other bands" not in sources.browser.table.groups
    widget.panel.measure.native.click()
    until(lambda: not widget.panel.busy)
    until(lambda: "Other bands" in sources.browser.table.groups)
    widget.session.columns = ("NUMBER", "FLUX_AUTO_F115W")
    assert sources.browser.table.titles == ["NUMBER", "FLUX_AUTO_F115W"]
    widget.session.selected = (1,)
    until(lambda: sources.details.fluxes.pixmap().width() > 50)
    assert sources.details.pictures.pixmap().width() > 50
    widget.session.selected = ()
    until(lambda: sources.details.fluxes.pixmap().isNull())


def test_bands_in_which_sources_cannot_be_measured_are_named(
    window: Any, three_bands: Path, until: Until
) -> None:
    widget = docked(window, three_bands / "data")
    session = widget.session
    widget.panel.measure.native.click()
    assert "choose the band or stack" in widget.panel.message.value
    session.band = "F444W"
    fits.writeto(session.data()["F115W"].sci.path, np.zeros((9, 9), np.float32), overwrite=True)
    widget.panel.measure.native.click()
    until(lambda: not widget.panel.busy)
    assert widget.panel.message.value.endswith("JOF F115W is not measured")
    assert [layer.name for layer in window.layers] == ["JOF F444W SCI", "JOF F444W SEG rms_err"]
    assert "JOF F115W failed" in notification_manager.records[-1].message


def test_no_source_is_detected_in_what_the_mask_excludes(
    window: Any, three_bands: Path, until: Until
) -> None:
    widget = docked(window, three_bands / "data")
    panel, session = widget.panel, widget.session
    session.band = "F444W"
    band = session.data()["F444W"]
    regions = three_bands / "own.reg"
    regions.write_text("image\ncircle(22,22,8) # text={ARTEFACT}\n")
    band.mask("manual", regions=regions)
    assert band.load_mask()[21, 21] & MaskBit.ARTEFACT
    panel.masks.use.value = "excludes pixels"
    panel.masks.bits.value = ["EDGE"]
    panel.run.native.click()
    until(lambda: not panel.busy)
    assert "made, 1 sources" in panel.message.value
    panel.masks.bits.value = ["ARTEFACT"]
    panel.overwrite.value = True
    panel.run.native.click()
    until(lambda: not panel.busy)
    assert "made, 0 sources" in panel.message.value


def test_the_preview_goes_on_once_a_run_was_made_anew(
    window: Any, three_bands: Path, until: Until
) -> None:
    widget = docked(window, three_bands / "data")
    panel, session = widget.panel, widget.session
    session.band = "F444W"
    panel.run.native.click()
    until(lambda: not panel.busy)
    session.data()["F444W"].mask(edge_distance=2, stars=False)
    panel.masks.use.value = "excludes pixels"
    panel.overwrite.value = True
    panel.run.native.click()
    until(lambda: not panel.busy)
    session.preview = True
    until(lambda: "on the negative" in panel.message.value)
    assert PREVIEW_LAYER in window.layers
    session.preview = False
    until(lambda: not widget.preview.working)


def test_a_threshold_is_advised_and_taken(window: Any, imaging_dir: Path, until: Until) -> None:
    widget = docked(window, imaging_dir)
    panel, session = widget.panel, widget.session
    session.update({"survey": "UDS-B", "version": "v1"})
    panel.advice.ask.native.click()
    assert "choose one band" in panel.message.value
    session.band = "F444W"
    panel.advice.purity.value = 0.9
    panel.advice.ask.native.click()
    until(lambda: not panel.busy and "For a purity of 0.9" in panel.message.value)
    assert panel.advice.take.visible
    panel.advice.take.native.click()
    assert f"detect_thresh {session.parameters.detect_thresh:g} " in panel.message.value
    assert not panel.advice.take.visible
