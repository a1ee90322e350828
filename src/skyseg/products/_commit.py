"""Writing the products of one run so that they are there together or not at all.

Each file is first written whole in its folder, under a hidden name that
carries the run. Only when all are on disk are they renamed; the first rename
decides. What a crash leaves behind is settled by the next call: renames that
had begun are finished, files of a run that had not got so far are removed.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from astropy.io import fits
from filelock import BaseFileLock, FileLock, Timeout

from skyseg.errors import ProductError
from skyseg.products.fits_files import read_header
from skyseg.products.names import ProductPaths, cannot_write
from skyseg.products.provenance import RUN_KEY

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(paths: ProductPaths) -> Iterator[None]:
    """Keep other processes from making the same products; wait for one that does.

    A hidden lock file stays in their folder. Where there are none when the
    block ends, it goes, and with it the folders that were made for it.

    Raises
    ------
    ProductError
        If the folder cannot be made or written to.
    """
    places = (paths.folder, *paths.folder.parents)
    new = [place for place in places if not place.exists()]
    lock = _acquired(paths)
    try:
        yield
    finally:
        if not any(path.exists() for path in paths):
            _tidy(Path(lock.lock_file), new)
        lock.release()


def _acquired(paths: ProductPaths) -> BaseFileLock:
    lock = FileLock(paths.folder / f".{paths.cat.stem}.lock")
    try:
        while True:
            paths.folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                _wait_for(lock, paths)
            # another process whose run failed may have taken the file, or the folder, away
            if Path(lock.lock_file).exists():
                return lock
            lock.release()
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


def _wait_for(lock: BaseFileLock, paths: ProductPaths) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("waiting for another process that makes %s", paths.cat)
        lock.acquire()


def _tidy(lock_file: Path, folders: Iterable[Path]) -> None:
    """Remove a lock file, and folders that are empty then; the lock must be held."""
    with contextlib.suppress(OSError):
        lock_file.unlink(missing_ok=True)
        for folder in folders:
            folder.rmdir()


def commit(paths: ProductPaths, contents: Mapping[Path, fits.HDUList], run: str) -> None:
    """Write the products of one run; the lock must be held.

    Parameters
    ----------
    paths : ProductPaths
        Where they belong.
    contents : mapping of Path to HDUList
        What each holds.
    run : str
        The RUNID in their headers.

    Raises
    ------
    ProductError
        If they cannot be written; then nothing of this run is left behind.
    """
    temporary = {path: path.with_name(f".{path.name}.{run}.tmp") for path in paths}
    try:
        for path, place in temporary.items():
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            _write(place, contents[path])
        _sync_folder(paths.folder)
    except BaseException as error:
        _discard(temporary, paths)
        if isinstance(error, OSError):
            raise cannot_write(paths.folder, error) from error
        raise
    _publish(temporary, paths)


def is_pending(paths: ProductPaths) -> bool:
    """Tell whether a run is being written, or was interrupted while it was."""
    return bool(_leftovers(paths))


def recover(paths: ProductPaths) -> None:
    """Settle what an interrupted run left behind; the lock must be held.

    Raises
    ------
    ProductError
        If the folder cannot be written to.
    """
    by_run: dict[str, dict[Path, Path]] = {}
    for path, run, place in _leftovers(paths):
        by_run.setdefault(run, {})[path] = place
    published = {_run_of(path) for path in paths} if by_run else set()
    for run, temporary in by_run.items():
        if run in published:
            logger.info("%s: an interrupted run is finished", paths.cat)
            _publish(temporary, paths)
        else:
            logger.info("%s: what an interrupted run left is removed", paths.cat)
            _discard(temporary, paths)


def _run_of(path: Path) -> str | None:
    """RUNID of a product; None where it has none or cannot be read."""
    try:
        header = read_header(path)
    except ProductError:
        return None
    return None if header is None else header.get(RUN_KEY)


def _leftovers(paths: ProductPaths) -> list[tuple[Path, str, Path]]:
    """Product, run and place of each temporary file."""
    return [
        (path, place.name.rsplit(".", 2)[1], place)
        for path in paths
        for place in sorted(paths.folder.glob(f".{glob.escape(path.name)}.*.tmp"))
    ]


def _write(place: Path, hdus: fits.HDUList) -> None:
    with place.open("wb") as stream:
        hdus.writeto(stream, checksum=True)
        stream.flush()
        os.fsync(stream.fileno())


def _publish(temporary: Mapping[Path, Path], paths: ProductPaths) -> None:
    """Rename the files of a run into place, in the order of the products."""
    try:
        for path, place in temporary.items():
            place.replace(path)
        _sync_folder(paths.folder)
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


def _discard(temporary: Mapping[Path, Path], paths: ProductPaths) -> None:
    try:
        for place in temporary.values():
            place.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


def _sync_folder(folder: Path) -> None:
    """Make renames last over a power cut, where the system offers that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
