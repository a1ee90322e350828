"""Kinds of traits that refuse a wrong value with an error of ours, and keep the old one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import traitlets as t

from skyseg.errors import ParameterError, check_switch


class Choice(t.Enum):  # type: ignore[type-arg]
    """One of some values."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the value.

        Raises
        ------
        ParameterError
            If it is none of them.
        """
        possible = list(self.values or ())
        if value in possible:
            return value
        listed = ", ".join(str(each) for each in possible)
        raise _refuse(self, value, f"give one of {listed}")


class Several(t.Tuple):
    """Some of some texts, in any order.

    Parameters
    ----------
    values : sequence of str
        The texts.
    """

    def __init__(self, values: Sequence[str]) -> None:
        super().__init__()
        self._values = values

    def validate(self, obj: Any, value: Any) -> tuple[str, ...]:
        """Return the texts; one may stand alone.

        Raises
        ------
        ParameterError
            If one is none of them.
        """
        given = (value,) if isinstance(value, str) else value
        if hasattr(given, "__iter__") and set(given) <= set(self._values):
            return tuple(given)
        raise _refuse(self, value, f"give some of {', '.join(self._values)}")


class Text(t.Unicode):  # type: ignore[type-arg]
    """A text."""

    def validate(self, obj: Any, value: Any) -> str:
        """Return the text.

        Raises
        ------
        ParameterError
            If it is none.
        """
        if isinstance(value, str):
            return value
        raise _refuse(self, value, "give a text")


class Switch(t.Bool):  # type: ignore[type-arg]
    """True or False."""

    def validate(self, obj: Any, value: Any) -> bool:
        """Return the value.

        Raises
        ------
        ParameterError
            If it is neither.
        """
        return check_switch(value, self.name or "")


class Whole(t.Int):  # type: ignore[type-arg]
    """A whole number, of Python or numpy, in a range."""

    def validate(self, obj: Any, value: Any) -> int:
        """Return the number.

        Raises
        ------
        ParameterError
            If it is none, or out of range.
        """
        low, high = self.min, self.max
        whole = isinstance(value, (int, float)) or hasattr(value, "__index__")
        if whole and not isinstance(value, bool) and math.isfinite(value) and value == int(value):
            number = int(value)
            if (low is None or number >= low) and (high is None or number <= high):
                return number
        between = "" if high is None else f" from {low} to {high}"
        raise _refuse(self, value, f"give a whole number{between}")


class Part(t.Float):  # type: ignore[type-arg]
    """A number from 0 to 1."""

    def validate(self, obj: Any, value: Any) -> float:
        """Return the number.

        Raises
        ------
        ParameterError
            If it is none, or out of range.
        """
        if _is_number(value) and 0 <= value <= 1:
            return float(value)
        raise _refuse(self, value, "give a number from 0 to 1")


class Above(t.Float):  # type: ignore[type-arg]
    """A number above 0."""

    def validate(self, obj: Any, value: Any) -> float:
        """Return the number.

        Raises
        ------
        ParameterError
            If it is none, or not above 0.
        """
        if _is_number(value) and value > 0:
            return float(value)
        raise _refuse(self, value, "give a number above 0")


class Rising(t.Tuple):
    """Two numbers of which the first is lower."""

    def validate(self, obj: Any, value: Any) -> tuple[float, float]:
        """Return the numbers.

        Raises
        ------
        ParameterError
            If they are not two, or not rising.
        """
        numbers = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else []
        if len(numbers) == 2 and all(map(_is_number, numbers)) and numbers[0] < numbers[1]:
            return float(numbers[0]), float(numbers[1])
        raise _refuse(self, value, "give two numbers, the lower one first")


class Edges(t.List):  # type: ignore[type-arg]
    """Left, lower, right and upper edge of a part of an image; empty for none."""

    FARTHEST = 1e9
    """Pixels that an edge may be away."""

    def validate(self, obj: Any, value: Any) -> list[float]:
        """Return the edges.

        Raises
        ------
        ParameterError
            If they are none of a part of an image.
        """
        edges: list[Any] = list(value) if isinstance(value, (list, tuple)) else [None]
        near = all(_is_number(edge) and abs(edge) < self.FARTHEST for edge in edges)
        if near and len(edges) in (0, 4):
            return [float(edge) for edge in edges]
        raise _refuse(self, value, "give the four edges of a part of the image, or none")


def _is_number(value: Any) -> bool:
    real = isinstance(value, (int, float)) or hasattr(value, "__float__")
    return real and not isinstance(value, bool) and math.isfinite(value)


def _refuse(trait: t.TraitType[Any, Any], value: Any, hint: str) -> ParameterError:
    return ParameterError(f"is {value!r}", hint=hint, argument=trait.name or "")
