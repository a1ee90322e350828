"""The second pass of a run in two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from skyseg.engine.parameters import Parameters

PASS_COLUMNS: Final = ("PASS", "PARENT")
"""Columns that tell which pass found a source, and whose child it is."""


@dataclass(frozen=True)
class HotPass:
    """The second pass of a run in two; the first one, the cold pass, has the run's parameters.

    Attributes
    ----------
    parameters : Parameters
        Those of the second pass.
    children : bool
        Whether a hot source inside the Kron ellipse of a cold one stays a source, its child;
        else it belongs to the cold one.
    """

    parameters: Parameters
    children: bool = False
