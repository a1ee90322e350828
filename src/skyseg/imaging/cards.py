"""Cards of headers that cannot be read, or hold what is no value of FITS: they are left out."""

from __future__ import annotations

import math
from typing import Any, Final

from astropy.io import fits

_OF_UNSIGNED: Final = ("BZERO", 2**63)
"""The card of images of unsigned whole numbers of 64 bits."""


def without_unreadable(header: fits.Header) -> tuple[fits.Header, tuple[str, ...]]:
    """Return a header of cards that can be read.

    Parameters
    ----------
    header : astropy.io.fits.Header
        As a file has it; it is not changed.

    Returns
    -------
    header : astropy.io.fits.Header
        A copy without cards that cannot be read, and without numbers that are not
        finite or whole ones of more than 64 bits.
    left_out : tuple of str
        Keywords of what it leaves out.

    Examples
    --------
    >>> header = fits.Header.fromstring(f"{'RADESYS = ICRS':80}{'CRVAL1  = 1E+999':80}{'A = 1':80}")
    >>> without_unreadable(header)[1]
    ('RADESYS', 'CRVAL1')
    """
    kept = header.copy()
    left_out = []
    for index in range(len(kept.cards) - 1, -1, -1):
        card = kept.cards[index]
        if not _is_readable(card):
            left_out.append(card.keyword)
            del kept[index]
    return kept, tuple(reversed(left_out))


def _is_readable(card: fits.Card) -> bool:
    # what astropy raises of a card's text is of many kinds
    try:
        value: Any = card.value
        str(card.comment)
    except Exception:  # noqa: BLE001
        return False
    if isinstance(value, int):
        return abs(value) < 2**63 or (card.keyword, value) == _OF_UNSIGNED
    return not isinstance(value, (float, complex)) or math.isfinite(abs(value))
