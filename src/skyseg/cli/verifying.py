"""The command that checks products on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skyseg.cli.completing import complete_places
from skyseg.cli.inputs import Archive, Inputs, open_bands, with_options
from skyseg.cli.options import Bands, Debug, Json
from skyseg.cli.printing import list_failed, print_json

if TYPE_CHECKING:
    from skyseg.survey import BandData


@with_options
def verify(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="SURVEY VERSION | PATH...",
            help="What to check: a survey's products, or SEG maps and folders of products.",
            autocompletion=complete_places,
        ),
    ],
    band: Bands = None,
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
    from skyseg.products.names import ProductPaths
    from skyseg.products.verification import find_faults

    if len(what) == 2 and not Path(what[0]).exists():
        bands = open_bands(Inputs(survey=what[0], version=what[1], band=band), archive)
        segs, lost = list(_list_segs(bands)), bands.lost
    else:
        segs, lost = list(_find_segs(what)), {}
    if not segs and not lost:
        raise DataNotFoundError(
            f"there are no products of {' '.join(what)}", hint="make them with {segment}"
        )
    faults = {seg: find_faults(ProductPaths.of_seg(seg)) for seg in segs}
    if as_json:
        products = [{"seg": seg, "faults": told} for seg, told in faults.items()]
        print_json({"products": products, "failed": list_failed(lost)})
    else:
        for seg, told in faults.items():
            typer.echo(f"{seg}: {'; '.join(told) or 'whole'}")
    if any(faults.values()):
        raise typer.Exit(EXIT_CODES[ProductError])
    if lost:
        raise BatchError(f"{', '.join(lost)}: products could not be looked for", errors=dict(lost))


def _list_segs(bands: Iterable[BandData]) -> Iterator[Path]:
    """SEG maps of the bands of a survey."""
    from skyseg.cli.listing import list_products

    return (Path(each["seg"]) for band in bands for each in list_products(band))


def _find_segs(what: list[str]) -> Iterator[Path]:
    """SEG maps that are named, or lie in folders."""
    from skyseg.errors import DataNotFoundError

    for place in map(Path, what):
        if place.is_dir():
            yield from sorted(place.rglob("*_seg.fits"))
        elif place.is_file() and place.name.endswith("_seg.fits"):
            yield place
        else:
            raise DataNotFoundError(
                f"{place} is no SEG map of products and no folder",
                hint="give one whose name ends in _seg.fits, or a folder",
            )
