"""Files that a file of parameters names: in the working folder, as in SExtractor, or beside it."""

from __future__ import annotations

from pathlib import Path

from skyseg.writing import is_file


def find_named(named: str, folder: Path) -> Path | None:
    """Return the file of a name: in the working folder, else in another one; None if nowhere."""
    places = (Path(named).absolute(), folder.absolute() / named)
    return next((place for place in places if is_file(place)), None)


def find_map(named: str, folder: Path) -> str:
    """Return ``path`` or ``path[HDU]`` by its file's place; as named where that is nowhere."""
    found = find_named(named, folder)
    if found is not None:
        return str(found)
    path, bracket, hdu = named.rpartition("[")
    found = find_named(path, folder) if bracket else None
    return named if found is None else f"{found}[{hdu}"
