"""The command that advises which settings give a purity."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.inputs import Archive, Inputs, open_band, with_options
from skyseg.cli.options import (
    Debug,
    ErrTypeOption,
    Exclude,
    Json,
    ParameterSet,
    Replace,
    UseMask,
)
from skyseg.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from skyseg.assessment import Recommendation
    from skyseg.assessment.advising import Option


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings as they are."""

    err_type: ErrTypeOption = None
    parameters: ParameterSet = "default"
    mask: UseMask = False
    exclude: Exclude = None

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `BandData.advise`."""
        from skyseg.cli.parsing import parse_exclude

        return {**vars(self), "exclude": parse_exclude(self.exclude)}


@with_options
def advise(
    inputs: Inputs,
    settings: Settings,
    archive: Archive,
    purity: Annotated[
        float, typer.Option(metavar="PART", help="Part of the detections that is to be real.")
    ] = 0.99,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Figure of the counts to write.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Parameter set to write: *.toml.", show_default=False),
    ] = None,
    overwrite: Replace = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Advise by which settings a catalogue is as pure as wished.

    \b
    Examples:
      skyseg advise JOF v11 --band F444W
      skyseg advise JOF v11 --band F444W --purity 0.95 --figure counts.png
      skyseg advise --sci a.fits[SCI] --err a.fits[ERR] --save pure.toml
    """  # noqa: D301
    from skyseg.errors import ParameterError
    from skyseg.methods.base import WEIGHT_TYPES
    from skyseg.methods.parameter_texts import write_toml
    from skyseg.writing import check_free, whole_file

    if save is not None:
        if save.suffix.lower() != ".toml":
            raise ParameterError(f"is {str(save)!r}", hint="use the ending .toml", argument="save")
        check_free(save, overwrite=overwrite)
    if figure is not None:
        from skyseg.plotting.figures import check_figure

        check_figure(figure, overwrite=overwrite)
    band = open_band(inputs, archive)
    found = band.advise(purity, **settings.arguments())
    if figure is not None:
        from skyseg.plotting import plot_recommendation

        plot_recommendation(found, save=figure)
    if save is not None:
        title = f"{band.name}, {found.err_type}: a purity of {purity:g}"
        weights = found.parameters.weight_type or WEIGHT_TYPES[found.err_type]
        values = found.parameters.replace(weight_type=weights)
        with whole_file(save) as file:
            file.write(write_toml(values, title).encode())
    if as_json:
        print_json(_as_json(found))
        return
    typer.echo(str(found))
    _print_options(found)
    for path in (figure, save):
        if path is not None:
            typer.echo(f"wrote {path}")


def _print_options(found: Recommendation) -> None:
    head = ("ERR_TYPE", "KERNEL", "MINAREA", "THRESH", "SIGMA", "POSITIVE", "NEGATIVE", "PURITY")
    print_table(head, [_as_row(each) for each in found.options])


def _as_row(option: Option) -> list[str]:
    from skyseg.assessment.advising import spell_kernel

    curve, place = option.curve, option.place
    return [
        *(curve.err_type, spell_kernel(curve.kernel), str(curve.minarea)),
        *(f"{option.thresh:g}", f"{option.sigma:.2f}"),
        *(str(curve.n_positive[place]), str(curve.n_negative[place])),
        f"{option.purity:.3f} +- {option.purity_error:.3f}",
    ]


def _as_json(found: Recommendation) -> dict[str, Any]:
    own, best = found.as_it_is, found.best
    return {
        "asked": found.asked,
        "err_type": found.err_type,
        "parameters": found.parameters.changed(),
        "best": _tell(best) | {"curve": _tell_curve(best)},
        "as_it_is": None if own is None else _tell(own),
        "options": [_tell(each) for each in found.options],
        "part": found.part,
        "text": str(found),
    }


def _tell(option: Option) -> dict[str, Any]:
    from skyseg.assessment.advising import spell_kernel

    curve, place = option.curve, option.place
    return {
        "err_type": curve.err_type,
        "kernel": spell_kernel(curve.kernel),
        "minarea": curve.minarea,
        "thresh": option.thresh,
        "thresh_unit": option.thresh_unit,
        "sigma": option.sigma,
        "n_positive": int(curve.n_positive[place]),
        "n_negative": int(curve.n_negative[place]),
        "purity": option.purity,
        "purity_err": option.purity_error,
    }


def _tell_curve(option: Option) -> dict[str, list[float | None]]:
    curve = option.curve
    values = {
        name: getattr(curve, name).tolist()
        for name in ("sigma", "thresh", "n_positive", "n_negative", "n_noise", "purity")
    }
    return {
        name: [None if each != each else each for each in numbers]
        for name, numbers in values.items()
    }
