"""What a window has one of: the window keeps it, so that both are let go together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from napari.components import ViewerModel

Kept = TypeVar("Kept")

_NAME = "_skyseg_kept"


def keep_one(viewer: ViewerModel, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
    """Return the one object of a kind that a window has; the first call makes it.

    What knows its window cannot be kept in a table by windows: the table would keep both.

    Parameters
    ----------
    viewer : ViewerModel
        The window, or its model.
    kind : type
        What is wanted.
    make : callable
        Makes it.
    """
    kept = _list_kept(viewer)
    if kind not in kept:
        kept[kind] = make()
    found: Kept = kept[kind]
    return found


def find_one(viewer: ViewerModel, kind: type[Kept]) -> Kept | None:
    """Return the one object of a kind that a window has; None where none was made."""
    return _list_kept(viewer).get(kind)


def _list_kept(viewer: ViewerModel) -> dict[type[Any], Any]:
    kept: dict[type[Any], Any] = vars(viewer.layers).setdefault(_NAME, {})
    return kept
