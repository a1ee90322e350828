"""The extraction flags: SExtractor's bits, in one place."""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """Bits of the column FLAGS, with SExtractor's values and meanings.

    Examples
    --------
    >>> Flag(3)
    <Flag.CROWDED|MERGED: 3>
    """

    CROWDED = 1
    """More than a tenth of the AUTO aperture belongs to neighbours or is bad."""
    MERGED = 2
    """The source was blended with another one."""
    SATURATED = 4
    """At least one pixel reaches SATUR_LEVEL."""
    TRUNCATED = 8
    """The source touches the edge of the image."""
    APERTURE_INCOMPLETE = 16
    """An aperture runs over the edge of the image."""
