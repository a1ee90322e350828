"""The house: who may know whom, and what importing skyseg costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

from skyseg.samples import make_survey

SOURCE = Path(__file__).resolve().parents[1] / "src" / "skyseg"

# from the ground up: a room may import from itself and from the floors below its own
FLOORS = (
    {"errors", "_loops"},
    {"settings", "writing"},
    {"engine"},
    {"imaging"},
    {"masks"},
    {"methods"},
    {"assessment"},
    {"products"},
    {"editing"},
    {"survey"},
    {"comparison"},
    {"parity"},
    {"display"},
    {"plotting"},
    {"panel"},
    {"samples"},
    {"galfind"},
    {"napari_plugin", "notebook"},
    {"cli"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
WINDOWS = {"napari", "qtpy", "PyQt6", "PySide6", "vispy", "ipywidgets", "anywidget", "magicgui"}

# libraries that only come together with one that is declared
COME_WITH = {
    "asdf": "roman-datamodels",
    "cloudpickle": "distributed",
    "npe2": "napari",
    "qtpy": "napari",
    "traitlets": "anywidget",
    "vispy": "napari",
}

# methods that open a room above their own, when they are called
DOORS = {
    "assessment/exports.py": {"plotting", "products"},
    "survey/band.py": {"comparison", "notebook", "plotting"},
    "survey/data.py": {"comparison", "notebook", "plotting"},
    "comparison/result.py": {"plotting"},
}


def _modules() -> list[Path]:
    """Return all modules but the one that gives the public names."""
    return sorted(set(SOURCE.rglob("*.py")) - {SOURCE / "__init__.py"})


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def _imports(path: Path) -> dict[str, bool]:
    """Full names that a module imports, and whether at its top; those for types alone left out."""
    names: dict[str, bool] = {}
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text(encoding="utf-8")), True)]
    while pending:
        node, at_top = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        names |= {name: at_top or names.get(name, False) for name in found}
        at_top = at_top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        pending.extend((child, at_top) for child in ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_knows_only_itself_and_the_floors_below(path: Path) -> None:
    room = _room(path)
    assert room in FLOOR, f"{room} has no floor"
    doors = DOORS.get(path.relative_to(SOURCE).as_posix(), set())
    for name, at_top in _imports(path).items():
        other = name.split(".")[1] if name.startswith("skyseg.") else None
        if other not in FLOOR or other == room or (not at_top and other in doors):
            continue
        assert FLOOR[other] < FLOOR[room], f"{path.name} of {room} imports {name}"


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needed = [each for name in extras if name not in ("docs", "test") for each in extras[name]]
    declared = {
        re.split(r"[^\w.-]", each)[0].replace("_", "-")
        for each in (*project["dependencies"], *needed)
    }
    brought_by = packages_distributions()
    imported = {name.split(".")[0] for path in _modules() for name in _imports(path)}
    undeclared = {
        name
        for name in imported - sys.stdlib_module_names - {"skyseg"}
        if declared.isdisjoint(
            each.lower().replace("_", "-") for each in brought_by.get(name, [name])
        )
    }
    assert undeclared == COME_WITH.keys()
    assert declared.issuperset(COME_WITH.values())


def _target(name: str) -> Path | None:
    """Return the module that an imported name comes from, if it is ours."""
    parts = name.split(".")
    while parts[0] == "skyseg" and len(parts) > 1:
        place = SOURCE.joinpath(*parts[1:])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
        parts.pop()
    return None


def _circles() -> Iterator[set[str]]:
    """Modules that need each other, by Tarjan's algorithm; the doors left out."""
    arrows = {
        path: {
            target
            for name, at_top in _imports(path).items()
            if (target := _target(name)) not in (None, path)
            and (at_top or _room(target) not in DOORS.get(path.relative_to(SOURCE).as_posix(), ()))
        }
        for path in _modules()
    }
    index: dict[Path, int] = {}
    lowest: dict[Path, int] = {}
    stack: list[Path] = []

    def visit(path: Path) -> Iterator[set[str]]:
        index[path] = lowest[path] = len(index)
        stack.append(path)
        for target in sorted(arrows.get(path, ())):
            if target not in index:
                yield from visit(target)
                lowest[path] = min(lowest[path], lowest[target])
            elif target in stack:
                lowest[path] = min(lowest[path], index[target])
        if lowest[path] == index[path]:
            at = stack.index(path)
            circle = {str(each.relative_to(SOURCE)) for each in stack[at:]}
            del stack[at:]
            if len(circle) > 1:
                yield circle

    for path in arrows:
        if path not in index:
            yield from visit(path)


