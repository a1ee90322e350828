"""The house: who may know whom, and what importing skyseg costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "skyseg"

# from the ground up: a room may import from itself and from the floors below its own
FLOORS = (
    {"errors", "lazy", "_loops"},
    {"writing"},
    {"engine"},
    {"settings", "pyramid", "tiles", "region", "display"},
    {"imaging"},
    {"methods"},
    {"products", "preview"},
    {"figures"},
    {"plotting", "comparison", "samples"},
    {"survey"},
    {"parity"},
    {"session", "jobs"},
    {"runs"},
    {"controls", "cli"},
    {"demo", "napari_plugin", "notebook"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
WINDOWS = {"napari", "qtpy", "PyQt6", "PySide6", "vispy", "ipywidgets", "anywidget", "magicgui"}


def _modules() -> list[Path]:
    """Return all modules but the one that gives the public names."""
    return sorted(set(SOURCE.rglob("*.py")) - {SOURCE / "__init__.py"})


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(path: Path, *, at_top_only: bool) -> set[str]:
    """Full names that a module imports, those for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if at_top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        pending.extend(ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_knows_only_itself_and_the_floors_below(path: Path) -> None:
    room = _room(path)
    assert room in FLOOR, f"{room} has no floor"
    for name in _imports(path, at_top_only=True):
        other = name.split(".")[1] if name.startswith("skyseg.") else None
        if other in FLOOR and other != room:
            assert FLOOR[other] < FLOOR[room], f"{path.name} of {room} imports {name}"


@pytest.mark.parametrize(
    "path",
    [path for path in _modules() if FLOOR.get(_room(path), 99) < FLOOR["session"]],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_nothing_below_the_session_knows_a_window(path: Path) -> None:
    allowed = {"matplotlib"} if _room(path) in {"plotting", "figures", "comparison"} else set()
    roots = {name.split(".")[0] for name in _imports(path, at_top_only=False)}
    assert not roots & ((WINDOWS | {"matplotlib"}) - allowed)


def test_the_engine_knows_no_files() -> None:
    known = {
        "__future__", "collections", "contextlib", "dataclasses", "enum", "functools", "logging",
        "math", "numpy", "skyseg", "typing",
    }  # fmt: skip
    for path in (SOURCE / "engine").glob("*.py"):
        assert {name.split(".")[0] for name in _imports(path, at_top_only=False)} <= known


def _loaded_by(statement: str) -> set[str]:
    """Packages that a statement loads."""
    program = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_importing_skyseg_brings_no_array_library_and_no_window() -> None:
    brought = _loaded_by("import skyseg")
    assert not brought & (WINDOWS | {"matplotlib", "numpy", "astropy", "scipy"})


def test_looking_at_bands_and_at_products_needs_neither_windows_nor_scipy() -> None:
    looking = "from skyseg import Data, Parameters, config; import skyseg.cli.running"
    assert not _loaded_by(looking) & (WINDOWS | {"matplotlib", "scipy"})
