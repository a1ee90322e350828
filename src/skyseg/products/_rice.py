"""Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).

astropy reads and writes such tiles, too; its own coder holds the interpreter's lock, so that
strips could not be packed or unpacked at the same time.
"""

from __future__ import annotations

import numpy as np

from skyseg import _loops
from skyseg.engine.types import Int32Array

BLOCK = _loops.RICE_BLOCK
"""Values that are coded with the same number of low bits."""


def rice(image: Int32Array, left: int = 0, right: int | None = None) -> bytes:
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
    return _loops.rice(image=np.ascontiguousarray(image), left=left, right=stop).tobytes()


def unrice(code: bytes, image: Int32Array, left: int = 0, right: int | None = None) -> None:
    """Set pixels of an image, row by row, to the numbers of a code.

    Parameters
    ----------
    code : bytes
        What `rice` returns.
    image : ndarray of int32, shape (ny, nx)
        The image.
    left, right : int
        Columns that are set, ``right`` not among them; all by default.

    Raises
    ------
    OSError
        If the code ends before them, or goes on behind them.

    Examples
    --------
    >>> image = np.empty((2, 32), np.int32)
    >>> unrice(rice(np.full((2, 32), 7, np.int32)), image)
    >>> np.unique(image).tolist()
    [7]
    """
    stop = image.shape[1] if right is None else right
    if not _loops.unrice(np.frombuffer(code, np.uint8), image, left, stop):
        raise OSError("a tile holds more or less than its pixels")
