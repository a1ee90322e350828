"""What is edited: a map, where it lies on the sky, and the light under it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from astropy.wcs import WCS

from skyseg.editing.applying import Light
from skyseg.engine.types import AnyLabelImage


@dataclass(frozen=True, eq=False)
class Editable:
    """A map that can be edited.

    Attributes
    ----------
    labels : ndarray of int, shape (ny, nx)
        The map.
    wcs : WCS or None
        Its celestial WCS.
    light : Light or None
        The light under it, which some operations ask for.
    name, made_by : str
        What the journal says of the map: survey, version and band; error type, method and
        parameter set.
    run_id : str or None
        RUNID of its run.
    journal : Path or None
        Where its journal belongs.
    """

    labels: AnyLabelImage
    wcs: WCS | None = None
    light: Light | None = None
    name: str = ""
    made_by: str = ""
    run_id: str | None = None
    journal: Path | None = None


@runtime_checkable
class Segmented(Protocol):
    """What has a map that can be edited, as `skyseg.BandData`."""

    def read_editable(self) -> Editable:
        """Return the map."""
        ...
