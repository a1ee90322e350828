"""How a product was made: written into its header, and compared with what is asked for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import numpy as np
from astropy.io import fits

from skyseg import __version__
from skyseg.methods.base import Outcome
from skyseg.products.edit_cards import edit_cards, find_edit_changes
from skyseg.products.fits_files import RUN_KEY, encode_text
from skyseg.products.input_maps import Card, find_input_changes, record_inputs
from skyseg.products.recipe import (
    COLUMNS_KEY,
    EMBEDDED_ENGINE,
    NONE,
    SETTING_LABELS,
    UNRECORDED,
    USUAL_COLUMNS,
    Recipe,
    list_settings,
    list_told,
)

N_SOURCES_KEY = "NSOURCES"
N_BAD_KEY = "N_BAD"
VERSION_KEY = "METHVERS"
DATE_KEY = "DATE"
_MOST_CAVEATS = 99
_MOST_NAMED = 3


def record(recipe: Recipe, outcome: Outcome) -> fits.Header:
    """Write down how a product was made, as FITS cards.

    Parameters
    ----------
    recipe : Recipe
        What was asked for.
    outcome : Outcome
        What the method gave.

    Returns
    -------
    Header
        Method, versions and date; what the method did otherwise than asked
        (CAVEAT1, ..., CAVEAT99, which has all that are more); every setting of the recipe;
        path, size, time and SHA-256 of each input; RUNID, which is the same in the three
        products of one run and in no other.

    Raises
    ------
    ImageError
        If an input was changed since the recipe noted it.
    """
    header = describe(
        recipe, outcome.version, outcome.facts, outcome.caveats, n_sources=len(outcome.given_cat)
    )
    record_inputs(header, recipe.inputs)
    sign(header)
    return header


def describe(
    recipe: Recipe,
    version: str,
    facts: Mapping[str, Any] = MappingProxyType({}),
    caveats: Sequence[str] = (),
    n_sources: int | None = None,
) -> fits.Header:
    """Write down how something is made, as FITS cards, without its inputs and RUNID.

    Parameters
    ----------
    recipe : Recipe
        What was asked for.
    version : str
        Version of the method.
    facts, caveats
        Those of `skyseg.methods.base.Outcome`.
    n_sources : int, optional
        Number of sources, for a catalogue.
    """
    header = begin_header()
    header[VERSION_KEY] = (encode_text(version), "version of the method")
    if n_sources is not None:
        header[N_SOURCES_KEY] = (n_sources, "number of sources")
    name = ("PARSET", encode_text(recipe.set_name), "name of the parameter set")
    told = [*list_settings(recipe), *list_told(recipe)]
    settings = [(key, _as_text(value), about) for key, value, about in told]
    for key, value, about in [name, *_fact_cards(facts), *settings]:
        # what a parameter leaves to another card is not repeated as "none"
        if not (value == NONE and UNRECORDED.get(key) == NONE):
            header[key] = (value, about if _has_room(key, value, about) else "")
    for key, value, about in edit_cards(recipe.edits):
        header[key] = (_as_text(value), about)
    for number, caveat in enumerate(_join_last(caveats), start=1):
        header[f"CAVEAT{number}"] = encode_text(caveat)
    return header


def _join_last(caveats: Sequence[str]) -> list[str]:
    """Join those for which no keyword of eight letters is left."""
    last = caveats[_MOST_CAVEATS - 1 :]
    return [*caveats[: _MOST_CAVEATS - 1], *(["; ".join(last)] if last else [])]


def _fact_cards(facts: Mapping[str, Any]) -> list[Card]:
    """Cards of a method's facts; a number that FITS cannot hold is written as text."""
    return [
        (
            f"HIERARCH {name.upper()}",
            value if isinstance(value, int) or _is_finite(value) else encode_text(str(value)),
            "",
        )
        for name, value in facts.items()
    ]


def begin_header() -> fits.Header:
    """Return the cards that each product begins with: when it was made, and by what."""
    made = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    header = fits.Header()
    header[DATE_KEY] = (made, "when it was made, UTC")
    header["CREATOR"] = (f"skyseg {__version__}", "what wrote this file")
    return header


def sign(header: fits.Header) -> None:
    """Give a header RUNID, made of all that is in it."""
    run = hashlib.sha256(header.tostring().encode()).hexdigest()[:16]
    header[RUN_KEY] = (run, "the same in all products of one run")


