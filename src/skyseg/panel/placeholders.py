"""What an empty box of text says it stands for, on both kinds of windows."""

from __future__ import annotations

from typing import Any


def set_placeholder(box: Any, text: str) -> None:
    """Let a box say a text while it is empty.

    Parameters
    ----------
    box : magicgui.widgets.LineEdit
        The box, of Qt or of a notebook.
    text : str
        What it stands for while it is empty.
    """
    native = box.native
    if hasattr(native, "setPlaceholderText"):
        native.setPlaceholderText(text)
    else:
        native.placeholder = text
