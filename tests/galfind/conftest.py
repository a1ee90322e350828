"""The survey of galfind's notebooks, simulated, in an archive as galfind's."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import matplotlib as mpl
import pytest

from skyseg.galfind import Data, morgan_version_to_dir
from skyseg.samples import make_survey
from skyseg.settings import config

BANDS = ("F090W", "F115W", "F150W", "F200W", "F277W", "F356W", "F444W")
OPENED = {
    "survey": "JOF",
    "version": "v11",
    "instrument_names": ["NIRCam"],
    "version_to_dir_dict": morgan_version_to_dir,
    "aper_diams": [0.32, 0.5] * u.arcsec,
}


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("galfind")
    version = morgan_version_to_dir["v11"]
    make_survey(folder, survey="JOF", version=version, bands=BANDS, shape=(220, 240), n_sources=60)
    return folder


@pytest.fixture(autouse=True)
def _settings(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(archive))
    config.reload()


@pytest.fixture
def jof() -> Data:
    """The survey as most notebooks open it."""
    return Data.from_survey_version(**OPENED, forced_phot_band=["F277W", "F356W", "F444W"])
