"""SExtractor's configuration files (``.sex``), read as extraction parameters."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final, NoReturn

from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError

logger = logging.getLogger(__name__)

# Given for both axes, and here the same for both.
_SQUARE: Final = ("back_size", "back_filtersize")

# What a file may say about the extraction only as we do it: the value that holds, None for none.
_FIXED: Final[dict[str, str | None]] = {
    "BACK_FILTTHRESH": "0",
    "BACKPHOTO_TYPE": "GLOBAL",
    "DETECT_MAXAREA": "0",
    "FILTER_THRESH": None,
    "INTERP_MAXXLAG": "16",
    "INTERP_MAXYLAG": "16",
    "INTERP_TYPE": "ALL",
    "RESCALE_WEIGHTS": "Y",
    "THRESH_TYPE": "RELATIVE",
    "WEIGHT_THRESH": None,
}

# What does not concern the extraction, or is known from the maps and the call.
_IGNORED: Final = frozenset(
    [
        "BACKPHOTO_THICK",
        "FITS_UNSIGNED",
        "GAIN_KEY",
        "HEADER_SUFFIX",
        "MAG_GAMMA",
        "MAG_ZEROPOINT",
        "NTHREADS",
        "PARAMETERS_NAME",
        "PATTERN_TYPE",
        "PHOT_APERTURES",
        "PHOT_PETROPARAMS",
        "PIXEL_SCALE",
        "PSF_NAME",
        "PSF_NMAX",
        "SATUR_KEY",
        "SOM_NAME",
        "STARNNW_NAME",
        "VERBOSE_TYPE",
        "WEIGHT_GAIN",
        "WEIGHT_IMAGE",
        "WEIGHT_TYPE",
        "WRITE_XML",
        "XML_NAME",
        "XSL_URL",
    ]
)
_IGNORED_FAMILIES: Final = (
    "ASSOC", "CATALOG_", "CHECKIMAGE_", "DGEO_", "FLAG_", "MEMORY_",
)  # fmt: skip


def read_sex_file(path: Path) -> Parameters:
    """Read the extraction parameters from a SExtractor configuration file.

    Parameters
    ----------
    path : Path
        The file. What follows a ``#`` is a comment; values are parted by
        commas or blanks. Of FILTER_NAME the file's name without folder and
        ending counts.

    Returns
    -------
    values : Parameters
        The file's values; what it leaves out has the value of the set
        ``default``, and the log names it.

    Raises
    ------
    ParameterError
        If the file cannot be read, or a key is unknown, repeated or has a value
        that is not allowed; the message names file, line and key.
    """
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for number, key, tokens in _entries(path):
        if key in lines:
            _refuse(
                path, number, f"{key} is set on line {lines[key]} already", "keep one of the two"
            )
        lines[key] = number
        if key.lower() in Parameters.names():
            values[key.lower()] = _checked(path, number, key, tokens)
        elif key in _FIXED:
            _check_fixed(path, number, key, tokens)
        elif key in _IGNORED or key.startswith(_IGNORED_FAMILIES):
            logger.debug("%s line %d: %s does not concern the extraction", path, number, key)
        else:
            _refuse(path, number, f"{key} is not a SExtractor setting", "correct or remove it")
    left_out = [name.upper() for name in Parameters.names() if name not in values]
    if left_out:
        logger.info("%s leaves out %s: as in the set default", path, ", ".join(left_out))
    return Parameters(**values)


def _entries(path: Path) -> list[tuple[int, str, tuple[str, ...]]]:
    """Line number, key and values of each setting in the file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read ({error.strerror})", hint="check the file"
        ) from error
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].replace(",", " ").replace('"', " ").split()
        if words:
            found.append((number, words[0].upper(), tuple(words[1:])))
    return found


def _checked(path: Path, number: int, key: str, tokens: tuple[str, ...]) -> Any:
    """Value of a setting, checked as the parameter of that name."""
    name = key.lower()
    try:
        return getattr(Parameters(**{name: _value(name, tokens)}), name)
    except ValueError as error:
        _refuse(path, number, f"{key} is {_shown(tokens)}", f"it must be {error}")
    except ParameterError as error:
        raise error.at(f"{path} line {number}: {key}") from error


def _value(name: str, tokens: tuple[str, ...]) -> Any:
    """Value that the tokens mean; a ValueError says what they must be."""
    kind = Parameters.describe(name).kind
    if kind is tuple:
        return tuple(_number(token) for token in tokens)
    if name in _SQUARE and len(set(tokens)) == 1:
        tokens = tokens[:1]
    if len(tokens) != 1:
        raise ValueError("two equal numbers or one" if name in _SQUARE else "one value")
    if kind is bool:
        if tokens[0].upper() not in ("Y", "N"):
            raise ValueError("Y or N")
        return tokens[0].upper() == "Y"
    if kind in (int, float):
        return _number(tokens[0])
    return (
        Path(tokens[0]).name.removesuffix(".conv") if name == "filter_name" else tokens[0].upper()
    )


def _number(token: str) -> float:
    try:
        return float(token)
    except ValueError:
        raise ValueError("a number") from None


def _check_fixed(path: Path, number: int, key: str, tokens: tuple[str, ...]) -> None:
    allowed = _FIXED[key]
    same = (
        not tokens if allowed is None else tokens and all(_same(each, allowed) for each in tokens)
    )
    if not same:
        _refuse(
            path,
            number,
            f"{key} is {_shown(tokens)}, and only {allowed or 'empty'} is supported",
            "correct or remove the line",
        )


def _same(token: str, allowed: str) -> bool:
    try:
        return float(token) == float(allowed)
    except ValueError:
        return token.upper() == allowed


def _shown(tokens: tuple[str, ...]) -> str:
    return ", ".join(tokens) or "empty"


def _refuse(path: Path, number: int, what: str, hint: str) -> NoReturn:
    raise ParameterError(what, hint=hint, where=f"{path} line {number}")
