"""Builds the notebook viewer's JavaScript, when skyseg is packaged or installed from its source.

Without Node.js, or where npm fails, the package is made without it: all but the notebook
viewer works.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parent / "src" / "skyseg" / "notebook" / "static" / "viewer.js"


def main() -> int:
    """Build the bundle unless it is newer than its sources; 1 where it could not be built."""
    if _is_current():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        return _not_built("Node.js is not there")
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        try:
            subprocess.run([npm, *command], cwd=HERE, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return _not_built(f"npm does not work: {error}")
    return 0


def _is_current() -> bool:
    sources = [*HERE.glob("src/*"), *HERE.glob("*.mjs"), HERE / "package-lock.json"]
    newest = max(path.stat().st_mtime for path in sources)
    return BUNDLE.exists() and BUNDLE.stat().st_mtime >= newest


def _not_built(why: str) -> int:
    left = "with an older one" if BUNDLE.exists() else "without it"
    sys.stderr.write(
        f"{why}, so the notebook viewer's JavaScript is not built and skyseg is packaged {left}\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
