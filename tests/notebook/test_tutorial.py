"""The tutorial runs as it stands, and is kept as it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
nbformat = pytest.importorskip("nbformat")


def texts_of(notebook: Any) -> list[tuple[str, list[str]]]:
    """Source of every code cell and the kinds of its outputs."""
    return [
        (cell.source, [kind for out in cell.outputs for kind in out.get("data", {"text": ""})])
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_the_tutorial_runs_and_its_saved_outputs_are_of_these_cells(tmp_path: Path) -> None:
    (tmp_path / "xdg").mkdir()  # which the environment of the tests names
    saved = nbformat.read(FOLDER / "segmentation.ipynb", as_version=4)
    copy = tmp_path / "segmentation.ipynb"
    nbformat.write(saved, copy)
    subprocess.run([sys.executable, FOLDER / "execute.py", copy], check=True)
    executed = nbformat.read(copy, as_version=4)

    assert texts_of(executed) == texts_of(saved)
    shown = [out for cell in executed.cells for out in cell.get("outputs", [])]
    assert not any(out.get("name") == "stderr" for out in shown)
    viewers = [
        out for out in shown if "application/vnd.jupyter.widget-view+json" in out.get("data", {})
    ]
    assert len(viewers) == 1
    assert "image/png" in viewers[0]["data"]
