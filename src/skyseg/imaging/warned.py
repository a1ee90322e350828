"""What libraries warn of, caught in the thread that they work in.

`warnings.catch_warnings` is of all threads before Python 3.14: those that use it at one time put
back what another one has set. Here a filter and a hook are put in front of what is there that let
all pass but what a thread is warned of that catches it; so it does no harm where another thread's
`catch_warnings` puts them back later. Where one takes them away meanwhile, nothing more is caught.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_of_thread: Final = threading.local()
_lock: Final = threading.Lock()
_count = 0


@contextmanager
def catching_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Give a list that takes what this thread is warned of in the block, in place of showing it.

    Examples
    --------
    >>> with catching_warnings() as caught:
    ...     warnings.warn("the file is cut")
    >>> [str(each.message) for each in caught]
    ['the file is cut']
    """
    lists = _find_lists()
    caught: list[warnings.WarningMessage] = []
    _begin()
    lists.append(caught)
    try:
        yield caught
    finally:
        lists[:] = [each for each in lists if each is not caught]
        _end()


def _find_lists() -> list[list[warnings.WarningMessage]]:
    """Return the lists of this thread, the innermost last."""
    lists: list[list[warnings.WarningMessage]] = vars(_of_thread).setdefault("lists", [])
    return lists


class _OfThisThread(type):
    """Has each kind of warning be one of a class while this thread catches."""

    def __subclasscheck__(cls, subclass: type) -> bool:
        return bool(_find_lists())


class _Caught(Warning, metaclass=_OfThisThread):
    """What a filter lets pass always, for `_Taking` to take it."""


class _Taking:
    """Gives a warning to the innermost list of its thread; others are shown as before."""

    def __init__(self, show: Callable[..., Any]) -> None:
        self.show = show

    def __call__(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: Any = None, line: str | None = None,
    ) -> None:  # fmt: skip
        if lists := _find_lists():
            told = warnings.WarningMessage(message, category, filename, lineno, file, line)
            lists[-1].append(told)
        else:
            self.show(message, category, filename, lineno, file, line)


_FILTER: Final = ("always", None, _Caught, None, 0)


def _begin() -> None:
    """Put filter and hook in front, where something else is by now."""
    global _count
    with _lock:
        _count += 1
        filters: Any = warnings.filters
        # never taken away and put back: another thread may be warned meanwhile
        if filters[:1] != [_FILTER]:
            filters.insert(0, _FILTER)
        # says that filters have changed: a warning that was shown once would be passed over
        warnings.simplefilter("always", _Caught, append=True)
        if not isinstance(warnings.showwarning, _Taking):
            warnings.showwarning = _Taking(warnings.showwarning)


def _end() -> None:
    """Take them away, if no thread catches any more."""
    global _count
    with _lock:
        _count -= 1
        if _count:
            return
        filters: Any = warnings.filters
        # not there where another thread's block has put back what was before
        while _FILTER in filters:
            filters.remove(_FILTER)
        if isinstance(warnings.showwarning, _Taking):
            warnings.showwarning = warnings.showwarning.show
