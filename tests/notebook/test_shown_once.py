"""What a cell's last line shows, in a fresh kernel: each figure once, and no name of an object."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

CELLS = {
    "a snapshot before any figure was made": "viewer.snapshot()",
    "a survey's figure": "data.plot(ext='SEG')",
    "a band's axes": "data['F444W'].plot()",
    "a comparison's axes": "data['F444W'].difference().plot()",
    "a figure of a cell before": "figure",
}
BEFORE = {
    "a snapshot before any figure was made": """
from skyseg import Data
from skyseg.samples import make_survey
make_survey("data", bands=("F200W", "F444W"), shape=(120, 110))
data = Data.from_survey_version("sample", "v1", data_dir="data")
data.segment(progress=False)
viewer = data.view()
""",
    "a figure of a cell before": "figure = data.plot()",
}


def test_figures_are_shown_once_and_axes_are_not_named(tmp_path: Path) -> None:
    cells = []
    for what, source in CELLS.items():
        cells += [BEFORE.get(what, ""), source]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3", resources=resources).execute()

    for what, cell in zip(CELLS, book.cells[1::2], strict=True):
        assert [set(output.data) for output in cell.outputs] == [{"image/png", "text/plain"}], what
