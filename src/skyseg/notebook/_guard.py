"""Changes that are not acted on again by what listens to them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Guard:
    """Names of changes that are made in a block and to be ignored meanwhile.

    Examples
    --------
    >>> guard = Guard()
    >>> with guard.ignore("region"):
    ...     "region" in guard
    True
    >>> "region" in guard
    False
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ignored: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self._ignored

    @contextmanager
    def ignore(self, *names: str) -> Iterator[None]:
        """Ignore changes of these names in the block; other threads wait for its end."""
        with self._lock:
            before = self._ignored
            self._ignored = before | set(names)
            try:
                yield
            finally:
                self._ignored = before
