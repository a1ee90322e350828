"""Bands that are worked one after another, or several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from skyseg.engine.types import Progress
from skyseg.survey.band import BandData
from skyseg.survey.progress import Parts


@dataclass(frozen=True)
class BandRun:
    """A band after `segment`.

    Attributes
    ----------
    key : str
        Its name among the bands of the batch.
    band : BandData
        The band, with its products.
    seconds : float
        How long it took.
    error : Exception or None
        Why it could not be segmented.
    """

    key: str
    band: BandData
    seconds: float
    error: Exception | None = None


class _StopError(BaseException):
    """The whole batch ends: an error of the function that is told, or an interruption."""


def work_in_turn(
    work_one: Callable[[int, Progress], BandRun], keys: list[str], tell: Progress
) -> Iterator[BandRun]:
    """Work bands one after another.

    Parameters
    ----------
    work_one : callable
        Works the band of a number, tells how far it has come, and returns what came of it.
    keys : list of str
        Names of the bands.
    tell : callable
        Told the part of all the work that is done, 0 to 1, and what comes next, in this thread.

    Yields
    ------
    BandRun
        What came of each band, in their order.

    Raises
    ------
    BaseException
        What ``tell`` raises, at once; and what ``work_one`` does.
    """
    parts = Parts(keys, partial(_tell_or_stop, tell))
    try:
        for number in range(len(keys)):
            tell_band = parts.of(number)
            yield _tell_end(work_one(number, tell_band), tell_band)
    except _StopError as stop:
        assert stop.__cause__ is not None
        raise stop.__cause__ from None


def work_side_by_side(
    work_one: Callable[[int, Progress], BandRun], keys: list[str], tell: Progress, at_a_time: int,
    stopped: threading.Event,
) -> Iterator[BandRun]:  # fmt: skip
    """Work several bands at a time, each followed by a thread, and tell of them in this one.

    Parameters
    ----------
    work_one, keys, tell
        As for `work_in_turn`.
    at_a_time : int
        How many bands are worked at a time.
    stopped : threading.Event
        Set once the bands that are still worked are to end.

    Yields
    ------
    BandRun
        What came of each band, in their order.

    Raises
    ------
    BaseException
        What ``tell`` or ``work_one`` raises; the other bands end where they next tell of it.
    """
    told: SimpleQueue[tuple[float, str] | None] = SimpleQueue()

    def put_or_stop(part: float, text: str) -> None:
        if stopped.is_set():
            raise _StopError
        told.put((part, text))

    parts = Parts(keys, put_or_stop)

    def follow(number: int) -> BandRun:
        if stopped.is_set():
            raise _StopError
        try:
            return work_one(number, parts.of(number))
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(at_a_time) as followers:
        futures: list[Future[BandRun]] = []
        try:
            for number in range(len(keys)):
                futures.append(followers.submit(follow, number))
                futures[-1].add_done_callback(lambda _: told.put(None))
            for number, future in enumerate(futures):
                while not (future.done() and told.empty()):
                    _pass_on(told, tell)
                run = _tell_end(future.result(), parts.of(number))
                while not told.empty():
                    _pass_on(told, tell)
                yield run
        except _StopError:
            followers.shutdown(cancel_futures=True)
            errors = (future.exception() for future in futures if not future.cancelled())
            raise next(each for each in errors if not isinstance(each, _StopError | None)) from None
        finally:
            stopped.set()
            followers.shutdown(cancel_futures=True)


def _pass_on(told: SimpleQueue[tuple[float, str] | None], tell: Progress) -> None:
    """Tell what is told next; None is told where a band has ended."""
    if (message := told.get()) is not None:
        tell(*message)


def _tell_or_stop(tell: Progress, part: float, text: str) -> None:
    try:
        tell(part, text)
    except Exception as error:
        raise _StopError from error


def _tell_end(run: BandRun, tell: Progress) -> BandRun:
    tell(1.0, "done" if run.error is None else "failed")
    return run
