"""Executes the tutorials of this folder and writes their outputs into them.

    python docs/tutorials/execute.py [notebook ...]

Each runs in an empty temporary folder, so that it holds no trace of this machine.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def execute(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs that its cells give now.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            store_widget_state=False,
            record_timing=False,
        ).execute()
    return notebook


def main() -> None:
    """Execute the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", type=Path, nargs="*", default=sorted(HERE.glob("*.ipynb")))
    for path in parser.parse_args().notebooks:
        nbformat.write(execute(path), path)


if __name__ == "__main__":
    main()
