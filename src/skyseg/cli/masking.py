"""The command that makes masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.completing import complete_mask_methods
from skyseg.cli.inputs import Archive, Inputs, open_bands, with_options
from skyseg.cli.options import Debug, Json, Overwrite
from skyseg.cli.printing import list_failed, print_folders, print_json, print_table

if TYPE_CHECKING:
    from skyseg.survey import BandData

_COLUMNS = ("BAND", "MASKED", "UNMASKED AREA", "MASK")


@with_options
def mask(
    inputs: Inputs,
    archive: Archive,
    method: Annotated[
        str,
        typer.Option(
            metavar="[auto|manual|FILE]",
            help="Edges and stars; regions alone; or a DS9 file, a folder of such files, a FITS "
            "mask or DQ map.",
            autocompletion=complete_mask_methods,
        ),
    ] = "auto",
    edge_distance: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="How near to what is not covered is an edge: pixels, or an angle such as "
            "2arcsec.  [default: 50]",
            show_default=False,
        ),
    ] = None,
    regions: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="DS9 file, or folder of such files by band name.",
            show_default=False,
        ),
    ] = None,
    dq_bits: Annotated[
        list[int] | None,
        typer.Option(
            metavar="VALUE",
            help="Value of a bit of a DQ map that counts; may be repeated.  [default: all]",
            show_default=False,
        ),
    ] = None,
    stars: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Table of stars: ra and dec in degrees, mag.  [default: found in the image]",
            show_default=False,
        ),
    ] = None,
    no_stars: Annotated[
        bool, typer.Option("--no-stars", help="Neither look for stars nor mask any.")
    ] = False,
    spike_angle: Annotated[
        float | None,
        typer.Option(
            metavar="DEGREES",
            help="Angle of a spike from x towards y.  [default: found in the image]",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make or load the masks of bands, one map of bits each.

    `skyseg segment --mask` uses them. A band that fails stops no other.

    \b
    Examples:
      skyseg mask JOF v11 --band F444W --edge-distance 2arcsec
      skyseg mask JOF v11 --method manual --regions ./masks
      skyseg mask --sci a.fits[SCI] --method a.fits[DQ] --dq-bits 1 --dq-bits 4
    """  # noqa: D301
    from skyseg.survey.batch import mask_band, raise_failed, segment_each
    from skyseg.survey.progress import follow

    bands = open_bands(inputs, archive)
    arguments = {
        "method": method,
        "regions": regions,
        "dq_bits": dq_bits or None,
        "stars": not no_stars if stars is None else stars,
        "spike_angle": spike_angle,
        "overwrite": overwrite,
    }
    if edge_distance is not None:
        arguments["edge_distance"] = _parse_size(edge_distance)
    with follow(None) as tell:
        runs = list(segment_each([(band, arguments) for band in bands], tell, work=mask_band))
    done = [{"band": run.key, **_describe(run.band)} for run in runs if run.error is None]
    if not done:
        raise_failed(runs, bands.lost, "masked")
    if as_json:
        errors = {run.key: run.error for run in runs if run.error is not None}
        failed = list_failed(errors | dict(bands.lost))
        print_json({"bands": done, "failed": failed})
    else:
        print_table(
            _COLUMNS,
            [
                [
                    each["band"],
                    f"{each['masked']:.1%}",
                    f"{each['unmasked_arcmin2']:.4g} arcmin2",
                    "made" if each["made"] else "loaded",
                ]
                for each in done
            ],
        )
        print_folders(each["mask_path"] for each in done)
    raise_failed(runs, bands.lost, "masked")


def _parse_size(text: str) -> Any:
    import astropy.units as u

    from skyseg.errors import ParameterError

    try:
        return u.Quantity(text)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {text!r}", hint="give pixels, or an angle such as 2arcsec",
            argument="edge_distance",
        ) from error  # fmt: skip


def _describe(band: BandData) -> dict[str, Any]:
    from skyseg.masks.bits import parse_bits
    from skyseg.survey.band_mask import measure_area

    bits = band.load_mask()
    return {
        "made": band.mask_made,
        "masked": float((bits != 0).mean()),
        "unmasked_arcmin2": float(measure_area([bits], parse_bits("all"), band.pix_scale).value),
        "mask_path": band.mask_path,
    }
