"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from skyseg.cli.completing import (
    complete_band_values,
    complete_bands,
    complete_bits,
    complete_err_types,
    complete_instruments,
    complete_methods,
    complete_sets,
    complete_surveys,
    complete_versions,
)

DETECTION: Final = "Detection"
EXTRACTION: Final = "Extraction"
IMAGING: Final = "Imaging and folders"
RUNNING: Final = "Running"
"""Headings under which the help of a command has its options, but those that matter first."""


def _set_debug(context: typer.Context, value: bool) -> bool:
    if value:
        context.obj["debug"] = True
    return value


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=_set_debug,
        is_eager=True,
        help="Show the traceback of an error.",
        rich_help_panel=RUNNING,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the result as JSON, and nothing else, on stdout.",
        rich_help_panel=RUNNING,
    ),
]
SurveyName = Annotated[
    str,
    typer.Argument(metavar="SURVEY", help="Name of the survey.", autocompletion=complete_surveys),
]
VersionName = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="Its version.", autocompletion=complete_versions),
]
Survey = Annotated[
    str | None,
    typer.Argument(
        metavar="SURVEY",
        help="Name of the survey.",
        show_default=False,
        autocompletion=complete_surveys,
    ),
]
Version = Annotated[
    str | None,
    typer.Argument(
        metavar="VERSION",
        help="Its version.",
        show_default=False,
        autocompletion=complete_versions,
    ),
]
Bands = Annotated[
    list[str] | None,
    typer.Option(
        "--band",
        metavar="BAND",
        help="Band; may be repeated; of single files, its name.  [default: all]",
        show_default=False,
        autocompletion=complete_bands,
    ),
]
SurveyBands = Annotated[
    list[str] | None,
    typer.Option(
        "--band",
        metavar="BAND",
        help="Band; may be repeated.  [default: all]",
        show_default=False,
        autocompletion=complete_bands,
    ),
]
Instruments = Annotated[
    list[str] | None,
    typer.Option(
        "--instrument",
        metavar="NAME",
        help="Instrument; may be repeated.  [default: all]",
        show_default=False,
        autocompletion=complete_instruments,
        rich_help_panel=IMAGING,
    ),
]
VersionToDir = Annotated[
    list[str] | None,
    typer.Option(
        "--version-to-dir",
        metavar="VERSION=FOLDER",
        help="Folder of a version, or 'morgan' for the table of that name; may be repeated.",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]
PixScale = Annotated[
    float | None,
    typer.Option(
        metavar="ARCSEC",
        help="Pixel scale in arcsec, where a survey has several or a file does not say it.",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The archive of imaging.  [default: as configured]",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]


def _role_names(what: str) -> typer.models.OptionInfo:
    """Option for names that tell the role of a map; it may be repeated."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="TEXT",
        help=f"{what}; may be repeated.  [default: as configured]",
        show_default=False,
        rich_help_panel=IMAGING,
    )
    return option


ImStr = Annotated[list[str] | None, _role_names("Part of the names of a survey's SCI files")]
RmsErrStr = Annotated[list[str] | None, _role_names("Part of the names of its ERR files")]
WhtStr = Annotated[list[str] | None, _role_names("Part of the names of its WHT files")]
ImExtName = Annotated[list[str] | None, _role_names("EXTNAME of SCI in a survey's files")]
RmsErrExtName = Annotated[list[str] | None, _role_names("EXTNAME of ERR in them")]
WhtExtName = Annotated[list[str] | None, _role_names("EXTNAME of WHT in them")]
Sci = Annotated[
    str | None,
    typer.Option(
        metavar="FILE[EXT]",
        help="Science image, in place of a survey.",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]
Err = Annotated[
    str | None,
    typer.Option(
        metavar="FILE[EXT]",
        help="Map of the rms of its noise.",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]
Wht = Annotated[
    str | None,
    typer.Option(
        metavar="FILE[EXT]", help="Its weight map.", show_default=False, rich_help_panel=IMAGING
    ),
]
ZeroPoint = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MAG",
        help="AB magnitude of one unit, or BAND=MAG, which may be repeated.  [default: the "
        "header's]",
        show_default=False,
        autocompletion=complete_band_values,
        rich_help_panel=IMAGING,
    ),
]
SameGrid = Annotated[
    bool,
    typer.Option(
        "--same-grid",
        help="Maps of a band are of one pixel grid, whatever their WCS say.",
        rich_help_panel=IMAGING,
    ),
]
AperDiams = Annotated[
    str | None,
    typer.Option(
        metavar="ARCSEC,...",
        help="Aperture diameters in arcsec.  [default: those of the detection or the set, else "
        "as configured]",
        show_default=False,
        rich_help_panel=EXTRACTION,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder of the products.  [default: as configured]",
        show_default=False,
        rich_help_panel=IMAGING,
    ),
]
ErrTypeOption = Annotated[
    str | None,
    typer.Option(
        metavar="[rms_err|wht|none]",
        help="Noise from the rms map, the weight map, or the image itself.  "
        "[default: as the parameter set says, else rms_err, or none without an error map]",
        show_default=False,
        autocompletion=complete_err_types,
        rich_help_panel=EXTRACTION,
    ),
]
Method = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Segmentation method: skyseg, sep, sextractor, photutils or another.  "
        "[default: as configured]",
        show_default=False,
        autocompletion=complete_methods,
        rich_help_panel=EXTRACTION,
    ),
]
ParameterSet = Annotated[
    str,
    typer.Option(
        "--parameters",
        metavar="SET",
        help="Parameter set: its name, or a TOML or .sex file.",
        autocompletion=complete_sets,
        rich_help_panel=EXTRACTION,
    ),
]
Params = Annotated[
    Path | None,
    typer.Option(
        "--params",
        metavar="FILE",
        help="The catalogue's columns: a .param file of SExtractor.  [default: the usual ones]",
        show_default=False,
        rich_help_panel=EXTRACTION,
    ),
]
FlagImage = Annotated[
    str | None,
    typer.Option(
        metavar="FILE[EXT]",
        help="Flag map, for IMAFLAGS_ISO and NIMAFLAGS_ISO.",
        show_default=False,
        rich_help_panel=EXTRACTION,
    ),
]
UseMask = Annotated[
    bool,
    typer.Option(
        "--mask",
        help="Use the masks that `skyseg mask` made of the bands.",
        rich_help_panel=EXTRACTION,
    ),
]
DetectMask = Annotated[
    bool,
    typer.Option(
        "--detect-mask",
        help="Detect with the detection's mask, as segment --mask.",
        rich_help_panel=DETECTION,
    ),
]
DetectErrType = Annotated[
    str | None,
    typer.Option(
        metavar="[rms_err|wht|none]",
        help="Error type of the detection, as segment --err-type.  [default: as there]",
        show_default=False,
        autocompletion=complete_err_types,
        rich_help_panel=DETECTION,
    ),
]
DetectMethod = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Method of the detection, as segment --method.  [default: as configured]",
        show_default=False,
        autocompletion=complete_methods,
        rich_help_panel=DETECTION,
    ),
]
DetectParameters = Annotated[
    str,
    typer.Option(
        metavar="SET",
        help="Parameter set of the detection, as segment --parameters.",
        autocompletion=complete_sets,
        rich_help_panel=DETECTION,
    ),
]
UseEdits = Annotated[
    bool,
    typer.Option(
        "--edits",
        help="Measure the edited map of the detection, by its journal.",
        rich_help_panel=DETECTION,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="BIT",
        help="Bit of the mask whose pixels are left out, such as STAR; may be repeated; "
        "none: sources are flagged alone.  [default: all]",
        show_default=False,
        autocompletion=complete_bits,
        rich_help_panel=EXTRACTION,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Dask scheduler whose workers do it.  [default: all cores of this machine]",
        show_default=False,
        rich_help_panel=RUNNING,
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Make again what is on disk.", rich_help_panel=RUNNING)
]
VerifyInputs = Annotated[
    bool,
    typer.Option(
        "--verify", help="Read the maps to tell whether they have changed.", rich_help_panel=RUNNING
    ),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace a file that is there already.", rich_help_panel=RUNNING
    ),
]
RegionOption = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--region",
        metavar="CENTRE SIZE",
        help="Part of the image: a NUMBER, x,y or a sky position in quotes; then a size in "
        "pixels or an angle such as 4arcsec.  [default: all]",
        show_default=False,
    ),
]
