"""Keys of bands that a person gives, checked against those that can be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from skyseg.errors import ParameterError


def check_bands(given: str | Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the keys of bands that are shown side by side; one key may stand alone.

    Raises
    ------
    ParameterError
        If there is none, or one is not known.

    Examples
    --------
    >>> check_bands("F444W", ["F200W", "F444W"])
    ('F444W',)
    """
    keys = _listed(given)
    if keys and set(keys) <= set(known):
        return keys
    hint = f"give at least one of {', '.join(known)}"
    raise ParameterError(f"is {given!r}", hint=hint, argument="bands")


def check_rgb(given: str | Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the keys of the bands that are red, green and blue, or none.

    Raises
    ------
    ParameterError
        If they are not three, or one is not known.

    Examples
    --------
    >>> check_rgb((), ["F200W"])
    ()
    """
    keys = _listed(given)
    if not keys or (len(keys) == len(set(keys)) == 3 and set(keys) <= set(known)):
        return keys
    hint = f"give three of {', '.join(known)}, red first, or none"
    raise ParameterError(f"is {given!r}", hint=hint, argument="rgb")


def check_owner(given: str, known: Collection[str]) -> str:
    """Return the key of the band whose SEG map is shown over all; empty for none.

    Raises
    ------
    ParameterError
        If it is not known.
    """
    if not given or given in known:
        return given
    hint = f"give one of {', '.join(known)}, or an empty text for each its own"
    raise ParameterError(f"is {given!r}", hint=hint, argument="outlines_of")


def check_active(given: str, shown: Collection[str]) -> str:
    """Return the key of the band that is looked at.

    Raises
    ------
    ParameterError
        If it is not shown.
    """
    if given in shown:
        return given
    hint = f"give one of {', '.join(shown)}, which are shown"
    raise ParameterError(f"is {given!r}", hint=hint, argument="active_band")


def _listed(given: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,) if given else ()
    return tuple(given) if hasattr(given, "__iter__") else (str(given),)
