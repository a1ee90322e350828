"""An assessment as a page, and as FITS."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable, Table
from matplotlib.figure import Figure

from skyseg.assessment import Assessment, Completeness, Purity
from skyseg.assessment.exports import write
from skyseg.assessment.injecting import BLENDED, FOUND, MISSED, Fates
from skyseg.assessment.injection import Injection
from skyseg.engine import Window
from skyseg.engine.types import FloatArray
from skyseg.errors import ParameterError, ProductError
from skyseg.plotting.assessments import plot_bias, plot_completeness, plot_completeness_map


@pytest.fixture
def assessment() -> Assessment:
    """One of numbers that somebody made up."""
    rng = np.random.default_rng(4)
    flux = rng.uniform(3, 60, 80)
    cat = Table({"FLUX_AUTO": flux, "FLUXERR_AUTO": np.ones(80), "ISOAREAF_IMAGE": np.full(80, 12)})
    sources = Injection(n=90, psf=0.1).draw((24.0, 29.0), 0.03, Window(0, 200, 0, 200))
    place = rng.uniform(0, 200, 90)
    fate = np.where(sources.mag < 27.2, FOUND, np.where(sources.mag < 28, BLENDED, MISSED))
    found = np.where(fate == FOUND, 10 ** (-0.4 * (sources.mag - 28.0)), np.nan)
    fates = Fates(
        type(sources)(place, place[::-1], *list(vars(sources).values())[2:]), np.full(90, 3.0),
        fate, found, np.where(fate == FOUND, 3.1, np.nan), 2,
    )  # fmt: skip
    complete = Completeness.of(fates, 28.0, 0.03, Window(0, 200, 0, 200))
    return Assessment("A <b>F444W", Purity.of(cat, cat[:3]), complete, {"SEG": "a&b.fits"})


class _Reader(HTMLParser):
    """Counts the elements of a page, and what it asks for elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [str(value) for name, value in attrs if name in ("src", "href")]


def test_a_page_holds_figures_tables_and_settings_and_needs_no_other_file(
    assessment: Assessment, tmp_path: Path
) -> None:
    page = assessment.write(tmp_path / "a.html").read_text(encoding="utf-8")
    read = _Reader(page)
    assert read.tags.count("svg") == 7
    assert read.tags.count("table") == 6  # the catalogue has no magnitudes
    assert "a&amp;b.fits" in page
    assert "A &lt;b&gt;F444W" in page
    assert "<th>bias of magnitudes / mag</th>" in page
    assert not re.search(r"<th>[A-Z]+_?[A-Z]*( /.*?)?</th>", page.replace("<th>SEG</th>", ""))
    found = assessment.completeness
    assert found is not None
    assert f"{found.summary}, of those" in page
    assert f"half of those of {found.m50:.2f} mag" in page
    assert 26.9 < found.m50 < 27.6
    names = re.findall(r'id="([^"]+)"', page)
    assert all(each[1:] in names or each.startswith("data:image") for each in read.asked)
    again = write([assessment], tmp_path / "b.html")
    assert again.read_text(encoding="utf-8") == page
    with pytest.raises(ProductError, match=r"b\.html"):
        write([assessment], again)
    with pytest.raises(ParameterError, match="known ending"):
        write([assessment], tmp_path / "b.pdf")


def test_a_page_of_purity_alone_tells_of_nothing_else_and_has_no_empty_table(
    assessment: Assessment, tmp_path: Path
) -> None:
    page = assessment.write(tmp_path / "both.html").read_text(encoding="utf-8")
    assert "put into the image it finds" in page
    none = Table(names=("FLUX_AUTO", "FLUXERR_AUTO", "ISOAREAF_IMAGE"))
    alone = replace(assessment, purity=Purity.of(none, none), completeness=None)
    page = alone.write(tmp_path / "alone.html").read_text(encoding="utf-8")
    assert "put into the image" not in page
    assert "Purity by magnitude" not in page
    assert _Reader(page).tags.count("table") == 1


def test_what_figures_cannot_show_is_refused_and_bars_stay_inside(assessment: Assessment) -> None:
    found: Any = assessment.completeness
    with pytest.raises(ParameterError, match="no completeness by 'area'; give one of mag, size"):
        plot_completeness(found, "area")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="no bias of 'AREA'; give one of MAG, SIZE"):
        plot_bias(found, "AREA")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="table is None; give what load_cat returns"):
        assessment.purity.append_purity_col(None)  # type: ignore[arg-type]
    axes = plot_completeness(found, ax=Figure().add_subplot())
    ends = np.concatenate([each.vertices[:, 1] for each in axes.collections[0].get_paths()])
    assert ends.min() >= 0 and ends.max() <= 1
    shown = plot_completeness_map(found, ax=Figure().add_subplot())
    counts = [int(text.get_text().split()[-1]) for text in shown.texts]
    assert sum(counts) == len(found.sources)


def test_where_no_magnitude_has_half_it_is_said_whether_more_or_fewer_are_found(
    assessment: Assessment,
) -> None:
    found = assessment.completeness
    assert found is not None
    bright, faint = (
        replace(found, by_mag=found.by_mag[:2]),
        replace(found, by_mag=found.by_mag[-2:]),
    )
    assert bright.summary.endswith(f"more than half of all down to {_mags(found).max():.2f} mag")
    assert faint.summary.endswith(f"fewer than half from {_mags(found).min():.2f} mag on")


def _mags(found: Completeness) -> FloatArray:
    mags: FloatArray = found.sources["MAG"].value
    return mags


def test_the_tables_are_in_fits_and_are_read_back(assessment: Assessment, tmp_path: Path) -> None:
    other = Assessment("F200W", assessment.purity)
    path = write([assessment, other], tmp_path / "a.fits")
    found = assessment.completeness
    assert found is not None
    with fits.open(path, checksum=True) as hdus:
        assert hdus["SETTINGS", 1].header["BAND"] == "A <b>F444W"
        assert hdus["PURITY_BY_SNR", 2].header["BAND"] == "F200W"
        assert sum(hdu.name == "INJECTED" for hdu in hdus) == 1
    back = QTable.read(path, hdu="COMPLETENESS_BY_MAG")
    assert (back["N"] == found.by_mag["N"]).all()
    assert back["MAG_BIAS"].unit == "mag"
    assert len(QTable.read(path, hdu="INJECTED")) == 90


def test_names_and_paths_of_any_letters_are_in_fits(assessment: Assessment, tmp_path: Path) -> None:
    named = Assessment("é", assessment.purity, None, {"SEG": "/data/séries/a.fits"})
    path = named.write(tmp_path / "a.fits")
    with fits.open(path, checksum=True) as hdus:
        assert unquote(hdus["SETTINGS"].header["BAND"]) == "é"
        assert unquote(hdus["SETTINGS"].data["VALUE"][0]) == "/data/séries/a.fits"
