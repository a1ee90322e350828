"""Arrays as they are sent: whole numbers in as few bytes as hold them, zeros in none."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_NARROW = (np.uint8, np.uint16, np.uint32)
_MOST = 2**32 - 1


class Packed(NamedTuple):
    """An array as the smallest value and what the others are above it, None where all are zero.

    Or, where ``in_steps``, as the first value and the steps from each to the next.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    least: Any
    above: npt.NDArray[Any] | None
    in_steps: bool = False


class Compact:
    """What is small when it is pickled: arrays that it holds, also those of its dicts.

    Examples
    --------
    >>> import pickle
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Found(Compact):
    ...     place: np.ndarray
    >>> state = Found(np.arange(10**9, 10**9 + 200)).__getstate__()
    >>> state["place"].above.nbytes
    200
    """

    def __getstate__(self) -> dict[str, Any]:
        return _pack_each(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(_unpack_each(state))


def pack_array(values: npt.NDArray[Any]) -> Packed | npt.NDArray[Any]:
    """Return an array in fewer bytes, or as it is."""
    if not values.size or values.dtype.kind not in "if":
        return values
    if not values.any() and not np.signbit(values).any():
        return Packed(values.shape, values.dtype, 0, None)
    if values.dtype.kind == "f":
        return values
    steps = np.diff(values, prepend=values[:1]) if values.ndim == 1 else values
    if values.ndim == 1 and (steps >= 0).all() and steps.max() <= _MOST:
        return Packed(values.shape, values.dtype, int(values[0]), _narrow(steps), in_steps=True)
    least = int(values.min())
    if int(values.max()) - least > _MOST:
        return values
    return Packed(values.shape, values.dtype, least, _narrow(values.astype(np.int64) - least))


def _narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return whole numbers from 0 on in as few bytes as hold them."""
    most = values.max()
    return values.astype(next(each for each in _NARROW if most <= np.iinfo(each).max))


def unpack_array(packed: Packed | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array that was packed, bit for bit."""
    if not isinstance(packed, Packed):
        return packed
    values = np.full(packed.shape, packed.least, packed.dtype)
    if packed.above is not None:
        above = packed.above.astype(packed.dtype)
        values += np.cumsum(above) if packed.in_steps else above
    return values


def _pack_each(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _pack(value) for name, value in values.items()}


def _pack(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return pack_array(value)
    return _pack_each(value) if isinstance(value, dict) else value


def _unpack_each(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _unpack(value) for name, value in values.items()}


def _unpack(value: Any) -> Any:
    return _unpack_each(value) if isinstance(value, dict) else unpack_array(value)
