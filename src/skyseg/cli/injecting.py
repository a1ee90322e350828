"""Options by which sources are put into an image, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.bins import finite_bins, join_bins, list_bins
from skyseg.cli.completing import complete_injected_kinds
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.writing import is_file

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.assessment import Completeness, Injection

COLUMNS = (
    "BAND", "BY", "FROM", "TO", "UNIT", "INJECTED", "COMPLETE", "BLENDED", "MAG BIAS [mag]",
    "SIZE BIAS",
)  # fmt: skip

_HEADING = "Sources put in"
_BINS = ("mag", "size", "sb")
_ARGUMENTS = {"inject": "n"}


@dataclass(frozen=True, kw_only=True)
class Injected:
    """Which sources are put into an image."""

    inject: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Put N sources into the image for its completeness too.",
            show_default=False,
        ),
    ] = None
    mags: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="BRIGHT FAINT",
            help="Their AB magnitudes.  [default: around the limit of the catalogue]",
            show_default=False,
            rich_help_panel=_HEADING,
        ),
    ] = None
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="sersic, star or cutout, sources of the image made fainter.  [default: sersic]",
            show_default=False,
            rich_help_panel=_HEADING,
            autocompletion=complete_injected_kinds,
        ),
    ] = None
    sizes: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="SMALL LARGE",
            help="Their half-light radii in arcsec.  [default: 0.05 0.3]",
            show_default=False,
            rich_help_panel=_HEADING,
        ),
    ] = None
    psf: Annotated[
        str | None,
        typer.Option(
            metavar="ARCSEC or FILE",
            help="FWHM of a Gaussian, or an image of the PSF.  [default: of the field's stars]",
            show_default=False,
            rich_help_panel=_HEADING,
        ),
    ] = None
    sources: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of sources of your own: X_IMAGE, Y_IMAGE, MAG, ...",
            show_default=False,
            rich_help_panel=_HEADING,
        ),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Same seed, same sources and places.  [default: 0]",
            show_default=False, rich_help_panel=_HEADING,
        ),
    ] = None  # fmt: skip

    def choose(self) -> Injection | None:
        """Return what is put in; None where nothing is.

        Raises
        ------
        ParameterError
            If an option is not allowed, given with nothing to put in, or of no use.
        DataNotFoundError
            If the file of sources does not exist.
        """
        from skyseg.assessment import Injection

        given = {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }
        if not given:
            return None
        if "inject" not in given and "sources" not in given:
            raise ParameterError(
                "is given, and nothing is put into the image",
                hint="say how many sources with {inject}", argument=next(iter(given)),
            )  # fmt: skip
        _refuse_unused(given)
        if "inject" in given:
            given["n"] = given.pop("inject")
        if "psf" in given:
            given["psf"] = _parse_psf(given["psf"])
        if "sources" in given:
            given["sources"] = _read_sources(given["sources"])
        return Injection(**given)


def _refuse_unused(given: dict[str, Any]) -> None:
    """Refuse options that another one makes useless."""
    from skyseg.assessment.injection import NO_SHAPE

    cutouts = given.get("kind") == "cutout"
    useless = (
        ("inject", "mags", "sizes") if cutouts else ("inject", "mags", "kind", "sizes", "seed")
    )
    unused = [name for name in useless if name in given]
    if "sources" in given and unused:
        raise ParameterError(
            "is given, and sources of a table are put into the image",
            hint="leave out one of both", argument=_ARGUMENTS.get(unused[0], unused[0]),
        )  # fmt: skip
    if given.get("kind") in NO_SHAPE and "sizes" in given:
        raise ParameterError(
            f"is given, and {NO_SHAPE[given['kind']]}", hint="leave it out", argument="sizes"
        )


def list_completeness(found: Completeness) -> dict[str, list[dict[str, Any]]]:
    """List the bins that hold sources, as JSON has them."""
    return {
        f"by_{name}": finite_bins(list_bins(table[table["N"] > 0]))
        for name, table in ((each, getattr(found, f"by_{each}")) for each in _BINS)
    }


def tell_completeness(band: str, found: Completeness) -> list[list[str]]:
    """Return the rows of a table with the columns `COLUMNS`."""
    return [
        [
            *(band, name.removeprefix("by_"), f"{each['low']:.3g}", f"{each['high']:.3g}"),
            each["unit"] or "-",
            *(str(each["n"]), f"{each['completeness']:.3f} +- {each['completeness_err']:.3f}"),
            *(f"{each['blended']:.3f}", _spell(each, "mag"), _spell(each, "size")),
        ]
        for name, rows in list_completeness(found).items()
        for each in rows
    ]


def join_completeness(band: str, found: Completeness) -> list[QTable]:
    """Return the bins as tables that tell what they are of."""
    return [join_bins(band, f"injected {name}", getattr(found, f"by_{name}")) for name in _BINS]


def _spell(row: dict[str, Any], what: str) -> str:
    bias, scatter = row[f"{what}_bias"], row[f"{what}_scatter"]
    return "-" if bias is None else f"{bias:+.3f} ({scatter:.3f})"


def _parse_psf(text: str) -> float | str:
    from skyseg.imaging import MapRef

    try:
        return float(text)
    except ValueError:
        path = MapRef.parse(text, None).path
    if not is_file(path):
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path")
    return text


def _read_sources(path: Path) -> QTable:
    from astropy.io.registry import IORegistryError
    from astropy.table import QTable

    hint = "give a table as FITS, ECSV or CSV"
    try:
        return QTable.read(path)
    except IORegistryError as error:
        raise ParameterError(
            f"is {path}, of no known kind", hint=hint, argument="sources"
        ) from error  # fmt: skip
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
    except (OSError, ValueError) as error:
        raise ParameterError(
            f"is {path}, which cannot be read ({error})", hint=hint, argument="sources"
        ) from error
