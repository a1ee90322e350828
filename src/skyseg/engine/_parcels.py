"""Tasks as bytes, which the scheduler of a cluster passes on without looking into them."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final
from uuid import uuid4

_HERE_ALONE: Final = b"__main__"


@dataclass(frozen=True)
class Parcel:
    """A task as bytes.

    Attributes
    ----------
    content : bytes
        The task, with numbers in place of what is fetched where it is worked.
    """

    content: bytes

    def __dask_tokenize__(self) -> str:
        # any name will do: that of all its bytes takes Dask longer than to pack it
        return uuid4().hex


def pack(task: Any, fetched_kind: type) -> tuple[Parcel, list[Any]]:
    """Pack a task; functions and classes of a notebook go with it.

    Parameters
    ----------
    task : object
        The task.
    fetched_kind : type
        Class of what stands for something that is fetched where the task is worked.

    Returns
    -------
    parcel : Parcel
        The task.
    fetched : list
        All that it has of that class.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> parcel, fetched = pack(("a", [PurePosixPath("b"), "c"]), PurePosixPath)
    >>> fetched, unpack(parcel, ["there"])
    ([PurePosixPath('b')], ('a', ['there', 'c']))
    """
    try:
        content, fetched = _dump(task, fetched_kind, copyreg.dispatch_table, _make_pickler)
        if _HERE_ALONE not in content:
            return Parcel(content), fetched
    except (pickle.PicklingError, AttributeError, TypeError):
        pass
    # much slower, for it looks at each object in Python
    from cloudpickle import Pickler

    content, fetched = _dump(task, fetched_kind, Pickler.dispatch_table, _make_slow_pickler)
    return Parcel(content), fetched


def _make_pickler(file: IO[bytes], table: dict[Any, Any]) -> pickle.Pickler:
    pickler = pickle.Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = table
    return pickler


def _make_slow_pickler(file: IO[bytes], table: dict[Any, Any]) -> pickle.Pickler:
    from cloudpickle import Pickler

    class _Pickler(Pickler):  # type: ignore[misc]
        dispatch_table = table

    return _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)


def _dump(
    task: Any, fetched_kind: type, known: Mapping[Any, Any],
    make: Callable[[IO[bytes], dict[Any, Any]], pickle.Pickler],
) -> tuple[bytes, list[Any]]:  # fmt: skip
    """Pack a task by a pickler, which knows how to reduce some others."""
    fetched: list[Any] = []

    def stand_in(each: Any) -> tuple[Any, tuple[int]]:
        fetched.append(each)
        return _take, (len(fetched) - 1,)

    file = io.BytesIO()
    # a dict, in which picklers look without Python
    make(file, {**known, fetched_kind: stand_in}).dump(task)
    return file.getvalue(), fetched


def unpack(parcel: Parcel, fetched: list[Any]) -> Any:
    """Unpack a task whose parts have been fetched."""
    return _Unpickler(parcel.content, fetched).load()


class _Unpickler(pickle.Unpickler):
    """Takes what has been fetched for what stands for it."""

    def __init__(self, content: bytes, fetched: list[Any]) -> None:
        super().__init__(io.BytesIO(content))
        self._fetched = fetched

    def find_class(self, module: str, name: str) -> Any:
        is_ours = (module, name) == (__name__, _take.__name__)
        return self._fetched.__getitem__ if is_ours else super().find_class(module, name)


def _take(number: int) -> Any:
    """Stand in a parcel for what has been fetched."""
    raise NotImplementedError(number)
