"""The places that a session remembers: kept, named, put in order, forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skyseg.errors import ParameterError
from skyseg.panel.session import Place, Session


def remember_places(session: Session, places: Iterable[Place]) -> None:
    """Remember places after the others."""
    session.places = (*session.places, *places)


def rename_place(session: Session, row: int, name: str) -> None:
    """Give a place another name.

    Raises
    ------
    ParameterError
        If the name is empty.
    """
    if not name.strip():
        raise ParameterError("the name is empty", hint="write one")
    places = list(session.places)
    places[row] = places[row].model_copy(update={"name": name.strip()})
    session.places = tuple(places)


def forget_places(session: Session, rows: Iterable[int]) -> None:
    """Forget the places of some rows; what was drawn for them goes too."""
    gone = set(rows)
    session.places = tuple(place for row, place in enumerate(session.places) if row not in gone)


def move_place(session: Session, row: int, by: int) -> int:
    """Move a place up or down the list.

    Returns
    -------
    int
        The row where it is now.
    """
    places = list(session.places)
    to = min(max(row + by, 0), len(places) - 1)
    places.insert(to, places.pop(row))
    session.places = tuple(places)
    return to


def name_next(places: Sequence[Place], what: str) -> str:
    """Return a name that no place has yet, such as ``"rectangle 3"``."""
    used = {place.name for place in places}
    number = 1
    while f"{what} {number}" in used:
        number += 1
    return f"{what} {number}"
