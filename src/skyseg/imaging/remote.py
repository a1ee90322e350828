"""Files on servers, by the URLs that fsspec knows; they are read in parts.

Such a file is a `UPath` of the library universal_pathlib, which serves as a `Path` does.
"""

from __future__ import annotations

import errno
import gzip
import io
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final, cast

from skyseg.errors import ImageError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://.+", re.DOTALL)
_GZIP: Final = b"\x1f\x8b"
_BLOCK: Final = 2**16
# Bytes that are fetched beyond those that are read.
_AHEAD: Final = 2**18
# What servers tell the state of a file by.
_VALIDATORS: Final = ("ETag", "Content-MD5", "Digest", "LastModified", "mtime", "created")
# For so many seconds a file is taken to stay as it was, for each look is a request.
_LASTING: Final = 10


def is_url(text: str) -> bool:
    """Tell whether a text is a URL.

    Examples
    --------
    >>> is_url("https://example.org/f444w_sci.fits"), is_url("/data/f444w_sci.fits")
    (True, False)
    """
    return _URL.fullmatch(text) is not None


def open_url(url: str) -> Path:
    """Return the path of a URL; that of ``file://`` is an ordinary one.

    Raises
    ------
    ImageError
        If what is needed is not installed, or nothing is known for the URL.
    """
    try:
        from upath import UPath
    except ImportError as error:
        raise ImageError(
            f"{url} is on a server, and what reads it is not installed",
            hint="install skyseg with the extra 'remote', or download the file",
        ) from error
    try:
        path = UPath(url)
        _ = path.fs
        local = path.protocol in ("", "file", "local")
        # a UPath has what a Path has, and is none
        return Path(path.path) if local else cast(Path, path)
    except (ValueError, ImportError, OSError) as error:
        raise ImageError(
            f"{url} cannot be read ({error})", hint="download the file, or correct the URL"
        ) from error


def is_remote(path: Path) -> bool:
    """Tell whether a path is that of a file on a server."""
    return not isinstance(path, Path)


def look_up(path: Path) -> tuple[int, int]:
    """Return the size of a file in bytes, and a number that changes when the file does.

    For a file of this machine it is the time of the last change, ns since 1970; for
    one on a server it is made of what the server tells, and asked for every ten
    seconds at most.

    Raises
    ------
    OSError
        If it cannot be looked up.
    """
    if is_remote(path):
        return _ask(path, int(time.monotonic() / _LASTING))
    state = path.stat()
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=256)
def _ask(path: Path, now: int) -> tuple[int, int]:
    info = path.fs.info(path.path)  # type: ignore[attr-defined]
    told = repr([(key, info[key]) for key in _VALIDATORS if key in info])
    return int(info["size"] or 0), zlib.crc32(told.encode())


@contextmanager
def open_stream(path: Path) -> Iterator[IO[bytes]]:
    """Open a file on a server, of which parts are fetched as they are read.

    One that is gzipped is unpacked; then all up to the place that is read is fetched.

    Raises
    ------
    OSError
        If it cannot be opened or, later, be read.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(cast(Any, path).open("rb", block_size=_AHEAD))
        fetched = io.BufferedReader(_Fetched(stream), _BLOCK)
        gzipped = fetched.read(len(_GZIP)) == _GZIP
        fetched.seek(0)
        yield cast(IO[bytes], stack.enter_context(gzip.open(fetched)) if gzipped else fetched)


class _Fetched(io.RawIOBase):
    """A file on a server whose faults, of each kind of server its own, are OSErrors."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def readinto(self, buffer: Any) -> int:
        try:
            found = self._stream.read(len(buffer))
        except Exception as error:
            raise OSError(errno.EIO, str(error)) from error
        buffer[: len(found)] = found
        return len(found)
