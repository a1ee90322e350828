"""Compiled functions: what is kept on disk is used only as long as it is true."""

from __future__ import annotations

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
