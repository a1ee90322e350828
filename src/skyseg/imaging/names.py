"""Names: of surveys, versions and bands, and of files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from skyseg.errors import ParameterError

Role = Literal["SCI", "ERR", "WHT"]

MAP_ENDINGS = (".fits", ".fits.gz", ".fits.fz", ".asdf")
_FORBIDDEN = re.compile(r"[/\\\x00-\x1f]|\.\.")


def check_name(kind: str, name: object) -> str:
    """Return a name that may become part of a path.

    Parameters
    ----------
    kind : str
        What it names, for the message: ``"survey"``, ``"version"``, ``"band"``.
    name : object
        The name.

    Raises
    ------
    ParameterError
        If it is not a text, is empty, or holds a path separator or ``..``.

    Examples
    --------
    >>> check_name("survey", "UDS-B")
    'UDS-B'
    """
    if not isinstance(name, str) or not name.strip() or name == "." or _FORBIDDEN.search(name):
        raise ParameterError(
            f"{name!r} cannot be the name of a {kind}",
            hint="give a text without path separators and without '..'",
        )
    return name


def make_name(text: str) -> str:
    """Make a name of any text: what could not be in the name of a file becomes ``_``.

    Examples
    --------
    >>> make_name("I 8321/1950 A  #1808")
    'I_8321_1950_A_1808'
    """
    name = re.sub(r"[^\w.+-]+", "_", text, flags=re.ASCII)
    return re.sub(r"\.{2,}", ".", name).strip("._-")


def is_map_name(path: Path) -> bool:
    """Tell whether a file is FITS or ASDF by its name, plain or compressed; hidden ones are not."""
    return path.name.lower().endswith(MAP_ENDINGS) and not path.name.startswith(".")


def stem(path: Path) -> str:
    """Name of a file without its ending of FITS or ASDF.

    Examples
    --------
    >>> stem(Path("data/f444w_sci.fits.gz"))
    'f444w_sci'
    """
    for ending in MAP_ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem
