"""Which SEG map lies over which band."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from skyseg.comparison.grids import put_on_one_grid
from skyseg.comparison.inputs import LabelMap
from skyseg.errors import ComparisonError
from skyseg.notebook._label_sources import LabelSources
from skyseg.panel.naming import name_products

if TYPE_CHECKING:
    from skyseg.plotting.maps import Band


class SegMaps:
    """The SEG maps of a viewer's bands.

    Parameters
    ----------
    band : BandData or ArrayBand
        A band whose labels are given.
    sources : LabelSources or None
        Those labels; None where it has its own.
    """

    def __init__(self, band: Band, sources: LabelSources | None) -> None:
        self._given = [] if sources is None else [(band, sources)]
        self._edited: list[tuple[Band, LabelSources]] = []

    def give(self, given: Iterable[tuple[Band, LabelSources]]) -> None:
        """Take labels of bands in place of their products."""
        self._given, self._edited = list(given), []

    def find(self, band: Band, owner: Band | None = None) -> LabelSources | None:
        """Return the sources over a band: its own, or those of another one."""
        if owner is None or owner is band:
            return self._find_own(band)
        sources = self._find_own(owner)
        return None if sources is None else borrow_sources(sources, owner, band)

    def edit(self, band: Band, sources: LabelSources) -> None:
        """Show the edited labels of a band in place of what it has."""
        self._edited = [(each, other) for each, other in self._edited if each is not band]
        self._edited.append((band, sources))

    def forget_given(self, band: Any) -> None:
        """Show the products of a band from now on, and no more labels that were given for it."""
        self._given = [(each, sources) for each, sources in self._given if each != band]
        self._edited = [(each, sources) for each, sources in self._edited if each != band]

    def is_edited(self, band: Band) -> bool:
        """Tell whether the labels of a band are shown as they are edited."""
        return any(each is band for each, _ in self._edited)

    def is_given(self, band: Band) -> bool:
        """Tell whether the labels of a band were given, and are not those of its products."""
        return any(each is band for each, _ in self._given)

    def _find_own(self, band: Any) -> LabelSources | None:
        for given, sources in (*self._edited, *self._given):
            if given is band:
                return sources
        products = getattr(band, "products", None)
        if products is None:
            return None
        return LabelSources(band.load_seg(), band.load_cat, f"SEG {name_products(products)}")


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
    if grid.reprojected:
        labels = np.asarray(grid.b.labels)
        return LabelSources(labels, lambda: None, f"{sources.name} of {owner.name}")
    return _Borrowed(sources, owner)


class _Borrowed(LabelSources):
    """The sources of a band, over another on the same pixels."""

    def __init__(self, sources: LabelSources, owner: Band) -> None:
        super().__init__(sources.labels, lambda: sources.catalogue)
        self._sources, self._owner, self.is_live = sources, owner, sources.is_live

    @property
    def name(self) -> str:
        """What the labels are, and of which band."""
        return f"{self._sources.name} of {self._owner.name}"
