"""The site: every public name is in its reference, what it shows is small and where it says."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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


def test_a_page_holds_no_state_of_widgets_and_nothing_from_the_network(tmp_path: Path) -> None:
    settings = f"""import sys
sys.path.insert(0, {str(DOCS / "_ext")!r})
from example_folder import prepare_kernels
extensions = ["myst_nb", "executed"]
nb_execution_mode = "force"
prepare_kernels(__import__("pathlib").Path({str(tmp_path / "examples")!r}))
"""
    (tmp_path / "conf.py").write_text(settings, encoding="utf-8")
    block = "from ipywidgets import HTML\n\nHTML('x' * 100_000)"
    (tmp_path / "index.md").write_text(f"# A page\n\n```python\n{block}\n```\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", tmp_path, tmp_path / "out"]
    subprocess.run(command, check=True, capture_output=True)
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "100_000" in re.sub("<[^>]*>", "", page)
    assert "widget-state+json" not in page
    assert "cdn." not in page
