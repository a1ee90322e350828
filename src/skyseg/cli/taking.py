"""Values of options that need no conversion, for which typer would load pydantic."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

_LEFT: Final = object()
"""Stands for what is left to typer."""


def take_plain_values(options: Iterable[Any], function: Callable[..., Any]) -> None:
    """Have options take texts and paths as they are given, and defaults as they are.

    All else, and so every error, is left to typer.

    Parameters
    ----------
    options : iterable
        Those of a command.
    function : callable
        What it was made of; its options say nothing of their paths.
    """
    hints = get_type_hints(function, include_extras=True)
    for each in options:
        if not each.required:
            each.process_value = partial(_process, each, _kind_of(hints.get(each.name)))


def _kind_of(hint: Any) -> Any:
    """Return the type of an option without what typer is told of it, and without None."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    members = [each for each in get_args(hint) if each is not type(None)]
    return members[0] if type(None) in get_args(hint) and len(members) == 1 else hint


def _process(option: Any, kind: Any, context: Any, value: Any) -> Any:
    if value is None:
        taken: Any = () if option.multiple or option.nargs == -1 else None
    else:
        taken = _take(kind, value)
    if taken is _LEFT:
        return type(option).process_value(option, context, value)
    return taken if option.callback is None else option.callback(context, option, taken)


def _take(kind: Any, value: Any) -> Any:
    if kind == list[str] and isinstance(value, list | tuple):
        return list(value) if all(isinstance(each, str) for each in value) else _LEFT
    if kind is Path and isinstance(value, str):
        return Path(value) if _may_be_read(value) else _LEFT
    return value if kind in (str, bool, int, float) and type(value) is kind else _LEFT


def _may_be_read(path: str) -> bool:
    """Tell whether a path can be read, or leads nowhere yet."""
    try:
        return os.access(path, os.R_OK) or not os.path.lexists(path)
    except ValueError:
        return False
