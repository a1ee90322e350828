"""What all widgets of the viewer have in common: one style, and a border that checks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from skyseg.errors import SkysegError

STATIC = Path(__file__).parent / "static"

logger = logging.getLogger(__name__)


class ViewerPart(anywidget.AnyWidget):
    """A widget of the viewer; its `_esm` is the bundle of its kind.

    What a browser sends is checked as what a cell sets: a wrong value is refused, and the
    browser is sent the one that holds.
    """

    _css = STATIC / "viewer.css"

    _viewer = t.Unicode().tag(sync=True)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take values over from the browser, but those that cannot be."""
        for name, value in sync_data.items():
            try:
                super().set_state({name: value})
            except (SkysegError, t.TraitError) as error:
                self.send_state(name)
                self.refuse(error)

    def refuse(self, error: Exception) -> None:
        """Say why a value of the browser was not taken."""
        logger.warning("%s", error)
