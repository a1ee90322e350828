"""The extraction flags: SExtractor's bits, in one place."""

from __future__ import annotations

from enum import IntFlag

from skyseg import _loops


class Flag(IntFlag):
    """Bits of the column FLAGS, with SExtractor's values and meanings.

    Examples
    --------
    >>> Flag(3)
    <Flag.CROWDED|MERGED: 3>
    """

    CROWDED = _loops.CROWDED
    """More than a tenth of the AUTO aperture belongs to neighbours or is bad."""
    MERGED = _loops.MERGED
    """The source was blended with another one."""
    SATURATED = _loops.SATURATED
    """At least one pixel reaches SATUR_LEVEL."""
    TRUNCATED = _loops.TRUNCATED
    """The source touches the edge of the image."""
    APERTURE_INCOMPLETE = _loops.APERTURE_INCOMPLETE
    """An aperture runs over the edge of the image."""
    NOT_COVERED = _loops.NOT_COVERED
    """No pixel of the source has a measurement in the image that it is measured in."""
