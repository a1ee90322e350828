"""Sums as DATASUM and CHECKSUM of FITS headers count them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

MODULUS: Final = 2**32 - 1
_WORD: Final = 4
_TOGETHER: Final = 2**16


class DataSum:
    """The sum of data that comes in parts of any length.

    It is the sum of 32-bit words in ones' complement: section 4.4.2.7 of the FITS
    standard, version 4.0.

    Examples
    --------
    >>> found = DataSum()
    >>> for part in ([0, 0], [0, 1, 0], [0, 0, 2]):
    ...     found.add(bytes(part))
    >>> found.value
    3
    """

    def __init__(self) -> None:
        self._place = 0
        self._total = 0

    @property
    def value(self) -> int:
        """The sum of what came until now."""
        return self._total % MODULUS

    def add(self, part: bytes | memoryview) -> None:
        """Add the next bytes."""
        begun = self._place % _WORD
        # what fills the word that a part before has begun
        first = min(-self._place % _WORD, len(part))
        last = len(part) - (len(part) - first) % _WORD
        for word in (bytes(begun) + bytes(part[:first]) if first else b"", bytes(part[last:])):
            self._total += sum_words(word.ljust(_WORD, b"\0"))
        self._total += sum_words(part[first:last])
        self._place += len(part)

    def add_summed(self, total: int, size: int) -> None:
        """Add the next bytes, of which the sum is known as if they were the first.

        Examples
        --------
        >>> part, found = DataSum(), DataSum()
        >>> part.add(bytes([3, 0]))
        >>> found.add(bytes([0, 0]))
        >>> found.add_summed(part.value, 2)
        >>> found.value == 3 * 256
        True
        """
        # modulo 2^32 - 1 a byte that stands k places later counts 256^-k as much
        self._total += total % MODULUS << 8 * (-self._place % _WORD)
        self._place += size


def sum_words(content: bytes | memoryview) -> int:
    """Return the sum of 32-bit words in the byte order of FITS.

    Examples
    --------
    >>> sum_words(bytes([0, 0, 1, 0, 0, 0, 0, 2]))
    258
    """
    return int(np.frombuffer(content, ">u4").sum(dtype=np.uint64))


def sum_parts(parts: Iterable[bytes]) -> int:
    """Return the sum of data that is these parts, of which small ones are put together.

    Examples
    --------
    >>> sum_parts([bytes([0, 0, 1]), bytes([0, 2])]) == 256 + 2 * 256**3
    True
    """
    found, waiting, size = DataSum(), list[bytes](), 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size > _TOGETHER:
            found.add(b"".join(waiting))
            waiting, size = [], 0
    found.add(b"".join(waiting))
    return found.value


def encode_checksum(total: int) -> str:
    """Return the CHECKSUM of an HDU, by which all bits of its sum are set.

    Parameters
    ----------
    total : int
        Sum of the words of the HDU with 16 zeros as its CHECKSUM.

    Returns
    -------
    str
        16 letters and digits, by appendix J of the FITS standard.

    Examples
    --------
    >>> encode_checksum(0)
    'orrrrooooooooooo'
    """
    value = MODULUS - total % MODULUS
    letters = [""] * 16
    for place, shift in enumerate((24, 16, 8, 0)):
        quotient, rest = divmod(value >> shift & 0xFF, 4)
        codes = [ord("0") + quotient] * 4
        codes[0] += rest
        while not all(chr(code).isalnum() for code in codes):
            for pair in (0, 2):
                if not (chr(codes[pair]).isalnum() and chr(codes[pair + 1]).isalnum()):
                    codes[pair] += 1
                    codes[pair + 1] -= 1
        for number, code in enumerate(codes):
            letters[4 * number + place] = chr(code)
    return letters[-1] + "".join(letters[:-1])
