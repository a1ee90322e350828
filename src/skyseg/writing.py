"""Paths, and single files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from skyseg.errors import ParameterError, ProductError


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


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check that a file may be written there.

    Raises
    ------
    ProductError
        If it is there already and must not be replaced.
    """
    if path.exists() and not overwrite:
        raise ProductError(
            f"{path} is there already", hint="write with {overwrite} or choose a name"
        )


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when the block ends, or not at all.

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
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
            hint="free space there or choose another place",
        ) from error
