"""The sources of one detection measured in all bands: what is done, and what is told of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

from skyseg.engine.types import Progress
from skyseg.errors import Advice, ParameterError, explain
from skyseg.panel.naming import name_band
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.survey.batch import Task, common_failure, measure_each
from skyseg.survey.detection_run import segment_detection

_OF_DETECTION = 0.3
"""Part of the progress in which the detection is segmented or loaded."""


@dataclass(frozen=True)
class MeasuringPlan:
    """What "Measure in all bands" does.

    Attributes
    ----------
    detection : BandData
        What the sources are detected in.
    segmenting : dict or None
        The arguments by which it is segmented first; None where it has been.
    tasks : tuple of (BandData, dict)
        The bands, and the arguments of `BandData.perform_forced_phot` for each.
    """

    detection: BandData
    segmenting: dict[str, Any] | None
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class MeasuredBand:
    """A band after `perform_forced_phot`.

    Attributes
    ----------
    band : BandData
        The band, with its forced photometry.
    detection : BandData
        What the sources were detected in, with its products.
    seconds : float
        How long it took.
    failure : Advice or None
        Why it could not be measured.
    """

    band: BandData
    detection: BandData
    seconds: float
    failure: Advice | None = None

    @property
    def line(self) -> str:
        """What came out: ``"JOF F115W: 312 sources of F444W measured, 2.1 s"``."""
        if self.failure is not None:
            return f"{name_band(self.band)} failed: {worded(self.failure)}"
        found = self.band.forced_phot
        assert found is not None
        verb = "measured" if found.made else "loaded"
        of = f"{found.n_sources} sources of {self.detection.band}"
        return f"{name_band(self.band)}: {of} {verb}, {self.seconds:.1f} s"

    @property
    def outcome(self) -> str:
        """What became of the band, in a word: ``"made"``, ``"loaded"`` or ``"failed"``."""
        if self.failure is not None or self.band.forced_phot is None:
            return "failed"
        return "made" if self.band.forced_phot.made else "loaded"


def plan_measuring(session: Session) -> MeasuringPlan:
    """Return what is to be measured: the sources of the chosen band, in all that are no stacks.

    Raises
    ------
    ParameterError
        If all bands are chosen, and so no detection.
    SkysegError
        If the survey or the band is not there.
    """
    if session.band == ALL_BANDS and len(session.data()) > 1:
        raise ParameterError(
            "sources are measured in all bands from one detection",
            hint="choose the band or stack in which they are detected",
        )
    detection = session.bands()[0]
    asked = session.segment_arguments()
    return MeasuringPlan(
        detection,
        None if _is_run(detection, asked) else {**asked, "overwrite": False},
        tuple(
            (band, {"overwrite": session.overwrite, **_find_mask(session, band)})
            for band in session.data()
            if not band.members
        ),
    )


def _find_mask(session: Session, band: BandData) -> dict[str, Any]:
    """Return the arguments by which the mask of a band is used; nothing where it has none."""
    try:
        band.find_mask()
    except ParameterError:
        return {}
    return session.mask_arguments()


def _is_run(band: BandData, asked: dict[str, Any]) -> bool:
    """Tell whether the products that a band has, edited ones too, are of what is chosen."""
    if band.products is None:
        return False
    recipe = band.products.recipe
    wanted = (asked["err_type"], asked["method"], asked["parameters"])
    if (recipe.err_type, recipe.method, recipe.asked) != wanted:
        return False
    if (recipe.mask is not None) is not asked.get("mask", False):
        return False
    return recipe.mask is None or set(recipe.exclude) == set(asked["exclude"])


def measure_in_turn(tell: Progress, plan: MeasuringPlan) -> Generator[MeasuredBand, None, BandData]:
    """Measure the sources of a detection in bands, past those that fail; for a `Job`.

    Parameters
    ----------
    tell : callable
        Told the part of all the work that is done, and what comes next.
    plan : MeasuringPlan
        What is to be done.

    Yields
    ------
    MeasuredBand
        One for each band, as soon as it is measured.

    Returns
    -------
    BandData
        The detection, with its products.

    Raises
    ------
    SkysegError
        If the detection cannot be segmented, or for one reason no band can be measured.
    """
    start, detection = 0.0, plan.detection
    if plan.segmenting is not None:
        start = _OF_DETECTION
        segment_detection(
            detection, **plan.segmenting, progress=lambda part, text: tell(start * part, text)
        )
    runs = []

    def tell_rest(part: float, text: str) -> None:
        tell(start + (1 - start) * part, text)

    for run in measure_each(plan.tasks, detection, None, tell_rest):
        runs.append(run)
        failure = None if run.error is None else explain(run.error)
        yield MeasuredBand(run.band, detection, run.seconds, failure)
    if (error := common_failure(runs)) is not None:
        raise error
    return detection


def give_measured(measured: MeasuredBand, bands: Iterable[BandData]) -> None:
    """Let the bands of this process know what was measured of one in another."""
    for band in bands:
        if band == measured.detection:
            band.products = measured.detection.products
        if band == measured.band and measured.failure is None:
            band.forced_phot = measured.band.forced_phot
