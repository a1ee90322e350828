"""The commands that list surveys and products, and remove products."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.completing import (
    complete_err_types,
    complete_kinds,
    complete_methods,
    complete_products,
    complete_sets,
)
from skyseg.cli.messages import raise_last
from skyseg.cli.options import DataDir, Debug, Json, Out, SurveyBands
from skyseg.cli.printing import print_folders, print_json, print_records
from skyseg.errors import ParameterError, SkysegError

if TYPE_CHECKING:
    from skyseg.products.kinds import StoredRun

_MEGABYTE = 1e6


def ls(
    data_dir: DataDir = None, out: Out = None, as_json: Json = False, debug: Debug = False
) -> None:
    """List surveys and products.

    What cannot be read hides nothing else; the exit code says that something could not.

    \b
    Examples:
      skyseg ls
      skyseg ls --data-dir ./data --out ./products --json
    """  # noqa: D301
    from skyseg.imaging.contents import list_imaging
    from skyseg.imaging.instruments import known_instruments
    from skyseg.products.inventory import list_runs
    from skyseg.settings import config

    archive = config.data_dir if data_dir is None else data_dir
    runs = list_runs(out)
    made = Counter((run.survey, run.version, run.instrument) for run in runs)
    surveys = [
        {
            "survey": each.survey,
            "version": each.version,
            "instrument": each.instrument,
            "products": made[each.survey, each.version, each.instrument],
        }
        for each in list_imaging(archive, known_instruments(config.facilities))
    ]
    if as_json:
        products = [_as_record(run) | {"file": str(run.file)} for run in runs]
        print_json({"data_dir": str(archive), "surveys": surveys, "products": products})
    else:
        _print_listed(archive, surveys, runs)
    raise_last(_find_unlisted(archive, is_told=data_dir is not None))


def _print_listed(
    archive: Path, surveys: Sequence[dict[str, Any]], runs: Sequence[StoredRun]
) -> None:
    typer.echo(f"imaging in {archive}")
    if surveys:
        print_records(surveys)
    else:
        typer.echo("no surveys")
    typer.echo("")
    if runs:
        print_records([_as_record(run) for run in runs])
    else:
        typer.echo("no products")


def _find_unlisted(archive: Path, *, is_told: bool) -> Sequence[SkysegError]:
    """Find what hides imaging: that there is no archive where one is told, or may not be read."""
    from skyseg.imaging.archive import check_archive
    from skyseg.imaging.contents import find_unreadable
    from skyseg.imaging.instruments import known_instruments
    from skyseg.settings import config

    if is_told or config.origin("data_dir") != "default":
        try:
            check_archive(archive)
        except SkysegError as error:
            return [error]
    return find_unreadable(archive, known_instruments(config.facilities))


def _as_record(run: StoredRun) -> dict[str, Any]:
    from skyseg.cli.listing import describe_run

    place = {"survey": run.survey, "version": run.version, "instrument": run.instrument}
    return place | describe_run(run) | {"megabytes": round(run.size / _MEGABYTE, 1)}


def rm(
    survey: Annotated[
        str,
        typer.Argument(
            metavar="SURVEY", help="Name of the survey.", autocompletion=complete_products
        ),
    ],
    version: Annotated[
        str,
        typer.Argument(metavar="VERSION", help="Its version.", autocompletion=complete_products),
    ],
    band: SurveyBands = None,
    err_type: Annotated[
        str | None,
        typer.Option(
            metavar="[rms_err|wht|none]",
            help="Those of an error type.  [default: all]",
            show_default=False,
            autocompletion=complete_err_types,
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Those of a method.  [default: all]",
            show_default=False,
            autocompletion=complete_methods,
        ),
    ] = None,
    parameters: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Those of a parameter set.  [default: all]",
            show_default=False,
            autocompletion=complete_sets,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="mask, stack, segment, phot, depths or catalogue; may be repeated.  "
            "[default: all]",
            show_default=False,
            autocompletion=complete_kinds,
        ),
    ] = None,
    out: Out = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Remove products, after asking.

    Of a segmentation all three files go. Imaging is never touched, nor a journal of edits, nor a
    file that does not say that skyseg made it; the exit code is 6 where one was to be removed.
    What has no band, error type, method or set stays where one is asked for; the catalogue of all
    bands has those of the run that detected its sources, as skyseg ls tells them.

    \b
    Examples:
      skyseg rm JOF v11 --band F444W --err-type wht
      skyseg rm JOF v11 --kind depths --kind catalogue
      skyseg rm JOF v11 --method sep --yes
    """  # noqa: D301
    from skyseg.cli.listing import describe_run
    from skyseg.engine.types import check_err_type
    from skyseg.errors import DataNotFoundError
    from skyseg.methods import check
    from skyseg.products.inventory import list_runs
    from skyseg.products.kinds import KINDS

    if method is not None:
        check(method)
    if err_type is not None:
        check_err_type(err_type)
    asked = {"method": method, "err_type": err_type, "parameters": parameters}
    wanted = {name: value for name, value in asked.items() if value is not None}
    bands = {each.upper() for each in band or ()}
    runs = [
        run
        for run in list_runs(out, survey, version, kind or tuple(KINDS))
        if (not bands or (run.band or "").upper() in bands)
        and (not wanted or wanted.items() <= describe_run(run).items())
    ]
    if not runs:
        raise DataNotFoundError(
            f"there are no such products of {survey} {version}",
            hint="list those that there are with skyseg ls",
        )
    if not yes and not _is_agreed(runs):
        print_json({"removed": [], "failed": []}) if as_json else typer.echo("nothing is removed")
        return
    _remove(runs, as_json=as_json)


def _is_agreed(runs: Sequence[StoredRun]) -> bool:
    """Show what would go on stderr, and ask."""
    if not sys.stdin.isatty():
        raise ParameterError(
            f"{_count(runs)} would be removed, and nobody can be asked",
            hint="give {yes} if they are to go",
        )
    for run in runs:
        typer.echo(str(run.file), err=True)
    return typer.confirm(f"remove {_count(runs)}, {_sum(runs):.1f} MB?", err=True)


def _count(runs: Sequence[StoredRun]) -> str:
    return f"{len(runs)} product{'' if len(runs) == 1 else 's'}"


def _sum(runs: Sequence[StoredRun]) -> float:
    return sum(run.size for run in runs) / _MEGABYTE


def _remove(runs: Sequence[StoredRun], *, as_json: bool) -> None:
    """Remove runs, past those that cannot be, each of which is named."""
    from skyseg.products.inventory import remove_run

    megabytes = _sum(runs)
    failed: dict[Path, SkysegError] = {}
    for run in runs:
        try:
            remove_run(run)
        except SkysegError as error:
            failed[run.file] = error
    gone = [run.file for run in runs if run.file not in failed]
    if as_json:
        print_json({
            "removed": [str(file) for file in gone],
            "failed": [{"file": str(file), "error": str(error)} for file, error in failed.items()],
        })  # fmt: skip
    elif gone:
        typer.echo(f"removed {len(gone)} of {_count(runs)}, {megabytes:.1f} MB")
        print_folders(gone)
    raise_last(list(failed.values()))
