"""Writing the products of one run so that they are there together or not at all.

Each file is first written whole in its folder, under a hidden name that carries the run
and ends in ``.tmp``; the files that it will replace get a second, hidden name that ends in
``.old``, where the file system has hard links. Only when all are on disk are they renamed;
the first rename decides. Where a later one fails, the old files are put back.

What a crash leaves behind is settled by the next call: a run whose files are all there is
finished, any other is undone. Until then readers tell the run of a file by its RUNID.
"""

from __future__ import annotations

import glob
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final, TypeAlias

from astropy.io import fits

from skyseg.errors import ProductError
from skyseg.products._lock import Waiting, is_free, locked_if_free, may_write
from skyseg.products.fits_files import RUN_KEY, read_header
from skyseg.products.names import ProductFiles, cannot_read, cannot_write

_NEW: Final = "tmp"
_OLD: Final = "old"

logger = logging.getLogger(__name__)


Content: TypeAlias = fits.HDUList | bytes | Callable[[IO[bytes]], None]
"""What a file is to hold, or what writes it into an empty file."""


@dataclass(frozen=True)
class _Leftovers:
    """What is there of one run beside the products: its files, and those that they replace."""

    new: dict[Path, Path] = field(default_factory=dict)
    old: dict[Path, Path] = field(default_factory=dict)


def commit(paths: ProductFiles, contents: Mapping[Path, Content], run: str) -> None:
    """Write the products of one run; the lock must be held.

    An interrupt by the keyboard waits until the files are in place.

    Parameters
    ----------
    paths : ProductFiles
        Where they belong.
    contents : mapping of Path to HDUList, bytes or callable
        What each holds, or what writes it.
    run : str
        The RUNID in their headers.

    Raises
    ------
    ProductError
        If they cannot be written; then the old ones are there, and nothing of this run.
    """
    found = _Leftovers({path: _beside(path, run, _NEW) for path in paths})
    try:
        for path, place in found.new.items():
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            _write(place, contents[path])
        kept = _keep_old(found, run)
        _sync_folder(paths.folder)
    except BaseException as error:
        _discard(found, paths)
        if isinstance(error, OSError):
            raise cannot_write(paths.folder, error) from error
        raise
    with _uninterrupted():
        try:
            _publish(found, paths)
        except BaseException as error:
            if not _is_published_after_all(found, paths, run, kept):
                if isinstance(error, OSError):
                    raise cannot_write(paths.folder, error) from error
                raise
            if not isinstance(error, OSError):
                raise


def is_pending(paths: ProductFiles) -> bool:
    """Tell whether a run is being written, or was interrupted while it was."""
    return bool(_find_leftovers(paths))


def settle(paths: ProductFiles) -> None:
    """Wait for a run that is being written, and settle one that was interrupted.

    Runs that begin meanwhile are not waited for. Where this process may not write, it can
    do no more than wait.

    Raises
    ------
    ProductError
        If the folder cannot be written to, or a run is not done in ``lock_timeout``.
    """
    waiting, runs = Waiting(paths), set(_find_leftovers(paths))
    while runs & set(_find_leftovers(paths)):
        if may_write(paths):
            with locked_if_free(paths) as is_ours:
                if is_ours:
                    recover(paths)
                    return
        elif is_free(paths):
            return
        waiting.go_on()


def recover(paths: ProductFiles) -> None:
    """Settle what an interrupted run left behind; the lock must be held.

    Raises
    ------
    ProductError
        If the folder cannot be written to.
    """
    leftovers = _find_leftovers(paths)
    if not leftovers:
        return
    runs = {path: _run_of(path) for path in paths}
    try:
        for run, found in leftovers.items():
            published = [path for path in paths if runs[path] == run]
            if published and all(path in published or path in found.new for path in paths):
                logger.info("%s: an interrupted run is finished", paths.cat)
                _publish(found, paths)
            else:
                logger.info("%s: what an interrupted run left is removed", paths.cat)
                _put_back(found, published)
                _discard(found, paths)
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


