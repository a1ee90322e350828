"""What libraries warn of, caught in the thread that they work in.

`warnings.catch_warnings` is of all threads: those that use it at one time put back what another
one has set.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

_of_thread: Final = threading.local()
_lock: Final = threading.Lock()
_catching: Final = ExitStack()
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
    lists: list[list[warnings.WarningMessage]] = vars(_of_thread).setdefault("lists", [])
    caught: list[warnings.WarningMessage] = []
    _begin()
    lists.append(caught)
    try:
        yield caught
    finally:
        lists[:] = [each for each in lists if each is not caught]
        _end()


def _begin() -> None:
    """Take all warnings, if no thread does."""
    global _count
    with _lock:
        if _count == 0:
            shown = warnings.showwarning
            _catching.enter_context(warnings.catch_warnings())
            warnings.simplefilter("always")
            warnings.showwarning = _Taking(shown)
        _count += 1


def _end() -> None:
    """Leave them as they were, if no thread takes any more."""
    global _count
    with _lock:
        _count -= 1
        if _count == 0:
            _catching.close()


class _Taking:
    """Gives a warning to the innermost list of its thread, or shows it where there is none."""

    def __init__(self, show: Any) -> None:
        self._show = show

    def __call__(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: Any = None, line: str | None = None,
    ) -> None:  # fmt: skip
        lists = vars(_of_thread).get("lists")
        if lists:
            told = warnings.WarningMessage(message, category, filename, lineno, file, line)
            lists[-1].append(told)
        else:
            self._show(message, category, filename, lineno, file, line)
