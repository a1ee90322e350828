"""The site: every public name is in its reference, what it shows is small and where it says."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copyfile, copytree
from textwrap import dedent
from types import ModuleType

import pytest

import skyseg

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
VIEWS = {"skyseg.napari_plugin", "skyseg.cli"}  # used by hand, not by import


def documented_objects() -> dict[int, str]:
    """All objects of the reference, by identity, with where they are."""
    found = {}
    for page in (DOCS / "reference").glob("*.md"):
        for name in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8")):
            module = importlib.import_module(name)
            found |= {id(getattr(module, each)): name for each in public_names(module)}
    return found


def public_names(module: ModuleType) -> list[str]:
    """What a module offers: what it lists, else what it defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def test_every_public_name_is_in_the_reference() -> None:
    rooms = [room.name for room in pkgutil.iter_modules(skyseg.__path__, "skyseg.") if room.ispkg]
    there = documented_objects()
    missing = [
        f"{name}.{each}"
        for name in ["skyseg", *rooms]
        if name not in VIEWS
        for each in getattr(importlib.import_module(name), "__all__", ())
        if id(getattr(importlib.import_module(name), each)) not in there
    ]
    assert missing == []


def pictures_in_git() -> dict[str, int]:
    """Size of each picture in bytes, those within notebooks among them."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in listed.stdout.decode().splitlines()]
    found = {
        str(path): path.stat().st_size
        for path in paths
        if path.suffix in {".png", ".jpg", ".gif", ".svg", ".webp"} and path.exists()
    }
    for path in paths:
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            outputs = (out.get("data", {}) for cell in cells for out in cell.get("outputs", ()))
            found[str(path)] = sum(
                len(base64.b64decode("".join(data.get("image/png", "")))) for data in outputs
            )
    return found


def test_pictures_in_git_are_4_megabytes_at_most() -> None:
    assert sum(pictures_in_git().values()) <= 4_000_000, "run scripts/shrink_pictures.py"


def texts_in_git() -> dict[str, str]:
    """Pages, programs and notebooks, by their names."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    kinds = {".md", ".py", ".ipynb", ".js", ".toml", ".yaml", ".yml"}
    paths = [ROOT / name for name in listed.stdout.decode().splitlines()]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in kinds and path.exists() and path != Path(__file__)
    }


def test_nothing_tells_to_install_skyseg_from_an_index_and_one_page_how_it_is_installed() -> None:
    texts = texts_in_git()
    wrong = re.compile(r"(pip|uv|conda) install [^\n`]*(?<![/\w-])skyseg(?![-_])")
    assert [name for name, text in texts.items() if wrong.search(text)] == []
    said = [
        name
        for name, text in texts.items()
        if name.endswith((".md", ".ipynb")) and re.search(r"package\s+index", text)
    ]
    assert said == ["docs/install.md"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of the site, with outputs of many kinds."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("_ext", "_static", "conf.py"):
        (copytree if (DOCS / name).is_dir() else copyfile)(DOCS / name, folder / name)
    examples = {
        "python": """
            import os
            import astropy.units as u
            from IPython.display import display
            from ipywidgets import HTML

            display(HTML("x" * 100_000), [1.5, 2.5] * u.mJy)
            from astropy.table import Table
            from tqdm.auto import tqdm

            display(Table({"a": [1]}), *tqdm("b"))
            os.path.abspath("data/a.fits")
            """,
        "sh": "skyseg segment sample v1 --band F444W",
    }
    blocks = [f"```{name}\n{dedent(text).strip()}\n```\n" for name, text in examples.items()]
    (folder / "index.md").write_text("# A page\n\n" + "\n".join(blocks), encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", folder, folder / "out"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_a_page_holds_no_state_of_widgets_and_nothing_from_the_network(page: str) -> None:
    assert "100_000" in re.sub("<[^>]*>", "", page)
    assert "widget-state+json" not in page
    loaded = re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="(\w+:|//)', page)
    assert loaded == []
    assert "1.5, 2.5" in page


def test_outputs_on_a_page_are_those_of_every_build(page: str) -> None:
    shown = re.sub("<[^>]*>", "", page)
    assert tempfile.gettempdir() not in shown
    assert "/home/you/survey/data/a.fits" in shown
    assert "in /home/you/survey/work/skyseg/NIRCam/v1/sample/MAP_RMS/segmentation" in shown
    (row,) = re.findall("^F444W .*", shown, re.M)
    assert row.split()[-1] == "…"
    assert "widget-view+json" not in page  # whose numbers are random
    assert 'id="table' not in page


def test_no_output_is_lost_where_nobody_listens_for_a_while(tmp_path: Path) -> None:
    """Between a kernel and who listens are queues of 1000 messages; a viewer tells more."""
    program = """
import pathlib, sys, time
import example_folder, executed, nbclient, nbformat
example_folder.make_example_files = lambda folder: None
example_folder.prepare_kernels(pathlib.Path(sys.argv[1]))
executed.wait_for_outputs()

class Client(nbclient.NotebookClient):
    def process_message(self, *message):
        if self.heard == 0:
            time.sleep(4)
        self.heard += 1
        return super().process_message(*message)

shown = "{'text/plain': 'x' * 10_000}, raw=True"
cell = nbformat.v4.new_code_cell(f"for _ in range(4000): display({shown})")
client = Client(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3")
client.heard = 0
client.execute()
assert client.raise_on_iopub_timeout and client.iopub_timeout > 60
print(len(cell.outputs))
"""
    command = [sys.executable, "-c", program, tmp_path / "kernels"]
    done = subprocess.run(command, cwd=DOCS / "_ext", check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["4000"]
