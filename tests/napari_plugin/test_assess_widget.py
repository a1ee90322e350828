"""The Assess widget in a real window."""

from __future__ import annotations

from collections.abc import Callable
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
