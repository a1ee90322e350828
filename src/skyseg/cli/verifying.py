"""The command that checks products on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skyseg.cli.completing import complete_places
from skyseg.cli.inputs import Archive, Inputs, open_bands, with_options
from skyseg.cli.options import Debug, Json, SurveyBands
from skyseg.cli.printing import list_failed, print_json

if TYPE_CHECKING:
    from skyseg.products.kinds import StoredRun
    from skyseg.products.names import ProductFiles
    from skyseg.survey import BandData


@with_options
def verify(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="SURVEY VERSION | PATH...",
            help="What to check: a survey's products, or products and folders of them.",
            autocompletion=complete_places,
        ),
    ],
    band: SurveyBands = None,
    *,
    archive: Archive,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check whether products on disk are whole.

    Compared are checksums, runs, labels and catalogue, and the maps that were read. One line
    each; the exit code is 6 where something is wrong, else that of a band that cannot be opened.

    \b
    Examples:
      skyseg verify JOF v11
      skyseg verify ./work
      skyseg verify ./work/skyseg/NIRCam/v11/JOF/MAP_RMS/segmentation/*_seg.fits --json
    """  # noqa: D301
    from skyseg.cli.messages import EXIT_CODES
    from skyseg.errors import BatchError, DataNotFoundError, ProductError
    from skyseg.products.verification import find_faults

    if len(what) == 2 and not Path(what[0]).exists():
        bands = open_bands(Inputs(survey=what[0], version=what[1], band=band), archive)
        places, lost = _list_stored(what, bands, archive, band), bands.lost
    else:
        places, lost = list(_find_stored(what)), {}
    if not places and not lost:
        raise DataNotFoundError(
            f"there are no products of {' '.join(what)}", hint="make them with {segment}"
        )
    faults = {next(iter(paths)): find_faults(paths) for paths in places}
    if as_json:
        products = [{"file": file, "faults": told} for file, told in faults.items()]
        print_json({"products": products, "failed": list_failed(lost)})
    else:
        for file, told in faults.items():
            typer.echo(f"{file}: {'; '.join(told) or 'whole'}")
    if any(faults.values()):
        raise typer.Exit(EXIT_CODES[ProductError])
    if lost:
        raise BatchError(f"{', '.join(lost)}: products could not be looked for", errors=dict(lost))


def _list_stored(
    what: list[str], bands: list[BandData], archive: Archive, asked: list[str] | None
) -> list[ProductFiles]:
    """Products of some bands of a survey; of all bands, those of several of them too."""
    from skyseg.products.inventory import list_runs

    known = {(each.instrument, each.band) for each in bands}
    cameras = {each.instrument for each in bands}
    return [
        run.paths
        for run in list_runs(archive.out, *what)
        if (run.instrument, run.band) in known
        or (not asked and _is_of_several(run) and cameras.issuperset(run.instrument.split("+")))
    ]


def _is_of_several(run: StoredRun) -> bool:
    return run.band is None or "+" in run.band


def _find_stored(what: list[str]) -> Iterator[ProductFiles]:
    """Products that are named, or lie in folders."""
    from skyseg.errors import DataNotFoundError
    from skyseg.products.column_values import find_run
    from skyseg.products.fits_files import read_header
    from skyseg.products.kinds import read_run
    from skyseg.products.names import ProductPaths, SingleFile

    for place in map(Path, what):
        if place.is_dir():
            for path in sorted(place.rglob("*.fits")):
                if path.name.endswith("_seg.fits"):
                    yield ProductPaths.of_seg(path)
                elif (run := read_run(path)) is not None:
                    yield run.paths
        elif place.is_file() and place.name.endswith("_seg.fits"):
            yield ProductPaths.of_seg(place)
        elif place.is_file() and (read_run(place) or find_run(read_header(place) or {})):
            paths = ProductPaths.of_file(place)
            yield paths if paths.seg.is_file() else SingleFile(place)
        else:
            raise DataNotFoundError(
                f"{place} is no product and no folder",
                hint="give a SEG map, another file that skyseg made, or a folder",
            )
