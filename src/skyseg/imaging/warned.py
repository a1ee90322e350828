"""What libraries warn of, caught in the thread that they work in.

`warnings.catch_warnings` is of all threads: those that use it at one time put back what another
one has set.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
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
            taking = _Taking(warnings.showwarning, warnings.filters)
            _catching.enter_context(warnings.catch_warnings())
            warnings.simplefilter("always")
            warnings.showwarning = taking
        _count += 1


def _end() -> None:
    """Leave them as they were, if no thread takes any more."""
    global _count
    with _lock:
        _count -= 1
        if _count == 0:
            _catching.close()


class _Taking:
    """Gives a warning to the innermost list of its thread; where there is none filters decide."""

    def __init__(self, show: Any, filters: Sequence[Any]) -> None:
        self._show, self._filters = show, tuple(filters)

    def __call__(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: Any = None, line: str | None = None,
    ) -> None:  # fmt: skip
        lists = vars(_of_thread).get("lists")
        if lists:
            told = warnings.WarningMessage(message, category, filename, lineno, file, line)
            lists[-1].append(told)
            return
        action = self._find_action(str(message), category, filename, lineno)
        if action == "error":
            raise message if isinstance(message, Warning) else category(message)
        if action != "ignore":
            self._show(message, category, filename, lineno, file, line)

    def _find_action(self, text: str, category: type[Warning], filename: str, lineno: int) -> str:
        """Return what the filters that were there say of a warning, as `warnings` reads them."""
        module = filename.removesuffix(".py")
        for action, message, of, place, line in self._filters:
            if (
                _matches(message, text)
                and issubclass(category, of)
                and _matches(place, module)
                and line in (0, lineno)
            ):
                return str(action)
        return "default"


def _matches(pattern: Any, text: str) -> bool:
    """Tell whether a text is one of a filter's: of a pattern, one text, or any."""
    if pattern is None or isinstance(pattern, str):
        return pattern in (None, text)
    return pattern.match(text) is not None
