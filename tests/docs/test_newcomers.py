"""Newcomers reach their end by the site alone: each path's page does what it says."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg import _loops

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMMANDS = "import subprocess\nsubprocess.run(['sh', '-ec', {!r}], check=True)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a newcomer has at hand."""
    path = DOCS / "_ext" / "example_folder.py"
    spec = importlib.util.spec_from_file_location("example_folder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make_example_files(tmp_path)
    return tmp_path


WITHOUT_EDITABLE = """import sys
sys.meta_path[:] = [each for each in sys.meta_path if "editable" not in type(each).__module__]
"""
"""Has Python find the sources of a copy where those of this repository are installed."""


def walk(page: str, folder: Path, source: Path = ROOT / "src") -> None:
    """Execute all blocks of a page one after the other, as one who follows it."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    setup = DOCS / "_setup" / f"{Path(page).name}.py"
    program = setup.read_text(encoding="utf-8") if setup.exists() else ""
    for language, block in re.findall(r"^```(python|sh)\n(.*?)^```$", text, re.M | re.S):
        program += block if language == "python" else COMMANDS.format(block)
    execute([sys.executable, "-c", program], folder, source)


def execute(command: list[str | Path], folder: Path, source: Path) -> None:
    """Run a program in a folder with the skyseg of a folder of sources and no settings."""
    environment = {key: each for key, each in os.environ.items() if not key.startswith("SKYSEG_")}
    paths = [str(Path(sys.executable).parent), environment["PATH"]]
    environment |= {
        "MPLBACKEND": "Agg",
        "PATH": os.pathsep.join(paths),
        "PYTHONPATH": str(source),
        "XDG_CONFIG_HOME": str(folder),
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_student_with_two_fits_files_comes_to_a_table_of_sources(folder: Path) -> None:
    walk("guide/files", folder)
    table = Table.read(folder / "sources.csv")
    assert table.colnames == ["NUMBER", "ALPHA_J2000", "DELTA_J2000", "MAG_AUTO"]
    assert len(table) > 30


def test_a_user_of_galfind_finds_the_maps_where_galfind_looks(folder: Path) -> None:
    walk("coming-from/galfind", folder)
    (seg,) = (folder / "work").rglob("*_seg.fits")
    assert seg.parts[-6:-1] == ("NIRCam", "v11", "JOF", "MAP_RMS", "segmentation")
    assert seg.name == "JOF_F444W_F444W_sel_cat_v11_seg.fits"


def test_a_contributor_adds_a_column(folder: Path) -> None:
    text = (DOCS / "contributing" / "column.md").read_text(encoding="utf-8")
    shutil.copytree(ROOT / "src", folder / "src")
    for patch in re.findall(r"^```diff\n(.*?)^```$", text, re.M | re.S):
        subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, text=True, check=True)
    source = folder / "src"
    loops = Path(_loops.__file__)
    shutil.copyfile(loops, source / "skyseg" / loops.name)
    (source / "sitecustomize.py").write_text(WITHOUT_EDITABLE, encoding="utf-8")
    execute([sys.executable, "-m", "pytest", "-q", "tests"], folder, source)
    (folder / "my.param").write_text("NUMBER\nSNR_AUTO\n", encoding="utf-8")
    (command,) = re.findall(r"^(skyseg segment .*)$", text, re.M)
    program = f"from skyseg.cli import run\nimport sys\nsys.argv = {command.split()!r}\nrun()"
    execute([sys.executable, "-c", program], folder, source)
    catalogues = list((folder / "work").rglob("*_v1.fits"))
    assert len(catalogues) == 4
    assert all("SNR_AUTO" in fits.getdata(path, 1).names for path in catalogues)


def test_all_that_the_recipes_for_changes_name_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|docs|scripts|benchmarks)/[\w./-]+)`", text))
    linked = set(re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text))
    assert len(named) > 15
    assert [name for name in sorted(named | linked) if not (ROOT / name).exists()] == []
    assert "../../CONTRIBUTING.md" in (DOCS / "contributing" / "recipes.md").read_text("utf-8")
