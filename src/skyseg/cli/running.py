"""What commands do with bands: segment them, and say what came of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from skyseg.cli.inputs import Detecting
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import Advice, SkysegError, StaleProductError
from skyseg.methods import parameter_sets
from skyseg.products import Products
from skyseg.survey import BandData
from skyseg.survey.band_runs import BandRun
from skyseg.survey.batch import Task, segment_each
from skyseg.survey.clusters import connected
from skyseg.survey.progress import follow

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SegmentedBand:
    """What came of segmenting one band.

    Attributes
    ----------
    band : str
        Its name.
    products : Products
        What was made or loaded.
    seconds : float
        Time it took.
    """

    band: str
    products: Products
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON has."""
        products = self.products
        return {
            "band": self.band,
            "err_type": products.recipe.err_type,
            "method": products.recipe.method,
            "parameters": products.recipe.set_name,
            "region": products.region,
            "made": products.made,
            "n_sources": products.n_sources,
            "n_bad": products.n_bad,
            "seconds": self.seconds,
            "seg_path": str(products.paths.seg),
            "bkg_path": str(products.paths.bkg),
            "cat_path": str(products.paths.cat),
        }

    def as_row(self) -> list[str]:
        """Return it as a row of a table, with the columns `COLUMNS`."""
        products, recipe = self.products, self.products.recipe
        numbers = [
            "-" if each is None else str(each) for each in (products.n_sources, products.n_bad)
        ]
        done = "made" if products.made else "loaded"
        how = [self.band, recipe.err_type, recipe.method, recipe.set_name]
        return [*how, done, *numbers, f"{self.seconds:.2f}"]


COLUMNS = (
    *("BAND", "ERR_TYPE", "METHOD", "PARAMETERS"),
    *("PRODUCTS", "SOURCES", "BAD PIXELS", "SECONDS"),
)


def list_segmented(runs: Iterable[BandRun]) -> list[SegmentedBand]:
    """List what came of the bands that did not fail."""
    return [
        SegmentedBand(run.key, run.band.products, round(run.seconds, 3))
        for run in runs
        if run.error is None and run.band.products is not None
    ]


def segment_bands(
    bands: Sequence[BandData],
    *,
    err_type: ErrType | None = None,
    parameters: str = "default",
    client: str | None = None,
    **arguments: Any,
) -> list[BandRun]:
    """Segment bands, past those that fail, with a bar where there is a terminal.

    Parameters
    ----------
    bands : sequence of BandData
        The bands.
    err_type : {"rms_err", "wht", "none"}, optional
        Where the noise comes from; by default as `BandData.segment` has it, and ``none``,
        which is then said, for a band without an error map where the parameter set does not
        name one.
    parameters : str
        Parameter set.
    client : str, optional
        Address of a Dask scheduler, whose workers do all bands at the same time; by
        default this machine does; see `segment_each`.
    **arguments
        Further arguments of `BandData.segment`.
    """
    tasks: list[Task] = []
    for band in bands:
        settled = _fall_back(band, parameters) if err_type is None else err_type
        tasks.append((band, {"err_type": settled, "parameters": parameters, **arguments}))
    with follow(None) as tell, connected(client) as cluster:
        if cluster is not None:
            tasks = [(band, {**each, "client": cluster}) for band, each in tasks]
        return list(segment_each(tasks, tell, at_a_time=len(tasks) if cluster else None))


def detect_sources(
    detection: BandData, detecting: Detecting, tell: Progress, **arguments: Any
) -> None:
    """Segment what sources are detected in, or load its products whatever apertures they have.

    Parameters
    ----------
    detection : BandData
        The band, or stack.
    detecting : Detecting
        How it is to be segmented.
    tell : callable
        Told how far it is.
    **arguments
        Further arguments of `BandData.segment`.

    Raises
    ------
    StaleProductError
        If those on disk are of another run, or of other edits; the hint is not that of the
        command in hand, which does not make them again.
    SkysegError
        As `BandData.segment` does; of the options of the detection.
    """
    from skyseg.survey.detection_run import segment_detection

    given = {**detecting.arguments(), **arguments}
    try:
        try:
            segment_detection(detection, **given, progress=tell)
        except StaleProductError as error:
            raise StaleProductError(
                error.what,
                changes=error.changes,
                hint="give {detect_mask} and other options of the detection as that run had them, "
                "or make it again with {overwrite_segment}",
            ) from error
        if detecting.edits:
            segment_detection(detection, **given, edits=True, progress=tell)
    except SkysegError as error:
        if (name := f"detect_{error.argument}") in {each.name for each in fields(detecting)}:
            error.advice = replace(error.advice, argument=name)
        raise


def _fall_back(band: BandData, parameters: str) -> ErrType | None:
    """Take the noise of the image for a band without an error map, unless the set names one."""
    if "rms_err" in band.err_types or parameter_sets.load(parameters)[1].weight_type is not None:
        return None
    logger.warning(
        Advice(
            "there is no error map, so the noise is taken from the image itself",
            "give {err} or {wht} if there is one",
            where=band.name,
        )
    )
    return "none"
