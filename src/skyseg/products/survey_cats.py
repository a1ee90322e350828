"""The catalogue of all bands of a survey on disk: a row a source, columns a band."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from astropy.io import fits

from skyseg import __version__
from skyseg.products._table_file import pack_cat
from skyseg.products.cat_exports import export_cat, find_wcs
from skyseg.products.column_values import DIAMETERS_KEY
from skyseg.products.edit_cards import MadeEdits, find_edit_changes, find_edited_run
from skyseg.products.fits_files import RUN_KEY, encode_text, read_catalogue
from skyseg.products.input_maps import InputMap, find_input_changes, record_inputs
from skyseg.products.names import SingleFile
from skyseg.products.provenance import (
    N_SOURCES_KEY,
    VERSION_KEY,
    begin_header,
    describe,
    find_setting_changes,
    find_text_changes,
    sign,
    tell_history,
)
from skyseg.products.recipe import COLUMNS_KEY, DETECTION_KEY, Recipe
from skyseg.products.single import load_or_make_file

if TYPE_CHECKING:
    from astropy.table import QTable

_LABELS: Final = {
    "FLUXUNIT": "unit of fluxes",
    DIAMETERS_KEY: "aper_diams",
    "DETBAND": "detection",
    DETECTION_KEY: "run of the detection",
}
_OF_DETECTION_ALONE: Final = ("MAGZERO", COLUMNS_KEY)
"""Settings of the detection's run that would say something else of the catalogue."""
_NOT_OF_RUN: Final = (*_OF_DETECTION_ALONE, DIAMETERS_KEY)
_OF_RUN: Final = {
    "METHOD": "the detection's method",
    "ERRTYPE": "the detection's err_type",
    "PARSET": "the detection's parameter set",
}
_OF_BAND: Final = {
    "RUN": "{band} was measured anew",
    "ZERO": "the zero point of {band} was {was} and is {now}",
    "MASK": "a mask of {band}: {was} before, {now} now",
    "DEEP": "depths of {band} are others",
    "PSF": "a PSF of {band}: {was} before, {now} now",
}
_OF_SOURCES: Final = ("RUN", "DEEP")
"""What bands have others of where the sources are those of another run."""


@dataclass(frozen=True, kw_only=True)
class SurveyCatRecipe:
    """What the catalogue of a survey is asked to be made of.

    Attributes
    ----------
    settings : mapping of str to str
        What decides its values, the inputs apart, as text by FITS keys: unit, apertures, the
        detection, and of each band its name, zero point, and the RUNID of each product used.
    inputs : tuple of InputMap
        All files that went into it.
    detection : Recipe or None
        What the run of the detection was made from; None where no run detected the sources.
    input_bands : tuple of str
        Of which band each of the inputs is; what several share names them all.
    """

    settings: Mapping[str, str]
    inputs: tuple[InputMap, ...]
    detection: Recipe | None = None
    input_bands: tuple[str, ...] = ()

    @property
    def edits(self) -> MadeEdits | None:
        """The edits of the detection's map, if it was edited."""
        return None if self.detection is None else self.detection.edits


