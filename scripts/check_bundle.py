"""Fails unless the installed skyseg carries the notebook viewer's JavaScript."""

import sys
from importlib.resources import files

FILES = ("viewer.js", "bar.js", "table.js", "viewer.css", "LICENCES.txt")


def main() -> None:
    """Say where the bundle is, or exit with what is missing from it."""
    static = files("skyseg") / "notebook" / "static"
    missing = [name for name in FILES if not (static / name).is_file()]
    if missing:
        sys.exit(f"{static} lacks {' and '.join(missing)}")
    sys.stdout.write(f"the viewer's JavaScript is in {static}\n")


if __name__ == "__main__":
    main()
