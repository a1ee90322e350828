"""Products as FITS: how catalogues are written, and all products read with their checksums."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.types import Slices
from skyseg.errors import ImageError, MethodError, ProductError, SkysegError
from skyseg.imaging.faults import system_reason
from skyseg.imaging.structure import read_structure
from skyseg.imaging.warned import catching_warnings
from skyseg.methods.column_units import spell_unit, spell_unit_of
from skyseg.methods.filled import FilledCat, with_unit
from skyseg.products._unpacking import unpack_labels
from skyseg.products.column_values import RUN_KEY as RUN_KEY
from skyseg.products.column_values import find_run, spell_values, tell_run
from skyseg.products.names import exists

N_EXTENSIONS_KEY: Final = "NEXTENS"
"""The card of the first extension of a product that has several, which says how many."""

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import Column as TableColumn
    from astropy.table import QTable

_PLAIN_IN_HEADER: Final = "".join(map(chr, range(ord(" "), ord("~") + 1))).replace("%", "")
_LOST_IN_HEADER: Final = re.compile(r"'(?= *['/])|[ &]+$")
_LETTERS: Final = {"int16": "I", "int32": "J", "int64": "K", "float32": "E", "float64": "D"}
"""FITS's letter of each dtype that a catalogue is written with; others are widened to these."""
_MOST_COLUMNS: Final = 999
_LONGEST_NAME: Final = 68
_PART: Final = 16 * 2**20
_ANOTHER: Final = "choose another file; one that skyseg made is made again with {overwrite}"
_DAMAGED: Final = re.compile(r"(?s).*(sum verification failed|truncated|corrupted)", re.IGNORECASE)

# states of files whose checksums were right
_verified: Final[deque[tuple[int, ...]]] = deque(maxlen=256)

Value = TypeVar("Value", np.int32, np.float32)


class OtherRunError(ProductError):
    """A file is a product of another run than the one asked for.

    Attributes
    ----------
    header : Header
        That of the file.
    """

    header: fits.Header


def make_cat_hdus(cat: QTable, header: fits.Header) -> fits.HDUList:
    """Return a catalogue as FITS; see `make_table_hdu`.

    Raises
    ------
    MethodError
        If a column holds what is not written as FITS; the message names it.
    """
    return fits.HDUList([fits.PrimaryHDU(), make_table_hdu(cat, header)])


def make_table_hdu(cat: QTable, header: fits.Header, name: str = "OBJECTS") -> fits.BinTableHDU:
    """Return a table as an extension: units in TUNITn, descriptions in TCOMMn.

    Raises
    ------
    MethodError
        If a column holds what is not written as FITS; the message names it.
    """
    storable = make_storable(cat)
    hdu = fits.BinTableHDU.from_columns(list(map(_fits_column, storable)), name=name)
    for number, column in enumerate(storable, start=1):
        hdu.header[f"TCOMM{number}"] = encode_text(column.about)
    hdu.header.extend(header, strip=True)
    return hdu


class StorableColumn(NamedTuple):
    """A column of a catalogue as a FITS table holds it: its kind is FITS's name of it."""

    name: str
    kind: str
    unit: str | None
    values: npt.NDArray[np.generic]
    about: str


def make_storable(cat: QTable | FilledCat) -> list[StorableColumn]:
    """Return the columns of a catalogue as a FITS table holds them.

    Raises
    ------
    MethodError
        If there are too many, or one holds what is not written as FITS; the message names it.
    """
    if len(cat.colnames) > _MOST_COLUMNS:
        raise MethodError(
            f"the catalogue has {len(cat.colnames)} columns, and a FITS table has "
            f"{_MOST_COLUMNS} at the most",
            hint="give several values of a source as one column of two dimensions, or fewer",
        )
    if isinstance(cat, FilledCat):
        return [
            _make_storable(name, spell_unit_of(unit, cat.unit), values, about)
            for name, values, unit, about in cat.columns
        ]
    return [_from_table(column) for column in cat.itercols()]


def _from_table(column: u.Quantity | TableColumn) -> StorableColumn:
    values = np.asarray(getattr(column, "value", column))
    about = column.info.description or ""
    return _make_storable(column.info.name, spell_unit(column.unit), values, about)


