"""Several bands segmented: one that fails stops no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from skyseg.engine.mappers import count_cores
from skyseg.engine.shared_threads import SharedThreads
from skyseg.engine.stopping import waiting_until
from skyseg.engine.types import Progress
from skyseg.errors import Advice, BatchError, SkysegError, explain
from skyseg.imaging import MapRef
from skyseg.imaging.remote import is_remote
from skyseg.products.input_maps import InputMap, expecting_checksums
from skyseg.settings import config
from skyseg.survey.band import BandData
from skyseg.survey.band_extraction import list_inputs
from skyseg.survey.band_runs import BandRun, work_in_turn, work_side_by_side
from skyseg.survey.collection import list_keys

logger = logging.getLogger(__name__)

T = TypeVar("T")
Task: TypeAlias = tuple[BandData, Mapping[str, Any]]
"""A band, and the arguments for its `segment` or what else is done with it."""

SIDE_BY_SIDE: Final = 2
"""Bands that are worked at a time: a second one is enough for what the first leaves idle."""


def _segment(band: BandData, arguments: Mapping[str, Any], progress: Progress) -> None:
    band.segment(**arguments, progress=progress)


def segment_each(
    tasks: Sequence[Task],
    tell: Progress,
    *,
    at_a_time: int | None = None,
    work: Callable[[BandData, Mapping[str, Any], Progress], None] = _segment,
) -> Iterator[BandRun]:
    """Segment bands, or do other work with each, and go on past those that fail.

    Each failure is logged once it is known not to be that of all bands, and not again for
    bands that fail alike. An interruption, and an error that ``tell`` raises, end all of it.

    Bands that are worked at the same time share the threads of this process. Tasks of a band
    that comes earlier go first; those of the next one are done by cores that it leaves idle.

    Parameters
    ----------
    tasks : sequence of (BandData, mapping)
        The bands, which are segmented in place, and the arguments for each.
    tell : callable
        Told the part of all the work that is done, 0 to 1, and what comes next, in the
        thread that asks for the runs.
    at_a_time : int, optional
        How many bands are worked at a time. By default two where skyseg's own engine
        segments them; one where another program does, which needs memory of its own for each,
        and for other work.
    work : callable, optional
        What is done with a band, its arguments and the function that is told how far it has
        come; by default the band is segmented.

    Yields
    ------
    BandRun
        What came of each task, in their order.
    """
    keys = list_keys(band for band, _ in tasks)
    if at_a_time is None:
        is_ours = work is _segment and all(_is_ours(arguments) for _, arguments in tasks)
        at_a_time = SIDE_BY_SIDE if is_ours else 1
    at_a_time = min(at_a_time, len(tasks))
    stopped = threading.Event()

    def work_one(number: int, tell_band: Progress) -> BandRun:
        band, arguments = tasks[number]
        start = time.perf_counter()
        tell_band(0.0, "reading")
        failure = None
        try:
            later = list_later_inputs(tasks[number + at_a_time :])
            with waiting_until(stopped), expecting_checksums(later), threads.serving(number):
                work(band, arguments, tell_band)
        except Exception as error:  # noqa: BLE001
            failure = error
        return BandRun(keys[number], band, time.perf_counter() - start, failure)

    with SharedThreads(count_cores()) as threads:
        if at_a_time > 1:
            yield from _log_failures(work_side_by_side(work_one, keys, tell, at_a_time, stopped))
        else:
            yield from _log_failures(work_in_turn(work_one, keys, tell))


def _is_ours(arguments: Mapping[str, Any]) -> bool:
    """Tell whether skyseg's own engine segments a band, in threads of this process."""
    return (arguments.get("method") or config.method) == "skyseg"


def list_later_inputs(tasks: Iterable[Task]) -> list[InputMap]:
    """List the maps of bands that are still to be worked, of those that are on disk."""
    inputs: list[InputMap] = []
    for band, arguments in tasks:
        if is_remote(band.maps.sci.path):
            continue
        with suppress(SkysegError):
            inputs += list_inputs(band.maps, arguments.get("err_type") or "rms_err")
    return inputs


def measure_each(
    tasks: Sequence[Task],
    detection: BandData,
    seg: str | Path | MapRef | None,
    tell: Progress,
) -> Iterator[BandRun]:
    """Measure the sources of a detection in bands, and go on past those that fail.

    Parameters
    ----------
    tasks : sequence of (BandData, mapping)
        The bands, which have `forced_phot` then, and for each further arguments of
        `BandData.perform_forced_phot`.
    detection : BandData
        What the sources were detected in.
    seg : str, Path, MapRef or None
        A SEG map in place of that of the detection.
    tell : callable
        As for `segment_each`.

    Yields
    ------
    BandRun
        What came of each band, in their order.
    """
    from skyseg.survey.forced_detection import SharedDetection

    shared = SharedDetection.of(detection.maps, detection.products, seg)

    def measure(band: BandData, given: Mapping[str, Any], progress: Progress) -> None:
        band.perform_forced_phot(shared, **given, progress=progress)

    return segment_each(tasks, tell, at_a_time=SIDE_BY_SIDE, work=measure)


def mask_band(band: BandData, arguments: Mapping[str, Any], progress: Progress) -> None:
    """Make the mask of a band; for `segment_each`."""
    band.mask(**arguments, progress=progress)


