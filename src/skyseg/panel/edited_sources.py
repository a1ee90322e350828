"""The catalogue of a map that is edited, measured as it changes, in whatever thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from astropy.table import Column, QTable

from skyseg.editing.edited_catalogue import EditedCatalogue
from skyseg.editing.edited_map import Patch
from skyseg.editing.edits import Edits
from skyseg.editing.listed_sources import list_again
from skyseg.panel.catalogue import Catalogue
from skyseg.products.seg_files import list_sources
from skyseg.survey import BandData
from skyseg.survey.band_edits import find_run, follow_edits

if TYPE_CHECKING:
    from astropy.wcs import WCS


class EditedSources:
    """The sources of an edited map.

    Changes are noted where the map is edited, within `editing`, and measured in one thread at
    a time: `begin`, then `measure` in the thread, then `end`.

    Parameters
    ----------
    edits : Edits
        The edits.
    band : BandData or None
        The band whose map it is; None lists what the pixels alone say.
    wcs : WCS, optional
        Celestial WCS of a map of no band.
    """

    def __init__(self, edits: Edits, band: BandData | None, wcs: WCS | None = None) -> None:
        self._edits, self._band, self._wcs = edits, band, wcs
        self._follower: EditedCatalogue | None = None
        self._listed: QTable | None = None
        self._noted: list[Patch] = []
        self._asked = False
        self._n_begun = self._n_under_way = 0
        self._lock = threading.Lock()
        self.working = False

    @contextmanager
    def editing(self) -> Iterator[None]:
        """Edit the map: a measure that sees half of an edit is repeated when it is noted."""
        with self._lock:
            self._n_begun += 1
            self._n_under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_under_way -= 1

    def note(self, patches: Iterable[Patch]) -> None:
        """Take changes of the map that are to be measured."""
        with self._lock:
            self._noted += patches

    def begin(self) -> bool:
        """Tell whether to measure now; what is asked meanwhile is done afterwards."""
        with self._lock:
            self._asked = self.working
            begun, self.working = not self.working, True
        return begun

    def end(self) -> bool:
        """Tell whether to measure again."""
        with self._lock:
            self.working = False
            return self._asked

    def measure(self) -> Catalogue | None:
        """Measure what has changed; None where the map was edited meanwhile, and it is asked again.

        Raises
        ------
        SkysegError
            If the products of the band cannot be read.
        """
        with self._lock:
            patches, self._noted = self._noted, []
            n_begun = self._n_begun
        try:
            return Catalogue(self._tell_edits(self._make_table(patches)))
        except Exception:  # of a map that changes while it is read, anything can be found
            with self._lock:
                if self._n_begun == n_begun and not self._n_under_way:
                    raise
                self._noted = patches + self._noted
                self._asked = True
            return None

    def _make_table(self, patches: list[Patch]) -> QTable:
        if self._band is None:
            return self._list(patches).copy()
        if self._follower is None:
            self._follower = follow_edits(self._band)
            ny, nx = self._edits.labels.shape
            run = find_run(self._band).load_seg()
            patches = [Patch((slice(0, ny), slice(0, nx)), run, self._edits.labels)]
        self._follower.follow(self._edits.map, patches)
        return self._follower.make_table()

    def _list(self, patches: list[Patch]) -> QTable:
        if self._listed is None:
            self._listed = list_sources(self._edits.labels, self._wcs)
        else:
            self._listed = list_again(self._listed, self._edits.map, patches, self._wcs)
        return self._listed

    def _tell_edits(self, table: QTable) -> QTable:
        numbers = np.asarray(table["NUMBER"])
        marks, touched = self._edits.marks, self._edits.touched
        table["EDITED"] = Column(
            np.isin(numbers, list(touched)).astype(np.int16), description="1 where it was edited"
        )
        table["MARK"] = Column(
            np.array([marks.get(number, "") for number in numbers.tolist()], "U"),
            description="The last word that was said on it",
        )
        return table
