"""The colormaps as a browser is sent them."""

from __future__ import annotations

from functools import cache

import numpy as np

from skyseg.display.scales import COLORMAPS


@cache
def make_palette() -> bytes:
    """Return 256 colours of each colormap, as bytes: red, green, blue and opacity of each."""
    from matplotlib import colormaps

    steps = np.arange(256)
    return b"".join(colormaps[name](steps, bytes=True).tobytes() for name in COLORMAPS)