def _run_of(path: Path) -> str | None:
    """RUNID of a product; None where it has none or cannot be read."""
    try:
        header = read_header(path)
    except ProductError:
        return None
    return None if header is None else header.get(RUN_KEY)


def _beside(path: Path, run: str, kind: str) -> Path:
    return path.with_name(f".{path.name}.{run}.{kind}")


def _find_leftovers(paths: ProductFiles) -> dict[str, _Leftovers]:
    """Hidden files of each run."""
    by_run: dict[str, _Leftovers] = {}
    try:
        for path in paths:
            for kind in (_NEW, _OLD):
                for place in sorted(paths.folder.glob(f".{glob.escape(path.name)}.*.{kind}")):
                    found = by_run.setdefault(place.name.rsplit(".", 2)[1], _Leftovers())
                    (found.new if kind == _NEW else found.old)[path] = place
    except OSError as error:
        raise cannot_read(paths.folder, error) from error
    return by_run


def _write(place: Path, content: Content) -> None:
    with place.open("wb") as stream:
        if isinstance(content, fits.HDUList):
            content.writeto(stream, checksum=True)
        elif isinstance(content, bytes):
            stream.write(content)
        else:
            content(stream)
        stream.flush()
        os.fsync(stream.fileno())


def _keep_old(found: _Leftovers, run: str) -> bool:
    """Give the files that will be replaced a second name; tell whether that could be done."""
    for path in found.new:
        if path.exists():
            found.old[path] = _beside(path, run, _OLD)
    try:
        for path, place in found.old.items():
            place.unlink(missing_ok=True)
            os.link(path, place)
    except OSError as error:
        logger.debug("%s: no hard links (%s)", path.parent, error)
        for place in found.old.values():
            place.unlink(missing_ok=True)
        found.old.clear()
        return False
    return True


def _publish(found: _Leftovers, paths: ProductFiles) -> None:
    """Rename the files of a run into place, in the order of the products."""
    for path, place in found.new.items():
        place.replace(path)
    _sync_folder(paths.folder)
    for place in found.old.values():
        with suppress(OSError):
            place.unlink(missing_ok=True)


def _is_published_after_all(found: _Leftovers, paths: ProductFiles, run: str, kept: bool) -> bool:
    """Finish a run whose renames failed, or else put the old files back; tell whether it is done.

    Where neither can be done, the next call of `recover` does one of them.
    """
    published = [path for path in paths if _run_of(path) == run]
    rest = {path: place for path, place in found.new.items() if path not in published}
    with suppress(OSError):
        _publish(_Leftovers(rest, found.old), paths)
        return True
    published = [path for path in paths if _run_of(path) == run]
    if published and not kept:
        return False
    with suppress(OSError, ProductError):
        _put_back(found, published)
        _discard(found, paths)
    return False


def _put_back(found: _Leftovers, published: list[Path]) -> None:
    """Replace files of a run by those that were there before, the last one first."""
    for path in reversed(published):
        if path in found.old:
            found.old[path].replace(path)
        else:
            path.unlink(missing_ok=True)


def _discard(found: _Leftovers, paths: ProductFiles) -> None:
    try:
        for place in (*found.new.values(), *found.old.values()):
            place.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let an interrupt by the keyboard wait until the block ends."""
    if threading.current_thread() is not threading.main_thread():
        yield  # other threads are not interrupted
        return
    interrupts: list[FrameType | None] = []
    before = signal.getsignal(signal.SIGINT)
    if before is None:  # set by another language, and not to be put back
        yield
        return
    signal.signal(signal.SIGINT, lambda _, frame: interrupts.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupts:
            signal.raise_signal(signal.SIGINT)


def _sync_folder(folder: Path) -> None:
    """Make renames last over a power cut, where the system offers that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
