"""Products as FITS: how maps and catalogues are written, and read back with their checksums."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.table import Column as TableColumn
from astropy.table import QTable

from skyseg.errors import ProductError
from skyseg.methods.base import FloatImage
from skyseg.methods.catalogue import with_unit
from skyseg.products.rice import BLOCK, rice

TILE: Final = 256
_ZLIB_LEVEL: Final = 1
_GZIP_FORMAT: Final = 31
_DAMAGED: Final = r"(?s).*(sum verification failed|truncated|corrupted)"

LabelImage = npt.NDArray[np.int32]
Value = TypeVar("Value", np.int32, np.float32)
_PackedRows = tuple[list[bytes], list[bytes]]


@dataclass(frozen=True)
class PackedMap:
    """A map as compressed tiles of 256 x 256 pixels, row by row.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the map.
    bitpix : int
        32 for labels, -32 for a background.
    tiles : list of bytes
        Whole numbers by RICE_1, or a background that is not rounded by GZIP_2.
    step : float or None
        What the whole numbers of a rounded background count; None where values
        are packed as they are.
    """

    shape: tuple[int, int]
    bitpix: int
    tiles: list[bytes]
    step: float | None = None

    @property
    def algorithm(self) -> str:
        """FITS name of the compression."""
        return "GZIP_2" if self.bitpix < 0 and self.step is None else "RICE_1"


class PackedCanvas:
    """Labels and background that are compressed as they are drawn.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the maps.
    """

    row_step = TILE

    def __init__(self, shape: tuple[int, int]) -> None:
        self.seg = PackedMap(shape, 32, [])
        self.bkg = PackedMap(shape, -32, [], 1.0)

    def packer(self, step: float) -> Callable[[LabelImage, LabelImage], _PackedRows]:
        """Return what compresses rows of labels, and of background in steps."""
        self.bkg = replace(self.bkg, step=step)
        return _packed_rows

    def write(self, first: int, packed: _PackedRows) -> None:
        """Take compressed rows."""
        seg, bkg = packed
        self.seg.tiles.extend(seg)
        self.bkg.tiles.extend(bkg)


def _packed_rows(seg: LabelImage, bkg: LabelImage) -> _PackedRows:
    return _rice_tiles(seg), _rice_tiles(bkg)


def packed(image: LabelImage | FloatImage | PackedMap) -> PackedMap:
    """Compress a map without loss, if it is not compressed already."""
    if isinstance(image, PackedMap):
        return image
    shape = image.shape[0], image.shape[1]
    if image.dtype.kind == "i":
        return PackedMap(shape, 32, _rice_tiles(image))
    tiles = [_gzip(image[rows, x : x + TILE]) for rows, x in _corners(shape)]
    return PackedMap(shape, -32, tiles)


def map_hdus(
    name: str, image: LabelImage | FloatImage | PackedMap, header: fits.Header
) -> fits.HDUList:
    """Return a map as FITS, tile-compressed without loss.

    astropy's own writer puts the time of day into every GZIP tile; this one
    gives the same bytes for the same map, and takes tiles as they are made.
    """
    tiles = packed(image)
    array = np.empty(len(tiles.tiles), dtype=object)
    array[:] = [np.frombuffer(tile, np.uint8) for tile in tiles.tiles]
    columns = [fits.Column("COMPRESSED_DATA", "1QB()", array=array)]
    if tiles.step is not None:
        steps = np.full(len(array), tiles.step)
        columns += [fits.Column("ZSCALE", "1D", array=steps)]
        columns += [fits.Column("ZZERO", "1D", array=np.zeros(len(array)))]
    hdu = fits.BinTableHDU.from_columns(columns, name=name)
    ny, nx = tiles.shape
    layout: dict[str, bool | int | str] = {"ZIMAGE": True, "ZCMPTYPE": tiles.algorithm}
    if tiles.algorithm == "RICE_1":
        layout |= {"ZNAME1": "BLOCKSIZE", "ZVAL1": BLOCK, "ZNAME2": "BYTEPIX", "ZVAL2": 4}
    if tiles.bitpix < 0:
        layout["ZQUANTIZ"] = "NONE" if tiles.step is None else "NO_DITHER"
    layout |= {
        "ZBITPIX": tiles.bitpix,
        "ZNAXIS": 2,
        "ZNAXIS1": nx,
        "ZNAXIS2": ny,
        "ZTILE1": TILE,
        "ZTILE2": TILE,
    }
    hdu.header.update(layout)
    hdu.header.extend(header, strip=True)
    return fits.HDUList([fits.PrimaryHDU(), hdu])


def _rice_tiles(image: npt.NDArray[Any]) -> list[bytes]:
    nx = image.shape[1]
    corners = _corners((image.shape[0], nx))
    return [rice(image[rows], x, min(x + TILE, nx)) for rows, x in corners]


def _corners(shape: tuple[int, int]) -> Iterator[tuple[slice, int]]:
    """Rows and first column of the tiles of an image, row by row."""
    for y in range(0, shape[0], TILE):
        for x in range(0, shape[1], TILE):
            yield slice(y, y + TILE), x


def _gzip(tile: npt.NDArray[Any]) -> bytes:
    """Most significant bytes first, then deflated."""
    tile = tile.astype(tile.dtype.newbyteorder(">"))
    planes = np.ascontiguousarray(tile.reshape(-1).view(np.uint8).reshape(-1, 4).T)
    packer = zlib.compressobj(_ZLIB_LEVEL, wbits=_GZIP_FORMAT)
    return packer.compress(planes.data) + packer.flush()


def cat_hdus(cat: QTable, header: fits.Header) -> fits.HDUList:
    """Return a catalogue as FITS: units in TUNITn, descriptions in TCOMMn."""
    hdu = fits.BinTableHDU.from_columns(
        [_fits_column(column) for column in cat.itercols()], name="OBJECTS"
    )
    for number, name in enumerate(cat.colnames, start=1):
        hdu.header[f"TCOMM{number}"] = cat[name].info.description or ""
    hdu.header.extend(header, strip=True)
    return fits.HDUList([fits.PrimaryHDU(), hdu])


def _fits_column(column: u.Quantity | TableColumn) -> fits.Column:
    values = np.asarray(getattr(column, "value", column))
    letter = {"int16": "I", "int32": "J", "float32": "E", "float64": "D"}[values.dtype.name]
    width, dim = (values.shape[1], f"({values.shape[1]})") if values.ndim == 2 else ("", None)
    return fits.Column(
        column.info.name, f"{width}{letter}", unit=_unit_text(column.unit), dim=dim, array=values
    )


def _unit_text(unit: u.UnitBase | None) -> str | None:
    """Write a unit as FITS does, or as astropy does where FITS has no such unit."""
    if unit is None:
        return None
    try:
        return str(unit.to_string("fits"))
    except ValueError:
        return str(unit.to_string())


def read_map(
    path: Path, dtype: type[Value], part: tuple[slice, slice] | None = None
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

    Returns
    -------
    data : ndarray of dtype, shape (ny, nx)
        In native byte order.
    header : Header
        Of that image.

    Raises
    ------
    ProductError
        If the file is missing, damaged, holds no 2-D image, or labels that are
        not whole numbers.
    """
    with _opened(path) as hdus:
        for hdu in hdus:
            if hdu.is_image and len(hdu.shape) == 2:
                data = np.asarray(hdu.data if part is None else hdu.section[part])
                found, header = data.astype(dtype, copy=False), hdu.header.copy()
                break
        else:
            raise ProductError(f"{path} holds no 2-D image; remove it and segment again")
    if dtype is np.int32 and data.dtype.kind == "f" and not np.array_equal(found, data):
        raise ProductError(f"{path} holds values that are no labels; remove it and segment again")
    return found, header


