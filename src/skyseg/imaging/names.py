"""Names: of surveys, versions and bands, and what the name of a file says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from skyseg.errors import ParameterError

Role = Literal["SCI", "ERR", "WHT"]

FITS_ENDINGS = (".fits", ".fits.gz", ".fits.fz")
ROLE_ENDINGS: dict[Role, tuple[str, ...]] = {
    "SCI": ("_sci", "_i2d", "_drz", "_drc"),
    "ERR": ("_rms_err", "_rms", "_err"),
    "WHT": ("_wht", "_weight", "_ivm"),
}

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


def is_fits_name(path: Path) -> bool:
    """Tell whether a file is FITS by its name, plain or compressed; hidden files are not."""
    return path.name.lower().endswith(FITS_ENDINGS) and not path.name.startswith(".")


def stem(path: Path) -> str:
    """Name of a file without its FITS ending.

    Examples
    --------
    >>> stem(Path("data/f444w_sci.fits.gz"))
    'f444w_sci'
    """
    for ending in FITS_ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem


def identify_role(path: Path) -> Role | None:
    """Role of a map by the end of its file's name, case ignored.

    Examples
    --------
    >>> identify_role(Path("uds-b-f444w_RMS.fits"))
    'ERR'
    """
    name = stem(path).lower()
    for role, endings in ROLE_ENDINGS.items():
        if name.endswith(endings):
            return role
    return None


def without_role(path: Path) -> str:
    """Name of a file without its FITS ending and without the ending of its role.

    Examples
    --------
    >>> without_role(Path("uds-b-f444w_rms_err.fits"))
    'uds-b-f444w'
    """
    name = stem(path)
    endings = [ending for group in ROLE_ENDINGS.values() for ending in group]
    for ending in sorted(endings, key=len, reverse=True):
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name
