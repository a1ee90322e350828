"""Tasks as bytes, which the scheduler of a cluster passes on without looking into them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple


class Parcel(NamedTuple):
    """A task as bytes, and what it holds that is fetched where it is worked.

    Attributes
    ----------
    content : bytes
        The task, with numbers in place of these.
    fetched : list
        What stands for them, such as futures.
    """

    content: bytes
    fetched: list[Any]


def pack(task: Any, is_fetched: Callable[[Any], bool]) -> Parcel:
    """Pack a task; functions and classes of a notebook go with it.

    Examples
    --------
    >>> content, fetched = pack(("a", [2.5, "b"]), lambda each: isinstance(each, float))
    >>> fetched
    [2.5]
    >>> unpack(content, ["there"])
    ('a', ['there', 'b'])
    """
    from cloudpickle import Pickler

    fetched: list[Any] = []

    class _Pickler(Pickler):  # type: ignore[misc]
        def persistent_id(self, each: Any) -> int | None:
            if not is_fetched(each):
                return None
            fetched.append(each)
            return len(fetched) - 1

    file = io.BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    return Parcel(file.getvalue(), fetched)


def unpack(content: bytes, fetched: list[Any]) -> Any:
    """Unpack a task whose parts have been fetched."""

    class _Unpickler(pickle.Unpickler):
        def persistent_load(self, number: int) -> Any:
            return fetched[number]

    return _Unpickler(io.BytesIO(content)).load()
