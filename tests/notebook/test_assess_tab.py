"""The tab Assess of the notebook viewer, without a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyseg import BandData, view
from skyseg.samples import make_survey


def test_the_purity_of_a_run_is_told_shown_by_bins_and_drawn(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(160, 160), n_sources=60, seed=3)
    band = BandData.from_files(made.images["F444W"], work_dir=tmp_path)
    viewer = band.view()
    tab = viewer.assess_tab
    viewer.drawer.show("Assess")
    tab.press()
    assert "there is no run to assess; segment a band first" in tab.message.value
    band.segment(progress=False)
    tab.press()
    assert tab.button.description == "Cancel"
    tab.wait()
    number = len(band.load_cat())
    assert f"rms_err: {number} sources, 0 on the negative: 100.0 % ± " in tab.message.value
    assert tab.button.description == "Assess"
    rows = tab.table.rows
    assert sum(int(rows.text(row, 2)) for row in range(len(rows))) == number
    before = bytes(tab.picture.value)
    assert before.startswith(b"\x89PNG")
    tab.by.value = "area"
    assert bytes(tab.picture.value) != before


def test_labels_that_are_given_are_no_run(tmp_path: Path) -> None:
    viewer = view(np.zeros((30, 30), np.float32), np.ones((30, 30), int))
    viewer.assess_tab.press()
    assert "there is no run to assess" in viewer.assess_tab.message.value


def test_sources_are_put_in_their_completeness_is_drawn_and_a_report_saved(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(160, 160), n_sources=60, seed=3)
    band = BandData.from_files(made.images["F444W"], work_dir=tmp_path)
    band.segment(progress=False)
    tab = band.view().assess_tab
    assert tab.save.disabled
    tab.number.value, tab.psf.value = 20, "0.145"
    tab.press()
    tab.wait()
    assert "of 20 sources found" in tab.message.value
    assert tab.by.value == "completeness by magnitude"
    assert "put in" in tab.table.rows.titles
    before = bytes(tab.picture.value)
    tab.by.value = "S/N"
    assert bytes(tab.picture.value) != before
    assert "put in" not in tab.table.rows.titles
    tab.path.value = str(tmp_path / "report.html")
    tab.save.click()
    assert "report.html" in tab.message.value
    assert (tmp_path / "report.html").read_text().count("<svg") == 7
    tab.path.value = str(tmp_path / "report.txt")
    tab.save.click()
    assert "has no known ending" in tab.message.value
