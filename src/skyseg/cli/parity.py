"""The command that measures the embedded engine against the installed SExtractor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from skyseg.cli.completing import complete_err_types
from skyseg.cli.options import (
    AperDiams,
    Debug,
    ErrTypeOption,
    Json,
    ParameterSet,
    PixScale,
    Replace,
)
from skyseg.cli.parsing import parse_aper_diams
from skyseg.cli.printing import print_json

if TYPE_CHECKING:
    from skyseg.engine.types import ErrType


def parity(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="Science image, as path or path[EXTNAME].")
    ],
    err: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Map of the rms of its noise, or with --err-type wht its weight map."
            "  [default: ERR or WHT beside the image]",
            show_default=False,
        ),
    ] = None,
    err_type: ErrTypeOption = None,
    measured: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE",
            help="Another image on the same pixels, to measure the sources in."
            "  [default: the same image]",
            show_default=False,
        ),
    ] = None,
    measured_err: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Its error map.  [default: ERR or WHT beside it]",
            show_default=False,
        ),
    ] = None,
    measured_err_type: Annotated[
        str | None,
        typer.Option(
            metavar="[rms_err|wht|none]",
            help="Its error type.  [default: as the parameter set says, else rms_err]",
            show_default=False,
            autocompletion=complete_err_types,
        ),
    ] = None,
    parameters: ParameterSet = "default",
    aper_diams: AperDiams = None,
    pix_scale: PixScale = None,
    params: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The columns to compare: a .param file of SExtractor."
            "  [default: all that the engine measures]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report to write as FITS.", show_default=False),
    ] = None,
    overwrite: Replace = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how far the embedded engine agrees with SExtractor.

    Both run on the same maps; SExtractor reads the files themselves, a .sex file of
    --parameters among them, as far as it can.

    \b
    Examples:
      skyseg parity sci.fits --err rms.fits
      skyseg parity sci.fits --err wht.fits --err-type wht --out parity.fits
      skyseg parity a.fits[SCI] --err a.fits[ERR] --parameters crowded --json
      skyseg parity sci.fits --err rms.fits --parameters survey.sex --params survey.param
      skyseg parity f444w.fits --err f444w_rms.fits --measured f115w.fits \\
        --measured-err f115w_rms.fits
    """  # noqa: D301
    import astropy.units as u

    from skyseg.parity import compare_with_sextractor
    from skyseg.writing import check_free

    if out is not None:
        check_free(out, overwrite=overwrite)
    report = compare_with_sextractor(
        image,
        err,
        cast("ErrType | None", err_type),
        parameters,
        aper_diams=parse_aper_diams(aper_diams),
        pix_scale=None if pix_scale is None else pix_scale * u.arcsec,
        measured=measured,
        measured_err=measured_err,
        measured_err_type=cast("ErrType | None", measured_err_type),
        params_name=params,
    )
    if out is not None:
        report.write(out, overwrite=overwrite)
    if as_json:
        written = {} if out is None else {"out": str(out)}
        print_json(report.as_dict() | {"written": written})
        return
    typer.echo(str(report))
    if out is not None:
        typer.echo(f"\nwrote {out}")
