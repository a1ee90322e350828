"""Errors of ours shown in napari's notifications, in the panel's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils.notifications import show_error

from skyseg.errors import SkysegError
from skyseg.panel.wording import worded


def report_errors(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a slot that tells errors of ours in a notification, and goes on."""

    def slot(*arguments: Any) -> None:
        try:
            function(*arguments)
        except SkysegError as error:
            show_failure(error)

    return slot


def show_failure(error: Exception) -> None:
    """Show an error of ours; raise any other, which napari shows with its traceback."""
    if not isinstance(error, SkysegError):
        raise error
    show_error(worded(error))
