"""What a file that cannot be read becomes: an ImageError that names it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skyseg.errors import DataNotFoundError, ImageError, SkysegError
from skyseg.imaging.remote import is_remote


def system_reason(error: Exception) -> str:
    """Say what the system has against reading a file; empty where its content is at fault.

    Examples
    --------
    >>> system_reason(PermissionError(errno.EACCES, "Permission denied"))
    'Permission denied'
    >>> system_reason(OSError("No SIMPLE card found"))
    ''
    """
    # a damaged length makes astropy ask for an impossible place
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return error.strerror or str(error)
    return ""


@contextmanager
def faults_told(path: Path) -> Iterator[None]:
    """Make an error of skyseg of whatever the system, or the content of a file, has against it.

    What is in the block reads the file and does nothing else, for all that it raises is
    laid to the file.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it cannot be read.
    """
    try:
        yield
    except SkysegError:
        raise
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
    except MemoryError as error:
        hint = "free memory, or give a smaller file"
        raise ImageError(f"{path} takes more memory than there is", hint=hint) from error
    # of damaged content astropy, wcslib and cfitsio raise errors of any kind
    except Exception as error:
        if reason := system_reason(error):
            hint = "download the file" if is_remote(path) else "check the path and its permissions"
            raise ImageError(f"{path} cannot be read ({reason})", hint=hint) from error
        reason = " ".join(str(error).split()).split(". ")[0].rstrip(".") or type(error).__name__
        raise unreadable(path, reason) from error


@contextmanager
def system_told(path: Path) -> Iterator[None]:
    """Make an ImageError of what the system has against looking at a file or a folder."""
    try:
        yield
    except OSError as error:
        raise ImageError(
            f"{path} cannot be read ({error.strerror or error})",
            hint="check the path and its permissions",
        ) from error


def unreadable(path: Path, reason: str) -> ImageError:
    """Return the error of a file whose content is no FITS."""
    return ImageError(
        f"{path} cannot be read as FITS ({reason})", hint="replace it with a whole FITS file"
    )


def truncated(path: Path) -> ImageError:
    """Return the error of a file that ends before its content does."""
    return ImageError(f"{path} is truncated", hint="copy or download it again")