@dataclass(frozen=True, kw_only=True)
class SurveyCat:
    """The catalogue of all bands of a survey, on disk.

    Attributes
    ----------
    paths : SingleFile
        Where it is.
    recipe : SurveyCatRecipe
        What it was made from.
    made : bool
        Whether it was made when it was asked for, or loaded.
    n_sources : int
        Number of rows.
    history : str
        When and by what version it was made.
    run_id : str
        RUNID in its header.
    """

    paths: SingleFile
    recipe: SurveyCatRecipe
    made: bool
    n_sources: int
    history: str
    run_id: str

    def load(self) -> QTable:
        """Read it.

        Returns
        -------
        QTable
            A row a source of the detection; columns of a band end in its name.

        Raises
        ------
        ProductError
            If the file cannot be read, or is of another run by now.
        """
        table = read_catalogue(self.paths.cat, run=self.run_id)
        table.meta |= {key: text for key, text in self.recipe.settings.items() if key in _LABELS}
        return table

    def write_cat(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it for other programs.

        Parameters
        ----------
        path : path
            ``*.fits``, ``*.ecsv``, ``*.csv`` or ``*.parquet``, of which the last two have a
            column for each aperture; or ``*.reg``, the Kron ellipses of the detection, on the sky
            where an image that it was made from has a WCS and is there.
        overwrite : bool, optional
            Whether to replace a file that is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the name has another ending.
        ProductError
            If the file is there, or it cannot be written.
        """
        named = [(each.role, each.ref.path, each.ref.ext) for each in self.recipe.inputs]
        return export_cat(self.load(), find_wcs(named), path, overwrite=overwrite)


def load_or_make_survey_cat(
    paths: SingleFile,
    recipe: SurveyCatRecipe,
    make: Callable[[], QTable],
    *,
    overwrite: bool = False,
    verify: bool = False,
) -> SurveyCat:
    """Take the catalogue that is on disk where it fits, else make it.

    Parameters
    ----------
    paths : SingleFile
        Where it belongs.
    recipe : SurveyCatRecipe
        What it must have been made from.
    make : callable
        Makes it; called at most once.
    overwrite, verify : bool, optional
        As for `skyseg.products.single.load_or_make_file`.

    Raises
    ------
    StaleProductError
        If that on disk was made from something else; the message says what.
    ProductError
        If it cannot be read or written.
    """

    @contextmanager
    def put_together() -> Iterator[tuple[fits.Header, bytes]]:
        table = make()
        header = _record(recipe, len(table))
        yield header, pack_cat(table, header)

    header, made = load_or_make_file(
        paths, partial(find_cat_changes, recipe, verify=verify), put_together, recipe.inputs,
        overwrite=overwrite, verify=verify,
    )  # fmt: skip
    return SurveyCat(
        paths=paths,
        recipe=recipe,
        made=made,
        n_sources=int(header[N_SOURCES_KEY]),
        history=tell_history(header),
        run_id=header[RUN_KEY],
    )


def find_cat_changes(
    recipe: SurveyCatRecipe, header: fits.Header, *, verify: bool = False
) -> list[str]:
    """Say what differs between how a catalogue was made and what is asked for."""
    whole = {key: text for key, text in recipe.settings.items() if key in _LABELS}
    was, now = _list_bands(header), _list_bands(_encode(recipe.settings))
    if told := _tell_other_run(header, recipe):
        del whole[DETECTION_KEY]
        was = {name: cards | _take_of_sources(now.get(name, {})) for name, cards in was.items()}
    found = [*told, *find_text_changes(header, whole, _LABELS.__getitem__)]
    others = [f"band {unquote(name)} is new" for name in now if name not in was]
    others += [f"band {unquote(name)} is gone" for name in was if name not in now]
    if others:  # whose files are others too
        return [*others, *found, *_find_band_changes(was, now)]
    if list(was) != list(now):
        found.append("its bands have another order")
    found += _find_band_changes(was, now)
    return [*found, *find_input_changes(header, recipe.inputs, verify=verify)]


def _tell_other_run(header: fits.Header, recipe: SurveyCatRecipe) -> list[str]:
    """Say what is other in the run of the detection, which is why other sources were measured.

    Empty where the run is the same, or nothing that its header tells differs.
    """
    run = recipe.settings[DETECTION_KEY]
    if recipe.detection is None or header.get(DETECTION_KEY) == run:
        return []
    if recipe.edits is None and find_edited_run(header) == run:
        return ["sources were those of the edited map and are those of the run"]
    how = {
        "METHOD": recipe.detection.method,
        "ERRTYPE": recipe.detection.err_type,
        "PARSET": recipe.detection.set_name,
    }
    found = find_text_changes(header, how, _OF_RUN.__getitem__) or [
        f"the detection's {change}"
        for change in find_setting_changes(header, recipe.detection, _NOT_OF_RUN)
    ]
    return [*found, *find_edit_changes(header, recipe.edits)]


def _take_of_sources(cards: Mapping[str, str]) -> dict[str, str]:
    return {key: cards[key] for key in _OF_SOURCES if key in cards}


def _encode(settings: Mapping[str, str]) -> dict[str, str]:
    return {key: encode_text(value) for key, value in settings.items()}


def _list_bands(header: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """List what is recorded of each band, by its name as it is encoded."""
    numbers = itertools.takewhile(lambda n: f"B{n}NAME" in header, itertools.count(1))
    return {
        header[f"B{n}NAME"]: {key: header.get(f"B{n}{key}", "not recorded") for key in _OF_BAND}
        for n in numbers
    }


def _find_band_changes(
    was: Mapping[str, dict[str, str]], now: Mapping[str, dict[str, str]]
) -> list[str]:
    """Say what differs of the bands that were there and are."""
    return [
        tell.format(band=unquote(name), was=unquote(was[name][key]), now=unquote(cards[key]))
        for name, cards in now.items()
        if name in was
        for key, tell in _OF_BAND.items()
        if was[name][key] != cards[key]
    ]


def _record(recipe: SurveyCatRecipe, n_sources: int) -> fits.Header:
    """Write down how the catalogue was made, with the settings of its detection's run."""
    version = f"skyseg {__version__}"
    if recipe.detection is None:
        header = begin_header()
        header[VERSION_KEY] = version
        header[N_SOURCES_KEY] = (n_sources, "number of sources")
    else:
        header = describe(recipe.detection, version, n_sources=n_sources)
        for key in _OF_DETECTION_ALONE:
            header.remove(key, ignore_missing=True)
    for key, value in recipe.settings.items():
        header[key] = encode_text(value)
    record_inputs(header, recipe.inputs)
    for number, band in enumerate(recipe.input_bands, start=1):
        header[f"IN{number}BAND"] = encode_text(band)
    sign(header)
    return header
