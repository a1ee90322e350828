"""What the tests of the panel share."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg import Data
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import choose_frame


@pytest.fixture(scope="session")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("products")


@pytest.fixture
def bands(imaging_dir: Path, products: Path, monkeypatch: pytest.MonkeyPatch) -> Data:
    """Both UDS-B bands with their products, made once for all tests."""
    from skyseg.settings import config

    monkeypatch.setenv("SKYSEG_WORK_DIR", str(products))
    config.reload()
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    data.segment(progress=False)
    return data


@pytest.fixture
def catalogue(bands: Data) -> Catalogue:
    return Catalogue(bands["F444W"].load_cat())


@pytest.fixture
def info(bands: Data) -> MapInfo:
    """The SEG map of F444W, as it is shown."""
    band = bands["F444W"]
    frame = choose_frame(band.wcs, band.shape, [])
    return MapInfo("SEG", band.shape, band.wcs, frame, band=band)
