"""Print the lowest versions that pyproject.toml admits, as pip constraints."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def main() -> None:
    """Read the dependencies of the core and its methods; print one `name==version` a line."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    methods = project["optional-dependencies"]["photutils"]
    for requirement in (*project["dependencies"], *methods):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([0-9.]+)", requirement)
        if match is None:
            sys.exit(f"{requirement!r} has no lower bound")
        sys.stdout.write(f"{match[1]}=={match[2]}\n")


if __name__ == "__main__":
    main()
