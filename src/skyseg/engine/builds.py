"""Which build of skyseg runs in a process: workers of a cluster must have that of the leader."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg import __version__, _loops
from skyseg.errors import MethodError

if TYPE_CHECKING:
    from distributed import Client


@cache
def find_build() -> str:
    """Return the version, with a sum of the engine's code and of its compiled loops.

    Examples
    --------
    >>> find_build() == f"{__version__} {find_build()[-10:]}"
    True
    """
    total = 0
    for path in [*sorted(Path(__file__).parent.glob("*.py")), Path(_loops.__file__)]:
        total = zlib.crc32(path.read_bytes(), total)
    return f"{__version__} ({total:08x})"


def check_versions(client: Client) -> None:
    """Check that scheduler and workers of a cluster have the version of this process.

    Without skyseg a worker cannot even read what it is sent, and ends.

    Raises
    ------
    MethodError
        If one has another version, or none.
    """
    told: Any = client.get_versions(packages=["skyseg"])
    ours = told["client"]["packages"]["skyseg"]
    there = {f"the worker {address}": each for address, each in told["workers"].items()}
    for where, each in {"the scheduler": told["scheduler"], **there}.items():
        found = each["packages"]["skyseg"]
        if found != ours:
            runs = "has no skyseg" if found is None else f"runs skyseg {found}"
            raise _refuse(f"{runs}, and your process runs skyseg {ours}", where)


def check_build(wanted: str) -> None:
    """Check in a worker of a cluster that it runs the build of the leading process.

    Raises
    ------
    MethodError
        If it runs another one, which might make other products of the same maps.
    """
    found = find_build()
    if found != wanted:
        from distributed import get_worker

        what = f"runs skyseg {found}, and your process runs skyseg {wanted}"
        raise _refuse(what, f"the worker {get_worker().address}")


def _refuse(what: str, where: str) -> MethodError:
    hint = "install the same for the scheduler and all workers, and start them again"
    return MethodError(what, hint=hint, where=where)
