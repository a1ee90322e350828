"""Paths, and single files that are there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import platform
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Literal, cast, overload

from skyseg.errors import ParameterError, ProductError, check_switch

_REMEDIES: Final = {
    errno.EACCES: "ask for permission to write there, or",
    errno.EPERM: "ask for permission to write there, or",
    errno.EROFS: "the file system is read-only:",
    errno.ENOSPC: "the disk is full: free space there, or",
    errno.EDQUOT: "the quota is used up: free space there, or",
    errno.EFBIG: "files there may not be so large:",
    errno.ENOTDIR: "a file is in the way of a folder: move it, or",
    errno.EISDIR: "a folder is in the way of a file: move it, or",
    errno.ENAMETOOLONG: "the name is too long:",
    errno.EIO: "the disk or its server fails: have it checked, or",
    errno.ESTALE: "the disk's server was away: call again, or",
}
_TEMPORARY: Final = re.compile(r"\..+\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp")
_OLD: Final = 3600.0
_LARGEST_SMALL: Final = 2**24


def find_remedy(error: OSError, another: str) -> str:
    """Say what to do where the system refuses to write, by its reason.

    Parameters
    ----------
    error : OSError
        What it says.
    another : str
        How to write elsewhere; arguments in braces, as in every hint.

    Examples
    --------
    >>> find_remedy(OSError(errno.EROFS, ""), "choose another place")
    'the file system is read-only: choose another place'
    """
    return f"{_REMEDIES.get(error.errno or 0, 'check the folder, or')} {another}"


def make_absolute(path: str | os.PathLike[str], argument: str = "") -> Path:
    """Return a path that stays the same when the working directory changes.

    Parameters
    ----------
    path : str or Path
        A path; ``~`` and ``~user`` stand for users' folders.
    argument : str, optional
        The argument that it was given as, for the error.

    Raises
    ------
    ParameterError
        If it is no path, or there is no such user.
    """
    what = f"is {path!r}" if argument else f"{path!r} is no path"
    if not isinstance(path, str | os.PathLike) or "\0" in os.fspath(path):
        raise ParameterError(what, hint="give a path", argument=argument)
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise ParameterError(
            f"{what}, of a user who does not exist", hint="correct the path", argument=argument
        ) from error


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; none has a name that is too long for one."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Tell whether there is such a folder; none has a name that is too long for one."""
    try:
        return path.is_dir()
    except OSError:
        return False


def expand_user(path: Path) -> Path:
    """Return a path in which ``~`` is a user's folder; where there is no such user, as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


@overload
def open_regular(path: Path) -> io.BufferedReader: ...
@overload
def open_regular(path: Path, buffering: Literal[0]) -> io.FileIO: ...
def open_regular(path: Path, buffering: int = -1) -> io.BufferedReader | io.FileIO:
    """Open a file to be read; a pipe or a device in its place is refused and not waited for.

    Parameters
    ----------
    path : Path
        The file.
    buffering : int, optional
        0 for none.

    Raises
    ------
    OSError
        If it cannot be opened, or is no regular file.
    """
    opened = open(path, "rb", buffering, opener=_without_wait)  # noqa: SIM115 - it is returned
    file = cast("io.BufferedReader | io.FileIO", opened)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.ENOTSUP, "it is a pipe or a device and no file", str(path))
    return file


def _without_wait(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_small(path: Path) -> bytes:
    """Return the content of a file that a person writes, such as one of settings.

    Raises
    ------
    OSError
        If it cannot be read, is no regular file, or is too large for one.
    """
    with open_regular(path) as file:
        content = file.read(_LARGEST_SMALL + 1)
    if len(content) > _LARGEST_SMALL:
        raise OSError(errno.EFBIG, f"it has more than {_LARGEST_SMALL >> 20} MiB", str(path))
    return content


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check that a file that a person names may be written there.

    Raises
    ------
    ProductError
        If it is there already and must not be replaced, or its folder is not there.
    ParameterError
        If ``overwrite`` is neither True nor False.
    """
    if not check_switch(overwrite, "overwrite") and path.exists():
        raise ProductError(
            f"{path} is there already", hint="write with {overwrite} or choose a name"
        )
    check_folder(path)


def check_folder(path: Path) -> None:
    """Check that the folder of a file that a person names is there: it may be misspelled.

    Raises
    ------
    ProductError
        If it does not exist.
    """
    if not path.parent.is_dir():
        raise ProductError(
            f"{path} cannot be written: there is no folder {path.parent}",
            hint="make it, or choose another place",
        )


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when the block ends, or not at all.

    What killed processes left of such files in the folder is removed, an hour later.

    Parameters
    ----------
    path : Path
        The file; folders above it are made, a file of this name is replaced.

    Yields
    ------
    binary file
        A temporary file in the same folder.

    Raises
    ------
    ProductError
        If it cannot be written.

    Examples
    --------
    >>> with whole_file(Path("catalogue.fits")) as file:
    ...     table.write(file, format="fits")
    """
    writer = f"{_this_host()}-{os.getpid()}-{secrets.token_hex(4)}"
    temporary = path.with_name(f".{path.name}.{writer}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProductError(
            f"{path} cannot be written ({error.strerror or error})",
            hint=find_remedy(error, "choose another place"),
        ) from error


def _sweep(folder: Path) -> None:
    """Remove temporary files that processes of this machine left when they were killed."""
    with suppress(OSError):
        for path in folder.glob(".*.tmp"):
            found = _TEMPORARY.fullmatch(path.name)
            if found is None or found[1] != _this_host() or _is_running(int(found[2])):
                continue
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink()


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _this_host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
