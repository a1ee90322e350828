"""What all tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data
from skyseg.settings import config


@pytest.fixture(scope="session")
def imaging_dir() -> Path:
    """Real imaging, laid out as a survey archive is."""
    return Path(__file__).parent / "data"


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Ctrl-C reaches tests and the programs that they start, in a job of the background too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings, or writes into the folders, of the person who runs it."""
    for name in ("SKYSEG_CONFIG", "SKYSEG_DATA_DIR", "SKYSEG_WORK_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(tmp_path / "work"))
    config.reload()


@pytest.fixture(scope="session")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("products")


@pytest.fixture
def bands(imaging_dir: Path, products: Path, monkeypatch: pytest.MonkeyPatch) -> Data:
    """Both UDS-B bands with their products, made once for all tests."""
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(products))
    config.reload()
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    data.segment(progress=False)
    return data


@pytest.fixture
def half_archive(imaging_dir: Path, tmp_path: Path) -> Path:
    """An archive whose F115W has an error map, and whose F444W has none."""
    folder = Path("jwst/UDS-B/NIRCam/v1/40mas")
    (tmp_path / folder).mkdir(parents=True)
    for name in ("uds-b-f115w_sci.fits", "uds-b-f115w_wht.fits", "uds-b-f444w_sci.fits"):
        (tmp_path / folder / name).symlink_to(imaging_dir / folder / name)
    return tmp_path


@pytest.fixture
def three_bands(tmp_path: Path) -> Path:
    """An archive of a survey, JOF v1, of three bands, each with an error map."""
    folder = tmp_path / "data/jwst/JOF/NIRCam/v1/30mas"
    folder.mkdir(parents=True)
    sci = np.random.default_rng(1).normal(0, 1, (40, 50)).astype(np.float32)
    sci[20:23, 20:24] += 40
    for band in ("F115W", "F200W", "F444W"):
        fits.writeto(folder / f"jof_{band}_sci.fits", sci, fits.Header({"BUNIT": "nJy"}))
        fits.writeto(folder / f"jof_{band}_err.fits", np.ones_like(sci))
    return tmp_path
