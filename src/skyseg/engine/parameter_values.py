"""What a parameter is, and which values it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np

from skyseg.engine.kernels import Kernel

THRESHOLDS: Final = ("detect_thresh", "analysis_thresh")
"""Parameters that are a number, or a surface brightness and its zero point."""

CARDS: Final = ("satur_key", "gain_key")
"""Parameters that name a card of a header."""

_EXACT: Final = 2**53
_HIGHEST_THRESHOLD: Final = 1e30
_LONGEST_CARD: Final = 32


@dataclass(frozen=True)
class Description:
    """What one parameter is.

    Attributes
    ----------
    name : str
        Its name.
    about : str
        One sentence.
    unit : str
        Its unit, or an empty string.
    kind : type
        ``bool``, ``int``, ``float``, ``str``, or ``tuple`` of numbers; a threshold is a
        ``tuple`` or a single number.
    default
        The value that it has where none is given.
    choices : tuple of str
        What a ``str`` may be.
    low, high : float or None
        The least and the largest number allowed.
    above : bool
        Whether a number must lie above ``low``.
    optional : bool
        Whether it may be None.
    several : bool
        Whether a ``tuple`` may have any length, and not two numbers only.
    """

    name: str
    about: str
    unit: str
    kind: type
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    optional: bool = False
    several: bool = False

    @property
    def allowed(self) -> str:
        """The values allowed, in words."""
        return f"{self._allowed}, or None" if self.optional else self._allowed

    @property
    def _allowed(self) -> str:
        if self.choices:
            names = "one of " + ", ".join(self.choices)
            return f"{names}, or a kernel from a file" if self.name == "filter_name" else names
        if self.kind is bool:
            return "True or False"
        if self.name in CARDS:
            return "the name of a header card"
        words = {
            int: "a whole number", float: "a finite number", tuple: "two numbers",
            str: "the name of a file",
        }  # fmt: skip
        text = "one or more numbers" if self.several else words[self.kind]
        if self.name in THRESHOLDS:
            return "a number above 0, or a surface brightness and its zero point in mag"
        if self.low is not None:
            text += f" {'above' if self.above else 'of at least'} {self.low:g}"
        if self.high is not None:
            text += f"{' and' if self.low is not None else ' of'} at most {self.high:.10g}"
        return text

    def take(self, value: Any) -> Any:
        """Return a value as the parameter has it.

        Scalars of numpy, lists, and whole numbers that are written as floats are taken. Whole
        numbers from which on not every one is a float are refused, and not rounded.

        Raises
        ------
        ValueError
            If it is none that is allowed.
        """
        value = self._as_python(value)
        if value is None:
            if not self.optional:
                raise ValueError
            return None
        if self.name in THRESHOLDS and not isinstance(value, tuple):
            return _take_number(value, 0.0, _HIGHEST_THRESHOLD, above=True)
        if self.kind is tuple:
            return self._take_numbers(value)
        if self.kind is float:
            return _take_number(value, self.low, self.high, above=self.above)
        if not self._fits(value):
            raise ValueError
        return value

    def _as_python(self, value: Any) -> Any:
        numbers = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(each, int | np.integer) and abs(int(each)) > _EXACT for each in numbers):
            raise ValueError
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, list | tuple):
            parts = tuple(each.item() if isinstance(each, np.generic) else each for each in value)
            return parts[0] if len(parts) == 1 and self.name in THRESHOLDS else parts
        if isinstance(value, np.generic):
            value = value.item()
        if self.kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
        return (value,) if self.several and _is_number(value) else value

    def _take_numbers(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, tuple) or not value or (len(value) != 2 and not self.several):
            raise ValueError
        return tuple(_take_number(each, self.low, self.high, above=self.above) for each in value)

    def _fits(self, value: Any) -> bool:
        """Tell whether a switch, a whole number, a kernel or a text is allowed."""
        if self.kind is int:
            return _is_number(value) and isinstance(value, int) and self._is_within(value)
        if self.name == "filter_name" and isinstance(value, Kernel):
            return True
        if not isinstance(value, self.kind) or (self.choices and value not in self.choices):
            return False
        return self.name not in CARDS or _is_card(str(value))

    def _is_within(self, value: int) -> bool:
        low = -math.inf if self.low is None else self.low
        return low <= value <= (math.inf if self.high is None else self.high)


def _take_number(value: Any, low: float | None, high: float | None, *, above: bool) -> float:
    if not _is_number(value):
        raise ValueError
    number = float(value)
    if (
        not math.isfinite(number)
        or (low is not None and (number < low or (above and number == low)))
        or (high is not None and number > high)
    ):
        raise ValueError
    return number


def _is_card(name: str) -> bool:
    letters = name.replace("_", "").replace("-", "")
    return 0 < len(name) <= _LONGEST_CARD and name.isascii() and (letters.isalnum() or not letters)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# type checkers take these for values, as which the fields of a class of parameters stand


def switch(default: bool, about: str) -> Any:
    """Describe what is True or False."""
    return Description("", about, "", bool, default)


def whole(default: int, about: str, unit: str = "", *, low: int, high: int) -> Any:
    """Describe a whole number."""
    return Description("", about, unit, int, default, low=low, high=high)


def number(
    default: float | None,
    about: str,
    unit: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    above: bool = False,
) -> Any:
    """Describe a number, which may be None where None is the default."""
    return Description(
        "", about, unit, float, default, low=low, high=high, above=above, optional=default is None
    )


def numbers(
    default: tuple[float, ...] | float | None,
    about: str,
    unit: str = "",
    *,
    low: float,
    high: float,
    above: bool = False,
    several: bool = False,
) -> Any:
    """Describe two numbers, or several; None is allowed where it is the default."""
    return Description(
        "", about, unit, tuple, default, low=low, high=high, above=above,
        optional=default is None, several=several,
    )  # fmt: skip


def choice(default: str | None, about: str, names: Any) -> Any:
    """Describe one of the texts of a Literal; None is allowed where it is the default."""
    return Description("", about, "", str, default, get_args(names), optional=default is None)


def text(default: str | None, about: str) -> Any:
    """Describe a text; None is allowed where it is the default."""
    return Description("", about, "", str, default, optional=default is None)
