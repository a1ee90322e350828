"""What a method gave back, checked before anybody uses it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.engine.types import IntArray, LabelImage
from skyseg.errors import MethodError
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request
from skyseg.methods.filled import FilledCat

if TYPE_CHECKING:
    from astropy.table import Table

_BUILD: Final = "make the catalogue with skyseg.methods.catalogue.build"
_FACT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_NO_BACKGROUND: Final = "no background model: BKG is NaN"


def check_outcome(outcome: object, method: str, request: Request) -> Outcome:
    """Check what a method gave back.

    Parameters
    ----------
    outcome : object
        What its ``run`` returned.
    method : str
        Name of the method, for messages.
    request : Request
        What it was given.

    Returns
    -------
    Outcome
        The same; a map of NaN stands for a background that was not given, and a
        caveat says so.

    Raises
    ------
    MethodError
        If it is not what `skyseg.methods.base.Outcome` describes.
    """
    try:
        return _checked(outcome, request)
    except MethodError as error:
        raise MethodError(
            f"the method {method!r} {error.what}", hint=error.hint, where=request.name
        ) from error


def _checked(outcome: object, request: Request) -> Outcome:
    if not isinstance(outcome, Outcome):
        raise MethodError(
            f"gave back a {type(outcome).__name__}", hint="give back a skyseg.methods.base.Outcome"
        )
    if not isinstance(outcome.version, str):
        raise MethodError(f"gave the version {outcome.version!r}", hint="give a str")
    if not isinstance(outcome.caveats, tuple) or not all(
        isinstance(each, str) for each in outcome.caveats
    ):
        raise MethodError(f"gave the caveats {outcome.caveats!r}", hint="give a tuple of str")
    if unfit := [name for name in outcome.facts if not _FACT.fullmatch(str(name))]:
        raise MethodError(f"gave the fact {unfit[0]!r}", hint="name it by letters, digits and _")
    _check_catalogue(outcome.given_cat, request)
    if outcome.seg is None:
        if request.canvas is None:
            raise MethodError("gave no labels", hint="give seg, an array of int32")
    else:
        _check_map("seg", outcome.seg, np.dtype(np.int32), request.shape)
        _check_labels(outcome.seg, np.asarray(outcome.given_cat["NUMBER"]))
    if outcome.bkg is not None:
        _check_map("bkg", outcome.bkg, np.dtype(np.float32), request.shape)
    elif outcome.seg is not None:
        nothing = np.broadcast_to(np.float32(np.nan), request.shape)
        return outcome.but(bkg=nothing, caveats=(*outcome.caveats, _NO_BACKGROUND))
    return outcome


def _check_map(name: str, values: object, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    found = type(values).__name__
    if isinstance(values, np.ndarray):
        found = f"an array of {values.dtype} and shape {values.shape}"
        if values.dtype == dtype and values.shape == shape:
            return
    raise MethodError(f"gave as {name} {found}", hint=f"give an array of {dtype} and shape {shape}")


def _check_catalogue(given: object, request: Request) -> None:
    cat = given if isinstance(given, FilledCat) else _check_table(given)
    listed = catalogue.list_columns(request)
    missing = [column.name for column, _ in listed if column.name not in cat.colnames]
    if missing:
        raise MethodError(f"gave a catalogue without {', '.join(missing)}", hint=_BUILD)
    for column, values in listed:
        shape = (len(cat), *values)
        if cat[column.name].shape != shape:
            raise MethodError(
                f"gave a catalogue whose {column.name} has shape {cat[column.name].shape}",
                hint=f"give {shape}",
            )
    numbers = np.asarray(cat["NUMBER"])
    if numbers.dtype.kind not in "iu" or np.any(numbers < 1) or np.any(numbers[1:] <= numbers[:-1]):
        raise MethodError(
            "gave a catalogue whose NUMBER is not whole, above zero and ascending",
            hint="give one row for each source, in the order of its labels",
        )


def _check_table(cat: object) -> Table:
    from astropy.table import Table

    if not isinstance(cat, Table):
        raise MethodError(f"gave as cat a {type(cat).__name__}", hint=_BUILD)
    if cat.has_masked_values:
        raise MethodError(
            "gave a catalogue with masked values",
            hint="fill them: NaN is not measured, and 0 in a column of whole numbers",
        )
    return cat


def _check_labels(seg: LabelImage, numbers: IntArray) -> None:
    unknown = np.setdiff1d(seg[seg != 0], numbers)
    if unknown.size:
        few = ", ".join(map(str, unknown[:3])) + (", ..." if unknown.size > 3 else "")
        raise MethodError(
            f"gave {unknown.size} labels that are no NUMBER of its catalogue ({few})",
            hint="give one row for each label",
        )
