"""The command that goes from imaging to the catalogue of a survey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from skyseg.cli.completing import complete_band_values, complete_bands
from skyseg.cli.inputs import Archive, Inputs, open_survey, with_options
from skyseg.cli.messages import SHELL
from skyseg.cli.options import (
    AperDiams,
    Debug,
    ErrTypeOption,
    Exclude,
    Json,
    Method,
    Overwrite,
    ParameterSet,
    SameGrid,
    Scheduler,
    SurveyName,
    UseEdits,
    VerifyInputs,
    VersionName,
    ZeroPoint,
)
from skyseg.cli.parsing import parse_aper_diams, parse_exclude
from skyseg.cli.printing import list_failed, print_json, print_table

if TYPE_CHECKING:
    from skyseg.survey.pipeline import StepRun

_MOST_CLAUSES = 2
_COLUMNS = ("STEP", "BAND", "STATE", "WHY")
_TIMED_COLUMNS = (*_COLUMNS[:-1], "SECONDS", _COLUMNS[-1])
_PLANNED = {"made": "to make", "loaded": "to load", "made anew": "to make anew"}


@with_options
def pipeline(
    survey: SurveyName,
    version: VersionName,
    *,
    detect: Annotated[
        str,
        typer.Option(
            metavar="BANDS",
            help="What sources are detected in, such as F277W+F356W+F444W.",
            autocompletion=complete_bands,
        ),
    ],
    plan: Annotated[
        bool, typer.Option("--plan", help="Do nothing but print what would be done, and why.")
    ] = False,
    mask: Annotated[
        bool,
        typer.Option("--mask", help="Leave out what masks exclude; make those that are not there."),
    ] = False,
    exclude: Exclude = None,
    edits: UseEdits = False,
    flux_unit: Annotated[
        str, typer.Option(metavar="UNIT", help="Unit of all fluxes, such as nJy.")
    ] = "uJy",
    psf: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BAND=FILE",
            help="Image of a band's PSF, by which its apertures are corrected; may be repeated.",
            show_default=False,
            autocompletion=complete_band_values,
        ),
    ] = None,
    err_type: ErrTypeOption = None,
    method: Method = None,
    parameters: ParameterSet = "default",
    aper_diams: AperDiams = None,
    zero_point: ZeroPoint = None,
    same_grid: SameGrid = False,
    archive: Archive,
    overwrite: Overwrite = False,
    verify: VerifyInputs = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make the catalogue of a survey, and all that it takes.

    Detection image, segmentation, fluxes and depths in every band, and one catalogue: what is
    on disk is loaded, or made anew where it was made from something else. A band that fails stops
    no other. WHY says what is another.

    \b
    Examples:
      skyseg pipeline JOF v11 --detect F277W+F356W+F444W --plan
      skyseg pipeline JOF v11 --detect F277W+F356W+F444W --mask
      skyseg pipeline XDF v1 --detect F160W --zero-point F105W=26.27 --zero-point F160W=25.95
      skyseg pipeline JOF v11 --detect F444W --flux-unit nJy --psf F444W=psf.fits --json
    """  # noqa: D301
    from skyseg.survey.clusters import connected
    from skyseg.survey.pipeline import (
        PipelineSteps,
        find_cat_path,
        plan_pipeline,
        raise_failed_steps,
        run_pipeline,
    )
    from skyseg.survey.progress import follow

    data = open_survey(survey, version, Inputs(zero_point=zero_point, same_grid=same_grid), archive)
    with connected(scheduler) as client, follow(None) as tell:
        asked = PipelineSteps(
            detect=detect, err_type=err_type, method=method, parameters=parameters,  # type: ignore[arg-type]
            aper_diams=parse_aper_diams(aper_diams), mask=mask,
            exclude=parse_exclude(exclude), edits=edits, flux_unit=flux_unit,
            psfs=_parse_psfs(psf), overwrite=overwrite, client=client, verify=verify,
        )  # fmt: skip
        runs = plan_pipeline(data, asked) if plan else list(run_pipeline(data, asked, tell))
    steps = [
        {"step": run.name, "band": run.key or None, "state": run.state, "why": _tell_why(run)}
        | ({} if plan else {"seconds": round(run.seconds, 3)})
        for run in runs
    ]
    if as_json:
        errors = {run.key: run.error for run in reversed(runs) if run.error is not None}
        failed = list_failed({**errors, **data.lost})
        print_json({"steps": steps, "failed": failed, "phot_cat_path": data.phot_cat_path})
    else:
        print_table(_COLUMNS if plan else _TIMED_COLUMNS, list(_list_rows(runs, plan=plan)))
        if (path := find_cat_path(data, asked, runs)) is not None:
            typer.echo(f"catalogue {path}")
    raise_failed_steps(runs, data)


def _list_rows(runs: Sequence[StepRun], *, plan: bool) -> Iterator[list[str]]:
    """List the steps as a table has them: each reason once, and short where stderr has it."""
    from skyseg.survey.pipeline import find_told

    for number, run in enumerate(runs):
        why = _shorten(_tell_why(run))
        if (told := find_told(runs[:number], run)) is not None:
            why = f"as {told.name} {told.key}".rstrip()
        elif run.error is not None and not plan:
            why = replace(run.error.advice, hint="", where="").worded(SHELL)
        state = _PLANNED.get(run.state, run.state) if plan else run.state
        seconds = [] if plan else [f"{run.seconds:.2f}"]
        yield [run.name, run.key or "-", state, *seconds, why or "-"]


def _tell_why(run: StepRun) -> str:
    """Return why, in the words of the shell."""
    return run.why if run.error is None else run.error.advice.worded(SHELL)


def _shorten(why: str) -> str:
    """Return the first clauses of a reason; with --json all of it is told.

    Examples
    --------
    >>> _shorten("A was 1 and is 2; B was 1 and is 2; C was 1 and is 2; D was 1 and is 2")
    'A was 1 and is 2; B was 1 and is 2; and 2 more'
    """
    clauses = why.split("; ")
    more = len(clauses) - _MOST_CLAUSES
    return "; ".join([*clauses[:_MOST_CLAUSES], *([f"and {more} more"] if more > 0 else [])])


def _parse_psfs(given: list[str] | None) -> dict[str, str]:
    from skyseg.errors import ParameterError

    found = {}
    for text in given or []:
        key, equals, path = text.partition("=")
        if not (key and equals and path):
            raise ParameterError(
                f"is {text!r}", hint="give a band and a file, F444W=psf.fits", argument="psfs"
            )
        found[key] = path
    return found
