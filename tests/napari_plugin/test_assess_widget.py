"""The Assess widget in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.napari_plugin.conftest import show

from skyseg import Data
from skyseg.napari_plugin.widgets.assess_widget import AssessWidget

from .test_widgets import docked, told

Until = Callable[..., None]


def test_the_purity_of_a_run_is_told_shown_by_bins_and_drawn(
    window: Any, bands: Data, until: Until
) -> None:
    widget: AssessWidget = docked(window, AssessWidget)
    widget.button.click()
    assert "there is no run to assess" in told()
    band = bands["F444W"]
    show(window, band)
    widget.button.click()
    assert widget.button.text() == "Cancel"
    until(lambda: widget.assessing.found is not None)
    number = len(band.load_cat())
    assert widget.said.text().startswith(f"UDS-B v1 F444W rms_err: {number} sources, ")
    assert widget.said.text().endswith("% pure")
    assert widget.button.text() == "Assess"
    rows = range(widget.model.rowCount())
    cells = [int(widget.model.data(widget.model.index(row, 2))) for row in rows]
    assert sum(cells) == number
    before = widget.picture.pixmap().toImage()
    widget.by.setCurrentText("area")
    assert widget.picture.pixmap().toImage() != before
    assert widget.model.rowCount() != len(cells) or float(
        widget.model.data(widget.model.index(0, 1))
    ) in (2.0**power for power in range(20))


def test_sources_are_put_in_their_completeness_is_drawn_and_a_report_saved(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    widget: AssessWidget = docked(window, AssessWidget)
    show(window, bands["F444W"])
    assert not widget.save.isEnabled()
    for box in (widget.psf, widget.by):  # as wide as what stands in them
        assert box.width() > 0.7 * widget.width()
    widget.number.setValue(15)
    widget.kind.setCurrentText("star")
    widget.psf.setText("0.15")
    widget.button.click()
    until(lambda: widget.assessing.found is not None)
    assert "of 15 sources found" in widget.said.text()
    assert widget.by.currentText() == "completeness by magnitude"
    column = widget.assessing.rows.titles.index("put in")
    rows = range(widget.model.rowCount())
    cells = [int(widget.model.data(widget.model.index(row, column))) for row in rows]
    assert sum(cells) == 15
    before = widget.picture.pixmap().toImage()
    widget.by.setCurrentText("S/N")
    assert widget.picture.pixmap().toImage() != before
    widget.save_report(str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text().count("<svg") == 7
    assert "the report is in" in told()
