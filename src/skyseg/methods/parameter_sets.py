"""Named sets of extraction parameters: those shipped, and a user's own from a file."""

from __future__ import annotations

import hashlib
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError, verbatim
from skyseg.methods.sex_file import read_sex_file
from skyseg.settings import config
from skyseg.writing import is_file

SHIPPED: Final = {
    "default": Parameters(),
    "crowded": Parameters(deblend_nthresh=64, deblend_mincont=0.0001),
    "test": Parameters(detect_minarea=15, detect_thresh=2.5, analysis_thresh=2.5),
}
_SUFFIXES = (".toml", ".sex")


def load(parameters: str | Path | Parameters = "default") -> tuple[str, Parameters]:
    """Return a parameter set and its name.

    Parameters
    ----------
    parameters : str, Path or Parameters
        The name of a shipped set (``"default"``, ``"crowded"``, ``"test"``); the
        path of a TOML or SExtractor ``.sex`` file; the name of such a file, with
        or without its ending, in the configured directory of parameter sets;
        or the values themselves. ``"test.sex"`` is the shipped set ``test``
        where that directory has no such file.

    Returns
    -------
    name : str
        The set's name: that of the shipped set, the file's name without its
        ending; for other values one of their own, such as ``"custom-1b2f0c9e"``,
        the same in every session for the same values.
    values : Parameters
        The checked values. What a file leaves out has the value of ``default``.

    Raises
    ------
    ParameterError
        If there is no such set, or a file has a wrong key or value.

    Examples
    --------
    >>> name, values = load("crowded")
    >>> name, values.deblend_nthresh
    ('crowded', 64)
    """
    if isinstance(parameters, Parameters):
        same = (name for name, values in SHIPPED.items() if values == parameters)
        return next(same, None) or _name_of(parameters), parameters
    if isinstance(parameters, str) and parameters in SHIPPED:
        return parameters, SHIPPED[parameters]
    if not isinstance(parameters, (str, Path)):
        raise ParameterError(
            f"{parameters!r} is no parameter set",
            hint="give a name, a file, or the values as Parameters",
        )
    path = Path(parameters)
    with suppress(RuntimeError):  # there is no such user: the name is taken as it is
        path = path.expanduser()
    found = _find(path)
    if found is not None:
        return found.stem, _read(found)
    name = str(parameters)
    for suffix in _SUFFIXES:
        if name.removesuffix(suffix) in SHIPPED:
            return name.removesuffix(suffix), SHIPPED[name.removesuffix(suffix)]
    is_file = path.suffix in _SUFFIXES
    raise ParameterError(
        f"there is no {'parameter file' if is_file else 'parameter set'} {name!r}",
        hint=verbatim(
            f"use one of {', '.join(names())}, {'a file that exists, ' if is_file else ''}or put "
            f"{path.name if is_file else f'{path.stem}.toml'} in {config.parameters_dir}"
        ),
    )


def names() -> tuple[str, ...]:
    """Names of the shipped sets and of those in the configured directory."""
    own = {path.stem for path in _directory().glob("*") if path.suffix in _SUFFIXES}
    return (*SHIPPED, *sorted(own - set(SHIPPED)))


def _name_of(parameters: Parameters) -> str:
    """Name values by what differs from the defaults, so that a new parameter changes no name."""
    differing = (
        f"{name}={_text(getattr(parameters, name))}\n"
        for name in sorted(Parameters.names())
        if getattr(parameters, name) != Parameters.describe(name).default
    )
    return f"custom-{hashlib.sha256(''.join(differing).encode()).hexdigest()[:8]}"


def _text(value: Any) -> str:
    """Write a value; zeros of either sign, which are equal, alike."""
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return repr(value + 0.0) if isinstance(value, float) else str(value)


def _directory() -> Path:
    return Path(config.parameters_dir).expanduser()


def _find(path: Path) -> Path | None:
    """Return the file that a path or a name means: as it is, else in the configured directory."""
    in_directory = _directory() / path
    candidates = [path, in_directory, *(Path(f"{in_directory}{suffix}") for suffix in _SUFFIXES)]
    return next((each for each in candidates if each.suffix in _SUFFIXES and is_file(each)), None)


def _read(path: Path) -> Parameters:
    return read_sex_file(path) if path.suffix == ".sex" else _read_toml(path)


def _read_toml(path: Path) -> Parameters:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Parameters().replace(**values)
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ParameterError(f"{path} cannot be read ({error})", hint="check the file") from error
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(
            f"{path} cannot be read as TOML ({error})", hint="correct the file"
        ) from error
    except ParameterError as error:
        raise error.at(str(path)) from error
