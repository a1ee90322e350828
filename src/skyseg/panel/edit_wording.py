"""What a person is told of edits and of the sources that are edited, in both viewers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from skyseg.panel.editing import EditSession

_MOST_NAMED: Final = 8


def count_edits(number: int) -> str:
    """Say how many edits there are.

    Examples
    --------
    >>> count_edits(1), count_edits(2)
    ('1 edit', '2 edits')
    """
    return f"{number} edit{'' if number == 1 else 's'}"


def tell_selected(edit: EditSession | None, chosen: tuple[int, ...]) -> str:
    """Say which sources are selected, what was said on the current one, and what is doubtful.

    Parameters
    ----------
    edit : EditSession or None
        The edits; None where no map is worked with.
    chosen : tuple of int
        The selected sources that are in the map, the current one last.

    Examples
    --------
    >>> tell_selected(None, ())
    'click a source, and more with Ctrl'
    """
    if edit is None or not chosen:
        return "click a source, and more with Ctrl"
    names = ", ".join(map(str, chosen[-_MOST_NAMED:])) + (
        " ..." if len(chosen) > _MOST_NAMED else ""
    )
    marks = {} if edit.edits is None else edit.edits.marks
    told = ", ".join(filter(None, (marks.get(chosen[-1], ""), edit.tell_doubts(chosen[-1]))))
    return f"selected: {names}{f' ({told})' if told else ''}"
