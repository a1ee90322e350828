"""The one way in which a loop over pixels is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of arrays and numbers on its first call; keep the result on disk.

    The function runs without the interpreter's lock and without reordered
    arithmetic: the same input gives the same bytes on any machine.
    """
    return cast(Function, numba.njit(cache=True, nogil=True)(function))