def _make_storable(
    name: str, unit: str | None, given: npt.NDArray[np.generic], about: str
) -> StorableColumn:
    values, kind = _as_stored(name, given)
    for text in (name, unit or ""):
        if encode_text(text) != text:
            raise MethodError(
                f"the catalogue's column {name!r} has a name or unit that stands in no FITS header",
                hint="give names and units of printable ASCII",
            )
    if len(name) + name.count("'") > _LONGEST_NAME:
        raise MethodError(
            f"the catalogue's column {name!r} has a name that is too long for a FITS header",
            hint=f"give a name of at most {_LONGEST_NAME} letters, an apostrophe counts as two",
        )
    return StorableColumn(name, kind, unit, values, about)


def _fits_column(column: StorableColumn) -> fits.Column:
    values = column.values
    dim = f"({values.shape[1]})" if values.ndim == 2 else None
    return fits.Column(column.name, column.kind, unit=column.unit, dim=dim, array=values)


def _as_stored(name: str, values: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.generic], str]:
    """Return values as a FITS table holds them, and FITS's name of their kind."""
    if values.dtype.kind == "U" and values.ndim == 1 and _are_plain(values.tolist()):
        return values, f"{max(values.dtype.itemsize // 4, 1)}A"
    kind = {"i": "int", "u": "int", "f": "float"}.get(values.dtype.kind, "none")
    wide = (each for each in _LETTERS if each.startswith(kind) and np.can_cast(values.dtype, each))
    dtype = next(wide, None)
    if dtype is None or values.ndim not in (1, 2):
        raise MethodError(
            f"the catalogue's {name} has {values.ndim} dimensions of {values.dtype}, "
            "which skyseg writes into no FITS table",
            hint="give a column of one or two dimensions, of integers up to 64 bits with a sign "
            "or of floats up to 64 bits, or one dimension of printable ASCII",
        )
    if values.shape[1:] == (0,):
        raise MethodError(
            f"the catalogue's {name} has no value for any source",
            hint="leave the column out, or give at least one value of each source",
        )
    width = values.shape[1] if values.ndim == 2 else ""
    return values.astype(dtype, copy=False), f"{width}{_LETTERS[dtype]}"


def _are_plain(texts: list[str]) -> bool:
    return all(not each or (each.isascii() and each.isprintable()) for each in texts)


def encode_text(text: str | Path) -> str:
    """Write text as a header can hold it: what is not printable ASCII percent-encoded.

    The percent sign is, too, and what astropy does not read back from a long value: a
    blank or an ampersand at the end, and an apostrophe before another one or a slash.

    Examples
    --------
    >>> encode_text("/data/séries 100% ")
    '/data/s%C3%A9ries 100%25%20'
    >>> encode_text("sep's filter_type is 'matched' & SNR > 3")
    "sep's filter_type is 'matched' & SNR > 3"
    """
    plain = quote(os.fsencode(str(text)), safe=_PLAIN_IN_HEADER)
    return _LOST_IN_HEADER.sub(lambda found: quote(found[0], safe=""), plain)


def read_map(
    path: Path,
    dtype: type[Value],
    part: tuple[slice, slice] | None = None,
    *,
    run: str | None = None,
) -> tuple[npt.NDArray[Value], fits.Header]:
    """Read a SEG or BKG map, our own or one that SExtractor wrote.

    Parameters
    ----------
    path : Path
        The file; its first 2-D image is read.
    dtype : type
        int32 for labels, float32 for a background.
    part : tuple of slice, optional
        Rows and columns that are read; by default all.
    run : str, optional
        The RUNID that it must have.

    Returns
    -------
    data : ndarray of dtype, shape (ny, nx)
        In native byte order.
    header : Header
        Of that image.

    Raises
    ------
    ProductError
        If the file is missing, damaged, holds no 2-D image, another map of the run, or
        labels that are not whole numbers.
    OtherRunError
        If it is of another run.
    ParameterError
        If the part is empty.
    """
    from skyseg.imaging.regions import region_slices

    with _opened(path, run=run) as hdus:
        for hdu in hdus:
            if hdu.is_image and len(hdu.shape) == 2:
                data = _read_pixels(path, hdu, region_slices(part, hdu.shape))
                header = hdu.header.copy()
                break
        else:
            raise ProductError(f"{path} holds no 2-D image", hint=_ANOTHER)
    kind = "SEG" if dtype is np.int32 else "BKG"
    if run is not None and header.get("EXTNAME", kind) != kind:
        raise ProductError(f"{path} holds {header['EXTNAME']} and not {kind}", hint=_ANOTHER)
    found = data.astype(dtype, copy=False)
    if dtype is np.int32 and data.dtype.kind == "f" and not np.array_equal(found, data):
        raise ProductError(f"{path} holds values that are no labels", hint=_ANOTHER)
    return found, header


