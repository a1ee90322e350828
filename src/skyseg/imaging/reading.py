"""Files opened read-only, FITS or ASDF; whatever is wrong with one becomes an ImageError."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.types import BoolImage, LabelImage
from skyseg.errors import Advice, ImageError
from skyseg.imaging.cards import without_unreadable
from skyseg.imaging.data_checks import check_data, check_fetched
from skyseg.imaging.faults import faults_told, truncated, unreadable
from skyseg.imaging.remote import is_remote, look_up, open_stream
from skyseg.imaging.roman import describe_mosaic, is_asdf, read_mosaic
from skyseg.imaging.sky import Sky, log_remarks
from skyseg.imaging.stored import StoredPixels
from skyseg.imaging.structure import Structure, read_structure
from skyseg.imaging.tangent import read_tangent
from skyseg.imaging.warned import catching_warnings

if TYPE_CHECKING:
    from astropy.wcs import WCS

# The name that fpack gives to an image which has none.
_NO_NAME = "COMPRESSED_IMAGE"
_DOUBLE = -64
_KINDS = ("EXTTYPE", "IMAGETYP", "IMTYPE")

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
    read_structure(path)
    with catching_warnings() as caught, faults_told(path):
        try:
            with _opened_fits(path) as hdus:
                yield hdus
        finally:
            _refuse_truncated(path, caught)
    for warning in caught:
        logger.debug("%s: %s", path, warning.message)


def open_hdus(path: Path) -> fits.HDUList:
    """Open a FITS file of this machine read-only, for a caller who closes it.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it is remote, or is not FITS.
    """
    if is_remote(path):
        raise ImageError("is not on this machine", where=str(path), hint="download it first")
    read_structure(path)
    with faults_told(path):
        return _open_local(path)


def _open_local(path: Path) -> fits.HDUList:
    # pixels are read, not mapped: a file that is cut meanwhile gives an error and no signal
    return fits.open(path, mode="readonly", memmap=False)


@contextmanager
def _opened_fits(path: Path) -> Iterator[fits.HDUList]:
    if not is_remote(path):
        with _open_local(path) as hdus:
            yield hdus
        return
    with open_stream(path) as stream, fits.open(stream, mode="readonly") as hdus:
        yield hdus


def _refuse_truncated(path: Path, caught: list[warnings.WarningMessage]) -> None:
    if any("truncated" in str(warning.message) for warning in caught):
        raise truncated(path)


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


def find_state(path: Path) -> tuple[int, int]:
    """Return the size of a file, and a number that changes when the file does.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it cannot be looked up.
    """
    with faults_told(path):
        return look_up(path)


@dataclass(frozen=True)
class _Scan:
    listing: Listing
    headers: tuple[fits.Header, ...]
    stored: tuple[StoredPixels | None, ...]
    is_seekable: bool


def _scanned(path: Path) -> _Scan:
    """Return what is known of a file, read once while it stays as it is."""
    size, state = find_state(path)
    return _scan(path, state, size)


@lru_cache(maxsize=64)
def _scan(path: Path, state: int, size: int) -> _Scan:
    if is_asdf(path):
        return _scan_mosaic(path)
    structure = read_structure(path)
    in_place = not structure.is_packed and not is_remote(path)
    with opened(path) as hdus:
        _check_order(path, hdus, structure)
        _tell_of_headers(path, structure)
        headers = tuple(_readable(hdu.header, f"{path}[{at}]") for at, hdu in enumerate(hdus))
        found = tuple(map(_described, range(len(hdus)), hdus, headers))
        stored = [StoredPixels.of(hdu) if in_place else None for hdu in hdus]
        return _Scan(Listing(path, found), headers, tuple(stored), not structure.is_packed)


def _check_order(path: Path, hdus: fits.HDUList, structure: Structure) -> None:
    """Read the HDUs that there are and no more: astropy may go on for ever after a damaged one."""
    for number, extent in enumerate(structure.extents):
        try:
            found = hdus[number].fileinfo()["datLoc"]
        except (IndexError, AttributeError):  # it is not there, or of no kind that astropy knows
            found = None
        if found != extent.start:
            raise unreadable(path, f"HDU {number} is damaged")


def _tell_of_headers(path: Path, structure: Structure) -> None:
    for number, extent in enumerate(structure.extents):
        if not extent.is_header_whole:
            what = f"{path}[{number}] has another header than its CHECKSUM was written for"
            logger.warning(Advice(what, "compare it with the original if nobody has edited it"))


def _readable(header: fits.Header, name: str) -> fits.Header:
    kept, left_out = without_unreadable(header)
    if left_out:
        what = f"has cards that cannot be read, so they are left out: {', '.join(left_out)}"
        logger.warning(Advice(f"{name} {what}", "correct its header"))
    return kept


def _scan_mosaic(path: Path) -> _Scan:
    headers, in_parts = describe_mosaic(path)
    hdus = tuple(
        Hdu(index, each["EXTNAME"], (each["NAXIS2"], each["NAXIS1"]), kind=each["EXTNAME"])
        for index, each in enumerate(headers)
    )
    return _Scan(Listing(path, hdus), headers, (None,) * len(hdus), in_parts)


def _described(index: int, hdu: fits.hdu.base._BaseHDU, header: fits.Header) -> Hdu:
    texts = {
        key: value.strip()
        for key in ("EXTNAME", *_KINDS, "BAND")
        if isinstance(value := header.get(key), str)
    }
    name = texts.get("EXTNAME", "").upper()
    name = "" if name == _NO_NAME else name
    kind = name or next((texts[key].upper() for key in _KINDS if key in texts), "")
    shape = tuple(hdu.shape) if hdu.is_image else ()
    version = header.get("EXTVER", 1)
    version = version if isinstance(version, int) else 1
    return Hdu(index, name, shape, version, kind, texts.get("BAND", ""))


def read_image(path: Path, ext: int, dtype: type[Any] = np.float32) -> npt.NDArray[Any]:
    """Read a 2-D image.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    dtype : type
        What it is converted to; of ASDF always single precision.

    Returns
    -------
    ndarray of float32 or of that type, shape (ny, nx)
        A copy in native byte order, scaled by BSCALE and BZERO; blank is NaN.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    scan = _scanned(path)
    if is_asdf(path):
        return read_mosaic(path, ext)
    check_data(path, ext)
    if scan.stored[ext] is not None:
        return read_part(path, ext, slice(None), slice(None), dtype)
    with opened(path) as hdus:
        data = hdus[ext].data
        if data is None:
            raise ImageError(f"{path}[{ext}] holds no pixels", hint="give another HDU")
        if is_remote(path) and StoredPixels.of(hdus[ext]) is not None:
            check_fetched(path, ext, data)
        with np.errstate(over="ignore"):
            return np.array(data, dtype=dtype, order="C").reshape(data.shape[-2:])


