"""The commands that show, apply, check and compare journals of edits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.inputs import Archive, Extraction, Inputs, open_bands, with_options
from skyseg.cli.options import Debug, Json, Overwrite
from skyseg.cli.printing import print_json, print_records, print_table

if TYPE_CHECKING:
    from skyseg.editing.operations import Operation
    from skyseg.editing.replay import ReplayReport
    from skyseg.survey import BandData

edits = typer.Typer(
    name="edits", help="Show journals of edits, and do them to maps.", no_args_is_help=True,
    rich_markup_mode=None, add_completion=False,
)  # fmt: skip

_File = Annotated[str, typer.Argument(metavar="JOURNAL", help="Journal of edits, a JSON file.")]
_Journal = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The journal.  [default: beside the products]", show_default=False
    ),
]


@edits.command()
def show(journal: _File, as_json: Json = False, debug: Debug = False) -> None:
    """List the edits of a journal.

    \b
    Examples:
      skyseg edits show f444w_edits.json
      skyseg edits show f444w_edits.json --json
    """  # noqa: D301
    from skyseg.editing.journal_file import read_journal

    found = read_journal(journal)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    base = found.base
    told = (base.name, base.made_by, f"{base.shape[1]} x {base.shape[0]} pixels")
    typer.echo(f"edits of {', '.join(filter(None, told))}")
    if found.operations:
        print_records([_describe(k, each) for k, each in enumerate(found.operations, start=1)])
    if found.undone:
        typer.echo(f"{len(found.undone)} taken back")


@edits.command()
@with_options
def apply(
    inputs: Inputs,
    extraction: Extraction,
    archive: Archive,
    journal: _Journal = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make or load the edited map of one band, with its catalogue.

    \b
    Examples:
      skyseg edits apply JOF v11 --band F444W
      skyseg edits apply --sci a.fits[SCI] --err a.fits[ERR] --journal a_edits.json
    """  # noqa: D301
    band = _open_one(inputs, archive)
    arguments = extraction.arguments()
    band.segment(**arguments)
    band.segment(**arguments, edits=True if journal is None else journal, overwrite=overwrite)
    products = band.products
    assert products is not None
    if as_json:
        print_json({
            "band": band.band,
            "made": products.made,
            "n_sources": products.n_sources,
            "seg_path": str(products.paths.seg),
            "cat_path": str(products.paths.cat),
        })  # fmt: skip
        return
    done = "made" if products.made else "loaded"
    typer.echo(f"{products.n_sources} sources, {done}: {products.paths.seg}")


@edits.command()
@with_options
def check(
    inputs: Inputs,
    extraction: Extraction,
    archive: Archive,
    journal: _Journal = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what each edit of a journal would come to on the map of one band.

    Nothing is written but the band's own map, where there is none yet. The exit code is 6
    where an edit conflicts.

    \b
    Examples:
      skyseg edits check JOF v11 --band F115W --journal f444w_edits.json
    """  # noqa: D301
    from skyseg.editing.edits import Edits

    band = _open_one(inputs, archive)
    band.segment(**extraction.arguments())
    products = band.products
    assert products is not None
    report = Edits.load(journal or products.paths.journal, band).report
    if as_json:
        print_json(dict(report.counts) | {"edits": _list_steps(report)})
    else:
        typer.echo(str(report))
    if report.conflicts:
        raise typer.Exit(6)


@edits.command()
def diff(a: _File, b: _File, as_json: Json = False, debug: Debug = False) -> None:
    """Say which edits are in one journal of two alone.

    \b
    Examples:
      skyseg edits diff mine.json theirs.json
    """  # noqa: D301
    from skyseg.editing.journal_file import read_journal

    first, second = read_journal(a).operations, read_journal(b).operations
    sides = {"a": first, "b": second}
    ids = {side: {each.id for each in operations} for side, operations in sides.items()}
    rows = [
        {"in": side, **_describe(k, each)}
        for side, other in (("a", "b"), ("b", "a"))
        for k, each in enumerate(sides[side], start=1)
        if each.id not in ids[other]
    ]
    shared = len(ids["a"] & ids["b"])
    if as_json:
        print_json({"common": shared, "alone": rows})
        return
    typer.echo(f"{shared} edits in both, {len(rows)} in one")
    if rows:
        print_table(
            [name.upper() for name in rows[0]], [list(map(str, row.values())) for row in rows]
        )


def _open_one(inputs: Inputs, archive: Archive) -> BandData:
    from skyseg.errors import ParameterError

    bands = open_bands(inputs, archive)
    if len(bands) != 1:
        names = ", ".join(band.band for band in bands) or "none"
        raise ParameterError(
            f"edits are of one band, and there are {len(bands)} ({names})",
            hint="name it with {band}",
        )
    return bands[0]


def _describe(number: int, operation: Operation) -> dict[str, Any]:
    anchors = operation.anchors
    place = f"{anchors[0].x + 1:g}, {anchors[0].y + 1:g}" if anchors else ""
    return {
        "edit": number,
        "what": operation.title,
        "made": " ".join(map(str, operation.made)),
        "x, y": place,
        "who": operation.who,
        "when": operation.when,
        "why": getattr(operation, "word", "") or operation.why,
    }


def _list_steps(report: ReplayReport) -> list[dict[str, Any]]:
    return [
        {"edit": number, "what": step.was.title, "status": step.status, "why": step.why}
        for number, step in enumerate(report, start=1)
    ]
