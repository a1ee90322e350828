"""Assess without a window: a run assessed in another process, shown as words, bins and picture."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from skyseg import BandData
from skyseg.assessment import Assessment, Purity
from skyseg.errors import ParameterError
from skyseg.panel.assessed_views import BinTable, draw_view
from skyseg.panel.assessing import Assessing
from skyseg.plotting.purity import PurityBy, plot_purity
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def purity() -> Purity:
    """Forty detections and six negative ones, of three magnitudes."""
    rng = np.random.default_rng(1)
    flux = rng.uniform(3.2, 60, 40)
    found = Table(
        {"FLUX_AUTO": flux, "FLUXERR_AUTO": np.ones(40), "ISOAREAF_IMAGE": rng.integers(9, 90, 40)}
    )
    negative = found[np.argsort(flux)[:6]]
    return Purity.of(found, negative, 28.9)


def test_a_run_is_assessed_in_another_process_and_told(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(160, 160), n_sources=60, seed=3)
    band = BandData.from_files(made.images["F444W"], work_dir=tmp_path)
    assessing, told = Assessing(), []
    assessing.changed.connect(lambda: told.append(assessing.said))
    with pytest.raises(ParameterError, match="no run to assess"):
        assessing.begin(band)
    band.segment("rms_err", progress=False)
    assessing.begin(band)
    finish(assessing)
    n_sources = len(band.load_cat())
    assert told[0] == f"assessing {band.name} rms_err"
    assert assessing.said.startswith(f"{band.name} rms_err: {n_sources} sources, 0 on the negative")
    assert assessing.said.endswith("% pure")
    assert assessing.found is not None
    assert assessing.found.purity.n_positive == n_sources
    total = sum(int(assessing.rows.text(row, 2)) for row in range(len(assessing.rows)))
    assert total == n_sources
    assessing.show("area")
    assert float(assessing.rows.text(0, 0)) >= 1
    assessing.begin(band)
    assessing.cancel()
    assert (assessing.said, assessing.running) == ("cancelled", False)
    assert assessing.found is not None


def finish(assessing: Assessing) -> None:
    while assessing.running:
        assessing.poll()
        time.sleep(0.02)


def test_sources_are_put_in_their_completeness_is_shown_and_a_report_saved(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(160, 160), n_sources=60, seed=3)
    band = BandData.from_files(made.images["F444W"], work_dir=tmp_path)
    band.segment("rms_err", progress=False)
    assessing = Assessing()
    with pytest.raises(ParameterError, match="no report to save"):
        assessing.save(tmp_path / "report")
    assessing.choice = assessing.choice.change(number=30, psf="0.145")
    assessing.begin(band)
    finish(assessing)
    assert assessing.found is not None and assessing.found.completeness is not None
    assert assessing.said.endswith(assessing.found.completeness.summary)
    assert assessing.view == "completeness by magnitude"
    titles = assessing.rows.titles
    put_in = [
        int(assessing.rows.text(row, titles.index("put in"))) for row in range(len(assessing.rows))
    ]
    assert sum(put_in) == 30
    before = draw_view(assessing.found, assessing.view)
    assessing.show("completeness by size")
    assert not np.array_equal(draw_view(assessing.found, assessing.view), before)
    assert assessing.save(tmp_path / "report").read_text().count("<svg") == 7
    assert assessing.save(tmp_path / "report.fits").stat().st_size > 1000
    assessing.choice = assessing.choice.change(psf=" ")
    assessing.begin(band)
    finish(assessing)
    assert "The completeness is left out: " in assessing.said
    assert "fewer than four stars" in assessing.said
    assert assessing.view == "S/N" and "completeness by size" not in assessing.views
    assessing.choice = assessing.choice.change(kind="cutout", psf="0.1")
    with pytest.raises(ParameterError, match="psf"):
        assessing.begin(band)


def test_bins_without_detections_have_no_row_and_rows_are_sorted(purity: Purity) -> None:
    table = BinTable()
    table.show(Assessment("F444W", purity), "S/N")
    told = [[table.text(row, column) for column in (0, 2, 3)] for row in range(len(table))]
    bins = purity.by_snr[(purity.by_snr["N_POSITIVE"] > 0) | (purity.by_snr["N_NEGATIVE"] > 0)]
    wanted = zip(bins["LOW"], bins["N_POSITIVE"], bins["N_NEGATIVE"], strict=True)
    assert told == [[f"{low:g}", f"{n}", f"{m}"] for low, n, m in wanted]
    assert table.text(len(table) - 1, 1) == ""
    assert table.explain(0) == "Lower edge of the bin"
    table.show(Assessment("F444W", purity), "magnitude")
    assert table.explain(0) == "Lower edge of the bin [mag]"
    table.show(Assessment("F444W", purity), "S/N")
    table.sort(4, rising=False)
    purities = [float(table.text(row, 4)) for row in range(len(table))]
    assert purities == sorted(purities, reverse=True)


@pytest.mark.parametrize(("by", "view"), [("snr", "S/N"), ("mag", "magnitude"), ("area", "area")])
def test_the_figure_has_a_point_with_its_error_for_each_bin(
    purity: Purity, by: PurityBy, view: str
) -> None:
    axes = plot_purity(purity, by)
    bins = getattr(purity, f"by_{by}")
    bins = bins[np.isfinite(bins["PURITY"])]
    points = axes.lines[0].get_xydata()
    assert np.array_equal(points[:, 1], bins["PURITY"])
    assert np.all(points[:, 0] > np.asarray(bins["LOW"]))
    assert np.all(points[:, 0] < np.asarray(bins["HIGH"]))
    assert (draw_view(Assessment("F444W", purity), view)[..., 3] > 0).sum() > 500


def test_a_purity_is_plotted_by_what_it_has(purity: Purity, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="give one of snr, mag, area"):
        plot_purity(purity, "size")
    plot_purity(purity, save=tmp_path / "purity.png")
    assert (tmp_path / "purity.png").stat().st_size > 5000
