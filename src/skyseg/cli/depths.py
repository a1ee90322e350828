"""The command that measures how deep bands are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.completing import complete_bands
from skyseg.cli.inputs import Archive, Detecting, Inputs, open_survey, with_options
from skyseg.cli.options import (
    AperDiams,
    Debug,
    ErrTypeOption,
    Exclude,
    Json,
    Overwrite,
    SameGrid,
    Scheduler,
    SurveyBands,
    SurveyName,
    UseMask,
    VerifyInputs,
    VersionName,
    ZeroPoint,
)
from skyseg.cli.parsing import parse_aper_diams
from skyseg.cli.printing import list_failed, print_folders, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skyseg.engine.types import Progress
    from skyseg.survey import BandData
    from skyseg.survey.band_runs import BandRun

_COLUMNS = ("BAND", "DIAMETER", "APERTURES", "DEPTH", "LOCAL DEPTH", "DEPTHS")


@with_options
def depths(
    survey: SurveyName,
    version: VersionName,
    *,
    detect: Annotated[
        str | None,
        typer.Option(
            metavar="BAND",
            help="What the sources are detected in that apertures avoid; it is segmented if need "
            "be.  [default: each band]",
            show_default=False,
            autocompletion=complete_bands,
        ),
    ] = None,
    band: SurveyBands = None,
    err_type: ErrTypeOption = None,
    aper_diams: AperDiams = None,
    n_sigma: Annotated[
        float, typer.Option(metavar="NUMBER", help="How many times the scatter a depth is.")
    ] = 5.0,
    n_nearest: Annotated[
        int, typer.Option(metavar="NUMBER", help="How many apertures a local depth is of.")
    ] = 200,
    detecting: Detecting,
    mask: UseMask = False,
    exclude: Exclude = None,
    zero_point: ZeroPoint = None,
    same_grid: SameGrid = False,
    archive: Archive,
    overwrite: Overwrite = False,
    verify: VerifyInputs = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure how deep bands are, in empty apertures.

    A band that fails stops no other; the exit code is that of the first one.

    \b
    Examples:
      skyseg depths JOF v11 --detect F277W+F356W+F444W
      skyseg depths JOF v11 --detect F444W --detect-parameters deep --edits
      skyseg depths JOF v11 --band F444W --aper-diams 0.32,0.5 --n-nearest 100 --json
    """  # noqa: D301
    from skyseg.cli.running import detect_sources
    from skyseg.survey.batch import SIDE_BY_SIDE, measure_band_depths, raise_failed, segment_each
    from skyseg.survey.clusters import connected
    from skyseg.survey.forced_detection import SharedDetection
    from skyseg.survey.progress import Parts, come_before, follow

    excluded, excluded_here = detecting.part_exclude(exclude, mask=mask)
    inputs = Inputs(zero_point=zero_point, same_grid=same_grid)
    data = open_survey(survey, version, inputs, archive)
    wanted = [data[key] for key in band] if band else list(data)
    lost = {} if band else data.lost
    with connected(scheduler) as client, follow(None) as tell:
        usual = {"client": client, "verify": verify}
        segmenting = {**usual, "exclude": excluded}
        shared = None
        if detect is not None:
            sources = data[detect]
            detect_sources(sources, detecting, come_before(tell, sources.band), **segmenting)
            shared = SharedDetection.of(sources.maps, sources.products)
        arguments = {
            "detection": shared,
            "err_type": err_type,
            "parameters": detecting.detect_parameters,
            "aper_diams": parse_aper_diams(aper_diams),
            "n_sigma": n_sigma,
            "n_nearest": n_nearest,
            "mask": mask,
            "exclude": excluded_here,
            "overwrite": overwrite,
            **usual,
        }

        def measure(each: BandData, given: Mapping[str, Any], tell: Progress) -> None:
            if shared is None:
                parts = Parts(["sources", "depths"], tell)
                detect_sources(each, detecting, parts.of(0), **segmenting)
                tell = parts.of(1)
            measure_band_depths(each, given, tell)

        runs = list(
            segment_each(
                [(each, arguments) for each in wanted], tell,
                at_a_time=1 if shared is None else SIDE_BY_SIDE, work=measure,
            )
        )  # fmt: skip
    done = [run for run in runs if run.error is None]
    if not done:
        raise_failed(runs, lost, "measured")
    told = [_as_json(run) for run in done]
    if as_json:
        errors = {run.key: run.error for run in runs if run.error is not None}
        failed = list_failed(errors | dict(lost))
        print_json({"bands": told, "failed": failed})
    else:
        print_table(_COLUMNS, [row for each in told for row in _as_rows(each)])
        print_folders(each["depths_path"] for each in told)
    raise_failed(runs, lost, "measured")


def _as_json(run: BandRun) -> dict[str, Any]:
    """Return what came of a band as values that JSON has."""
    found = run.band.depths
    assert found is not None
    apertures = [
        {
            "aper_diam_arcsec": row["APER_DIAM"].value,
            "n_aper": int(row["N_APER"]),
            "depth": _finite(row["DEPTH"].value),
            "loc_depth": _finite(row["LOC_DEPTH"].value),
        }
        for row in found.table
    ]
    return {
        "band": run.key,
        "made": found.made,
        "n_sigma": found.numbers.n_sigma,
        "beta": _finite(found.beta),
        "apertures": apertures,
        "depths_path": found.paths.cat,
    }


def _finite(value: float) -> float | None:
    return float(value) if value == value else None


def _as_rows(told: dict[str, Any]) -> list[list[str]]:
    return [
        [
            told["band"],
            f"{each['aper_diam_arcsec']:g} arcsec",
            str(each["n_aper"]),
            *("-" if value is None else f"{value:.2f}" for value in list(each.values())[2:]),
            "made" if told["made"] else "loaded",
        ]
        for each in told["apertures"]
    ]
