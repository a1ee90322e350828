"""Programs of others: run as children that end with this process, in folders that are swept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from skyseg.methods import _guard

try:
    import fcntl
except ImportError:  # Windows, where folders of killed processes stay
    fcntl = None  # type: ignore[assignment]

_PREFIX: Final = "skyseg-scratch-"
_OWNED: Final = "skyseg-owner.lock"
_YOUNG: Final = 10.0  # seconds in which a process has surely locked its folder


def run_child(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of this machine until it ends, or this process does: by whatever signal.

    Parameters
    ----------
    command : sequence of str
        The program's path, and its arguments.
    folder : Path
        Where it is run.

    Returns
    -------
    subprocess.CompletedProcess
        With what it wrote, in the locale C. The exit status is 128 and the number of the
        signal that ended it, or 126 where it cannot be started.

    Raises
    ------
    OSError
        If this machine lets no process be started.
    """
    reading, writing = os.pipe()
    guard = [sys.executable, "-I", "-S", _guard.__file__, str(reading)]
    try:
        with (
            os.fdopen(writing, "wb") as life,
            subprocess.Popen(
                [*guard, *command],
                cwd=folder,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=[reading],
            ) as process,
        ):
            try:
                out, err = process.communicate()
            except BaseException:
                life.close()  # which ends the program
                raise
    finally:
        os.close(reading)
    return subprocess.CompletedProcess(list(command), process.returncode, out, err)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the block; those of processes that were killed are removed before.

    It lies where temporary files do, see `tempfile.gettempdir`, and holds a lock for as long
    as its process lives.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    _sweep(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX) as name,
        Path(name, _OWNED).open("wb") as owned,
    ):
        # a file system without locks: the folder of a killed process stays
        with suppress(OSError):
            _lock(owned)
        yield Path(name)


def _sweep(place: Path) -> None:
    """Remove the folders of processes that are gone."""
    for folder in place.glob(f"{_PREFIX}*") if fcntl else ():
        with suppress(OSError):
            owned = folder / _OWNED
            is_own = not folder.is_symlink() and folder.lstat().st_uid == os.getuid()
            if is_own and time.time() - owned.lstat().st_mtime > _YOUNG:
                with owned.open("r+b") as file:
                    _lock(file)
                    shutil.rmtree(folder, ignore_errors=True)


def _lock(file: IO[bytes]) -> None:
    """Lock a file while it is open; an OSError says that another process has, or none can."""
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
