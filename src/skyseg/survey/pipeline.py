"""From imaging to the catalogue of a survey: what is there is kept, the rest is made."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from skyseg.engine.stacking import is_in_noise_units
from skyseg.engine.types import ErrType, Progress, tell_nobody
from skyseg.errors import Advice, SkysegError, StaleProductError, explain
from skyseg.imaging import MapRef
from skyseg.masks.bits import Bits
from skyseg.products.input_maps import expecting_checksums
from skyseg.products.looking import NotMadeError, only_looking
from skyseg.survey.band import BandData
from skyseg.survey.batch import list_later_inputs, raise_errors
from skyseg.survey.forced_detection import (
    SharedDetection,
    check_measured_grid,
)
from skyseg.survey.kept_mask import read_mask_arguments
from skyseg.survey.noise_units import check_zero_point
from skyseg.survey.pipeline_checks import check_steps, find_measured_zero_point
from skyseg.survey.planned_files import PlannedFiles, find_first, name_detection
from skyseg.survey.progress import Parts
from skyseg.survey.stacking import StackKey, check_one_grid
from skyseg.survey.step_runs import State, StepRun, StepRuns, find_told

if TYPE_CHECKING:
    import astropy.units as u
    from distributed import Client

    from skyseg.editing.edits import Edits
    from skyseg.engine.parameters import Parameters
    from skyseg.survey.data import Data

_Keys: TypeAlias = tuple[tuple[str, str], ...]

_ALL: Final = ""
_OF_ALL: Final = ("stack", "segment", "edits")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PipelineSteps:
    """What `skyseg.Data.pipeline` is asked to do; its attributes are the arguments of that."""

    detect: str
    err_type: ErrType | None = None
    method: str | None = None
    parameters: str | Path | Parameters = "default"
    aper_diams: u.Quantity | None = None
    mask: bool = False
    exclude: Bits = "all"
    edits: bool | str | Path | Edits = False
    flux_unit: str = "uJy"
    psfs: Mapping[str, str | Path | MapRef] = field(default_factory=dict)
    overwrite: bool = False
    work_dir: str | Path | None = None
    client: Client | None = None
    verify: bool = False


@dataclass(frozen=True)
class _Step:
    """Something that is made or loaded.

    Attributes
    ----------
    do : callable
        Makes or loads it, and tells whether it was made; called with whether to make it whatever
        is on disk, and with the function that is told how far it is.
    after : tuple of (str, str)
        Name and key of the steps without which it cannot be done.
    check : callable
        Raises a `SkysegError` where it cannot be done whatever is on disk.
    check_making : callable
        Raises a `SkysegError` where it can be loaded alone, and not made.
    """

    name: str
    key: str
    do: Callable[[bool, Progress], bool]
    after: _Keys = ()
    check: Callable[[], None] = lambda: None
    check_making: Callable[[], None] = lambda: None


class _Work:
    """The steps over the bands of a survey, and what they hand on."""

    def __init__(self, data: Data, asked: PipelineSteps) -> None:
        self.data = data
        self.asked = replace(asked, detect=name_detection(data, asked.detect))
        self._detection: BandData | None = None
        self._shared: SharedDetection | None = None
        self.done: list[StepRun] = []

    @property
    def steps(self) -> list[_Step]:
        """All of them, in order."""
        detect = self.asked.detect
        found: list[_Step] = []
        before: _Keys = ()
        if detect not in set(self.data.keys()):
            found.append(_Step("stack", detect, self._stack, check_making=self._check_stack))
            before = (("stack", detect),)
        is_stack = bool(found)
        if self.asked.mask:
            found.append(_Step("mask", detect, self._mask_detection, before))
            before = (("mask", detect),)
        found.append(_Step("segment", detect, self._segment, before))
        first: _Keys = (("segment", detect),)
        if self.asked.edits is not False:
            found.append(_Step("edits", detect, self._edit, first))
            first = (("edits", detect),)
        if is_stack and not is_in_noise_units(StackKey.parse(detect).method):
            found.append(_Step("phot", detect, self._measure_stack, first))
        bands = list(zip(self.data.keys(), self.data.bands, strict=True))
        for key, band in bands:
            after: _Keys = first
            if self.asked.mask:
                after = (*first, ("mask", key))
                if key != detect:
                    found.append(_Step("mask", key, self._of(band, self._mask)))
            check = partial(self._check_band, band)
            found.append(_Step("phot", key, self._of(band, self._measure), first, check))
            found.append(_Step("depths", key, self._of(band, self._run_depths), after, check))
        return [*found, _Step("catalogue", _ALL, self._make_cat, first)]

    @property
    def detection(self) -> BandData:
        """What sources are detected in."""
        if self._detection is None:
            self._detection = self.data[self.asked.detect]
        return self._detection

    def is_there(self, step: _Step) -> bool:
        """Whether there is a file where the product of a step belongs."""
        if step.name == "catalogue":
            return self.cat_path.exists()
        bands = dict(zip(self.data.keys(), self.data.bands, strict=True))
        return PlannedFiles(self.asked, self.data).find(step.name, bands.get(step.key)).exists()

    @property
    def cat_path(self) -> Path:
        """File of the catalogue of the bands of which no step has failed."""
        bands = zip(self.data.keys(), self.data.bands, strict=True)
        lacking = {run.key for run in self.done if not run.is_done}
        return PlannedFiles(self.asked, self.data).find_catalogue(
            [band for key, band in bands if key not in lacking]
        )

    @property
    def shared(self) -> SharedDetection:
        """The sources, once it has been segmented."""
        if self._shared is None:
            self._shared = SharedDetection.of(self.detection.maps, self.detection.products)
        return self._shared

    @property
    def _usual(self) -> dict[str, Any]:
        asked = self.asked
        return {"work_dir": asked.work_dir, "client": asked.client, "verify": asked.verify}

    def _check_band(self, band: BandData) -> None:
        check_zero_point(find_measured_zero_point(band, self.asked.parameters), band.name)
        check_measured_grid(find_first(self.data, self.asked.detect).maps, band.maps)

    def _check_stack(self) -> None:
        check_one_grid(self.data[each] for each in StackKey.parse(self.asked.detect).bands)

    def _of(
        self, band: BandData, do: Callable[[BandData, bool, Progress], bool]
    ) -> Callable[[bool, Progress], bool]:
        return lambda overwrite, tell: do(band, overwrite, tell)

    def _stack(self, overwrite: bool, tell: Progress) -> bool:
        named = StackKey.parse(self.asked.detect)
        self._detection = self.data.stack(
            named.bands, err_type=named.err_type, method=named.method, overwrite=overwrite,
            work_dir=self.asked.work_dir, client=self.asked.client, progress=tell,
        )  # fmt: skip
        return bool(self._detection.stack_made)

    def _mask_detection(self, overwrite: bool, tell: Progress) -> bool:
        return self._mask(self.detection, overwrite, tell)

    def _mask(self, band: BandData, overwrite: bool, tell: Progress) -> bool:
        work_dir = self.asked.work_dir
        arguments = read_mask_arguments(band, work_dir)
        band.mask(overwrite=overwrite, work_dir=work_dir, progress=tell, **arguments)
        return bool(band.mask_made)

    def _segment(self, overwrite: bool, tell: Progress) -> bool:
        return self._segment_with(False, overwrite, tell)

    def _edit(self, overwrite: bool, tell: Progress) -> bool:
        return self._segment_with(self.asked.edits, overwrite, tell)

    def _segment_with(
        self, edits: bool | str | Path | Edits, overwrite: bool, tell: Progress
    ) -> bool:
        asked = self.asked
        self.detection.segment(
            asked.err_type, asked.method, asked.parameters, asked.aper_diams, overwrite,
            mask=asked.mask, exclude=asked.exclude, edits=edits, progress=tell, **self._usual,
        )  # fmt: skip
        assert self.detection.products is not None
        return self.detection.products.made

    def _measure(self, band: BandData, overwrite: bool, tell: Progress) -> bool:
        band.perform_forced_phot(
            self.shared, self.asked.err_type, None, self.asked.aper_diams, overwrite,
            progress=tell, **self._usual,
        )  # fmt: skip
        assert band.forced_phot is not None
        return band.forced_phot.made

    def _measure_stack(self, overwrite: bool, tell: Progress) -> bool:
        return self._measure(self.detection, overwrite, tell)

    def _run_depths(self, band: BandData, overwrite: bool, tell: Progress) -> bool:
        band.run_depths(
            self.shared, self.asked.err_type, self.asked.parameters, self.asked.aper_diams,
            overwrite, mask=self.asked.mask, exclude=self.asked.exclude, progress=tell,
            **self._usual,
        )  # fmt: skip
        assert band.depths is not None
        return band.depths.made

    def _make_cat(self, overwrite: bool, tell: Progress) -> bool:
        self._shared = None  # as much memory is needed for the places of sources
        lacking = {run.key for run in self.done if not run.is_done and run.key != _ALL}
        keys = [key for key in self.data.keys() if key not in lacking]  # noqa: SIM118
        measured = {key.upper() for key in keys}
        whole = self.data if len(keys) == len(self.data) else self.data[keys]
        lost, whole.lost = whole.lost, {}
        try:
            whole.make_cat(
                self.detection, self.asked.flux_unit, overwrite, loc_depths=True,
                mask=self.asked.mask, work_dir=self.asked.work_dir, verify=self.asked.verify,
                progress=tell,
                psfs={key: psf for key, psf in self.asked.psfs.items()
                      if key.upper() in measured},
            )  # fmt: skip
        finally:
            whole.lost = lost
        self.data.phot_cat = whole.phot_cat
        assert whole.phot_cat is not None
        return whole.phot_cat.made


def plan_pipeline(data: Data, asked: PipelineSteps) -> StepRuns:
    """Say what `run_pipeline` would do; nothing is made.

    Parameters
    ----------
    data : Data
        The survey.
    asked : PipelineSteps
        What is asked for.

    Returns
    -------
    StepRuns
        In order.

    Raises
    ------
    SkysegError
        If an argument is not allowed.
    """
    check_steps(data, asked)
    work = _Work(data, asked)
    with only_looking():
        for step in work.steps:
            work.done.append(_look(step, work))
    return StepRuns(work.done, planned=True)


def _look(step: _Step, work: _Work) -> StepRun:
    """Look what would come of a step."""
    before = _list_before(step, work)
    failed = next((run for run in before if not run.is_done), None)
    if failed is not None and (step.name != "catalogue" or not _is_any_measured(work)):
        return StepRun(step.name, step.key, "left out", _tell_before(failed))
    changed = [run for run in before if run.is_done and run.state != "loaded"]
    try:
        step.check()
        state, why = _foresee(step, work, changed)
        if state != "loaded":
            step.check_making()
    except SkysegError as error:
        return StepRun(step.name, step.key, "failed", str(explain(error)), error=error)
    return StepRun(step.name, step.key, state, why)


def _foresee(step: _Step, work: _Work, changed: Sequence[StepRun]) -> tuple[State, str]:
    """Say whether a step that can be done would be made, after those before it that would be."""
    if changed:
        anew = not work.asked.overwrite and work.is_there(step)
        why = f"{_tell_name(changed[0])} is to be {changed[0].state}"
        return "made anew" if anew else "made", why
    if work.asked.overwrite:
        return "made", "all is to be made again"
    try:
        step.do(False, tell_nobody)
    except NotMadeError:
        return "made", "it is not there"
    except StaleProductError as error:
        return "made anew", _tell_changes(error)
    return "loaded", ""


def run_pipeline(data: Data, asked: PipelineSteps, tell: Progress) -> Iterator[StepRun]:
    """Make what is missing or stale, step by step, and load the rest.

    What an interruption has left is taken up where it ended: each product is whole or not
    there. A step that fails stops those alone that need it.

    Parameters
    ----------
    data : Data
        The survey, whose bands have the products then.
    asked : PipelineSteps
        What is asked for.
    tell : callable
        Told the part of all that is done, 0 to 1, and what comes next.

    Yields
    ------
    StepRun
        What came of each step, in order.

    Raises
    ------
    SkysegError
        If an argument is not allowed: before anything is made.
    """
    check_steps(data, asked)
    work = _Work(data, asked)
    steps = work.steps
    parts = Parts([f"{step.name} {step.key}".strip() for step in steps], tell)
    later = list_later_inputs((band, {"err_type": asked.err_type}) for band in data.bands)
    with expecting_checksums(later):
        for number, step in enumerate(steps):
            of_step = parts.of(number)
            run = _do(step, work, of_step)
            of_step(1.0, "done" if run.is_done else run.state)
            told = find_told(work.done, run) is not None
            if run.error is not None and not told and not _ends_all(run, data):
                logger.warning(explain(run.error).at(_tell_name(run)))
            if step.name == "segment" and run.is_done and asked.edits is False:
                _tell_of_edits(work.detection)
            work.done.append(run)
            yield run


def find_cat_path(data: Data, asked: PipelineSteps, runs: Sequence[StepRun]) -> Path | None:
    """Find the file of the catalogue that steps have made, or are planned to make.

    Parameters
    ----------
    data : Data
        The survey.
    asked : PipelineSteps
        What was asked for.
    runs : sequence of StepRun
        What came of it.

    Returns
    -------
    Path or None
        None where there is no catalogue, since what it needs has failed.
    """
    if not runs or not runs[-1].is_done:
        return None
    work = _Work(data, asked)
    work.done = list(runs)
    return work.cat_path


def _tell_of_edits(detection: BandData) -> None:
    """Say that a map was edited, and that the edits are not asked for."""
    assert detection.products is not None
    journal = detection.products.paths.journal
    if journal.exists():
        what = f"the edits in {journal} are not asked for: sources are those of the run"
        logger.warning(Advice(what, "give {with_edits} to have them measured"))


def _do(step: _Step, work: _Work, tell: Progress) -> StepRun:
    failed = [run for run in _list_before(step, work) if not run.is_done]
    if failed and (step.name != "catalogue" or not _is_any_measured(work)):
        return StepRun(step.name, step.key, "left out", _tell_before(failed[0]))
    start = time.perf_counter()
    error: SkysegError | None = None
    try:
        step.check()
        state, why = _make_or_load(step, work, tell)
    except SkysegError as failure:
        state, why, error = "failed", str(explain(failure)), failure
    return StepRun(step.name, step.key, state, why, time.perf_counter() - start, error)


def _make_or_load(step: _Step, work: _Work, tell: Progress) -> tuple[State, str]:
    if work.asked.overwrite:
        step.do(True, tell)
        return "made", ""
    try:
        with only_looking():
            step.do(False, tell)
    except NotMadeError:  # another process may make it meanwhile
        return "made" if step.do(False, tell) else "loaded", ""
    except StaleProductError as error:
        step.do(True, tell)
        return "made anew", _tell_changes(error)
    return "loaded", ""


def _list_before(step: _Step, work: _Work) -> list[StepRun]:
    """List what was done of the steps that a step needs; the catalogue needs all of bands."""
    if step.name == "catalogue":
        return work.done
    return [run for run in work.done if (run.name, run.key) in step.after]


def _is_any_measured(work: _Work) -> bool:
    lacking = {run.key for run in work.done if not run.is_done}
    measured = {run.key for run in work.done if run.name == "depths" and run.is_done}
    return bool(measured - lacking)


def raise_failed_steps(runs: Sequence[StepRun], data: Data) -> None:
    """Raise what the pipeline ends with where steps have failed; do nothing where none has.

    Raises
    ------
    BatchError
        If some bands have failed, or all of them for several reasons.
    SkysegError
        If all have failed for one reason, or what all bands need has.
    """
    failed: dict[str, Exception] = {}
    for run in runs:
        if run.error is None:
            continue
        if _ends_all(run, data):
            raise run.error
        failed.setdefault(run.key, run.error)
    raise_errors(failed | dict(data.lost), len(data) + len(data.lost), "put into the catalogue")


def _ends_all(run: StepRun, data: Data) -> bool:
    """Tell whether a step is one that all bands need, whose error is that of the whole."""
    return run.name != "phot" and (run.name in _OF_ALL or run.key not in set(data.keys()))


def _tell_changes(error: StaleProductError) -> str:
    return "; ".join(error.changes) or error.what


def _tell_name(run: StepRun) -> str:
    return f"{run.name} {run.key}".strip()


def _tell_before(run: StepRun) -> str:
    return f"{_tell_name(run)} is not there"
