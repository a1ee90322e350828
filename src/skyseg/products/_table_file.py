"""A catalogue as a FITS file, written byte by byte with the sums over its HDUs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.imaging.data_sums import MODULUS, sum_words
from skyseg.products._card_text import (
    FIRST_CARDS,
    Card,
    sign_cards,
    table_cards,
    text_of,
    write_cards,
)
from skyseg.products.fits_files import StorableColumn, encode_text, make_storable

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.methods.filled import FilledCat

_BLOCK: Final = 2880


def pack_cat(cat: QTable | FilledCat, header: fits.Header) -> bytes:
    """Return the file that `make_cat_hdus` makes of a catalogue; DATASUM and CHECKSUM are last.

    Raises
    ------
    MethodError
        If there are too many columns, or one holds what is not written as FITS; the message
        names it.
    """
    return sign_cards(write_cards(FIRST_CARDS), 0) + pack_table(cat, header)


def pack_table(cat: QTable | FilledCat, header: fits.Header, name: str = "OBJECTS") -> bytes:
    """Return a table as an extension of a file; DATASUM and CHECKSUM are last in its header.

    Raises
    ------
    MethodError
        As `pack_cat` does.
    """
    columns = make_storable(cat)
    rows = _as_rows(columns, len(cat))
    data = rows.tobytes()
    data += bytes(-len(data) % _BLOCK)
    cards = table_cards(rows.dtype.itemsize, len(rows), 0, _list_fields(columns))
    about = [
        (f"TCOMM{number}", encode_text(column.about), "")
        for number, column in enumerate(columns, start=1)
    ]
    cards += write_cards([("EXTNAME", name, "extension name"), *about]) + text_of(header)
    return sign_cards(cards, sum_words(data) % MODULUS) + data


def _as_rows(columns: list[StorableColumn], count: int) -> npt.NDArray[np.void]:
    """Put columns side by side, most significant bytes first."""
    values = [
        each.values.astype("S") if each.values.dtype.kind == "U" else each.values
        for each in columns
    ]
    kinds = [
        (f"c{number}", each.dtype.newbyteorder(">"), each.shape[1:])
        for number, each in enumerate(values)
    ]
    rows = np.zeros(count, np.dtype(kinds))
    for (name, *_), each in zip(kinds, values, strict=True):
        rows[name] = each
    return rows


def _list_fields(columns: list[StorableColumn]) -> Iterator[list[Card]]:
    """Yield the cards of each column."""
    for number, column in enumerate(columns, start=1):
        told = {"TTYPE": column.name, "TFORM": column.kind, "TUNIT": column.unit}
        told["TDIM"] = f"({column.values.shape[1]})" if column.values.ndim == 2 else None
        yield [(f"{key}{number}", value, "") for key, value in told.items() if value]
