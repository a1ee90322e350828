"""Threads that wait, and end with the work that they are part of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, local
from typing import Final

_of_thread: Final = local()


@contextmanager
def waiting_until(stopped: Event) -> Iterator[None]:
    """End what waits in this thread as an interruption does, once an event is set.

    An interruption by the keyboard comes to the main thread alone.

    Parameters
    ----------
    stopped : Event
        Set when nobody wants what this thread does.
    """
    _of_thread.stopped = stopped
    try:
        yield
    finally:
        del _of_thread.stopped


def end_if_stopped() -> None:
    """End this thread's work if it is not wanted any more; who waits calls it now and then.

    Raises
    ------
    KeyboardInterrupt
        If the event of `waiting_until` is set.

    Examples
    --------
    >>> with waiting_until(Event()):
    ...     end_if_stopped()
    """
    stopped: Event | None = getattr(_of_thread, "stopped", None)
    if stopped is not None and stopped.is_set():
        raise KeyboardInterrupt
