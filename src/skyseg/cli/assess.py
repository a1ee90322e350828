"""The command that tells how pure and how complete catalogues are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.bins import finite_bins, join_bins, list_bins
from skyseg.cli.injecting import (
    COLUMNS,
    Injected,
    join_completeness,
    list_completeness,
    tell_completeness,
)
from skyseg.cli.inputs import Archive, Extraction, Inputs, open_bands, with_options
from skyseg.cli.options import Debug, Json, Replace, Scheduler
from skyseg.cli.printing import finite_or_none, list_failed, print_json, print_table

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.assessment import Assessment, Purity

_BINS = ("snr", "mag", "area")
_ENDINGS = (".fits", ".ecsv", ".csv")


@with_options
def assess(
    inputs: Inputs,
    extraction: Extraction,
    injected: Injected,
    archive: Archive,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of all bins to write: *.fits, *.ecsv or *.csv.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Report to write: *.html, one page, or *.fits; may be repeated.",
            show_default=False,
        ),
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Catalogue of the band with a column PURITY to write: *.fits, *.ecsv or *.csv.",
            show_default=False,
        ),
    ] = None,
    overwrite: Replace = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell how pure and how complete a catalogue is.

    Noise is counted in the negative image; sources that are put into the image tell what is found.
    Bands are segmented if need be. A band that fails stops no other; where sources cannot be put
    in, its purity is told.

    \b
    Examples:
      skyseg assess JOF v11 --band F444W
      skyseg assess JOF v11 --save purity.csv
      skyseg assess JOF v11 --band F444W --catalogue sources.fits
      skyseg assess JOF v11 --band F444W --inject 2000 --mags 24 30 --psf 0.145
      skyseg assess JOF v11 --inject 2000 --psf psf.fits --report assessment.html
      skyseg assess --sci a.fits[SCI] --err a.fits[ERR] --json
    """  # noqa: D301
    from skyseg.assessment.exports import check_report, write
    from skyseg.cli.running import segment_bands
    from skyseg.errors import ParameterError, SkysegError
    from skyseg.products.cat_exports import export_cat
    from skyseg.survey.batch import raise_errors

    for file, argument in ((save, "save"), (catalogue, "catalogue")):
        if file is not None:
            _check_table_file(file, argument, overwrite=overwrite)
    for page in report or []:
        check_report(page, overwrite=overwrite)
    bands = open_bands(inputs, archive)
    if catalogue is not None and len(bands) != 1:
        raise ParameterError(
            f"is given with {len(bands)} bands", hint="choose one with {band}",
            argument="catalogue",
        )  # fmt: skip
    injection = injected.choose()
    found: dict[str, Assessment] = {}
    failed: dict[str, Exception] = dict(bands.lost)
    untold: list[str] = []
    for run in segment_bands(bands, client=scheduler, **extraction.arguments()):
        try:
            if run.error is not None:
                raise run.error
            found[run.key] = run.band.assess(injection, client=scheduler)
        except SkysegError as error:
            failed[run.key] = error
            if run.error is None:
                untold.append(run.key)
            if run.error is None and injection is not None:
                # its purity needs nothing of what is put in
                found[run.key] = run.band.assess(client=scheduler)
        if catalogue is not None and run.key in found:
            table = run.band.load_cat()
            run.band.append_purity_col(table)
            export_cat(table, None, catalogue, overwrite=overwrite)
    count = len(found.keys() | failed.keys())
    if not found:
        raise_errors(failed, count, "assessed", untold=untold)
    if save is not None:
        export_cat(_join(found), None, save, overwrite=overwrite)
    for page in report or []:
        write(list(found.values()), page, overwrite=overwrite)
    if as_json:
        told = [_as_json(band, each) for band, each in found.items()]
        print_json({"bands": told, "failed": list_failed(failed)})
    else:
        _print_found(found, failed)
        for file in [*filter(None, (save, catalogue)), *(report or [])]:
            typer.echo(f"wrote {file}")
    raise_errors(failed, count, "assessed", untold=untold)


def _check_table_file(path: Path, argument: str, *, overwrite: bool) -> None:
    """Check that a table may be written there.

    Raises
    ------
    ParameterError
        If its ending is not known.
    ProductError
        If it is there.
    """
    from skyseg.errors import ParameterError
    from skyseg.writing import check_free

    if path.suffix.lower() not in _ENDINGS:
        raise ParameterError(
            f"is {str(path)!r}", hint=f"use one of {', '.join(_ENDINGS)}", argument=argument
        )
    check_free(path, overwrite=overwrite)


def _print_found(found: dict[str, Assessment], failed: dict[str, Exception]) -> None:
    """Print how pure each band is, and how complete where that was found."""
    print_table(
        ("BAND", "BY", "FROM", "TO", "UNIT", "POSITIVE", "NEGATIVE", "PURITY"),
        [row for band, each in found.items() for row in _as_rows(band, each.purity)],
    )
    complete = {band: each.completeness for band, each in found.items() if each.completeness}
    if complete:
        typer.echo()
        rows = [tell_completeness(band, each) for band, each in complete.items()]
        print_table(COLUMNS, [row for each in rows for row in each])
    for band in found:
        if band in complete:
            typer.echo(f"{band}: {complete[band].summary}")
        elif band in failed:
            typer.echo(f"{band}: the completeness is left out")


def _list_bins(purity: Purity) -> dict[str, list[dict[str, Any]]]:
    """List the bins in which anything was detected."""
    return {
        name: list_bins(table[table["N_POSITIVE"] + table["N_NEGATIVE"] > 0])
        for name, table in ((each, getattr(purity, f"by_{each}")) for each in _BINS)
    }


def _as_json(band: str, found: Assessment) -> dict[str, Any]:
    purity, complete = found.purity, found.completeness
    whole = {
        "purity": finite_or_none(purity.purity),
        "purity_err": finite_or_none(purity.purity_error),
    }
    bins = {f"by_{name}": finite_bins(rows) for name, rows in _list_bins(purity).items()}
    counts = {"n_positive": purity.n_positive, "n_negative": purity.n_negative}
    told = {"band": band, **counts, **whole, **bins}
    if complete is None:
        return told
    part = {"m50": finite_or_none(complete.m50), **list_completeness(complete)}
    return {**told, "completeness": part}


def _as_rows(band: str, purity: Purity) -> list[list[str]]:
    def spell(value: float, error: float) -> str:
        return "-" if value != value else f"{value:.3f} +- {error:.3f}"

    counts = [str(purity.n_positive), str(purity.n_negative)]
    whole = [band, "all", "-", "-", "-", *counts, spell(purity.purity, purity.purity_error)]
    return [whole] + [
        [
            *(band, name, f"{each['low']:g}", f"{each['high']:g}", each["unit"] or "-"),
            *(str(each["n_positive"]), str(each["n_negative"])),
            spell(each["purity"], each["purity_err"]),
        ]
        for name, rows in _list_bins(purity).items()
        for each in rows
    ]


def _join(found: dict[str, Assessment]) -> QTable:
    """Return all bins of all bands as one table."""
    from astropy.table import vstack

    parts = []
    for band, each in found.items():
        for name in _BINS:
            parts.append(join_bins(band, name, getattr(each.purity, f"by_{name}")))
        if each.completeness is not None:
            parts += join_completeness(band, each.completeness)
    joined = vstack([part for part in parts if len(part)])
    for column in joined.itercols():
        if column.dtype.kind == "f" and hasattr(column, "mask"):
            # bins of the purity have no completeness, and the reverse
            column[column.mask] = math.nan * (column.unit or 1)
    return joined
