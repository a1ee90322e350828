"""Sources sent to other programs over SAMP."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from astropy.table import Table

from skyseg.errors import DataNotFoundError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Session
from skyseg.panel.source_browser import SourceBrowser

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "astropy.samp was deprecated")
    from astropy.samp import SAMPHubServer, SAMPIntegratedClient

MTYPE = "table.load.votable"


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub of the person who runs the tests is found."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")


@pytest.fixture
def hub(no_hub: None, tmp_path: Path) -> Iterator[SAMPHubServer]:
    server = SAMPHubServer(
        web_profile=False, lockfile=str(tmp_path / "samp"), addr="127.0.0.1", label="tests"
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def browser(catalogue: Catalogue, info: MapInfo) -> SourceBrowser:
    made = SourceBrowser(Session())
    made.use(catalogue, info, "F444W SEG rms_err")
    return made


def test_without_a_hub_one_sentence_says_what_to_start(
    browser: SourceBrowser, no_hub: None
) -> None:
    with pytest.raises(DataNotFoundError, match="no SAMP hub runs on this machine; start TOPCAT"):
        browser.send()


def test_a_hub_without_a_program_that_takes_tables_is_told(
    browser: SourceBrowser, hub: SAMPHubServer
) -> None:
    with pytest.raises(DataNotFoundError, match="no program at the SAMP hub takes tables"):
        browser.send()


def test_sources_reach_the_programs_at_the_hub(browser: SourceBrowser, hub: SAMPHubServer) -> None:
    taken: SimpleQueue[dict[str, Any]] = SimpleQueue()
    topcat = SAMPIntegratedClient(name="topcat")
    topcat.connect()
    try:
        topcat.bind_receive_notification(
            MTYPE, lambda key, sender, mtype, params, extra: taken.put(params)
        )
        browser.session.selected = (9, 3)
        assert browser.send() == "2 sources were sent to topcat"
        said = taken.get(timeout=60)
    finally:
        topcat.disconnect()
    assert said["name"] == "F444W SEG rms_err"
    rows = Table.read(url2pathname(urlparse(said["url"]).path), format="votable")
    assert rows["NUMBER"].tolist() == [9, 3]
    assert "MAG_APER_0_32arcsec" in rows.colnames or "MAG_APER_0.32arcsec" in rows.colnames
