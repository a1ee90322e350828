"""What holds where the viewer's JavaScript is not there, or cannot be built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import skyseg

JS = Path(__file__).parents[2] / "js"
ALL_BUT_THE_VIEWER = """
import sys
from pathlib import Path

# what is installed to be edited is found before PYTHONPATH, by a finder that is no class
sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type)]
import skyseg
from skyseg.errors import ViewerError
from skyseg.samples import make_survey

assert Path(skyseg.__file__).is_relative_to(sys.argv[1]), skyseg.__file__
make_survey(sys.argv[2], bands=("F444W",), shape=(200, 200))
data = skyseg.Data.from_survey_version("sample", "v1", data_dir=sys.argv[2])
data.segment(progress=False)
data.plot(save=Path(sys.argv[2]) / "seg.png")
assert data["F444W"].load_seg().max() > 0
try:
    data.view()
except ViewerError as error:
    print(error)
"""


def test_a_clone_without_node_runs_all_but_the_viewer(tmp_path: Path) -> None:
    package = tmp_path / "src" / "skyseg"
    own = Path(skyseg.__file__).parent
    shutil.copytree(own, package, ignore=shutil.ignore_patterns("static"))
    done = subprocess.run(
        [sys.executable, "-c", ALL_BUT_THE_VIEWER, tmp_path / "src", tmp_path / "data"],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.startswith(
        f"the viewer's JavaScript is not at {package / 'notebook' / 'static' / 'viewer.js'}; "
        "install Node.js and then skyseg again, by pip install --force-reinstall --no-deps ."
    )
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_an_openlayers_without_what_the_viewer_needs_fails_the_build() -> None:
    code = "import('./openlayers.mjs').then((m) => m.checked('ol/webgl/Helper.js', 'no such word'))"
    done = subprocess.run(["node", "-e", code], cwd=JS, capture_output=True, text=True)

    assert done.returncode != 0
    assert 'ol/webgl/Helper.js has no "this.postProcessPasses_ = " any more' in done.stderr


def test_an_npm_that_fails_is_told_and_leaves_the_package_without_the_viewer(
    tmp_path: Path,
) -> None:
    here = tmp_path / "js"
    (here / "src").mkdir(parents=True)
    for name in ("bundle.py", "build.mjs", "package-lock.json", "src/canvas_view.js"):
        shutil.copy(JS / name, here / name)
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 1\n")
    npm.chmod(0o755)
    done = subprocess.run(
        [sys.executable, here / "bundle.py"],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1  # CMake warns of that, and goes on
    assert "npm does not work" in done.stderr
    assert "skyseg is packaged without it" in done.stderr
