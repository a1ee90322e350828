"""Journals of edits on disk: one window at a time writes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from skyseg.products._lock import locked


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
