"""The viewer in a page of Voila."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.notebook.conftest import PATIENCE, Lab

pytest.importorskip("voila")
pytestmark = pytest.mark.browser

CELL = """
from skyseg import Data
Data.from_survey_version("sample", "v1")["F200W"].view(err_type="rms_err")
"""
ITS_OWN = "cdn.jsdelivr.net"  # which Voila's page asks for icons, and does without


@pytest.fixture
def address(lab: Lab, tmp_path: Path) -> Iterator[str]:
    """Where Voila shows a notebook with a viewer."""
    import nbformat

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(CELL)]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, tmp_path / "shown.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    running = subprocess.Popen(
        [sys.executable, "-m", "voila", str(tmp_path / "shown.ipynb"), *options],
        env=lab.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    yield next(line.strip() for line in running.stderr if line.startswith("http://"))
    running.terminate()
    running.communicate()


def test_the_viewer_is_live_in_voila_and_asks_nothing_of_the_network(
    address: str, browser: Any
) -> None:
    asked: set[str | None] = set()
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
    page.goto(address, wait_until="domcontentloaded", timeout=PATIENCE)
    canvas = page.locator(".skyseg-map")
    canvas.locator("canvas").first.wait_for(timeout=PATIENCE)
    canvas.press("n")
    page.get_by_role("row", selected=True).wait_for()
    page.get_by_text("Source 1", exact=True).wait_for()

    assert asked <= {"127.0.0.1", None, ITS_OWN}
    page.close()
