"""SExtractor's lists of columns (``.param``), read as the columns of a catalogue."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Final, NoReturn

from skyseg.errors import Advice, ParameterError, advise_name, verbatim
from skyseg.methods._sextractor_settings import read_text
from skyseg.methods.columns import AskedColumn, known_columns
from skyseg.settings import config
from skyseg.writing import expand_user, is_file

logger = logging.getLogger(__name__)

USUAL_COLUMNS: Final = "default.param"
"""Where there is no file of this name, the usual columns are meant."""

_ENTRY: Final = re.compile(r"(?P<name>[^\s(\[]+)(?P<size>\s*[(\[][^)\]]*[)\]]?)?\s*(?P<rest>.*)")
_SIZE: Final = re.compile(r"\s*[(\[]\s*([1-9]\d{0,3})\s*[)\]]")

# Columns of SExtractor that cannot be asked for, and why.
_LEFT_OUT: Final = {
    "VIGNET": "is a cut-out of the image",
    "VECTOR_ASSOC|NUMBER_ASSOC": "needs a list of positions (ASSOC)",
    "[A-Z0-9_]*PSF(_.*)?": "needs a model of the PSF",
    "[A-Z0-9_]*(MODEL|MODELERR)(_.*)?|[A-Z0-9_]*(SPHEROID|DISK|POINTSOURCE|HYBRID|BACKOFFSET)"
    "(_.*)?": "is of a model fitted to the source",
    "[A-Z0-9_]*SOMFIT": "needs a self-organising map",
    "[A-Z0-9_]*GROWTH(STEP)?": "is a growth curve",
    "[A-Z0-9_]*_(FOCAL|MAMA|B1950)|DGEO[A-Z0-9_]*": "is in a frame that is not offered",
    "[A-Z0-9_]*_HOT": "is a column of other programs",
}


def load_columns(params_name: str | Path | None) -> tuple[AskedColumn, ...] | None:
    """Return the columns that are asked for.

    Parameters
    ----------
    params_name : str, Path or None
        A ``.param`` file: its path, or its name in the configured directory of parameter
        sets. None, and ``"default.param"`` where there is no such file, is the catalogue
        as it is where none are asked for.

    Returns
    -------
    tuple of AskedColumn, or None
        See `read_param_file`.

    Raises
    ------
    ParameterError
        If there is no such file, or it asks for a column that there is not.
    """
    if params_name is None:
        return None
    if not isinstance(params_name, (str, Path)) or not str(params_name).strip("\0"):
        raise ParameterError(
            f"is {params_name!r}", hint="give a .param file", argument="params_name"
        )
    path = Path(params_name)
    candidates = path, Path(config.parameters_dir) / path
    found = next((each for each in map(expand_user, candidates) if is_file(each)), None)
    if found is not None:
        return read_param_file(found)
    if path.name == USUAL_COLUMNS:
        return None
    raise ParameterError(
        f"is {str(params_name)!r}, and there is no such file",
        hint=verbatim(f"give one that exists, or put {path.name} in {config.parameters_dir}"),
        argument="params_name",
    )


def read_param_file(path: Path) -> tuple[AskedColumn, ...]:
    """Read the columns that a ``.param`` file asks for.

    Parameters
    ----------
    path : Path
        The file: a column on a line, with the number of its values in brackets where it
        has several, as in ``FLUX_APER(5)``. What follows a ``#`` is a comment.

    Returns
    -------
    tuple of AskedColumn
        In the order of the file, each once. NUMBER, which joins catalogue and map, comes
        first where the file does not have it, and the log says so.

    Raises
    ------
    ParameterError
        If the file cannot be read, asks for no column, or for one that there is not; the
        message names file, line and column.
    """
    try:
        lines = read_text(path).splitlines()
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read ({error.strerror})", hint="check the file"
        ) from error
    found: dict[str, AskedColumn] = {}
    for number, line in enumerate(lines, start=1):
        if text := line.split("#", 1)[0].strip():
            column = _read_entry(text, f"{path} line {number}")
            found.setdefault(column.name, column)
    if not found:
        raise ParameterError("asks for no column", hint="name one on a line", where=str(path))
    if "NUMBER" not in found:
        logger.info(
            Advice(
                "NUMBER is written first, which joins the catalogue and the map", where=f"{path}"
            )
        )
        found = {"NUMBER": AskedColumn("NUMBER"), **found}
    return tuple(found.values())


def _read_entry(text: str, where: str) -> AskedColumn:
    """Read a line without its comment."""
    entry = _ENTRY.fullmatch(text)
    if entry is None:
        _refuse(f"{text!r} is no column", "write a name, and a size such as (5)", where)
    name, size, rest = entry["name"], entry["size"], entry["rest"]
    known = known_columns()
    if name not in known:
        reason = next((why for what, why in _LEFT_OUT.items() if re.fullmatch(what, name)), None)
        advice = advise_name(name, known)
        if reason is not None:
            _refuse(f"{name} {reason}, and skyseg does not measure it", "remove the line", where)
        _refuse(f"{name} is no column of a catalogue", advice, where)
    if rest.split() and re.split(r"[\s(\[]", rest)[0] in known:
        _refuse(f"{text!r} names several columns", "write each on a line of its own", where)
    length = _SIZE.fullmatch(size) if size else None
    if size and length is None:
        _refuse(f"{name}{size} has no size from 1 to 9999", f"write {name}(5)", where)
    column = known[name]
    several = column.per_aperture or column.per_fraction
    return AskedColumn(name, int(length[1]) if length and several else 1)


def _refuse(what: str, hint: str, where: str) -> NoReturn:
    raise ParameterError(what, hint=hint, where=where)
