"""Python's collector of garbage, which stands still while a viewer is opened."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_waits() -> Iterator[None]:
    """Let no garbage be looked for in the block, where none is made that takes much memory.

    The many small objects of a viewer would make the collector go through all that a kernel
    holds, a tenth of a second while somebody waits for the first pixels.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
