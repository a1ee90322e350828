"""Errors of ours told in napari's notifications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils.notifications import show_error

from skyseg.errors import SkysegError


def report_errors(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a slot that tells errors of ours in a notification, and goes on."""

    def slot(*arguments: Any) -> None:
        try:
            function(*arguments)
        except SkysegError as error:
            show_error(str(error))

    return slot