def _has_room(key: str, value: Any, about: str) -> bool:
    """Whether a comment stands in whole behind a value."""
    length: int = fits.Card.length
    return len(str(fits.Card(key, value)).rstrip()) + len(f" / {about}") <= length


def tell_history(header: Mapping[str, Any]) -> str:
    """Say when a product was made and by what version, from its header."""
    return f"{header.get(DATE_KEY, 'at some time')} by {unquote(str(header.get(VERSION_KEY, '')))}"


def is_of_former_name(header: Mapping[str, Any]) -> bool:
    """Tell whether a product was made by the embedded engine when it was the method ``sep``."""
    version = str(header.get(VERSION_KEY, ""))
    return header.get("METHOD") == "sep" and version.startswith(f"{EMBEDDED_ENGINE} ")


def find_changes(
    header: Mapping[str, Any], recipe: Recipe, *, verify: bool = False
) -> tuple[str, ...]:
    """Say what differs between how a product was made and what is asked for.

    Parameters
    ----------
    header : mapping
        Header of the product.
    recipe : Recipe
        What is asked for.
    verify : bool, optional
        Whether checksums of the inputs are compared even where size and time agree.

    Returns
    -------
    tuple of str
        One clause for each difference, such as ``"detect_thresh was 1.8 and is
        2.5"``; empty where the product fits. A file whose size and time are as
        recorded is taken as unchanged; otherwise its checksum decides.
    """
    found = find_setting_changes(header, recipe)
    found += find_edit_changes(header, recipe.edits)
    return (*found, *find_input_changes(header, recipe.inputs, verify=verify))


def find_setting_changes(
    header: Mapping[str, Any], recipe: Recipe, without: Collection[str] = ()
) -> list[str]:
    """Say which settings of a product are not those that are asked for, inputs and edits apart.

    Parameters
    ----------
    header : mapping
        Header of the product.
    recipe : Recipe
        What is asked for.
    without : collection of str, optional
        Keys that are not looked at.
    """
    found = []
    for key, value, _ in list_settings(recipe):
        if key in without:
            continue
        was = header.get(_plain(key), UNRECORDED.get(key, "not recorded"))
        if key == "METHOD" and is_of_former_name(header):
            was = EMBEDDED_ENGINE
        if not _same(was, value):
            tell = _tell_columns if key == COLUMNS_KEY else _tell_values
            found.append(f"{SETTING_LABELS.get(key, _plain(key).lower())} {tell(was, value)}")
    return found


def find_text_changes(
    header: Mapping[str, Any], settings: Mapping[str, str], label: Callable[[str], str]
) -> list[str]:
    """Say which settings that a header has as text are not those that are asked for.

    Parameters
    ----------
    header : mapping
        Header of the product.
    settings : mapping of str to str
        What is asked for, by FITS keys.
    label : callable
        Returns what the setting of a key is called.

    Examples
    --------
    >>> find_text_changes({"MASKEDGE": "50"}, {"MASKEDGE": "20"}, str.lower)
    ['maskedge was 50 and is 20']
    """
    return [
        f"{label(key)} was {was} and is {value}"
        for key, value in settings.items()
        if (was := header.get(key, "not recorded")) != encode_text(value)
    ]


def _as_text(value: Any) -> Any:
    return encode_text(value) if isinstance(value, str) else value


def _tell_values(was: Any, value: Any) -> str:
    return f"was {unquote(was) if isinstance(was, str) else was} and is {value}"


def _tell_columns(was: str, value: str) -> str:
    """Say which columns came and went, the first ones by name."""
    before, now = was.split(), value.split()
    if USUAL_COLUMNS in (was, value):
        return f"was {_name_some(before)} and is {_name_some(now)}"
    changes = {
        "asks for": [each for each in now if each not in before],
        "no longer for": [each for each in before if each not in now],
    }
    told = (f"{verb} {_name_some(names)}" for verb, names in changes.items() if names)
    return " and ".join(told) or "has the columns in another order"


def _name_some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    named = ", ".join(names[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _is_finite(value: Any) -> bool:
    return isinstance(value, (float, np.number)) and bool(np.isfinite(value))


def _plain(key: str) -> str:
    return key.removeprefix("HIERARCH ")


def _same(was: Any, value: Any) -> bool:
    if isinstance(value, float) and isinstance(was, (int, float)):
        return math.isclose(was, value, rel_tol=1e-9)
    return was in (value, _as_text(value))  # as it is: in products of former versions
