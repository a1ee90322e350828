"""Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).

astropy reads such tiles; its own coder holds the interpreter's lock, so that
strips could not be packed at the same time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

Numbers = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]

BLOCK = 32
"""Values that are coded with the same number of low bits."""

_CODE_BITS = np.uint64(5)
_MOST_LOW_BITS = 25
_WORD = np.uint64(32)
_ONE = np.uint64(1)


def rice(image: Numbers, left: int = 0, right: int | None = None) -> bytes:
    """Code whole numbers; it takes little room where those side by side are alike.

    Parameters
    ----------
    image : ndarray of int32, shape (ny, nx)
        The numbers, coded row by row.
    left, right : int
        Columns that are coded, ``right`` not among them; all by default.

    Returns
    -------
    bytes

    Examples
    --------
    >>> rice(np.zeros((2, 32), np.int32)).hex()
    '000000000000'
    """
    stop = image.shape[1] if right is None else right
    if (stop - left) % BLOCK:
        # a block goes on in the next row
        image = np.ascontiguousarray(image[:, left:stop]).reshape(1, -1)
        left, stop = 0, image.size
    words, size = _coded(np.ascontiguousarray(image), left, stop)
    return words.astype(">u4").tobytes()[:size]


@compiled
def _coded(image: Numbers, left: int, right: int) -> tuple[Words, int]:
    """Return the code as words, most significant bits first, and its length in bytes.

    The loops do what `_put` does themselves: a call for each number would cost
    several times as much as the number.
    """
    # a value takes 33 bits at the most, a block's code 5
    number, blocks = image.shape[0] * (right - left), -(-(right - left) // BLOCK)
    words = np.empty(number * 33 // 32 + number // BLOCK + 4, dtype=np.uint32)
    rises = np.empty(BLOCK, dtype=np.uint32)
    last = image[0, left]
    # the bits that are not yet in a word, and how many they are
    held, count, size = np.uint64(np.uint32(last)), _WORD, 0
    for k in range(image.shape[0] * blocks):
        first = left + k % blocks * BLOCK
        block = image[k // blocks, first : min(first + BLOCK, right)]
        changed = block[0] ^ last
        for i in range(1, block.size):
            changed |= block[i] ^ block[i - 1]
        low = _low_bits(block, last, rises) if changed != 0 else -1
        last = block[block.size - 1]
        held = (held << _CODE_BITS) | np.uint64(low + 1)
        count += _CODE_BITS
        if count >= _WORD:
            count -= _WORD
            words[size] = np.uint32(held >> count)
            size += 1
        if changed == 0:
            continue
        if low == _MOST_LOW_BITS:
            for i in range(block.size):
                value = np.uint64(rises[i])
                size, held, count = _put(words, size, held, count, value, _WORD)
            continue
        kept = np.uint64(low)
        one = _ONE << kept
        for i in range(block.size):
            # the upper bits as so many zeros and a one, then the low bits
            value = np.uint64(rises[i])
            zeros = value >> kept
            while zeros + kept >= _WORD:
                some = min(zeros, _WORD)
                size, held, count = _put(words, size, held, count, np.uint64(0), some)
                zeros -= some
            bits = zeros + _ONE + kept
            held = (held << bits) | one | (value & (one - _ONE))
            count += bits
            if count >= _WORD:
                count -= _WORD
                words[size] = np.uint32(held >> count)
                size += 1
    words[size] = np.uint32(held << (_WORD - count))
    return words[: size + 1], 4 * size + int(count + np.uint64(7)) // 8


@compiled
def _put(
    words: Words, size: int, held: np.uint64, count: np.uint64, value: np.uint64, bits: np.uint64
) -> tuple[int, np.uint64, np.uint64]:
    """Add some bits, 32 at the most, to those that are held."""
    held = (held << bits) | value
    count += bits
    if count >= _WORD:
        count -= _WORD
        words[size] = np.uint32(held >> count)
        size += 1
    return size, held, count


@compiled
def _low_bits(block: Numbers, last: np.int32, rises: Words) -> int:
    """Low bits that are kept as they are, in numbers that take the place of differences.

    Differences of neighbours become numbers from 0: 0, -1, 1, -2, ...
    """
    total = 0.0
    for i in range(block.size):
        rise = np.uint32(np.uint32(block[i]) - np.uint32(last))
        last = block[i]
        doubled = np.uint32(rise << np.uint32(1))
        rises[i] = ~doubled if rise >> np.uint32(31) else doubled
        total += rises[i]
    half = np.int64(max((total - block.size // 2 - 1) / block.size, 0.0)) // 2
    low = 0
    while half > 0:
        half //= 2
        low += 1
    return min(low, _MOST_LOW_BITS)
