"""The command that compares two SEG maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skyseg.cli.messages import SHELL
from skyseg.cli.options import Debug, Json, Replace
from skyseg.cli.printing import print_json


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="SEG map, as path or path[EXTNAME].")],
    b: Annotated[str, typer.Argument(metavar="B", help="The map to compare it with.")],
    sci: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Image for the fluxes.", show_default=False),
    ] = None,
    err: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Its rms map, for their errors.", show_default=False),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, metavar="N", help="Most rows of the table to print.")
    ] = 20,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Figure of the difference to write.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Comparison to write: *.fits or *.ecsv.", show_default=False
        ),
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="DS9 region file to write.", show_default=False),
    ] = None,
    overwrite: Replace = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say which sources are new, lost, split, merged or changed.

    \b
    Examples:
      skyseg compare rms_seg.fits wht_seg.fits
      skyseg compare a.fits b.fits --sci sci.fits --err rms.fits --save difference.png
      skyseg compare a.fits[SEG] b.fits[1] --out changes.ecsv --json
    """  # noqa: D301
    from skyseg.comparison import compare as compare_maps
    from skyseg.comparison import report
    from skyseg.comparison.classes import CHANGES
    from skyseg.writing import check_folder, check_free, whole_file

    for path in (out, regions):
        if path is not None:
            check_free(path, overwrite=overwrite)
    if save is not None:
        check_folder(save)
    found = compare_maps(a, b, sci=sci, err=err)
    written = {"figure": save, "out": out, "regions": regions}
    if save is not None:
        found.plot(save=save)
    if out is not None:
        found.write(out, overwrite=overwrite)
    if regions is not None:
        with whole_file(regions) as file:
            file.write(found.to_regions().serialize(format="ds9").encode())
    if as_json:
        files = {name: str(path) for name, path in written.items() if path is not None}
        print_json(report.to_dict(found, SHELL) | {"written": files})
        return
    typer.echo(report.summarise(found, SHELL))
    if limit and (table := report.format_table(found, limit)):
        typer.echo("\n" + table)
        changed = sum(found.counts[kind] for kind in CHANGES)
        if limit < changed:
            typer.echo(f"{limit} of {changed} changed rows; --limit shows more")
    for path in written.values():
        if path is not None:
            typer.echo(f"wrote {path}")
