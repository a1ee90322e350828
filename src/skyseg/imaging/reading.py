"""Files opened read-only, FITS or ASDF; whatever is wrong with one becomes an ImageError."""

from __future__ import annotations

import errno
import gzip
import logging
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from skyseg.engine.types import FloatImage, LabelImage
from skyseg.errors import DataNotFoundError, ImageError
from skyseg.imaging.celestial import log_remarks, read_celestial
from skyseg.imaging.remote import is_remote, look_up, open_stream
from skyseg.imaging.roman import describe_mosaic, is_asdf, read_mosaic

# What astropy raises of the content of a file; an OSError may be of the system.
FITS_FAULTS = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, struct.error, zlib.error,
    fits.VerifyError, AstropyWarning,
)  # fmt: skip
# The name that fpack gives to an image which has none.
_NO_NAME = "COMPRESSED_IMAGE"
_KINDS = ("EXTTYPE", "IMAGETYP", "IMTYPE")
_GZIP = b"\x1f\x8b"
_SCALING = frozenset({"BSCALE", "BZERO"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hdu:
    """One HDU of a file, without its pixels.

    Attributes
    ----------
    index : int
        Number of the HDU, from 0.
    name : str
        EXTNAME in upper case; empty where there is none.
    shape : tuple of int
        Shape of its image, slowest axis first; empty where there is none.
    version : int
        EXTVER; 1 where there is none.
    kind : str
        What tells its role, in upper case: EXTNAME, else EXTTYPE, IMAGETYP or
        IMTYPE.
    band : str
        BAND as the header has it; empty where there is none.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    version: int = 1
    kind: str = ""
    band: str = ""

    @property
    def is_image(self) -> bool:
        """Whether it holds a 2-D image; further axes of length 1 are ignored."""
        return len(self.shape) >= 2 and all(length == 1 for length in self.shape[:-2])

    def __str__(self) -> str:
        size = " x ".join(map(str, self.shape)) or "no image"
        version = f",{self.version}" if self.name and self.version != 1 else ""
        return f"[{self.index}] {self.name}{version} ({size})".replace("  ", " ")


@dataclass(frozen=True)
class Listing:
    """What a file holds.

    Attributes
    ----------
    path : Path
        The file.
    hdus : tuple of Hdu
        Its HDUs, in order.
    """

    path: Path
    hdus: tuple[Hdu, ...]

    @property
    def images(self) -> tuple[Hdu, ...]:
        """Those that hold a 2-D image."""
        return tuple(hdu for hdu in self.hdus if hdu.is_image)

    def __str__(self) -> str:
        return ", ".join(map(str, self.hdus))


@contextmanager
def opened(path: Path) -> Iterator[fits.HDUList]:
    """Open a FITS file read-only; HDUs are read as they are asked for.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it is truncated, is not FITS, or cannot be read while it is open.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _opened_fits(path) as hdus:
                yield hdus
        except FileNotFoundError as error:
            raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
        except FITS_FAULTS as error:
            if system_reason(error):
                raise _unreadable(path, error) from error
            _refuse_truncated(path, caught)
            raise ImageError(
                f"{path} cannot be read as FITS ({_reason(error)})",
                hint="replace it with a whole FITS file",
            ) from error
        _refuse_truncated(path, caught)
    for warning in caught:
        logger.debug("%s: %s", path, warning.message)


@contextmanager
def _opened_fits(path: Path) -> Iterator[fits.HDUList]:
    if not is_remote(path):
        with fits.open(path, mode="readonly") as hdus:
            yield hdus
        return
    with open_stream(path) as stream, fits.open(stream, mode="readonly") as hdus:
        yield hdus


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


def _unreadable(path: Path, error: Exception) -> ImageError:
    hint = "download the file" if is_remote(path) else "check the path and its permissions"
    return ImageError(f"{path} cannot be read ({system_reason(error)})", hint=hint)


def _reason(error: Exception) -> str:
    """First sentence of an error, on one line."""
    return " ".join(str(error).split()).split(". ")[0].rstrip(".")


def _refuse_truncated(path: Path, caught: list[warnings.WarningMessage]) -> None:
    for warning in caught:
        if "truncated" in str(warning.message):
            raise ImageError(f"{path} is truncated", hint="copy or download it again")


def list_hdus(path: Path) -> Listing:
    """List the HDUs of a file.

    Parameters
    ----------
    path : Path
        A FITS file, plain or compressed, or a mosaic of Roman in ASDF, whose maps
        count as HDUs.

    Returns
    -------
    Listing

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it is truncated or not FITS.
    """
    return _scanned(path).listing


@dataclass(frozen=True)
class _Stored:
    """Where the pixels of an image stand in its file, if they stand there as they are."""

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]


@dataclass(frozen=True)
class _Scan:
    listing: Listing
    headers: tuple[fits.Header, ...]
    stored: tuple[_Stored | None, ...]
    is_seekable: bool


def _scanned(path: Path) -> _Scan:
    """Return what is known of a file, read once while it stays as it is."""
    try:
        size, state = look_up(path)
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    return _scan(path, state, size)


@lru_cache(maxsize=64)
def _scan(path: Path, state: int, size: int) -> _Scan:
    if is_asdf(path):
        return _scan_mosaic(path)
    with opened(path) as hdus:
        len(hdus)
        seekable = not _is_gzipped(path)
        if not seekable:
            _check_stream(path, hdus)
        found = tuple(_described(index, hdu) for index, hdu in enumerate(hdus))
        return _Scan(
            Listing(path, found),
            tuple(hdu.header.copy() for hdu in hdus),
            tuple(_stored(hdu) if seekable and not is_remote(path) else None for hdu in hdus),
            seekable,
        )


def _scan_mosaic(path: Path) -> _Scan:
    headers, in_parts = describe_mosaic(path)
    hdus = tuple(
        Hdu(index, each["EXTNAME"], (each["NAXIS2"], each["NAXIS1"]), kind=each["EXTNAME"])
        for index, each in enumerate(headers)
    )
    return _Scan(Listing(path, hdus), headers, (None,) * len(hdus), in_parts)


def _check_stream(path: Path, hdus: fits.HDUList) -> None:
    """Raise EOFError where a gzip stream is cut: its HDUs seem to end there.

    The last bytes of a stream tell its length. Where this is not the end of the
    last HDU, the stream is read through.
    """
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        length = int.from_bytes(file.read(), "little")
    last = hdus[-1].fileinfo()
    if length != (last["datLoc"] + last["datSpan"]) % 2**32:
        with path.open("rb") as file, gzip.open(file) as stream:
            while stream.read(2**20):
                pass


def _described(index: int, hdu: fits.hdu.base._BaseHDU) -> Hdu:
    texts = {
        key: value.strip()
        for key in ("EXTNAME", *_KINDS, "BAND")
        if isinstance(value := hdu.header.get(key), str)
    }
    name = texts.get("EXTNAME", "").upper()
    name = "" if name == _NO_NAME else name
    kind = name or next((texts[key].upper() for key in _KINDS if key in texts), "")
    shape = tuple(hdu.shape) if hdu.is_image else ()
    version = hdu.header.get("EXTVER", 1)
    version = version if isinstance(version, int) else 1
    return Hdu(index, name, shape, version, kind, texts.get("BAND", ""))


def _stored(hdu: fits.hdu.base._BaseHDU) -> _Stored | None:
    """Tell where pixels stand that are neither compressed nor scaled."""
    if type(hdu) not in (fits.PrimaryHDU, fits.ImageHDU) or len(hdu.shape) < 2:
        return None
    dtype = np.dtype(fits.BITPIX2DTYPE[hdu.header["BITPIX"]]).newbyteorder(">")
    # floats are blank where they are NaN, whatever BLANK says
    has_blanks = dtype.kind != "f" and "BLANK" in hdu.header
    if has_blanks or not _SCALING.isdisjoint(hdu.header):
        return None
    ny, nx = hdu.shape[-2:]
    return _Stored(hdu.fileinfo()["datLoc"], dtype, (ny, nx))


def read_image(path: Path, ext: int) -> FloatImage:
    """Read a 2-D image.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        A copy in native byte order, scaled by BSCALE and BZERO; blank is NaN.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    _scanned(path)
    if is_asdf(path):
        return read_mosaic(path, ext)
    with opened(path) as hdus:
        data = hdus[ext].data
        if data is None:
            raise ImageError(f"{path}[{ext}] holds no pixels", hint="give another HDU")
        with np.errstate(over="ignore"):
            return np.array(data, dtype=np.float32, order="C").reshape(data.shape[-2:])


def is_seekable(path: Path) -> bool:
    """Whether a part of a file can be read without the rest: it is not gzipped, nor its blocks."""
    return _scanned(path).is_seekable


def _is_gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def map_pixels(path: Path, ext: int) -> npt.NDArray[Any] | None:
    """Map the pixels of an image that is neither compressed nor scaled; none are read.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    numpy.memmap of shape (ny, nx), or None
        Read-only, of the file's type and byte order; None where the values have
        to be worked out.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    stored = _scanned(path).stored[ext]
    if stored is None:
        return None
    try:
        return np.memmap(path, stored.dtype, "r", stored.offset, stored.shape)
    except (OSError, ValueError) as error:
        if system_reason(error):
            raise _unreadable(path, error) from error
        raise ImageError(
            f"{path} cannot be read ({_reason(error)})", hint="replace it with a whole FITS file"
        ) from error


def read_whole_numbers(path: Path, ext: int, rows: slice, columns: slice) -> LabelImage:
    """Read a part of a 2-D image of whole numbers, such as a flag map.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    rows, columns : slice
        The part.

    Returns
    -------
    ndarray of int32
        A copy in native byte order.

    Raises
    ------
    ImageError
        If the file cannot be read, or holds floats or numbers that are not from 0 to
        2^31 - 1.
    """
    pixels = map_pixels(path, ext)
    if pixels is None:
        with opened(path) as hdus:
            hdu = hdus[ext]
            leading = (0,) * (len(hdu.shape) - 2)
            part = np.asarray(hdu.section[(*leading, rows, columns)])
    else:
        part = np.asarray(pixels[rows, columns])
    largest = np.iinfo(np.int32).max
    if part.dtype.kind not in "iu":
        raise ImageError(f"{path}[{ext}] holds floats", hint="give a map of whole numbers")
    if part.size and not 0 <= part.min() <= part.max() <= largest:
        raise ImageError(
            f"{path}[{ext}] holds {part.min()} to {part.max()}",
            hint=f"give whole numbers from 0 to {largest}",
        )
    return part.astype(np.int32)


def read_part(path: Path, ext: int, rows: slice, columns: slice) -> FloatImage:
    """Read a part of a 2-D image.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    rows, columns : slice
        The part.

    Returns
    -------
    ndarray of float32
        A copy in native byte order, scaled by BSCALE and BZERO; blank is NaN.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    if is_asdf(path):
        return read_mosaic(path, ext, (rows, columns))
    pixels = map_pixels(path, ext)
    if pixels is None:
        with opened(path) as hdus:
            hdu = hdus[ext]
            leading = (0,) * (len(hdu.shape) - 2)
            with np.errstate(over="ignore"):
                return np.array(hdu.section[(*leading, rows, columns)], np.float32, order="C")
    with np.errstate(over="ignore"):
        return np.array(pixels[rows, columns], np.float32, order="C")


def read_headers(path: Path, ext: int) -> tuple[fits.Header, fits.Header]:
    """Read the header of an HDU and the primary header of its file.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    header, primary : astropy.io.fits.Header
        Copies; the same content twice where the HDU is the primary one.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    headers = _scanned(path).headers
    return headers[ext].copy(), headers[0].copy()


def read_wcs(path: Path, ext: int, *, quiet: bool = False) -> WCS | None:
    """Read the celestial WCS of an image, as `skyseg.imaging.celestial` does.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    quiet : bool
        Whether to keep warnings to itself.

    Returns
    -------
    astropy.wcs.WCS or None
        None where the header has no celestial WCS, or none that can be used; then
        a warning says why.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    header = _scanned(path).headers[ext]
    if is_asdf(path):
        found = read_celestial(header)
    else:
        with opened(path) as hdus:
            found = read_celestial(header, hdus)
    if not quiet:
        log_remarks(found.remarks, f"{path}[{ext}]")
    return found.wcs
