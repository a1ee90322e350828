"""The command that makes stacks of bands."""

from __future__ import annotations

from typing import Annotated

import typer

from skyseg.cli.completing import (
    complete_bands,
    complete_stack_err_types,
    complete_stack_methods,
)
from skyseg.cli.inputs import Archive, Inputs, open_survey, with_options
from skyseg.cli.options import Debug, Json, Overwrite, Scheduler, SurveyName, VersionName, ZeroPoint
from skyseg.cli.printing import print_folders, print_json, print_table

_COLUMNS = ("BAND", "METHOD", "ERR_TYPE", "SHAPE", "BANDS", "STACK")


@with_options
def stack(
    survey: SurveyName,
    version: VersionName,
    bands: Annotated[
        str,
        typer.Argument(
            metavar="BANDS",
            help="Its bands, such as F277W+F356W+F444W.",
            autocompletion=complete_bands,
        ),
    ],
    archive: Archive,
    method: Annotated[
        str,
        typer.Option(
            metavar="[ivw|chi|chi_mean|max_snr]",
            help="How pixels are combined.",
            autocompletion=complete_stack_methods,
        ),
    ] = "ivw",
    err_type: Annotated[
        str,
        typer.Option(
            metavar="[rms_err|wht]",
            help="What bands are weighed by.",
            autocompletion=complete_stack_err_types,
        ),
    ] = "rms_err",
    zero_point: ZeroPoint = None,
    reproject: Annotated[
        bool,
        typer.Option("--reproject", help="Bring bands of other pixel grids onto the first one's."),
    ] = False,
    overwrite: Overwrite = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make or load a stack of bands: an image to detect in.

    `skyseg segment --band F277W+F444W` makes it where it is missing.

    \b
    Examples:
      skyseg stack JOF v11 F277W+F356W+F444W
      skyseg stack JOF v11 F277W+F444W --method chi_mean --err-type wht
      skyseg stack JOF v11 F814W+F444W --reproject --out ./products
    """  # noqa: D301
    from skyseg.engine.stacking import check_stack_method
    from skyseg.engine.types import check_err_type
    from skyseg.survey.stacking import StackKey

    data = open_survey(survey, version, Inputs(zero_point=zero_point), archive)
    stacked = data.stack(
        StackKey.parse(bands).bands,
        err_type=check_err_type(err_type),
        method=check_stack_method(method),
        reproject=reproject,
        overwrite=overwrite,
        client=scheduler,
    )
    members = [each.band for each in stacked.members]
    if as_json:
        print_json(
            {
                "band": stacked.band,
                "made": stacked.stack_made,
                "members": members,
                "method": method,
                "err_type": err_type,
                "stack_path": str(stacked.sci.path),
            }
        )
        return
    shape = f"{stacked.shape[0]} x {stacked.shape[1]}"
    done = "made" if stacked.stack_made else "loaded"
    print_table(_COLUMNS, [[stacked.band, method, err_type, shape, " ".join(members), done]])
    print_folders([stacked.sci.path])
