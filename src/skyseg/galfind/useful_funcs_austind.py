"""What notebooks of galfind take from its module of that name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skyseg.galfind.absent import OF_HELPERS, refuse_name


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
    raise refuse_name(name, OF_HELPERS)
