"""A Dask cluster as a caller names it: a client, or the address of a scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from skyseg.errors import MethodError, ParameterError

if TYPE_CHECKING:
    from distributed import Client

_PATIENCE: Final = "10s"
_CLOSED: Final = {"closing", "closed"}


@contextmanager
def connected(client: Client | str | None) -> Iterator[Client | None]:
    """Be connected with a cluster while the block runs.

    Parameters
    ----------
    client : distributed.Client or str or None
        A connection, which stays open; the address of a scheduler; None for no cluster.

    Raises
    ------
    MethodError
        If Dask is not installed.
    ParameterError
        If no scheduler answers at the address, or it is no connection that is open.
    """
    if not isinstance(client, str):
        _check_connection(client)
        yield client
        return
    try:
        from distributed import Client as DaskClient
    except ImportError as error:
        raise MethodError(
            "needs Dask", argument="client", hint="install skyseg with the extra 'distributed'"
        ) from error
    try:
        opened = DaskClient(client, timeout=_PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, RuntimeError) as error:
        raise ParameterError(
            f"is {client!r}, and no Dask scheduler answers there",
            hint="start one with `dask scheduler` and give the address that it prints",
            argument="client",
        ) from error
    with opened:
        yield opened


def _check_connection(client: Client | None) -> None:
    if client is None:
        return
    if not hasattr(client, "submit"):
        fault = f"is {client!r}"
    elif getattr(client, "status", None) in _CLOSED:
        fault = "is a connection that is closed"
    else:
        return
    raise ParameterError(
        fault, hint="give a distributed.Client that is open, or the address of a scheduler",
        argument="client",
    )  # fmt: skip
