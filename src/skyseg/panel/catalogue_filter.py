"""Filters on a catalogue, such as ``MAG_AUTO < 26 & FLAGS == 0``; no code of theirs is run."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import BoolArray, IntArray, Measurements
from skyseg.errors import ParameterError, advise_name
from skyseg.panel.source_columns import Parts

_WORDS = ((r"&&?", " and "), (r"\|\|?", " or "), (r"[~!](?!=)", " not "))
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MISTAKES = (SyntaxError, ValueError, TypeError, IndexError, ArithmeticError, RecursionError)
_LONGEST = 10_000
_EXAMPLE = "write one such as MAG_AUTO < 26 & FLAGS == 0"


def match_rows(columns: Measurements, text: str, parts: Parts | None = None) -> BoolArray:
    """Tell which rows of a catalogue a filter keeps.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,) or (n, k)
        The catalogue, without units.
    text : str
        Comparisons (``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``) of numbers and
        columns, of which arithmetic (``+ - * / % **``) may be done, joined by
        ``&``, ``|`` and ``~``, which bind less than comparisons. ``MAG_APER[0]``
        is the first aperture, ``MAG_APER[0.32"]`` the one that is called so. Between
        whole numbers ``&`` and ``|`` are bitwise: ``(FLAGS & 4) == 0``. An empty text
        keeps all.
    parts : mapping of str to tuple of str, optional
        What the values of columns with several are called.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    ParameterError
        If the text is no such filter, or names a column that is not there.

    Examples
    --------
    >>> columns = {"MAG_AUTO": np.array([24.0, 27.0, 25.0]), "FLAGS": np.array([0, 0, 3])}
    >>> match_rows(columns, "MAG_AUTO < 26 & FLAGS == 0").tolist()
    [True, False, False]
    """
    length = len(next(iter(columns.values()))) if columns else 0
    if not text.strip():
        return np.ones(length, np.bool_)
    if len(text) > _LONGEST:
        raise ParameterError(f"the filter has {len(text)} letters", hint=_EXAMPLE)
    pythonic = _number_parts(text, parts or {})
    for pattern, word in _WORDS:
        pythonic = re.sub(pattern, word, pythonic)
    try:
        with np.errstate(all="ignore"):
            kept = _value(ast.parse(pythonic.strip(), mode="eval").body, columns, text)
    except _MISTAKES as error:
        raise ParameterError(f"the filter {text!r} is not understood", hint=_EXAMPLE) from error
    mask = np.asarray(kept)
    if mask.dtype != np.bool_ or mask.shape != (length,):
        raise ParameterError(f"the filter {text!r} compares nothing by rows", hint=_EXAMPLE)
    return mask


def _number_parts(text: str, parts: Parts) -> str:
    """Write ``MAG_APER[0]`` for ``MAG_APER[0.32"]``."""
    places = {
        f"{name}[{part}]": f"{name}[{place}]"
        for name, of in parts.items()
        for place, part in enumerate(of)
    }

    def numbered(found: re.Match[str]) -> str:
        named = f"{found[1].upper()}[{''.join(found[2].split())}]"
        return places.get(named, found[0])

    return re.sub(r"(\w+)\s*\[([^\]]*)\]", numbered, text)


def _value(node: ast.expr, columns: Measurements, text: str) -> Any:
    def value(part: ast.expr) -> Any:
        return _value(part, columns, text)

    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return np.float64(number)
        case ast.Name(id=name):
            return _column(name, columns)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))):
            return _column(name, columns)[:, index]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(value(operand))
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _ARITHMETIC:
            return _ARITHMETIC[type(kind)](value(left), value(right))
        case ast.BoolOp(op=kind, values=parts):
            return _joined(isinstance(kind, ast.And), [value(part) for part in parts])
        case ast.Compare(left=left, ops=kinds, comparators=others):
            for comparison in kinds:
                if type(comparison) not in _COMPARISONS:
                    raise _refusal(text, comparison)
            sides = [value(part) for part in (left, *others)]
            pairs = zip(kinds, sides, sides[1:], strict=False)
            return _joined(True, [_COMPARISONS[type(kind)](a, b) for kind, a, b in pairs])
    raise _refusal(text, node)


def _refusal(text: str, part: ast.AST) -> ParameterError:
    return ParameterError(f"the filter {text!r} holds {type(part).__name__}", hint=_EXAMPLE)


def _column(name: str, columns: Measurements) -> npt.NDArray[Any]:
    found = columns.get(name, columns.get(name.upper()))
    if found is None:
        raise ParameterError(
            f"there is no column {name!r} to filter by", hint=advise_name(name, columns)
        )
    return found


def _joined(both: bool, parts: list[Any]) -> Any:
    """Parts joined by and, or by or: of truths, or bitwise of whole numbers."""
    if all(np.asarray(part).dtype == np.bool_ for part in parts):
        return np.logical_and.reduce(parts) if both else np.logical_or.reduce(parts)
    result, *others = (_whole(part) for part in parts)
    for other in others:
        result = result & other if both else result | other
    return result


def _whole(values: Any) -> IntArray:
    whole = np.asarray(values).astype(np.int64)
    if not np.array_equal(whole, values):
        raise ValueError("not whole numbers")
    return whole
