"""The newcomer's path of the documentation, walked in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from tests.notebook.first_steps import BY_KEYS, FIRST_STEPS, Act

pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

DOCUMENT = Path(__file__).parents[2] / "docs" / "notebook.md"


@pytest.mark.parametrize("steps", [FIRST_STEPS, BY_KEYS], ids=["by mouse", "by keys"])
def test_from_a_file_to_saved_sources_in_at_most_eight_actions(
    empty_book: Any, tmp_path: Path, steps: dict[str, Act]
) -> None:
    book = empty_book
    find = "next(pathlib.Path(os.environ['SKYSEG_DATA_DIR']).rglob('*f444w*.fits'))"
    book.run_last_cell(f"import os, pathlib\npath = {find}\nos.chdir({str(tmp_path)!r})")
    book.wait_until("'path' in globals()")
    for act in steps.values():
        act(book)

    assert len(steps) <= 8
    assert Table.read(tmp_path / "sources.fits")["NUMBER"].tolist() == [book.ask("viewer.selected")]
    sides = book.ask("[viewer.comparison.a.name, viewer.comparison.b.name]")
    assert [side.split()[-2] for side in sides] == ["rms_err", "wht"]
    told = DOCUMENT.read_text().split("## First steps")[1].split("\n## ")[0]
    assert [line[:2] for line in told.splitlines() if line[:1].isdigit()] == [
        f"{number}." for number, _ in enumerate(steps, 1)
    ]
