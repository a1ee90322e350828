"""Progress as a caller asks for it: a bar, a function that is told, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from skyseg.engine.types import Progress
from skyseg.errors import ParameterError

_PATIENCE: Final = 1.0


@contextmanager
def follow(progress: Progress | bool | None) -> Iterator[Progress]:
    """Give the function to which work that is done in the block is reported.

    Parameters
    ----------
    progress : callable or bool or None
        A function of the part that is done, 0 to 1, and what comes next; True for
        a progress bar, False for none; None for one where somebody looks, in a terminal
        or a notebook, of what takes more than a second.

    Raises
    ------
    ParameterError
        If it is none of these.
    """
    if callable(progress):
        yield progress
    elif progress is True or (progress is None and _is_seen()):
        with _shown(_PATIENCE if progress is None else 0.0) as show:
            yield show
    elif progress in (False, None):
        yield lambda part, text: None
    else:
        raise ParameterError(
            f"is {progress!r}",
            hint="give True for a bar, False for none, or a function of (part, text)",
            argument="progress",
        )


def _is_seen() -> bool:
    """Tell whether what is written meets the eye: in a terminal, or in a notebook."""
    return (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules


@contextmanager
def _shown(delay: float) -> Iterator[Progress]:
    """Show a bar, of what takes longer than some seconds."""
    if "IPython" in sys.modules:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    looks = "{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    said = ""
    with tqdm(total=1.0, bar_format=looks, delay=delay) as bar:

        def show(part: float, text: str) -> None:
            nonlocal said
            # what comes next is shown at once, how far it has come now and then
            is_due = time.monotonic() - start >= delay
            bar.set_description(text, refresh=is_due and text != said)
            bar.update(part - bar.n)
            said = text

        start = time.monotonic()
        yield show


def come_before(tell: Progress, name: str) -> Progress:
    """Return what work is reported to that comes before that whose part ``tell`` is told.

    Examples
    --------
    >>> come_before(lambda part, text: print(part, text), "F444W")(0.5, "deblending")
    0.0 F444W: deblending
    """
    return lambda part, text: tell(0.0, f"{name}: {text}")


class Parts:
    """The progress of several pieces of work as the progress of all of them.

    Parameters
    ----------
    names : sequence of str
        What each piece is.
    tell : callable
        Told the part of all the work that is done, and what comes next.

    Examples
    --------
    >>> parts = Parts(["F115W", "F444W"], lambda part, text: print(part, text))
    >>> parts.of(1)(0.5, "deblending")
    0.25 F444W: deblending
    >>> parts.of(0)(1.0, "done")
    0.75 F115W: done
    """

    def __init__(self, names: list[str], tell: Progress) -> None:
        self._names = names
        self._tell = tell
        self._done = [0.0] * len(names)
        self._lock = Lock()

    def of(self, number: int) -> Progress:
        """Return the function to which one piece of work is reported, from any thread."""

        def tell_part(part: float, text: str) -> None:
            with self._lock:
                self._done[number] = part
                total = sum(self._done) / len(self._done)
                self._tell(total, f"{self._names[number]}: {text}")

        return tell_part
