"""The sources of a map as both viewers show them."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import QTable, Table

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.remembered import find_memory, recall, remember
from skyseg.panel.session import Session
from skyseg.panel.source_browser import SourceBrowser


@pytest.fixture
def browser(catalogue: Catalogue, info: MapInfo) -> SourceBrowser:
    made = SourceBrowser(Session())
    made.use(catalogue, info, "F444W SEG rms_err")
    return made


def test_a_filter_that_fails_leaves_rows_text_and_title_and_says_why(
    browser: SourceBrowser,
) -> None:
    browser.filter("MAG_AUTO < 26")
    rows, title = len(browser.table), browser.title
    assert title == f"F444W SEG rms_err: {rows} of 42 sources, MAG_AUTO < 26"
    browser.filter("MAG_AUTO <")
    assert "the filter 'MAG_AUTO <' is not understood" in browser.problem
    assert (len(browser.table), browser.title, browser.session.filter) == (
        *(rows, title),
        "MAG_AUTO < 26",
    )
    browser.filter("")
    assert (browser.problem, browser.title) == ("", "F444W SEG rms_err: 42 sources")


def test_a_filter_that_is_set_in_the_session_is_followed(browser: SourceBrowser) -> None:
    browser.session.filter = "MAG_AUTO < 24"
    few = len(browser.table)
    assert 0 < few < 42
    browser.session.filter = "nonsense"
    assert "nonsense" in browser.problem
    assert (len(browser.table), browser.session.filter) == (few, "MAG_AUTO < 24")


def test_a_filter_stays_with_another_catalogue(browser: SourceBrowser, info: MapInfo) -> None:
    browser.filter("MAG_AUTO < 24")
    few, catalogue = len(browser.table), browser.catalogue
    browser.use(None)
    assert browser.title == "no segmentation map with a catalogue"
    browser.use(catalogue, info, "again")
    assert len(browser.table) == few


def test_chosen_columns_are_remembered_on_this_machine(browser: SourceBrowser) -> None:
    browser.show_column("KRON_RADIUS", False)
    browser.show_column('MAG_APER[0.5"]', True)
    again = SourceBrowser(Session())
    again.use(browser.catalogue, browser.info)
    assert again.table.titles == browser.table.titles
    assert again.table.titles[-1] == 'MAG_APER[0.5"]'
    assert browser.session.columns == tuple(browser.table.titles)


def test_a_memory_that_cannot_be_read_or_written_is_no_fault(tmp_path: Path) -> None:
    remember("a", 1)
    assert recall("a") == 1
    find_memory().write_text("[")
    assert recall("a") is None
    find_memory().unlink()
    find_memory().parent.rmdir()
    find_memory().parent.write_text("in the way")
    remember("a", 1)
    assert recall("a") is None


def test_steps_follow_the_order_and_go_on_after_a_stray_click(browser: SourceBrowser) -> None:
    browser.sort(browser.table.titles.index("MAG_AUTO"))
    numbers = browser.table.numbers.tolist()
    assert [browser.step(1) for _ in range(3)] == numbers[:3]
    browser.session.selected = ()
    assert browser.step(1) == numbers[3]
    assert browser.step(-1) == numbers[2]
    browser.session.selected = (numbers[-1],)
    assert browser.step(1) == numbers[0]
    browser.filter("MAG_AUTO < -90")
    assert browser.step(1) is None


def test_something_is_done_with_selected_shown_or_all_sources(browser: SourceBrowser) -> None:
    browser.filter("MAG_AUTO < 24")
    shown = browser.table.numbers.tolist()
    assert browser.choose().tolist() == shown
    browser.session.selected = (9, 3)
    assert browser.choose().tolist() == [9, 3]
    assert browser.choose("shown").tolist() == shown
    assert len(browser.choose("all")) == 42
    browser.session.selected = ()
    with pytest.raises(ParameterError, match="no source is selected"):
        browser.choose("selected")


def test_sources_are_written_by_the_ending(
    browser: SourceBrowser, bands: Data, tmp_path: Path
) -> None:
    browser.filter("MAG_AUTO < 24")
    shown = len(browser.table)
    for ending in ("fits", "ecsv", "csv"):
        assert browser.save(tmp_path / f"few.{ending}") == shown
        assert len(Table.read(tmp_path / f"few.{ending}")) == shown
    assert browser.save(tmp_path / "all.reg", "all") == 42
    assert browser.save_labels(bands["F444W"].load_seg(), tmp_path / "labels.fits") == shown
    assert len(browser.get_coords("all")) == 42


def test_sources_without_positions_have_no_coords(browser: SourceBrowser) -> None:
    browser.use(Catalogue(QTable({"NUMBER": [1, 2]})))
    with pytest.raises(ParameterError, match="no position on the sky"):
        browser.get_coords()
