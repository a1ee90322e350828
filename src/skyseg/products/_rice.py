"""Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).

astropy reads such tiles; its own coder holds the interpreter's lock, so that
strips could not be packed at the same time.
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
