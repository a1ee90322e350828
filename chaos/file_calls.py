"""Every call of this process that concerns the files of one folder, counted; one of them is met.

Opening, renaming, removing, listing, locking and mapping are told by the interpreter's audit
events; writing, syncing, cutting and asking for a state have none, and are wrapped. Neither can
be undone: this belongs into a process that ends soon.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_AUDITED = frozenset(
    {
        *("open", "os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir"),
        *("os.listdir", "os.scandir", "os.truncate", "os.chmod", "os.chown", "os.utime"),
        *("fcntl.flock", "fcntl.lockf", "mmap.__new__"),
    }
)
_WRAPPED = ("stat", "lstat", "fstat", "write", "pwrite", "fsync", "fdatasync", "ftruncate")

Act = Callable[[], None]


class FileCalls:
    """The calls that concern a folder, from now on.

    Parameters
    ----------
    folder : str
        The folder, without links in its path.
    at : int
        Number of the call, from 1, before which something is done; 0 for none. Of a write,
        the first half is written then.
    act : callable
        What is done: it may raise, or end the process.

    Attributes
    ----------
    count : int
        Number of calls until now.
    met : str
        The call before which it was done.
    """

    def __init__(self, folder: str, at: int = 0, act: Act | None = None) -> None:
        self._folder, self._at, self._act = folder, at, act
        self._lock = threading.RLock()
        self.count, self.met = 0, ""
        for name in _WRAPPED:
            if hasattr(os, name):
                setattr(os, name, self._wrap(name, getattr(os, name)))
        builtins.open = io.open = self._open
        sys.addaudithook(self._hear)

    def reach(self, call: str, what: Any, half: Act | None = None) -> None:
        """Count a call if it concerns the folder, and act if it is the one."""
        path = _path_of(what)
        if not path.startswith(self._folder):
            return
        with self._lock:
            self.count += 1
            if self.count != self._at or self._act is None:
                return
            self.met = f"{call} {path.removeprefix(self._folder)}"
        if half is not None:
            half()
        self._act()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _AUDITED and arguments:
            self.reach(event, arguments[0])

    def _wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(what: Any, *rest: Any, **more: Any) -> Any:
            self.reach(f"os.{name}", what)
            return function(what, *rest, **more)

        return call

    def _open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """Open a file as `open` does, over a raw file whose calls are counted."""
        raw = _RawFile(self, file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        if "+" in mode:
            buffered: Any = io.BufferedRandom(raw)
        elif "r" in mode:
            buffered = io.BufferedReader(raw)
        else:
            buffered = io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        text = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
        text.mode = mode  # type: ignore[misc]
        return text


class _RawFile(io.FileIO):
    """A file whose writes, cuts and, where it is written, closing are counted."""

    def __init__(self, calls: FileCalls, file: Any, mode: str, closefd: bool, opener: Any) -> None:
        super().__init__(file, mode, closefd, opener)
        self._calls = calls

    def write(self, content: Any) -> int:
        def half() -> None:
            io.FileIO.write(self, memoryview(content).cast("B")[: len(content) // 2])

        self._calls.reach("write", self.fileno(), half)
        return super().write(content)

    def readinto(self, buffer: Any) -> int:
        self._calls.reach("read", self.fileno())
        return super().readinto(buffer)

    def readall(self) -> bytes:
        self._calls.reach("read", self.fileno())
        return super().readall()

    def truncate(self, size: int | None = None) -> int:
        self._calls.reach("truncate", self.fileno())
        return super().truncate(size)

    def close(self) -> None:
        path = "" if self.closed or not self.writable() else _path_of(self.fileno())
        super().close()
        if path:
            self._calls.reach("close", path)


def _path_of(what: Any) -> str:
    """Path of a file that is named, or open."""
    if isinstance(what, int):
        try:
            return str(Path(f"/proc/self/fd/{what}").readlink())
        except OSError:
            return ""
    try:
        return os.fsdecode(what)
    except TypeError:
        return ""