def is_seekable(path: Path) -> bool:
    """Whether a part of a file can be read without the rest: it is not gzipped, nor its blocks."""
    return _scanned(path).is_seekable


def find_stored(path: Path, ext: int) -> StoredPixels | None:
    """Find the pixels of an image in its file; none are read.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    StoredPixels or None
        None where the values have to be worked out.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If the file cannot be read.
    """
    return _scanned(path).stored[ext]


def read_whole_numbers(
    path: Path, ext: int, rows: slice, columns: slice, *, is_blank_zero: bool = False
) -> LabelImage:
    """Read a part of a 2-D image of whole numbers, such as a flag map, also one stored as floats.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    rows, columns : slice
        The part.
    is_blank_zero : bool
        Whether NaN is 0, as in a map of sources.

    Returns
    -------
    ndarray of int32
        A copy in native byte order.

    Raises
    ------
    ImageError
        If the file cannot be read, or holds numbers that are not whole, or not from 0 to
        2^31 - 1.
    """
    part = _read_values(path, ext, rows, columns, None)
    if is_blank_zero and part.dtype.kind == "f":
        part = np.where(np.isnan(part), part.dtype.type(0), part)
    _check_whole(part, np.iinfo(np.int32).max, f"{path}[{ext}]")
    return part.astype(np.int32)


def read_marks(path: Path, ext: int, rows: slice, columns: slice, dq_bits: int | None) -> BoolImage:
    """Read which pixels a part of a mask or DQ map marks.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    rows, columns : slice
        The part.
    dq_bits : int or None
        The bits that mark a pixel; None for any number but 0.

    Returns
    -------
    ndarray of bool

    Raises
    ------
    ImageError
        If the file cannot be read, or holds numbers that are not whole, or below 0.
    """
    part = _read_values(path, ext, rows, columns, None)
    _check_whole(part, np.iinfo(np.int64).max, f"{path}[{ext}]")
    marks: BoolImage = part != 0 if dq_bits is None else (part.astype(np.int64) & dq_bits) != 0
    return marks


