"""docs/viewers.md: what both viewers have, each cell held by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "viewers.md").read_text(encoding="utf-8")


def test_every_row_names_a_test_of_each_viewer_that_exists() -> None:
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in TABLE.splitlines()
        if line.startswith("| ") and not line.startswith("| what")
    ]
    assert rows
    for what, *cells in rows:
        assert len(cells) == 2, what
        for folder, cell in zip(("napari_plugin", "notebook"), cells, strict=True):
            found = re.findall(r"`(tests/\S+\.py)::(\w+)`", cell)
            assert found, f"no test of {folder} holds: {what}"
            for file, name in found:
                assert folder in file, f"{file} is not of {folder}"
                tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
                functions = (ast.FunctionDef, ast.AsyncFunctionDef)
                names = {each.name for each in tree.body if isinstance(each, functions)}
                assert name in names, f"{file} has no {name}"
