"""Fails unless packages hold what they promise: `check_packages.py FILE...`, sdists or wheels."""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

LARGEST_SDIST = 1_500_000
STATIC = "skyseg/notebook/static"
BUNDLE = ("viewer.js", "bar.js", "table.js", "viewer.css", "LICENCES.txt")
PICTURES = {".gif", ".ipynb", ".jpeg", ".jpg", ".pdf", ".png", ".webp"}
NEEDED_IN_SDIST = ("LICENSE", "README.md", "cpp/CMakeLists.txt", "js/bundle.py", "pyproject.toml")


def read_package(path: Path) -> dict[str, bytes]:
    """Return the content of each file of a package, by its name in it."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    files: dict[str, bytes] = {}
    with tarfile.open(path) as sdist:
        for member in sdist:
            content = sdist.extractfile(member)
            if content is not None:
                files[member.name.partition("/")[2]] = content.read()
    return files


def find_faults(path: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    """Say what is wrong with a package, one sentence each."""
    is_wheel = path.suffix == ".whl"
    static = STATIC if is_wheel else f"src/{STATIC}"
    needed = {f"{static}/{name}" for name in BUNDLE}
    needed |= set() if is_wheel else set(NEEDED_IN_SDIST)
    for name in sorted(needed - files.keys()):
        yield f"it lacks {name}"
    for name in sorted(files):
        if PurePosixPath(name).suffix.lower() in PICTURES:
            yield f"it carries the picture {name}"
    if not is_wheel and path.stat().st_size >= LARGEST_SDIST:
        yield f"it has {path.stat().st_size} bytes, more than {LARGEST_SDIST}"
    if is_wheel and not any(name.endswith(".dist-info/licenses/LICENSE") for name in files):
        yield "it lacks the text of its own licence"
    yield from _faults_of_description(files, is_wheel)


def _faults_of_description(files: Mapping[str, bytes], is_wheel: bool) -> Iterator[str]:
    ends = ".dist-info/METADATA" if is_wheel else "PKG-INFO"
    metadata = next((files[name].decode() for name in files if name.endswith(ends)), None)
    if metadata is None:
        yield "it lacks its metadata"
        return
    for link in re.findall(r"\]\(([^)\s]+)\)", metadata):
        if not link.startswith(("https://", "#")):
            yield f"its description links to {link}, which a package index does not have"
    for name in ("Documentation", "Source", "Issues", "Changelog"):
        if f"\nProject-URL: {name}, https://" not in metadata:
            yield f"it does not say where its {name.lower()} is"


def main() -> None:
    """Check each package that is named; exit with all that is wrong."""
    faults = [
        f"{path.name}: {fault}"
        for path in map(Path, sys.argv[1:])
        for fault in find_faults(path, read_package(path))
    ]
    if faults or len(sys.argv) == 1:
        sys.exit("\n".join(faults) or __doc__)
    sys.stdout.write(f"whole: {', '.join(Path(name).name for name in sys.argv[1:])}\n")


if __name__ == "__main__":
    main()
