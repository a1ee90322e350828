"""What the viewers remember of a person on one machine, such as the columns that are shown."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path
from pydantic import JsonValue

from skyseg.errors import ProductError
from skyseg.writing import whole_file

_FILE_NAME = "viewers.json"


def find_memory() -> Path:
    """Return the file in which it is kept; it need not be there."""
    return user_state_path("skyseg") / _FILE_NAME


def recall(key: str) -> JsonValue:
    """Return what is remembered under a key; None where nothing is, or it cannot be read.

    Examples
    --------
    >>> remember("source columns", ["NUMBER", "MAG_AUTO"])
    >>> recall("source columns")
    ['NUMBER', 'MAG_AUTO']
    """
    return _read().get(key)


def remember(key: str, value: JsonValue) -> None:
    """Remember a value under a key; a folder that cannot be written to is no fault of a view."""
    known = _read()
    if known.get(key) == value:
        return
    with suppress(ProductError), whole_file(find_memory()) as file:
        file.write(json.dumps({**known, key: value}, indent=1).encode())


def _read() -> dict[str, JsonValue]:
    try:
        known = json.loads(find_memory().read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