def measure_band_depths(band: BandData, arguments: Mapping[str, Any], progress: Progress) -> None:
    """Measure how deep a band is; for `segment_each`."""
    band.run_depths(**arguments, progress=progress)


class _FailureLog:
    """Logs why bands have failed as soon as not all have failed alike."""

    def __init__(self) -> None:
        self._told: set[Advice] = set()
        self._waiting: dict[Advice, str] = {}
        self._is_any_made = False

    def add(self, key: str, error: Exception | None) -> None:
        """Take what came of a band."""
        if error is None:
            self._is_any_made = True
        elif (advice := explain(error)) not in self._told:
            self._waiting.setdefault(advice, key)
        if self._is_any_made or len(self._told) + len(self._waiting) > 1:
            for advice, first in self._waiting.items():
                logger.warning(advice.at(first))
            self._told |= self._waiting.keys()
            self._waiting.clear()


def _log_failures(runs: Iterable[BandRun]) -> Iterator[BandRun]:
    """Pass runs on, and log why bands have failed."""
    log = _FailureLog()
    for run in runs:
        log.add(run.key, run.error)
        yield run


def try_each(tasks: Mapping[str, Callable[[], T]]) -> tuple[dict[str, T], dict[str, Exception]]:
    """Do something with each of several bands, and go on past those that fail.

    Failures are logged as those of `segment_each` are.

    Parameters
    ----------
    tasks : mapping of str to callable
        What is done with each band, by its key.

    Returns
    -------
    done : dict of str to object
        What came of those that did not fail.
    failed : dict of str to Exception
        Why the others did.
    """
    log = _FailureLog()
    done: dict[str, T] = {}
    failed: dict[str, Exception] = {}
    for key, task in tasks.items():
        try:
            done[key] = task()
        except Exception as error:  # noqa: BLE001
            failed[key] = error
        log.add(key, failed.get(key))
    return done, failed


def tasks_of(
    bands: Iterable[BandData], work: Callable[[BandData], T]
) -> dict[str, Callable[[], T]]:
    """Return what does some work with each of several bands, by its key; for `try_each`."""
    found = list(bands)
    return {key: partial(work, band) for key, band in zip(list_keys(found), found, strict=True)}


def compare_each(
    tasks: Mapping[str, Callable[[], T]], lost: Mapping[str, Exception]
) -> dict[str, T]:
    """Compare maps of each of several bands, and go on past those that fail.

    Parameters
    ----------
    tasks : mapping of str to callable
        What compares, by the key of the band.
    lost : mapping of str to Exception
        Bands that could not even be opened, and why.

    Returns
    -------
    dict of str to object
        What came of each.

    Raises
    ------
    BatchError
        If some bands have failed, or all of them for several reasons.
    Exception
        If all have failed for one reason: that one.
    """
    done, failed = try_each(tasks)
    raise_errors(failed | dict(lost), len(tasks) + len(lost), "compared", done)
    return done


def raise_failed(
    runs: Sequence[BandRun],
    lost: Mapping[str, Exception] = MappingProxyType({}),
    done: str = "segmented",
) -> None:
    """Raise what a batch ends with where bands have failed; do nothing where none has.

    Parameters
    ----------
    runs : sequence of BandRun
        The bands that were to be segmented.
    lost : mapping of str to Exception, optional
        Bands that could not even be opened, and why.
    done : str, optional
        What was to be done with them.

    Raises
    ------
    BatchError
        If some bands have failed, or all of them for several reasons.
    SkysegError
        If all have failed for one reason: that one.
    """
    failed = {run.key: run.error for run in runs if run.error is not None} | dict(lost)
    raise_errors(failed, len(runs) + len(lost), done)


def raise_errors(
    failed: Mapping[str, Exception],
    number: int,
    done: str,
    results: Mapping[str, Any] = MappingProxyType({}),
    untold: Collection[str] = (),
) -> None:
    """Raise what work on some bands ends with, by the error of each that has failed.

    Parameters
    ----------
    failed : mapping of str to Exception
        Those that have failed; where there are none nothing is raised.
    number : int
        How many bands there were.
    done : str
        What was to be done with them, such as ``"segmented"``.
    results : mapping of str to object, optional
        What came of the others.
    untold : collection of str, optional
        Those that have failed whose reason has not been logged; it is, where it is not raised.

    Raises
    ------
    BatchError
        If some bands have failed, or all of them for several reasons.
    Exception
        If all have failed for one reason: that one.
    """
    if not failed:
        return
    if (error := _find_common(list(failed.values()), number)) is not None:
        raise error
    for key in untold:
        logger.warning(explain(failed[key]).at(key))
    raise BatchError(
        f"{', '.join(failed)}: {len(failed)} of {number} bands could not be {done}",
        errors=failed,
        done=results,
    )


def common_failure(runs: Sequence[BandRun]) -> Exception | None:
    """Return the one reason for which all bands have failed; None where there is no such."""
    return _find_common([run.error for run in runs if run.error is not None], len(runs))


def _find_common(errors: Sequence[Exception], number: int) -> Exception | None:
    alike = len({(type(error), str(error)) for error in errors}) == 1
    return errors[0] if alike and len(errors) == number else None
