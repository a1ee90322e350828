"""The SEG map of one band over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skyseg.comparison.grids import put_on_one_grid
from skyseg.comparison.inputs import LabelMap
from skyseg.errors import ComparisonError
from skyseg.notebook._label_sources import LabelSources

if TYPE_CHECKING:
    from skyseg.plotting.maps import Band


def borrow_sources(sources: LabelSources, owner: Band, band: Band) -> LabelSources | None:
    """Return the sources of a band as they lie on the pixels of another.

    Parameters
    ----------
    sources : LabelSources
        The sources.
    owner : BandData or ArrayBand
        The band that they are of.
    band : BandData or ArrayBand
        The band that they are shown over.

    Returns
    -------
    LabelSources or None
        None where the two do not show the same sky. On other pixels they have no
        catalogue, whose pixels would be wrong.
    """
    empty = np.broadcast_to(np.int32(0), band.shape)
    try:
        grid = put_on_one_grid(
            LabelMap(empty, band.name, wcs=band.wcs),
            LabelMap(sources.labels, owner.name, wcs=owner.wcs),
        )
    except ComparisonError:
        return None
    name = f"{sources.name} of {owner.name}"
    if grid.reprojected:
        return LabelSources(np.asarray(grid.b.labels), lambda: None, name)
    return LabelSources(sources.labels, lambda: sources.catalogue, name)
