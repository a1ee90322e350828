"""The labels of a map that is edited, as a canvas shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.notebook._label_sources import LabelSources

if TYPE_CHECKING:
    from astropy.table import Table

    from skyseg.panel.editing import EditSession


class EditedLabels(LabelSources):
    """The labels of a map that is edited; they are others after each edit.

    Parameters
    ----------
    edit : EditSession
        The edits.
    before : LabelSources
        The sources as they were, whose catalogue is shown until the edited ones are measured.
    """

    is_live = True

    def __init__(self, edit: EditSession, before: LabelSources) -> None:
        super().__init__(edit.labels, lambda: None, before.name.removesuffix(" edited"))
        self._edit, self._before = edit, before

    @property
    def name(self) -> str:
        """What the labels are, which are edited where the journal has an edit."""
        return f"{self._name} edited" if self._edit.edits else self._name

    @property
    def catalogue(self) -> Table | None:
        """The catalogue of the edited map."""
        measured = self._edit.catalogue
        return self._before.catalogue if measured is None else measured.table

    @property
    def _boxes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        numbers = np.array(self._need_map().numbers, np.int64)
        y0, y1, x0, x1 = self._need_map().boxes_of(numbers.tolist()).T
        return numbers, np.stack([x0, x1 - 1, y0, y1 - 1], axis=1)

    def _need_map(self) -> Any:
        assert self._edit.edits is not None
        return self._edit.edits.map