def test_there_is_no_circle_but_for_types() -> None:
    assert {_room(path) for path in _modules()} >= {"panel", "napari_plugin", "notebook"}
    assert list(_circles()) == []


def test_a_private_module_is_known_in_its_own_room_alone() -> None:
    for path in _modules():
        for name in _imports(path):
            parts = name.split(".")
            if parts[0] == "skyseg" and len(parts) > 2 and parts[2].startswith("_"):
                assert parts[1] == _room(path), f"{path.relative_to(SOURCE)} imports {name}"


def test_of_the_panel_only_its_controls_know_widgets_and_nothing_one_kind_of_window() -> None:
    known = {
        path.stem: {name.split(".")[0] for name in _imports(path)} & WINDOWS
        for path in _modules()
        if _room(path) == "panel"
    }
    assert {stem: windows for stem, windows in known.items() if windows} == {
        "advice_box": {"magicgui"},
        "controls": {"magicgui"},
        "files_box": {"magicgui"},
        "imaging_choice": {"magicgui"},
        "mask_choice": {"magicgui"},
        "parameter_box": {"magicgui"},
        "parameter_editors": {"magicgui"},
        "stack_box": {"magicgui"},
        "stacking": {"magicgui"},
        "zero_point_box": {"magicgui"},
    }


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in _modules()
        if _room(path) == "notebook"
        and path.stem not in ("__init__", "_opening", "viewer")  # who make it
    ],
    ids=lambda path: path.name,
)
def test_what_works_for_the_notebook_viewer_does_not_know_it(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.name for node in nodes if isinstance(node, ast.alias)}
    assert "Viewer" not in {name.rpartition(".")[2] for name in names}


