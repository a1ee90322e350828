"""The command that measures the sources of one band in others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.completing import complete_bands, complete_sets
from skyseg.cli.inputs import Archive, Detecting, Inputs, open_bands, with_options
from skyseg.cli.options import (
    EXTRACTION,
    AperDiams,
    Debug,
    ErrTypeOption,
    Exclude,
    FlagImage,
    Json,
    Overwrite,
    Params,
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
    from skyseg.survey.band_runs import BandRun

_COLUMNS = ("BAND", "ERR_TYPE", "DETECTION", "PARAMETERS", "CATALOGUE", "SOURCES", "SECONDS")


@with_options
def phot(
    survey: SurveyName,
    version: VersionName,
    *,
    detect: Annotated[
        str,
        typer.Option(
            metavar="BAND",
            help="What the sources are detected in; it is segmented if need be.",
            autocompletion=complete_bands,
        ),
    ],
    seg: Annotated[
        str | None,
        typer.Option(
            metavar="FILE[EXT]",
            help="SEG map in place of that of the detection, such as an edited one.",
            show_default=False,
        ),
    ] = None,
    band: SurveyBands = None,
    err_type: ErrTypeOption = None,
    parameters: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Parameter set: its name, or a TOML or .sex file.  [default: the detection's]",
            show_default=False,
            rich_help_panel=EXTRACTION,
            autocompletion=complete_sets,
        ),
    ] = None,
    aper_diams: AperDiams = None,
    params_name: Params = None,
    flag_image: FlagImage = None,
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
    """Measure the sources of one band in all bands.

    A band that fails stops no other; the exit code is that of the first one.

    \b
    Examples:
      skyseg phot JOF v11 --detect F444W
      skyseg phot JOF v11 --detect F444W --band F115W --err-type wht --json
      skyseg phot JOF v11 --detect F277W+F444W --detect-parameters deep --edits
      skyseg phot JOF v11 --detect F444W --seg edited_seg.fits --overwrite
    """  # noqa: D301
    from skyseg.cli.running import detect_sources
    from skyseg.survey.batch import measure_each, raise_failed
    from skyseg.survey.clusters import connected
    from skyseg.survey.noise_units import has_light
    from skyseg.survey.progress import come_before, follow

    if seg is not None:
        detecting.refuse_beside(seg)
    names = None if not band else [*band, *(() if detect in band else (detect,))]
    inputs = Inputs(
        survey=survey, version=version, band=names, zero_point=zero_point, same_grid=same_grid
    )
    excluded, excluded_here = detecting.part_exclude(exclude, mask=mask)
    opened = open_bands(inputs, archive)
    if detect.upper() in opened.lost:
        raise opened.lost[detect.upper()]
    detection = opened.find(detect)
    wanted = [each for each in opened if band is None or each is not detection or detect in band]
    if band is None and has_light(detection):
        wanted.append(detection)
    with connected(scheduler) as client, follow(None) as tell:
        if seg is None:
            detect_sources(
                detection, detecting, come_before(tell, detection.band),
                exclude=excluded, client=client, verify=verify,
            )  # fmt: skip
        arguments = {
            "err_type": err_type,
            "parameters": parameters,
            "aper_diams": parse_aper_diams(aper_diams),
            "params_name": params_name,
            "flag_image": flag_image,
            "mask": mask,
            "exclude": excluded_here,
            "overwrite": overwrite,
            "client": client,
            "verify": verify,
        }
        runs = list(measure_each([(each, arguments) for each in wanted], detection, seg, tell))
    done = [run for run in runs if run.error is None]
    if not done:
        raise_failed(runs, opened.lost, "measured")
    if as_json:
        errors = {run.key: run.error for run in runs if run.error is not None}
        failed = list_failed(errors | dict(opened.lost))
        print_json({"bands": [_as_json(run) for run in done], "failed": failed})
    else:
        print_table(_COLUMNS, [_as_row(run) for run in done])
        print_folders(Path(_as_json(run)["forced_phot_path"]) for run in done)
    raise_failed(runs, opened.lost, "measured")


def _as_json(run: BandRun) -> dict[str, Any]:
    """Return what came of a band as values that JSON has."""
    found = run.band.forced_phot
    assert found is not None
    assert found.recipe.detection is not None
    return {
        "band": run.key,
        "err_type": found.recipe.err_type,
        "detection": found.recipe.detection.name,
        "parameters": found.recipe.set_name,
        "made": found.made,
        "n_sources": found.n_sources,
        "seconds": round(run.seconds, 3),
        "forced_phot_path": str(found.paths.cat),
    }


def _as_row(run: BandRun) -> list[str]:
    told = _as_json(run) | {"made": "made" if _as_json(run)["made"] else "loaded"}
    return [f"{each:.2f}" if isinstance(each, float) else str(each) for each in told.values()][:-1]
