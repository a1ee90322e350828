"""One process at a time makes the products of a band; the others wait, and say for whom.

The lock is a hidden file beside the products, held by ``flock``: it is free as soon as its
holder ends, however it ends. Where a file system or an operating system has no ``flock``,
it is the existence of a second file, which a killed holder leaves behind.

The package filelock does less than is needed here: who may only read cannot ask it whether a
lock is free, it knows one of the errors by which file systems say that they have no ``flock``,
and a holder cannot sign a lock that may fall back.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from skyseg.engine.stopping import end_if_stopped
from skyseg.errors import Advice, ProductError, verbatim
from skyseg.products.names import ProductFiles, cannot_write, exists
from skyseg.settings import config

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_SHORTEST: Final = 0.005
_LONGEST: Final = 0.25
_TELL_AFTER: Final = 2.0
_TELL_EVERY: Final = 60.0
_WITHOUT_FLOCK: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_MODE: Final = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Held:
    """A lock that this process holds: its open file, and what has to go at the end."""

    file: int
    marker: Path | None = None

    def release(self) -> None:
        with contextlib.suppress(OSError):
            if self.marker is not None:
                self.marker.unlink(missing_ok=True)
            else:
                os.ftruncate(self.file, 0)
        os.close(self.file)


def lock_path(paths: ProductFiles) -> Path:
    """Return the file that is locked while products are made."""
    return paths.folder / f".{paths.cat.stem}.lock"


def may_write(paths: ProductFiles) -> bool:
    """Tell whether this process may write products there, as far as permissions say."""
    return os.access(paths.folder, os.W_OK | os.X_OK)


@contextlib.contextmanager
def locked(paths: ProductFiles) -> Iterator[None]:
    """Keep other processes from making the same products; wait for one that does.

    A hidden lock file stays in their folder. Where there are none when the
    block ends, it goes, and with it the folders that were made for it.

    Raises
    ------
    ProductError
        If the folder cannot be made or written to, or another process holds the lock
        longer than the setting ``lock_timeout``.
    """
    places = (paths.folder, *paths.folder.parents)
    new = [place for place in places if not exists(place)]
    held = _wait_for(paths)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if not any(path.exists() for path in paths):
                _tidy(lock_path(paths), new)
        held.release()


@contextlib.contextmanager
def locked_if_free(paths: ProductFiles) -> Iterator[bool]:
    """Take the lock of products that are there, if it is free; yield whether it was.

    Raises
    ------
    ProductError
        If the folder cannot be written to.
    """
    try:
        held = _try(paths, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise cannot_write(paths.folder, error) from error
    try:
        yield held is not None
    finally:
        if held is not None:
            held.release()


def is_free(paths: ProductFiles) -> bool:
    """Tell whether no process makes these products, as far as one who may only read can know."""
    try:
        held = _try(paths, os.O_RDONLY)
    except OSError:
        return True
    if held is not None:
        os.close(held.file)
    return held is not None


def _wait_for(paths: ProductFiles) -> _Held:
    waiting = Waiting(paths)
    try:
        while True:
            paths.folder.mkdir(parents=True, exist_ok=True)
            if not may_write(paths):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            with contextlib.suppress(FileNotFoundError):
                held = _try(paths, os.O_RDWR | os.O_CREAT)
                if held is not None:
                    return held
            waiting.go_on()
    except OSError as error:
        raise cannot_write(paths.folder, error) from error


def _try(paths: ProductFiles, flags: int) -> _Held | None:
    """Take the lock if it is free."""
    path = lock_path(paths)
    file = _open(path, flags)
    try:
        if fcntl is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        kind = fcntl.LOCK_EX if flags & os.O_CREAT else fcntl.LOCK_SH
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        # another process whose run failed may have taken the file, or the folder, away
        if not os.path.samestat(os.fstat(file), path.stat()):
            os.close(file)
            return None
    except BlockingIOError:
        os.close(file)
        return None
    except OSError as error:
        os.close(file)
        if error.errno in _WITHOUT_FLOCK:
            return _try_marker(path, flags)
        raise
    _sign(file)
    return _Held(file)


def _try_marker(path: Path, flags: int) -> _Held | None:
    """Take the lock where there is no ``flock``: by being the one that makes a file."""
    marker = _marker_of(path)
    if not flags & os.O_CREAT:
        return None if marker.exists() else _Held(os.open(path, flags))
    try:
        file = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return None
    _sign(file)
    return _Held(file, marker)


def _marker_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.held")


def _open(path: Path, flags: int) -> int:
    """Open a lock file, which whoever may write in its folder may take."""
    if not flags & os.O_CREAT:
        return os.open(path, flags)
    with contextlib.suppress(FileExistsError):
        file = os.open(path, flags | os.O_EXCL, _MODE)
        with contextlib.suppress(OSError):
            shared = path.parent.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            path.chmod(_MODE | shared)
        return file
    try:
        return os.open(path, flags & ~os.O_CREAT)
    except PermissionError:
        # made by another user, by a version that let nobody else write it
        return os.open(path, os.O_RDONLY)


def _sign(file: int) -> None:
    """Write into a lock file who holds it: for people, so that nothing depends on it."""
    now = datetime.now(UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    with contextlib.suppress(OSError):
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()} since {now} UTC".encode())


def _tidy(lock_file: Path, folders: list[Path]) -> None:
    """Remove a lock file, and folders that are empty then; the lock must be held."""
    with contextlib.suppress(OSError):
        lock_file.unlink(missing_ok=True)
        for folder in folders:
            folder.rmdir()


class Waiting:
    """Waiting for another process: told after a while, and not without end where that is set."""

    def __init__(self, paths: ProductFiles) -> None:
        self._paths = paths
        self._start = time.monotonic()
        self._tell_at = self._start + _TELL_AFTER

    def go_on(self) -> None:
        """Wait a moment.

        Raises
        ------
        ProductError
            If there is no time left.
        KeyboardInterrupt
            If what this thread does is stopped.
        """
        end_if_stopped()
        now, limit = time.monotonic(), config.lock_timeout
        if limit is not None and now - self._start >= limit:
            raise ProductError(
                f"{self._paths.cat} and the maps with it are still being made by {self._holder()}, "
                f"after {limit:g} s",
                hint=f"call again later, or raise lock_timeout{self._leftover()}",
            )
        if now >= self._tell_at:
            self._tell_at = now + _TELL_EVERY
            what = f"waiting for {self._holder()}, which makes {self._paths.cat}"
            logger.warning(Advice(what, self._leftover().removeprefix("; ")))
        time.sleep(min(_SHORTEST + (now - self._start) / 10, _LONGEST))

    def _holder(self) -> str:
        lock = lock_path(self._paths)
        for path in (_marker_of(lock), lock):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if text := path.read_text(encoding="ascii")[:200]:
                    return text
        return "another process"

    def _leftover(self) -> str:
        """Say what to do where a killed process may have left its lock."""
        marker = _marker_of(lock_path(self._paths))
        return f"; if that process has ended, remove {verbatim(marker)}" if marker.exists() else ""
