"""What a shell offers to complete; whatever goes wrong, nothing is said meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

_ERR_TYPES = {
    "rms_err": "the map of its rms",
    "wht": "the weight map",
    "none": "the image itself",
}
_STACK_METHODS = {
    "ivw": "mean weighted by the inverse variance",
    "chi": "root of the sum of squared S/N",
    "chi_mean": "chi less its mean",
    "max_snr": "largest S/N",
}
_MASK_METHODS = {
    "auto": "edges, stars and regions",
    "manual": "regions alone",
}
_INJECTED_KINDS = {
    "sersic": "Sersic profiles",
    "star": "point sources",
    "cutout": "sources of the image itself, made fainter",
}
_EXTS = {
    "SEG": "labels of the sources",
    "SCI": "the image",
    "ERR": "rms of its noise",
    "WHT": "its weight",
    "BKG": "model of the sky",
}


def _offer(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that go on with what is typed."""
    return sorted({name for name in names if name.startswith(incomplete)})


def _offer_with_help(about: Mapping[str, str], incomplete: str) -> list[tuple[str, str]]:
    """Return the names that go on with what is typed, and what each is."""
    return [each for each in about.items() if each[0].startswith(incomplete)]


def complete_methods(incomplete: str) -> list[str]:
    """Return segmentation methods."""
    from skyseg import methods

    return _offer(methods.names(), incomplete)


def complete_sets(incomplete: str) -> list[str]:
    """Return the parameter sets that go by a name, and files."""
    from skyseg.methods import parameter_sets

    known = (*parameter_sets.names(), *parameter_sets.TWO_PASSES)
    return _offer(known, incomplete) or _list_files(incomplete)


def complete_err_types(incomplete: str) -> list[tuple[str, str]]:
    """Return error types, and what each is."""
    return _offer_with_help(_ERR_TYPES, incomplete)


def complete_exts(incomplete: str) -> list[tuple[str, str]]:
    """Return the maps that can be drawn, and what each is."""
    return _offer_with_help(_EXTS, incomplete)


def complete_stack_methods(incomplete: str) -> list[tuple[str, str]]:
    """Return how a stack combines pixels, and what each is."""
    return _offer_with_help(_STACK_METHODS, incomplete)


def complete_stack_err_types(incomplete: str) -> list[tuple[str, str]]:
    """Return what bands of a stack are weighed by, and what each is."""
    weights = {name: about for name, about in _ERR_TYPES.items() if name != "none"}
    return _offer_with_help(weights, incomplete)


def complete_mask_methods(incomplete: str) -> list[tuple[str, str]]:
    """Return how a mask is made, and files that it may be made of."""
    files = [(name, "") for name in _list_files(incomplete)] if incomplete else []
    return _offer_with_help(_MASK_METHODS, incomplete) or files


def complete_bits(incomplete: str) -> list[tuple[str, str]]:
    """Return the bits of a mask, and what each says of a pixel."""
    from skyseg.masks.bits import ABOUT

    return _offer_with_help({str(bit.name): about for bit, about in ABOUT.items()}, incomplete)


def complete_injected_kinds(incomplete: str) -> list[tuple[str, str]]:
    """Return the kinds of sources that are put into images, and what each is."""
    return _offer_with_help(_INJECTED_KINDS, incomplete)


def complete_formats(incomplete: str) -> list[str]:
    """Return the forms of a parameter file."""
    return _offer(("toml", "sex"), incomplete)


def complete_cmaps(incomplete: str) -> list[str]:
    """Return matplotlib's colours."""
    from matplotlib import colormaps

    return _offer(colormaps, incomplete)


def complete_instruments(context: typer.Context, incomplete: str) -> list[str]:
    """Return instruments, those of the survey where one is named."""
    from skyseg.imaging.instruments import known_instruments
    from skyseg.settings import config

    of_survey = [each.instrument for each in _find_imaging(context)]
    return _offer(of_survey or known_instruments(config.facilities), incomplete)


def complete_surveys(context: typer.Context, incomplete: str) -> list[str]:
    """Return the surveys on disk."""
    return _offer((each.survey for each in _list_imaging(context)), incomplete)


