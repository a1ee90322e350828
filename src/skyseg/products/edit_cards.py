"""What a product's header says of the edits that its map was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from skyseg.products.column_values import RUN_KEY

COUNT_KEY: Final = "N_EDITS"
_LIST_KEY: Final = "EDITLIST"
_RUN_KEY: Final = "EDITBASE"
_MOST_NAMED: Final = 3

Card = tuple[str, Any, str]


@dataclass(frozen=True)
class MadeEdits:
    """The edits that a map is made with.

    Attributes
    ----------
    done : tuple of (str, str)
        Of each a sum of what it does, and what it is called: ``("5f2c9a01", "merge 5 6")``.
    numbers : tuple of int
        The number of each in its journal, where marks are counted too.
    run : str
        RUNID of the run whose map is edited.
    asked : object
        As they were given: True, a path, or edits.
    """

    done: tuple[tuple[str, str], ...]
    numbers: tuple[int, ...] = field(compare=False)
    run: str
    asked: Any = field(default=True, compare=False)


def edit_cards(edits: MadeEdits | None) -> list[Card]:
    """Cards of edits; none where there are none.

    Examples
    --------
    >>> edit_cards(MadeEdits((("5f2c9a01", "merge 5 6"),), (1,), "0011"))[-1][:2]
    ('EDITLIST', '5f2c9a01 merge 5 6')
    """
    if edits is None:
        return []
    told = ";".join(f"{mark} {name}" for mark, name in edits.done)
    return [
        (COUNT_KEY, len(edits.done), "edits of the map"),
        (_RUN_KEY, edits.run, f"{RUN_KEY} of what was edited"),
        (_LIST_KEY, told or "none", ""),
    ]


def find_edit_changes(header: Mapping[str, Any], edits: MadeEdits | None) -> list[str]:
    """Say which edits are not those that a product was made with.

    Parameters
    ----------
    header : mapping
        Header of the product.
    edits : MadeEdits or None
        Those that are asked for.

    Returns
    -------
    list of str
        One clause for each difference.

    Examples
    --------
    >>> made = dict((key, value) for key, value, _ in edit_cards(MadeEdits((), (), "0011")))
    >>> find_edit_changes(made, MadeEdits((("5f2c9a01", "merge 5 6"),), (1,), "0011"))
    ['edit 1, merge 5 6, is new']
    """
    if edits is None:
        return []
    found = []
    if header.get(_RUN_KEY) != edits.run:
        found.append("the map that is edited has been made again")
    was = _read(header)
    now = list(edits.done)
    if was == now:
        return found
    known, kept = set(now), set(was)
    gone = [f"the edit {each[1]} is gone" for each in was if each not in known]
    numbered = zip(edits.numbers, now, strict=True)
    new = [f"edit {k}, {each[1]}, is new" for k, each in numbered if each not in kept]
    told = [*gone, *new] or ["its edits have another order"]
    more = len(told) - _MOST_NAMED
    rest = [f"and {more} more edits"] if more > 0 else []
    return [*found, *told[:_MOST_NAMED], *rest]


def find_edited_run(header: Mapping[str, Any]) -> str | None:
    """Return the RUNID of the run whose map was edited; None of what is made without edits.

    Examples
    --------
    >>> find_edited_run({"EDITBASE": "0011"})
    '0011'
    """
    run: str | None = header.get(_RUN_KEY)
    return run


def list_made_edits(header: Mapping[str, Any]) -> list[str]:
    """List what the edits are called that a product was made with.

    Examples
    --------
    >>> list_made_edits({"EDITLIST": "5f2c9a01 merge 5 6;00aa11bb delete 3"})
    ['merge 5 6', 'delete 3']
    """
    return [name for _, name in _read(header)]


def _read(header: Mapping[str, Any]) -> list[tuple[str, str]]:
    text = unquote(str(header.get(_LIST_KEY, "none")))
    split = [] if text == "none" else [each.partition(" ") for each in text.split(";")]
    return [(mark, name) for mark, _, name in split]
