"""What a process of skyseg's own does before its command: how astropy is loaded, and memory kept.

A caller's process is left as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_UNREAD: Final = ("asdf_astropy", "numcodecs")
"""Packages that astropy loads where they are there, for forms of files that no command has."""

_UNITS: Final = "astropy.units"

_MOST_STORES: Final = 1024
"""Stores of memory that a process may have."""


def set_environment() -> None:
    """Tell libraries by the environment what they do not need to do."""
    # numpy and scipy would start threads for linear algebra, of which there is none
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic would search all packages that are installed for plugins
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")


def load_astropy(*, tables: bool) -> None:
    """Load parts of astropy without what they do not need; who asks for that later finds it.

    They come before the rooms of skyseg: each of them looks where all modules lie.
    """
    hidden = [name for name in _UNREAD if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        with without_units():
            import_module("astropy.io.fits")
        if tables:
            import_module("astropy.table")
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def without_units() -> Iterator[None]:
    """Let astropy's reading of headers be loaded without its units, which only name types there."""
    if _UNITS in sys.modules:
        yield
        return
    names: Any = ModuleType(_UNITS)
    names.Quantity = names.UnitBase = type("NotLoaded", (), {})  # nothing is one of these
    before = set(sys.modules)
    sys.modules[_UNITS] = names
    needs_them = True
    try:
        yield
        values = (value for each in _astropys(before) for value in vars(sys.modules[each]).values())
        needs_them = any(value is names for value in values)
    except Exception:  # noqa: BLE001
        pass
    finally:
        del sys.modules[_UNITS]
    if needs_them:  # another astropy: whoever asks for a part loads it anew
        for each in _astropys(before):
            del sys.modules[each]


def _astropys(before: set[str]) -> list[str]:
    """List the modules of astropy that have been loaded since."""
    return [name for name in sys.modules.keys() - before if name.split(".")[0] == "astropy"]


def keep_memory() -> None:
    """Have threads share as many stores of memory as there are cores, and what is freed kept.

    Each thread would have one of its own, and get memory from the system for each strip anew.
    Whoever has set by the environment how memory is kept has it so.
    """
    is_told = any(name.startswith("MALLOC_") for name in os.environ)
    if is_told or "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", ""):
        return
    from skyseg import _loops
    from skyseg.engine.mappers import count_cores

    _loops.keep_memory(stores=min(count_cores(), _MOST_STORES))
