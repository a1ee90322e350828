"""The command that goes from imaging to the catalogue of a survey."""

from __future__ import annotations

from typing import Annotated

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
    from skyseg.survey.step_runs import StepRuns

    data = open_survey(survey, version, Inputs(zero_point=zero_point, same_grid=same_grid), archive)
    with connected(scheduler) as client, follow(None) as tell:
        asked = PipelineSteps(
            detect=detect, err_type=err_type, method=method, parameters=parameters,  # type: ignore[arg-type]
            aper_diams=parse_aper_diams(aper_diams), mask=mask,
            exclude=parse_exclude(exclude), edits=edits, flux_unit=flux_unit,
            psfs=_parse_psfs(psf), overwrite=overwrite, client=client, verify=verify,
        )  # fmt: skip
        planned = plan_pipeline(data, asked) if plan else None
        runs = StepRuns(run_pipeline(data, asked, tell)) if planned is None else planned
    steps = [
        {"step": run.name, "band": run.key or None, "state": run.state, "why": run.tell_why(SHELL)}
        | ({} if plan else {"seconds": round(run.seconds, 3)})
        for run in runs
    ]
    if as_json:
        errors = {run.key: run.error for run in reversed(runs) if run.error is not None}
        failed = list_failed({**errors, **data.lost})
        print_json({"steps": steps, "failed": failed, "phot_cat_path": data.phot_cat_path})
    else:
        print_table(runs.columns, runs.list_rows(SHELL))
        if (path := find_cat_path(data, asked, runs)) is not None:
            typer.echo(f"catalogue {path}")
    raise_failed_steps(runs, data)


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
