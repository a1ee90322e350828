"""Compiled functions: what is kept on disk is used only as long as it is true."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import skyseg.engine.compiled

CALLEE = "from compiled import compiled\n\n\n@compiled\ndef inner(x):\n    return x + {added}\n"
CALLER = (
    "from callee import inner\nfrom compiled import compiled\n\n\n"
    "@compiled\ndef outer(x):\n    return inner(x)\n\n\nprint(outer(1))\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(skyseg.engine.compiled.__file__, tmp_path / "compiled.py")
    (tmp_path / "caller.py").write_text(CALLER)
    return tmp_path


def _run(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "caller.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_function_is_compiled_again_when_one_it_calls_in_another_file_changed(
    folder: Path,
) -> None:
    (folder / "callee.py").write_text(CALLEE.format(added=1))
    assert _run(folder) == "2"
    (folder / "callee.py").write_text(CALLEE.format(added=20))
    assert _run(folder) == "21"


def test_what_was_compiled_is_kept_while_nothing_changed(folder: Path) -> None:
    (folder / "callee.py").write_text(CALLEE.format(added=1))
    assert _run(folder) == "2"
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*.nbc")}
    assert _run(folder) == "2"
    assert kept
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.nbc")} == kept


APART = """
import json
import numpy as np
from numba.core import event
from skyseg.engine import Parameters, segment_image
from skyseg.methods.warming import compile_in_processes

class Heard(event.Listener):
    def on_start(self, event):
        function = event.data["dispatcher"].py_func
        names.append(f"{function.__module__}.{function.__name__}")
    def on_end(self, event): ...

names = []
compile_in_processes()
event.register("numba:compile", Heard())
image = np.random.default_rng(1).normal(size=(80, 90)).astype(np.float32)
image[20:26, 30:36] += 20
image[60:66, 30:36] += 20
image[5, 5] = np.nan
found = segment_image(image, np.ones_like(image), "rms_err", Parameters(), (5.0,))
print(json.dumps([len(found.columns["NUMBER"]), names]))
"""


def test_a_run_finds_nearly_all_compiled_that_processes_compiled_apart(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", APART], capture_output=True, text=True, check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    sources, compiled = json.loads(done.stdout)
    ours = {name.split(".")[-2] for name in compiled if name.startswith("skyseg.")}
    assert sources == 2
    assert ours <= {"sources"}