@pytest.mark.parametrize(
    "path",
    [path for path in _modules() if FLOOR.get(_room(path), 99) < FLOOR["panel"]],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_nothing_below_the_panel_knows_a_window(path: Path) -> None:
    allowed = {"matplotlib"} if _room(path) == "plotting" else set()
    roots = {name.split(".")[0] for name in _imports(path)}
    assert not roots & ((WINDOWS | {"matplotlib"}) - allowed)


def test_the_engine_knows_no_files() -> None:
    known = {
        "__future__", "cloudpickle", "collections", "concurrent", "contextlib", "contextvars",
        "copyreg", "dataclasses", "distributed", "enum", "functools", "heapq", "io", "itertools",
        "lazy_loader", "logging", "math", "numpy", "os", "pickle", "pydantic", "scipy", "skyseg",
        "threading", "typing", "uuid", "zlib",
    }  # fmt: skip
    for path in (SOURCE / "engine").glob("*.py"):
        own_code = {"pathlib"} if path.name == "builds.py" else set()
        assert {name.split(".")[0] for name in _imports(path)} <= known | own_code


def test_only_the_ground_lies_loose() -> None:
    assert {path.stem for path in SOURCE.glob("*.py")} == {
        "__init__", "errors", "settings", "writing",
    }  # fmt: skip


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


def test_panels_of_napari_load_what_draws_figures_when_they_draw_one() -> None:
    panels = (SOURCE / "napari_plugin" / "widgets").glob("*_widget.py")
    names = ", ".join(f"skyseg.napari_plugin.widgets.{path.stem}" for path in panels)
    assert not _loaded_by(f"import {names}") & {"matplotlib", "pytest"}


def test_a_process_that_segments_a_file_takes_of_astropy_what_reads_headers(tmp_path: Path) -> None:
    make_survey(tmp_path, bands=["F444W"], shape=(64, 64))
    (image,) = tmp_path.rglob("*_i2d.fits")
    run = f"skyseg segment --sci {image}[SCI] --err {image}[ERR] --zero-point 28.9 --out {tmp_path}"
    program = (
        "import atexit, sys; from skyseg.cli import run\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
        f"sys.argv = {run.split()!r}; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    loaded = set(done.stderr.split())
    parts = {f"astropy.{part}" for part in ("coordinates", "table", "time", "units", "wcs")}
    assert not loaded & (parts | {"asdf", "erfa", "numcodecs", "numpy.ma", "pydantic", "yaml"})
    assert "astropy.io.fits" in loaded


@pytest.mark.parametrize(
    "needs", ["raise AttributeError('Unit')", "fits.units = sys.modules['astropy.units']"]
)
def test_an_astropy_that_needs_its_units_to_read_headers_is_loaded_with_them(needs: str) -> None:
    program = (
        "import sys; from skyseg.cli.starting import without_units\n"
        "with without_units():\n"
        "    import astropy.utils.data\n"
        "    from astropy.io import fits\n"
        f"    {needs}\n"
        "print('astropy.io' in sys.modules)\n"
        "from astropy.units import Quantity; from astropy.utils import data\n"
        "print(data.Quantity is Quantity)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == ["False", "True"]


def test_a_list_of_products_loads_no_method() -> None:
    listing = "from skyseg.products.inventory import list_runs; list_runs('nowhere')"
    program = f"import json, sys; {listing}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    methods = ("_skyseg", "_sep", "_sextractor", "_photutils")
    unused = {"sep", "photutils", *(f"skyseg.methods.{name}" for name in methods)}
    assert not unused & set(json.loads(done.stdout))


def test_a_run_from_the_shell_loads_only_what_it_uses(tmp_path: Path) -> None:
    make_survey(tmp_path, bands=["F444W"], shape=(64, 64))
    (image,) = tmp_path.rglob("*_i2d.fits")
    run = f"segment --sci {image}[SCI] --err {image}[ERR] --out {tmp_path}"
    program = (
        "import contextlib, io, json, sys; from skyseg.cli import main\n"
        f"with contextlib.redirect_stdout(io.StringIO()): assert main({run.split()!r}) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = json.loads(done.stdout)
    heavy = {"dask", "fsspec", "matplotlib", "photutils", "regions", "rich", "scipy", "sep"}
    heavy |= {"asyncio", "pydantic", "reproject", "skimage", "tqdm", *WINDOWS}
    assert not {name.split(".")[0] for name in loaded} & heavy
    assert not {"astropy.coordinates", "astropy.wcs"} & set(loaded)
    rooms = (
        "assessment", "comparison", "display", "editing", "galfind", "panel", "parity", "plotting",
        "samples",
    )  # fmt: skip
    unused = {f"skyseg.{room}" for room in rooms}
    unused |= {f"skyseg.methods.{name}" for name in ("sex_file", "_sep", "_photutils")}
    other_verbs = (
        "aper_corr_cols", "band_depths", "band_light", "band_mask", "data", "detection_run",
        "forced_detection", "forced_photometry", "pipeline", "stacking", "survey_cat",
    )  # fmt: skip
    unused |= {f"skyseg.survey.{name}" for name in other_verbs}
    unused |= {f"skyseg.products.{name}" for name in ("depths", "masks", "single", "tables")}
    steps = (
        "_local_light", "_spread", "bright_stars", "depths", "detected", "known_sky", "labelled",
        "neighbours", "parts", "psf_angle", "psf_stack", "sky_apertures", "sky_scale", "stacking",
    )  # fmt: skip
    unused |= {f"skyseg.engine.{name}" for name in steps}
    unused |= {f"skyseg.masks.{name}" for name in ("edges", "regions", "star_lists", "stars")}
    assert not [name for name in unused if find_spec(name) is None]  # all are there
    assert not unused & set(loaded)


def test_dir_shows_the_public_names_and_nothing_else() -> None:
    import skyseg

    assert dir(skyseg) == sorted(skyseg.__all__)
    assert not [name for name in dir(skyseg) if getattr(skyseg, name, None) is None]


def test_the_architecture_lists_the_rooms_in_the_order_of_their_floors() -> None:
    text = (SOURCE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\|( `.*?)\|", text, re.M)]
    assert [set(rooms) for rooms in listed] == list(FLOORS[2:])
