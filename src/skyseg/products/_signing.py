"""Headers of FITS files that skyseg writes byte by byte, with the sums over their HDUs."""

from __future__ import annotations

from typing import Final

from astropy.io import fits

from skyseg.imaging.data_sums import encode_checksum, sum_words

_ZERO: Final = "0" * 16


def keep_place(header: fits.Header) -> None:
    """Put cards for both sums into a header, which is as long then as with the sums."""
    header["DATASUM"], header["CHECKSUM"] = "0" * 10, _ZERO


def sign_header(header: fits.Header, data_sum: int) -> bytes:
    """Put both sums into a header, and return it as it stands in the file.

    Parameters
    ----------
    header : Header
        All other cards, and those that `keep_place` has put there.
    data_sum : int
        Sum of the 32-bit words of the data.
    """
    header["DATASUM"] = f"{data_sum:010d}"
    total = sum_words(header.tostring().encode()) + data_sum
    header["CHECKSUM"] = encode_checksum(total)
    return bytes(header.tostring().encode())
