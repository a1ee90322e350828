"""What notebooks of galfind take from its module of that name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skyseg.errors import AbsentError


def make_dirs(path: str | Path) -> None:
    """Make the folder of a file, where it is not there.

    Parameters
    ----------
    path : str or Path
        The file; one that ends in ``/`` is a folder itself.

    Examples
    --------
    >>> make_dirs("masks/new/F444W.fits")
    >>> Path("masks/new").is_dir()
    True
    """
    folder = Path(path) if str(path).endswith("/") else Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)


def __getattr__(name: str) -> Any:
    raise AbsentError(
        f"galfind's {name}: helpers are not here", hint="use those of numpy and astropy"
    )
