"""The two maps whose difference is shown, as files, so that a session can show it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from skyseg.errors import SkysegError
from skyseg.imaging.refs import MapRef

if TYPE_CHECKING:
    from skyseg.comparison import Comparison
    from skyseg.comparison.inputs import LabelMap


class ComparedMap(BaseModel):
    """One of two SEG maps that are compared.

    Attributes
    ----------
    path : Path
        The file.
    ext : int
        Its HDU.
    name : str
        What it is called.

    Examples
    --------
    >>> ComparedMap(path="mine_seg.fits", ext=1, name="mine").ref.ext
    1
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    ext: int = 0
    name: str = ""

    @property
    def ref(self) -> MapRef:
        """Where the map is."""
        return MapRef(self.path, self.ext)


ComparedPair = tuple[ComparedMap, ComparedMap]


def find_compared_files(comparison: Comparison | None) -> ComparedPair | None:
    """Return the files of both sides of a comparison; None where one is in no file.

    Examples
    --------
    >>> find_compared_files(None)
    """
    if comparison is None:
        return None
    a, b = _find_file(comparison.a), _find_file(comparison.b)
    return None if a is None or b is None else (a, b)


def _find_file(side: LabelMap) -> ComparedMap | None:
    try:
        ref = MapRef.parse(side.provenance.get("path", ""), None)
    except SkysegError:
        return None
    return ComparedMap(path=ref.path, ext=ref.ext, name=side.name)
