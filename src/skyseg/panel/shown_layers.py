"""What a viewer shows, map by map, so that it can be shown again, there or in the other viewer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator


class ShownMap(BaseModel):
    """A map of a file, and how it is shown.

    Attributes
    ----------
    path : Path
        The file.
    ext : int
        Its HDU.
    role : str
        What it shows, such as ``"SCI"`` or ``"SEG"``.
    band : str
        Key of the band that it is of; empty where it is of none.
    name : str
        What it is called.
    visible : bool
        Whether it is seen.
    opacity : float
        How much it covers, 0 to 1.
    limits : tuple of float or None
        Values drawn black and white; none for labels.
    colormap : str
        napari's name of its colours; empty for those that the display of the session says.
    outlined : bool
        Whether labels are outlines.
    active : bool
        Whether it is the SEG map that is worked with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    ext: int = Field(0, ge=0)
    role: str = "SCI"
    band: str = ""
    name: str = ""
    visible: bool = True
    opacity: float = Field(1.0, ge=0, le=1)
    limits: tuple[FiniteFloat, FiniteFloat] | None = None
    colormap: str = ""
    outlined: bool = False
    active: bool = False

    @field_validator("limits")
    @classmethod
    def _check_limits(cls, limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits is not None and limits[0] > limits[1]:
            raise ValueError("the lower one stands first")
        return limits

    @property
    def key(self) -> tuple[Path, int, str]:
        """What tells it from others: file, HDU and role."""
        return self.path, self.ext, self.role


def update_shown(before: Sequence[ShownMap], now: Sequence[ShownMap]) -> tuple[ShownMap, ...]:
    """Return maps that were shown, as they are shown now, and new ones after them.

    A viewer that cannot show a map does not forget it: it stays, as it was.
    """
    found = {shown.key: shown for shown in now}
    kept = tuple(found.pop(shown.key, shown) for shown in before)
    return (*kept, *found.values())
