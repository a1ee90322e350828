"""Builds the notebook viewer's JavaScript when skyseg is packaged or installed from its source."""

import logging
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUNDLE = HERE.parent / "src" / "skyseg" / "notebook" / "static" / "viewer.js"

logger = logging.getLogger("hatch_jupyter_builder")


def build(target: str, version: str) -> None:
    """Build the bundle unless it is newer than its sources, or Node.js is not there.

    Parameters
    ----------
    target : str
        ``"wheel"`` or ``"sdist"``.
    version : str
        ``"standard"`` or ``"editable"``.
    """
    if _is_current():
        return
    npm = shutil.which("npm")
    if npm is None:
        logger.warning(
            "Node.js is not there, so this %s %s is built %s the notebook viewer's JavaScript",
            *(version, target, "with what was left of" if BUNDLE.exists() else "without"),
        )
        return
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=HERE, check=True)


def _is_current() -> bool:
    sources = [*HERE.glob("src/*"), *HERE.glob("*.mjs"), HERE / "package-lock.json"]
    newest = max(path.stat().st_mtime for path in sources)
    return BUNDLE.exists() and BUNDLE.stat().st_mtime >= newest
