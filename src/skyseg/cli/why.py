"""The command that tells why a map is as it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.inputs import Archive, Extraction, Inputs, open_band, with_options
from skyseg.cli.options import Debug, Json, Replace
from skyseg.cli.printing import print_json

if TYPE_CHECKING:
    from skyseg.assessment import ThresholdTree, Why
    from skyseg.survey import BandData


@with_options
def why(
    inputs: Inputs,
    extraction: Extraction,
    archive: Archive,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="A pixel x,y of the map, from 0, or a sky position in quotes.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", help="A source, at its brightest pixel.", show_default=False
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Figure of the thresholds of its region to write.",
            show_default=False,
        ),
    ] = None,
    overwrite: Replace = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell why a pixel is in a source, and what would change that.

    The band is segmented if need be.

    \b
    Examples:
      skyseg why JOF v11 --band F444W --at 512,300
      skyseg why JOF v11 --band F444W --at "53.16 -27.79" --json
      skyseg why JOF v11 --band F444W --source 12 --figure tree.png
    """  # noqa: D301
    from skyseg.cli.parsing import parse_place
    from skyseg.errors import ParameterError

    if at is None and source is None:
        raise ParameterError("no place is given", hint="give {at} or {source}")
    if at is not None and source is not None:
        raise ParameterError("is given with a source", hint="give one of the two", argument="at")
    if figure is not None:
        from skyseg.plotting.figures import check_figure

        check_figure(figure, overwrite=overwrite)
    place = None if at is None else parse_place(at)
    band = _segment(inputs, extraction, archive)
    if source is not None:
        told = band.why(source=source)
    else:
        told = band.why(*place) if isinstance(place, tuple) else band.why(place)
    if figure is not None:
        from skyseg.plotting import plot_tree

        plot_tree(told, save=figure)
    if as_json:
        print_json(_as_json(told))
        return
    typer.echo(str(told))
    if figure is not None:
        typer.echo(f"wrote {figure}")


def _segment(inputs: Inputs, extraction: Extraction, archive: Archive) -> BandData:
    """Open the one band that is asked for, and segment it if need be."""
    from skyseg.cli.running import segment_bands
    from skyseg.survey.batch import raise_failed

    band = open_band(inputs, archive)
    _check_explained(extraction, band.name)
    (run,) = segment_bands([band], **extraction.arguments())
    if run.error is not None:
        raise_failed([run], {})
    return run.band


def _check_explained(extraction: Extraction, name: str) -> None:
    """Check that what is asked for can be explained, before it is made."""
    from skyseg import methods
    from skyseg.methods import parameter_sets
    from skyseg.settings import config
    from skyseg.survey.band_why import check_explained

    method = config.method if extraction.method is None else extraction.method
    methods.check(method)
    chosen = parameter_sets.find(extraction.parameters)
    has_psf = chosen.values.clean_psf is not None
    check_explained(method, two_passes=chosen.hot is not None, has_psf=has_psf, name=name)


def _as_json(told: Why) -> dict[str, Any]:
    names = (
        *("name", "x", "y", "verdict", "label", "filtered", "threshold", "rms_sigma"),
        *("filtered_sigma", "area", "is_bad", "bits", "background", "edited_label"),
    )
    values = {name: getattr(told, name) for name in names}
    found = {
        name: None if each is None else asdict(each)
        for name, each in (("source", told.source), ("branch", told.branch), ("lost", told.lost))
    }
    lists = {
        name: [asdict(each) for each in items]
        for name, items in (("others", told.others), ("took", told.took))
    }
    changes = [{**asdict(each), "text": str(each)} for each in told.changes]
    told_of = values | found | lists | {"tree": _tree_as_json(told.tree), "changes": changes}
    return _finite(told_of) | {"text": str(told)}


def _tree_as_json(tree: ThresholdTree | None) -> dict[str, Any] | None:
    if tree is None:
        return None
    branches = [asdict(each) for each in tree.branches]
    return {"mincont": tree.mincont, "levels": tree.levels.tolist(), "branches": branches}


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return values in which what is not known is null."""
    return {
        name: None if isinstance(value, float) and value != value else value
        for name, value in values.items()
    }
