"""What makes a simulated image harder than the plain one; all of it is off where not asked for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, TypedDict

from skyseg.errors import ParameterError

_MOST_SOURCES: Final = 10_000_000
_LIMITS: Final = {
    "correlation": (0, 0.9, "SIMCORR", "noise correlation of adjacent pixels"),
    "err_scale": (0.01, 100, "SIMERR", "ERR over the true noise"),
    "spikes": (0, 0.5, "SIMSPIKE", "light of a point in halo and spikes"),
    "clumps": (0, 100, "SIMCLUMP", "clumps in each large disc"),
    "companions": (0, _MOST_SOURCES, "SIMCOMP", "companions of bright galaxies"),
    "diffuse": (0, _MOST_SOURCES, "SIMDIFF", "galaxies of low surface brightness"),
}


class ConditionValues(TypedDict, total=False):
    """The arguments by name, for functions that hand them on."""

    correlation: float
    err_scale: float
    spikes: float
    clumps: int
    companions: int
    diffuse: int


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a simulated image has beside sources and white noise.

    Attributes
    ----------
    correlation : float
        Correlation of the noise of adjacent pixels, as drizzling leaves it; up to 0.9.
    err_scale : float
        How many times the true noise ERR tells; WHT tells as much.
    spikes : float
        Part of the light of a point that is in a halo and six spikes; up to 0.5.
    clumps : int
        Clumps in each large disc, a quarter of its light; they are the disc's own.
    companions : int
        Galaxies 2 to 6.5 mag fainter beside the bright ones, beside the sources asked for.
    diffuse : int
        Large galaxies fainter than the noise of a pixel, beside the sources asked for.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    """

    correlation: float = 0.0
    err_scale: float = 1.0
    spikes: float = 0.0
    clumps: int = 0
    companions: int = 0
    diffuse: int = 0

    def __post_init__(self) -> None:
        for name, (low, high, _, _) in _LIMITS.items():
            value = getattr(self, name)
            whole = isinstance(getattr(type(self), name), int)
            if not low <= value <= high or (whole and value != int(value)):
                kind = "a whole number" if whole else "a number"
                raise ParameterError(
                    f"is {value!r}", hint=f"it must be {kind} from {low:g} to {high:g}",
                    argument=name,
                )  # fmt: skip

    def cards(self) -> dict[str, tuple[float, str]]:
        """Return the header cards of what is not as in the plain image."""
        return {
            _LIMITS[each.name][2]: (getattr(self, each.name), _LIMITS[each.name][3])
            for each in fields(self)
            if getattr(self, each.name) != each.default
        }


CONDITION_CARDS: Final = {card: name for name, (_, _, card, _) in _LIMITS.items()}
"""The cards that `Conditions.cards` may return, and the argument that each tells."""