def read_catalogue(path: Path) -> QTable:
    """Read a catalogue, our own or one that SExtractor wrote.

    Parameters
    ----------
    path : Path
        The file; its first table is read.

    Returns
    -------
    QTable
        Columns in native byte order, with units and descriptions.

    Raises
    ------
    ProductError
        If the file is missing, damaged, or holds no table.
    """
    with _opened(path) as hdus:
        hdu = next((each for each in hdus if isinstance(each, fits.BinTableHDU)), None)
        if hdu is None:
            raise ProductError(f"{path} holds no table; remove it and segment again")
        table = QTable()
        for number, column in enumerate(hdu.columns, start=1):
            values = np.asarray(hdu.data[column.name])
            native = values.astype(values.dtype.newbyteorder("="))
            unit = u.Unit(column.unit, parse_strict="silent") if column.unit else None
            table[column.name] = with_unit(native, unit, str(hdu.header.get(f"TCOMM{number}", "")))
    return table


def read_header(path: Path) -> fits.Header | None:
    """Header of a product's first extension, or of its primary HDU; None where it does not exist.

    Raises
    ------
    ProductError
        If the file is not FITS.
    """
    if not path.exists():
        return None
    with _opened(path, verify=False) as hdus:
        return hdus[min(1, len(hdus) - 1)].header.copy()


@contextmanager
def _opened(path: Path, *, verify: bool = True) -> Iterator[fits.HDUList]:
    """Open a product read-only; whatever is wrong with it is a ProductError."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=_DAMAGED)
        try:
            with (
                path.open("rb") as stream,
                fits.open(stream, memmap=False, checksum=verify) as hdus,
            ):
                yield hdus
        except (ProductError, MemoryError):
            raise
        except FileNotFoundError as error:
            raise ProductError(f"{path} does not exist; call segment()") from error
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ProductError(
                f"{path} is damaged or not FITS ({reason}); remove it and segment again, "
                "or call segment(overwrite=True)"
            ) from error
