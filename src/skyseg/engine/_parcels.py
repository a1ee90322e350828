"""Tasks as bytes, which the scheduler of a cluster passes on without looking into them."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
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
        content, fetched = _dump(task, fetched_kind, pickle.Pickler, copyreg.dispatch_table)
        if _HERE_ALONE not in content:
            return Parcel(content), fetched
    except (pickle.PicklingError, AttributeError, TypeError):
        pass
    # much slower, for it looks at each object in Python
    from cloudpickle import Pickler

    content, fetched = _dump(task, fetched_kind, Pickler, Pickler.dispatch_table)
    return Parcel(content), fetched


def _dump(
    task: Any, fetched_kind: type, pickler: Any, known: Mapping[Any, Any]
) -> tuple[bytes, list[Any]]:
    """Pack a task by a class of picklers, which knows how to reduce some others."""
    fetched: list[Any] = []

    def stand_in(each: Any) -> tuple[Any, tuple[int]]:
        fetched.append(each)
        return _take, (len(fetched) - 1,)

    class _Pickler(pickler):  # type: ignore[misc]
        # a dict, in which picklers look without Python
        dispatch_table: ClassVar[Any] = {**known, fetched_kind: stand_in}

    file = io.BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    return file.getvalue(), fetched


def unpack(parcel: Parcel, fetched: list[Any]) -> Any:
    """Unpack a task whose parts have been fetched."""

    class _Unpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            is_ours = (module, name) == (__name__, _take.__name__)
            return fetched.__getitem__ if is_ours else super().find_class(module, name)

    return _Unpickler(io.BytesIO(parcel.content)).load()


def _take(number: int) -> Any:
    """Stand in a parcel for what has been fetched."""
    raise NotImplementedError(number)
