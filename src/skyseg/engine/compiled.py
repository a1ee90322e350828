"""The one way in which a loop over pixels is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of arrays and numbers on its first call; keep the result on disk.

    The function runs without the interpreter's lock and without reordered
    arithmetic: the same input gives the same bytes on any machine. A loop is better
    than an assignment to a slice or a row: to compile the message for shapes that do
    not fit takes two seconds.
    """
    dispatcher: Any = numba.njit(cache=True, nogil=True)(function)
    # numba looks only at the function's own file, and not at those of the functions it calls
    dispatcher._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename))
    return cast(Function, dispatcher)


@cache
def _stamp(file: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when the function's file or any module of the engine does."""
    files = {file, *Path(__file__).parent.glob("*.py")}
    states = ((each.name, each.stat()) for each in sorted(files))
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


class _FirstTime(event.Listener):
    """Calls back when the first function is compiled that is not kept on disk."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._told = False

    def on_start(self, event: event.Event) -> None:
        if not self._told:
            self._told = True
            self._callback()

    def on_end(self, event: event.Event) -> None:
        """Do nothing: what was compiled needs no word."""


@contextmanager
def on_first_compile(callback: Callable[[], None]) -> Iterator[None]:
    """Call back, once, if a function has to be compiled in the block."""
    events: Any = event
    listener = _FirstTime(callback)
    events.register("numba:compile", listener)
    try:
        yield
    finally:
        events.unregister("numba:compile", listener)
