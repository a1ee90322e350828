"""A tab of the drawer that says in a line what came of what was done."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets

from skyseg.errors import SkysegError
from skyseg.panel.wording import worded


class TellingTab:
    """What tabs share whose line says why something cannot be done.

    Attributes
    ----------
    message : ipywidgets.HTML
        The line; each tab makes its own.
    """

    message: Any

    def say(self, text: str) -> None:
        """Show a line."""
        self.message.value = f"<div role='status'>{escape(text)}</div>" if text else ""

    def _try(self, act: Callable[[], Any]) -> None:
        """Do something; what cannot be done is said."""
        self.say("")
        try:
            act()
        except SkysegError as error:
            self.say(worded(error))

    def _make_button(self, text: str, about: str, act: Callable[[], Any]) -> Any:
        """Make a button that does something, or says why it cannot be done."""
        button = ipywidgets.Button(description=text, tooltip=about, layout={"width": "auto"})
        button.on_click(lambda _: self._try(act))
        return button
