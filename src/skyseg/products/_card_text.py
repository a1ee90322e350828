"""Cards of FITS headers as text, for the many of a product's structure, and their sums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from astropy.io import fits

from skyseg.imaging.data_sums import encode_checksum, sum_words

Card: TypeAlias = tuple[str, bool | int | str, str]
"""Keyword of at most eight letters, value and comment."""

FIRST_CARDS: Final[tuple[Card, ...]] = (
    ("SIMPLE", True, "conforms to FITS standard"),
    ("BITPIX", 8, "array data type"),
    ("NAXIS", 0, "number of array dimensions"),
    ("EXTEND", True, ""),
)
"""Those of a primary HDU without data."""

_QUOTE: Final = "'"
_BLOCK: Final = 2880
_CARD: Final = 80


def write_cards(cards: Iterable[Card]) -> str:
    """Write cards as astropy does, which is asked for those that need more than one line.

    Examples
    --------
    >>> write_cards([("NAXIS", 2, "number of axes")]).rstrip()
    'NAXIS   =                    2 / number of axes'
    >>> write_cards([("EXTNAME", "SEG", "")]).rstrip()
    "EXTNAME = 'SEG     '"
    """
    return "".join(map(_write_card, cards))


def table_cards(row_length: int, rows: int, heap: int, fields: Iterable[Iterable[Card]]) -> str:
    """Write the cards that a binary table begins with.

    Parameters
    ----------
    row_length, rows : int
        Bytes of a row, and how many rows there are.
    heap : int
        Bytes behind the rows.
    fields : iterable of iterable of Card
        The cards of each column.
    """
    listed = list(fields)
    return write_cards(
        [
            ("XTENSION", "BINTABLE", "binary table extension"),
            ("BITPIX", 8, "array data type"),
            ("NAXIS", 2, "number of array dimensions"),
            ("NAXIS1", row_length, "length of dimension 1"),
            ("NAXIS2", rows, "length of dimension 2"),
            ("PCOUNT", heap, "number of group parameters"),
            ("GCOUNT", 1, "number of groups"),
            ("TFIELDS", len(listed), "number of table fields"),
            *(card for cards in listed for card in cards),
        ]
    )


def text_of(header: fits.Header) -> str:
    """Return the cards of a header as text, without its end."""
    return str(header.tostring(endcard=False, padding=False))


def sign_cards(cards: str, data_sum: int) -> bytes:
    """Return a header as it stands in the file, with the sums over its HDU behind its cards.

    It is as long whatever the sum.

    Parameters
    ----------
    cards : str
        All other cards.
    data_sum : int
        Sum of the 32-bit words of the data.
    """
    told = cards + write_cards([("DATASUM", f"{data_sum:010d}", "")])
    total = sum_words(_ended(told, "0" * 16)) + data_sum
    return _ended(told, encode_checksum(total))


def _ended(cards: str, checksum: str) -> bytes:
    text = cards + write_cards([("CHECKSUM", checksum, "")]) + "END".ljust(_CARD)
    return (text + " " * (-len(text) % _BLOCK)).encode("ascii")


def _write_card(card: Card) -> str:
    key, value, about = card
    if isinstance(value, str):
        told = f"'{value.replace(_QUOTE, _QUOTE * 2):8}'" if value else _QUOTE * 2
        text = f"{key:8}= {told:20}"
    else:
        told = "FT"[value] if isinstance(value, bool) else str(value)
        text = f"{key:8}= {told:>20}"
    if about:
        text += f" / {about}"
    return str(fits.Card(*card)) if len(text) > _CARD else text.ljust(_CARD)
