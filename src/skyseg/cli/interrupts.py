"""Ctrl-C ends a command wherever it falls."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED: Final = 130
"""Exit code, as a shell has it."""

_SOON: Final = 0.01


def is_interrupt(error: BaseException) -> bool:
    """Tell whether an error comes of an interrupt, as where one falls into the import of a library.

    Examples
    --------
    >>> is_interrupt(KeyboardInterrupt()), is_interrupt(ImportError())
    (True, False)
    """
    known: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in known:
        if isinstance(found, KeyboardInterrupt):
            return True
        known.add(id(found))
        found = found.__cause__ or found.__context__
    return False


@contextmanager
def no_interrupt_lost() -> Iterator[None]:
    """Let an interrupt that falls into a finalizer count while the block runs.

    Python goes on after whatever a ``__del__`` or the callback of a weak reference raises,
    an interrupt by the keyboard too, and astropy's tables have such. It is sent again then.
    """
    before = sys.unraisablehook
    again: list[threading.Timer] = []

    def send_again(lost: UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            before(lost)
            return
        timer = threading.Timer(_SOON, _interrupt, (threading.get_ident(),))
        timer.daemon = True
        again.append(timer)
        timer.start()

    sys.unraisablehook = send_again
    try:
        yield
        for timer in again:
            timer.join()
    finally:
        sys.unraisablehook = before


def _interrupt(thread: int) -> None:
    if hasattr(signal, "pthread_kill"):  # which ends a wait as well
        signal.pthread_kill(thread, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
