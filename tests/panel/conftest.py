"""What the tests of the panel share."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg import Data
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import choose_frame


@pytest.fixture
def catalogue(bands: Data) -> Catalogue:
    return Catalogue(bands["F444W"].load_cat())


@pytest.fixture
def info(bands: Data) -> MapInfo:
    """The SEG map of F444W, as it is shown."""
    band = bands["F444W"]
    frame = choose_frame(band.wcs, band.shape, [])
    return MapInfo("SEG", band.shape, band.wcs, frame, band=band)


@pytest.fixture(autouse=True)
def functions_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a panel's process find them: it imports nothing from the folder that it is run in."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
