"""The command that writes a catalogue for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skyseg.cli.options import Debug, Json, Replace
from skyseg.cli.printing import print_json


def export(
    product: Annotated[
        Path, typer.Argument(metavar="PRODUCT", help="A catalogue, or the SEG map of its run.")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="File to write: *.csv, *.ecsv, *.fits, *.parquet or *.reg."
        ),
    ],
    flux_unit: Annotated[
        str | None,
        typer.Option(
            metavar="UNIT",
            help="Flux density of the fluxes, such as nJy.  [default: the image's unit]",
            show_default=False,
        ),
    ] = None,
    overwrite: Replace = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a catalogue in another format, or as regions.

    CSV, ECSV, FITS, Parquet, or regions for DS9. In CSV and Parquet each aperture has a column
    of its own, such as MAG_APER_0.32arcsec. Regions are the Kron ellipses of the sources.

    \b
    Examples:
      skyseg export work/.../JOF_F444W_F444W_sel_cat_v11_seg.fits sources.csv
      skyseg export JOF_F444W_F444W_sel_cat_v11.fits sources.reg --overwrite
      skyseg export JOF_F444W_F444W_sel_cat_v11.fits sources.csv --flux-unit nJy
    """  # noqa: D301
    from skyseg.errors import ProductError
    from skyseg.imaging.reading import read_wcs
    from skyseg.products.cat_exports import export_cat, find_wcs
    from skyseg.products.column_values import find_zero_point
    from skyseg.products.fits_files import read_catalogue, read_header
    from skyseg.products.flux_units import convert_fluxes
    from skyseg.products.input_maps import list_named_inputs
    from skyseg.products.names import ProductPaths
    from skyseg.products.recipe import is_of_part

    if product.suffix.lower() != ".fits":
        raise ProductError(
            f"{product} is no FITS product", hint="give a catalogue or the SEG map of its run"
        )
    paths = ProductPaths.of_file(product)
    table = read_catalogue(paths.cat)
    if flux_unit is not None:
        told_by = "have it made with {zero_point_of_band}"
        convert_fluxes(
            table, flux_unit, find_zero_point(table.meta), str(paths.cat), told_by=told_by
        )
    header = read_header(paths.cat)
    if paths.seg.exists():
        wcs = read_wcs(paths.seg, 1, quiet=True)
    elif header is None or is_of_part(header):  # pixels of a part are others than its images'
        wcs = None
    else:
        wcs = find_wcs(list_named_inputs(header))
    written = export_cat(table, wcs, file, overwrite=overwrite)
    if as_json:
        print_json({"catalogue": str(paths.cat), "file": str(written), "sources": len(table)})
    else:
        typer.echo(f"wrote {len(table)} sources into {file}")
