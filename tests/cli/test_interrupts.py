"""Ctrl-C counts wherever it falls."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from skyseg.cli.interrupts import no_interrupt_lost


class Finalized:
    """What an interrupt falls into the end of."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """As in a terminal: a shell that runs tests in its background has them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_falls_into_a_finalizer_ends_the_work() -> None:
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        Finalized()
        time.sleep(60)


def test_an_interrupt_that_falls_into_the_last_finalizer_counts() -> None:
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        Finalized()