def complete_versions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the versions of the survey that is named, by their folders or as they are mapped."""
    from skyseg.cli.parsing import parse_version_to_dir

    there = {each.version for each in _find_imaging(context, any_version=True)}
    given = parse_version_to_dir(context.params.get("version_to_dir"))
    names = there if given is None else [name for name, at in given.items() if at in there]
    return _offer(names, incomplete)


def complete_band_values(context: typer.Context, incomplete: str) -> list[str]:
    """Return the bands of the survey that is named, to be followed by a value: ``F444W=``."""
    return [f"{band}=" for band in _offer(_find_bands(context), incomplete)]


def complete_places(context: typer.Context, incomplete: str) -> list[str]:
    """Return what `info` and `verify` take: a survey, then its version; or files."""
    survey, _ = _get_names(context)
    if survey is None:
        return complete_surveys(context, incomplete) + _list_files(incomplete)
    versions = {each.version for each in _list_imaging(context) if each.survey == survey}
    return _offer(versions, incomplete) or _list_files(incomplete)


def complete_sample_bands(incomplete: str) -> list[str]:
    """Return the filters of NIRCam."""
    from skyseg.imaging.instruments import known_instruments

    return _offer(known_instruments({})["NIRCam"].bands, incomplete)


def complete_bands(context: typer.Context, incomplete: str) -> list[str]:
    """Return the bands of the survey that is named, and stacks that go on with what is typed."""
    start, plus, last = incomplete.rpartition("+")
    bands = _find_bands(context) - set(start.split("+"))
    return [f"{start}{plus}{band}" for band in _offer(bands, last)]


def _find_bands(context: typer.Context) -> set[str]:
    """Bands of the survey that is named, by the names of its files."""
    from skyseg.imaging.bands import identify_band_by_name
    from skyseg.imaging.instruments import known_instruments
    from skyseg.imaging.names import is_map_name
    from skyseg.settings import config

    known = known_instruments(config.facilities)
    found = set()
    for each in _find_imaging(context):
        instrument = known[each.instrument]
        folder = _data_dir(context) / instrument.facility.lower() / each.survey / each.instrument
        for path in (folder / each.version).glob("*mas/*"):
            if is_map_name(path):
                found.add(identify_band_by_name(path, instrument))
    return {band for band in found if band}


def complete_products(context: typer.Context, incomplete: str) -> list[str]:
    """Return the surveys that there are products of; after a survey, its versions."""
    from skyseg.products.inventory import list_runs

    survey, _ = _get_names(context)
    runs = list_runs(context.params.get("out"), survey)
    return _offer((run.version if survey else run.survey for run in runs), incomplete)


def complete_kinds(incomplete: str) -> list[str]:
    """Return the kinds of products."""
    from skyseg.products.kinds import KINDS

    return _offer(KINDS, incomplete)


def _data_dir(context: typer.Context) -> Path:
    from skyseg.settings import config

    return Path(context.params.get("data_dir") or config.data_dir)


def _get_names(context: typer.Context) -> tuple[str | None, str | None]:
    """Return survey and version, as far as they are typed."""
    given = context.params
    typed = given.get("what") or [given[each] for each in ("survey", "version") if given.get(each)]
    # while the value of an option is completed they are not yet told apart
    survey, version = [*(typed or context.args), None, None][:2]
    return survey, version


def _list_imaging(context: typer.Context) -> Any:
    from skyseg.imaging.contents import list_imaging
    from skyseg.imaging.instruments import known_instruments
    from skyseg.settings import config

    return list_imaging(_data_dir(context), known_instruments(config.facilities))


def _find_imaging(context: typer.Context, *, any_version: bool = False) -> list[Any]:
    """Imaging of the survey, version and instruments that are named."""
    from skyseg.cli.parsing import parse_version_to_dir

    given = context.params
    survey, version = _get_names(context)
    if version is not None:
        version = (parse_version_to_dir(given.get("version_to_dir")) or {}).get(version, version)
    return [
        each
        for each in _list_imaging(context)
        if each.survey == survey
        and (any_version or version in (None, each.version))
        and (not given.get("instrument") or each.instrument in given["instrument"])
    ]


def _list_files(incomplete: str) -> list[str]:
    """Return files and folders, for where a shell offers none beside other names."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    start = "" if incomplete.endswith("/") else typed.name
    if not folder.is_dir():
        return []
    names = (each for each in folder.iterdir() if each.name.startswith(start))
    shown = (each for each in names if start.startswith(".") or not each.name.startswith("."))
    return sorted(f"{each}/" if each.is_dir() else str(each) for each in shown)
