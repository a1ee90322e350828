"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg.settings import config

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real imaging that lies beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real imaging is not at {folder}")
    return folder


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings, or writes into the folders, of the person who runs it."""
    for name in ("SKYSEG_CONFIG", "SKYSEG_DATA_DIR", "SKYSEG_WORK_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(tmp_path / "work"))
    config.reload()
