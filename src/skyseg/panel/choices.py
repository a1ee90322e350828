"""What a session can be told to choose: a wrong choice is refused, and says what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from skyseg import methods
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import check_err_type
from skyseg.errors import DataNotFoundError, ParameterError, advise_name
from skyseg.methods import parameter_sets
from skyseg.panel.session import ALL_BANDS, MapRole, Session


def check_choice(session: Session, name: str, value: Any) -> Any:
    """Return a value that a field of a session can take.

    Parameters
    ----------
    session : Session
        Its archive and survey tell what there is.
    name : {"survey", "version", "band", "err_type", "method", "parameter_set", "parameters"}
        The field.
    value
        What is to be chosen; what is chosen already can stay.

    Raises
    ------
    DataNotFoundError
        If there is no such survey, version or band.
    SkysegError
        If the value is not allowed.

    Examples
    --------
    >>> check_choice(Session(), "method", "sep")
    'sep'
    """
    if isinstance(value, str) and value == getattr(session, name):
        return value
    if name != "parameters" and not isinstance(value, str):
        raise ParameterError(f"is {value!r}", hint="give a name, as a text", argument=name)
    return _CHECKS[name](session, value)


def list_maps(bands: Iterable[Any]) -> tuple[MapRole, ...]:
    """List the maps under the labels that all of some bands, or arrays, have.

    Examples
    --------
    >>> list_maps([band])
    ('SCI', 'ERR', 'WHT', 'BKG')
    """
    found = list(bands)
    noise: tuple[MapRole, ...] = ("ERR", "WHT")
    has_noise = all("rms_err" in getattr(band, "err_types", ()) for band in found)
    is_made = all(getattr(band, "products", None) is not None for band in found)
    return ("SCI", *(noise if has_noise else ()), *(("BKG",) if is_made else ()))


def _check_survey(session: Session, value: str) -> str:
    return _find(value, "survey", {each.survey for each in session.imaging()}, session)


def _check_version(session: Session, value: str) -> str:
    known = {each.version for each in session.imaging() if each.survey == session.survey}
    return _find(value, "version", known, session)


def _check_band(session: Session, value: str) -> str:
    if value == ALL_BANDS:
        return value
    every = f', or "{ALL_BANDS}" for all bands'
    return _find(value, "band", session.data().keys(), session, every)


def _find(value: str, kind: str, known: Iterable[str], session: Session, more: str = "") -> str:
    names = set(known)
    if value not in names:
        where = session.archive if kind == "survey" else f"{session.survey} of {session.archive}"
        raise DataNotFoundError(
            f"there is no {kind} {value!r} in {where}", hint=f"{advise_name(value, names)}{more}"
        )
    return value


def _check_err_type(_: Session, value: str) -> str:
    return check_err_type(value)


def _check_method(_: Session, value: str) -> str:
    methods.get(value)
    return value


def _check_parameter_set(_: Session, value: str) -> str:
    parameter_sets.load(value)
    return value


def _check_parameters(_: Session, value: Any) -> Parameters:
    if not isinstance(value, Parameters):
        raise ParameterError(
            f"is {value!r}",
            hint="give Parameters, such as viewer.parameters.replace(detect_thresh=3)",
            argument="parameters",
        )
    return value


_CHECKS: Final[dict[str, Callable[[Session, Any], Any]]] = {
    "survey": _check_survey,
    "version": _check_version,
    "band": _check_band,
    "err_type": _check_err_type,
    "method": _check_method,
    "parameter_set": _check_parameter_set,
    "parameters": _check_parameters,
}
