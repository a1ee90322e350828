"""Journals of edits on disk: one window at a time writes one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from skyseg.imaging.names import stem
from skyseg.imaging.refs import MapRef
from skyseg.imaging.remote import is_remote
from skyseg.products._lock import locked
from skyseg.products.names import find_work_dir

_LETTERS: Final = 8
_LONGEST: Final = 150


@dataclass(frozen=True)
class JournalFiles:
    """The file of a journal, as it is locked.

    Attributes
    ----------
    cat : Path
        The file.
    """

    cat: Path

    @property
    def folder(self) -> Path:
        """The folder in which it lies."""
        return self.cat.parent

    def __iter__(self) -> Iterator[Path]:
        return iter((self.cat,))


def locked_journal(path: Path) -> AbstractContextManager[None]:
    """Keep other processes from writing a journal; wait for one that does.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    ProductError
        If its folder cannot be written to, or another process holds the lock longer than the
        setting ``lock_timeout``.
    """
    return locked(JournalFiles(path))


def find_file_journal(ref: MapRef) -> Path:
    """Return where the journal of a SEG map belongs that is no run of a band.

    Folders of data are read alone, so it lies in the folder of products. Files of one name
    have journals of their own; links to one file have one.

    Parameters
    ----------
    ref : MapRef
        The map.

    Examples
    --------
    >>> path = find_file_journal(MapRef.parse("f444w_seg.fits", None))
    >>> path.parent.name, path.name[:10], path.name[-11:]
    ('edits', 'f444w_seg_', '_edits.json')
    """
    path = ref.path if is_remote(ref.path) else ref.path.resolve()
    place = f"{path}[{ref.ext}]"
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:_LETTERS]
    return find_work_dir() / "edits" / f"{stem(path)[:_LONGEST]}_{digest}_edits.json"