def _read_pixels(path: Path, hdu: Any, part: Slices) -> npt.NDArray[Any]:
    if isinstance(hdu, fits.CompImageHDU):
        labels = unpack_labels(hdu, part)
        if labels is not None:
            return labels
        _check_foreign_tiles(path)
    is_whole = all(each.stop - each.start == n for each, n in zip(part, hdu.shape, strict=True))
    return np.asarray(hdu.data if is_whole else hdu.section[part])


def _check_foreign_tiles(path: Path) -> None:
    """Check that a header promises no tiles that end the process which unpacks them.

    Raises
    ------
    ProductError
        If it does.
    """
    try:
        read_structure(path)
    except ImageError as error:
        raise ProductError(error.what, hint=_ANOTHER) from error


def read_catalogue(path: Path, *, run: str | None = None, name: str | None = None) -> QTable:
    """Read a catalogue, our own or one that SExtractor wrote.

    Parameters
    ----------
    path : Path
        The file.
    run : str, optional
        The RUNID that it must have.
    name : str, optional
        EXTNAME of the table; by default the first table is read.

    Returns
    -------
    QTable
        Columns in native byte order, with units and descriptions.

    Raises
    ------
    ProductError
        If the file is missing, damaged, or holds no table.
    OtherRunError
        If it is of another run.
    """
    with _opened(path, run=run) as hdus:
        tables = (each for each in hdus if isinstance(each, fits.BinTableHDU))
        hdu = next((each for each in tables if name in (None, each.name)), None)
        if hdu is None:
            of_name = "" if name is None else f" {name}"
            raise ProductError(f"{path} holds no table{of_name}", hint=_ANOTHER)
        stored = read_columns(hdu)
    return make_table(*stored)


def read_extensions(
    path: Path, *, run: str | None = None
) -> tuple[dict[str, QTable], dict[str, tuple[npt.NDArray[Any], fits.Header]]]:
    """Read a product of several extensions.

    Parameters
    ----------
    path : Path
        The file.
    run : str, optional
        The RUNID that it must have.

    Returns
    -------
    tables : dict of str to QTable
        By EXTNAME.
    images : dict of str to (ndarray, Header)
        By EXTNAME, in native byte order.

    Raises
    ------
    ProductError
        If the file is missing or damaged.
    OtherRunError
        If it is of another run.
    """
    stored, images = {}, {}
    with _opened(path, run=run) as hdus:
        for hdu in hdus[1:]:
            if isinstance(hdu, fits.BinTableHDU):
                stored[hdu.name] = read_columns(hdu)
            else:
                values = np.asarray(hdu.data)
                native = values.astype(values.dtype.newbyteorder("="))
                images[hdu.name] = native, hdu.header.copy()
    return {name: make_table(*each) for name, each in stored.items()}, images


StoredColumns = list[tuple[str, str | None, npt.NDArray[np.generic]]]


def read_columns(hdu: fits.BinTableHDU) -> tuple[fits.Header, StoredColumns]:
    """Return the header of a table of an open file, and name, unit and values of its columns."""
    columns = [(each.name, each.unit, np.asarray(hdu.data[each.name])) for each in hdu.columns]
    return hdu.header.copy(), columns


def make_table(header: fits.Header, columns: StoredColumns) -> QTable:
    """Make a table of what `read_columns` returns."""
    import astropy.units as u
    from astropy.table import QTable

    table = QTable(meta=tell_run(header))
    for number, (name, unit_text, values) in enumerate(columns, start=1):
        native = values.astype(values.dtype.newbyteorder("="))
        unit = u.Unit(unit_text, parse_strict="silent") if unit_text else None
        about = unquote(str(header.get(f"TCOMM{number}", "")))
        more = spell_values(name, native, table.meta)  # which is there in copies of catalogues
        table[name] = with_unit(native, unit, about.removesuffix(more) + more)
    return table


def read_header(path: Path, *, verify: bool = False) -> fits.Header | None:
    """Header of a product's first extension, or of its primary HDU; None where it does not exist.

    Parameters
    ----------
    path : Path
        The file.
    verify : bool, optional
        Whether all of the file is read and checked, once while it stays as it is.

    Raises
    ------
    ProductError
        If the file is not FITS, or damaged.
    """
    if not exists(path):
        return None
    with _opened(path, verify=verify) as hdus:
        return _main_header(hdus).copy()


def forget_verified() -> None:
    """Have files read to their end again that were found whole before."""
    _verified.clear()


