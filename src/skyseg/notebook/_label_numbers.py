"""Labels as a browser is told them: bits for all of them, numbers where they are too large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from skyseg.engine.types import IntArray

LARGE: Final = 2**24
"""Labels from here on are told as numbers, as in flags.js."""


def pack_numbers(numbers: Sequence[int] | IntArray) -> bytes:
    r"""Return labels as numbers of 32 bits, the lowest byte first.

    Examples
    --------
    >>> pack_numbers([1, 256])
    b'\x01\x00\x00\x00\x00\x01\x00\x00'
    """
    return np.asarray(numbers, "<u4").tobytes()


def pack_kept(kept: IntArray) -> tuple[bytes, bytes]:
    r"""Return labels as bits, which are there even if none is set, and the large ones as numbers.

    Parameters
    ----------
    kept : ndarray of int, shape (n,)
        The labels.

    Examples
    --------
    >>> pack_kept(np.array([0, 3, 2**24]))
    (b'\t', b'\x00\x00\x00\x01')
    """
    small = kept[kept < LARGE]
    bits = np.zeros(int(small.max(initial=0)) + 1, np.bool_)
    bits[small] = True
    return np.packbits(bits, bitorder="little").tobytes(), pack_numbers(kept[kept >= LARGE])
