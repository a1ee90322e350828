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

    Parameters
    ----------
    task : object
        The task.
    is_fetched : callable
        Tells of an object of a class of its own whether something stands for it.

    Examples
    --------
    >>> from pathlib import Path
    >>> content, fetched = pack(("a", [Path("b"), "c"]), lambda each: isinstance(each, Path))
    >>> len(fetched)
    1
    >>> unpack(content, ["there"])
    ('a', ['there', 'c'])
    """
    from cloudpickle import Pickler

    fetched: list[Any] = []

    class _Pickler(Pickler):  # type: ignore[misc]
        def reducer_override(self, each: Any) -> Any:
            if not is_fetched(each):
                return super().reducer_override(each)
            fetched.append(each)
            return _take, (len(fetched) - 1,)

    file = io.BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    return Parcel(file.getvalue(), fetched)


def unpack(content: bytes, fetched: list[Any]) -> Any:
    """Unpack a task whose parts have been fetched."""

    class _Unpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            is_ours = (module, name) == (__name__, _take.__name__)
            return fetched.__getitem__ if is_ours else super().find_class(module, name)

    return _Unpickler(io.BytesIO(content)).load()


def _take(number: int) -> Any:
    """Stand in a parcel for what has been fetched."""
    raise NotImplementedError(number)