@contextmanager
def _opened(path: Path, *, verify: bool = True, run: str | None = None) -> Iterator[fits.HDUList]:
    """Open a product read-only, for calls of astropy and nothing else.

    Checksums are verified once for a file that stays as it is. What astropy says
    of the content is a ProductError, and so is what the system says.
    """
    try:
        with _damage_raised(), _open_file(path) as stream:
            if verify:
                _verify(stream)
            with fits.open(stream, memmap=False) as hdus:
                if run is not None:
                    _check_run(path, hdus, run)
                yield hdus
    except FileNotFoundError as error:
        raise ProductError(f"{path} does not exist", hint="call {segment}") from error
    except (SkysegError, AttributeError):  # the second is a mistake of ours
        raise
    # of damaged content astropy, and the codecs of tiles beneath it, raise errors of any kind
    except Exception as error:
        raise _tell_fault(path, error) from error


def _tell_fault(path: Path, error: Exception) -> ProductError:
    """Return what a product becomes that cannot be read, whatever its reader has raised."""
    if isinstance(error, MemoryError):
        return ProductError(
            f"{path} takes more memory than there is", hint="free memory, or give another file"
        )
    if reason := system_reason(error):
        return ProductError(
            f"{path} cannot be read ({reason})", hint="check the file and its permissions"
        )
    reason = " ".join(str(error).split()) or type(error).__name__
    return ProductError(f"{path} is damaged or not FITS ({reason})", hint=_ANOTHER)


def _refuse_damaged(caught: list[warnings.WarningMessage]) -> None:
    for each in caught:
        if _DAMAGED.match(str(each.message)):
            raise OSError(str(each.message))


@contextmanager
def _damage_raised() -> Iterator[None]:
    """Raise what astropy warns of the content of a file; other warnings are shown."""
    with catching_warnings() as caught:
        try:
            yield
        except Exception:
            _refuse_damaged(caught)
            raise
        _refuse_damaged(caught)
    for each in caught:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _open_file(path: Path) -> IO[bytes]:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ProductError(f"{path} is a pipe or a device", hint=_ANOTHER)
    return path.open("rb")


def _main_header(hdus: fits.HDUList) -> fits.Header:
    return hdus[min(1, len(hdus) - 1)].header


def _verify(stream: IO[bytes]) -> None:
    """Check a file, all of it, once while it stays as it is: what is changed, lost, cut or added.

    Raises
    ------
    OSError
        If it is not as it was written; products without provenance may have no checksums.
    """
    state = _state(stream.fileno())
    if state in _verified:
        return
    with _damage_raised():
        # the headers as they are in the file: those of compressed images are without checksums
        hdus = fits.open(stream, memmap=False, disable_image_compression=True)
        if find_run(_main_header(hdus)) is not None:
            _check_sums(stream, hdus, state[2])
        else:
            stream.seek(0)
            hdus = fits.open(stream, memmap=False, disable_image_compression=True, checksum=True)
            len(hdus)
        hdus.close(closed=False)
    stream.seek(0)
    _verified.append(state)


def _check_sums(stream: IO[bytes], hdus: fits.HDUList, size: int) -> None:
    """Check length and checksums of a file that skyseg wrote, byte by byte.

    The sum over an HDU is that of the FITS standard: of 32-bit words, in ones' complement,
    and with its CHECKSUM in place it has all bits set.
    """
    end = 0
    for hdu in hdus:
        place = hdu.fileinfo()
        end = place["datLoc"] + place["datSpan"]
        if not ("CHECKSUM" in hdu.header and "DATASUM" in hdu.header):
            raise OSError("a checksum is missing")
        stream.seek(place["hdrLoc"])
        if _ones_complement_sum(stream, end - place["hdrLoc"]) != 0xFFFFFFFF:
            raise OSError("checksum verification failed")
    if end != size or len(hdus) != 1 + _main_header(hdus).get(N_EXTENSIONS_KEY, 1):
        raise OSError("its length is not what was written")


def _ones_complement_sum(stream: IO[bytes], size: int) -> int:
    total = 0
    while part := stream.read(min(size, _PART)):
        size -= len(part)
        total += int(np.frombuffer(part, ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def _check_run(path: Path, hdus: fits.HDUList, run: str) -> None:
    header = _main_header(hdus)
    if header.get(RUN_KEY) != run:
        error = OtherRunError(f"{path} is of another run", hint="call {segment} again")
        error.header = header.copy()
        raise error


def _state(file: int) -> tuple[int, ...]:
    found = os.fstat(file)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