def _check_whole(part: npt.NDArray[Any], largest: int, where: str) -> None:
    """Check that all numbers are whole, from 0 to a largest one."""
    hint = f"give whole numbers from 0 to {largest}"
    if part.dtype.kind == "f" and not np.array_equal(np.trunc(part), part):
        raise ImageError(f"{where} holds numbers that are not whole", hint=hint)
    low, high = (part.min().item(), part.max().item()) if part.size else (0, 0)
    if not 0 <= low <= high <= largest:
        raise ImageError(f"{where} holds {low:.0f} to {high:.0f}", hint=hint)


def read_native_part(path: Path, ext: int, rows: slice, columns: slice) -> npt.NDArray[Any]:
    """Read a part of a 2-D image of a FITS file, in the type that it is stored as.

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
    ndarray of int or float
        A copy in native byte order, scaled by BSCALE and BZERO.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    return _read_values(path, ext, rows, columns, None)


def precision_of(path: Path, ext: int) -> type[Any]:
    """Return the type of float that holds the values of an image: float64 where its file has that.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    is_double = _scanned(path).headers[ext].get("BITPIX") == _DOUBLE and not is_asdf(path)
    return np.float64 if is_double else np.float32


def read_part(
    path: Path, ext: int, rows: slice, columns: slice, dtype: type[Any] = np.float32
) -> npt.NDArray[Any]:
    """Read a part of a 2-D image.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    rows, columns : slice
        The part.
    dtype : type
        What it is converted to; of ASDF always single precision.

    Returns
    -------
    ndarray of float32 or of that type
        A copy in native byte order, scaled by BSCALE and BZERO; blank is NaN.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    if is_asdf(path):
        return read_mosaic(path, ext, (rows, columns))
    return _read_values(path, ext, rows, columns, dtype)


def _read_values(
    path: Path, ext: int, rows: slice, columns: slice, dtype: type[Any] | None
) -> npt.NDArray[Any]:
    """Read a part as a native type; None keeps that of the file."""
    stored = _scanned(path).stored[ext]
    with np.errstate(over="ignore"):
        if stored is not None:
            return stored.read(path, rows, columns, dtype)
        with opened(path) as hdus:
            return read_section(hdus[ext], rows, columns, dtype)


def read_section(
    hdu: Any, rows: slice, columns: slice, dtype: type[Any] | None = None
) -> npt.NDArray[Any]:
    """Read a part of a 2-D image of an open file, in native byte order.

    Parameters
    ----------
    hdu : ImageHDU
        An HDU as `opened` gives them.
    rows, columns : slice
        The part.
    dtype : type, optional
        What it is converted to; by default it stays as it is stored.
    """
    leading = (0,) * (len(hdu.shape) - 2)
    part = np.require(hdu.section[(*leading, rows, columns)], dtype, ["C", "W"])
    return part.astype(part.dtype.newbyteorder("="), copy=False)


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
        Copies; the same one twice where the HDU is the primary one.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    found, first = view_headers(path, ext)
    header = found.copy()
    return header, header if found is first else first.copy()


def view_headers(path: Path, ext: int) -> tuple[fits.Header, fits.Header]:
    """Return the headers of `read_headers` as they are kept, for who changes nothing in them.

    A copy of a header of thousands of cards, as mosaics have that tell of every exposure,
    takes longer than all that is looked up in it.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    headers = _scanned(path).headers
    return headers[ext], headers[0]


def read_wcs(path: Path, ext: int, *, quiet: bool = False) -> WCS | None:
    """Read the celestial WCS of an image as astropy's; see `read_sky`.

    Returns
    -------
    astropy.wcs.WCS or None
        One that may be changed.
    """
    sky = read_sky(path, ext, quiet=quiet)
    return None if sky is None else sky.wcs


def read_sky(path: Path, ext: int, *, quiet: bool = False) -> Sky | None:
    """Read where the pixels of an image lie on the sky, as `skyseg.imaging.celestial` does.

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
    Sky or None
        None where the header has no celestial WCS, or none that can be used; then
        a warning says why.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    size, state = find_state(path)
    found, remarks = _sky(path, ext, state, size)
    if not quiet:
        log_remarks(remarks, f"{path}[{ext}]")
    return None if found is None else found.copy()


@lru_cache(maxsize=64)
def _sky(path: Path, ext: int, state: int, size: int) -> tuple[Sky | None, tuple[Advice, ...]]:
    """Read what a header says of the sky, once while the file stays as it is."""
    header = _scan(path, state, size).headers[ext]
    tangent = read_tangent(header)
    if tangent is not None:
        return Sky(tangent), ()
    from skyseg.imaging.celestial import read_celestial

    if is_asdf(path):
        found = read_celestial(header)
    else:
        with opened(path) as hdus:
            found = read_celestial(header, hdus)
    return None if found.wcs is None else Sky(found.wcs), found.remarks
