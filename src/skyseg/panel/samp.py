"""Sources sent to other programs, such as TOPCAT, DS9 and Aladin, over SAMP."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from skyseg.errors import DataNotFoundError

if TYPE_CHECKING:
    from astropy.samp import SAMPIntegratedClient
    from astropy.table import Table

_TABLES: Final = "table.load.votable"
_START: Final = "start TOPCAT, Aladin or DS9, and connect it to its SAMP hub"


def send_table(table: Table, name: str) -> list[str]:
    """Send a table to all programs that are connected to the SAMP hub and take tables.

    No hub is started. The file that they read is removed when Python ends.

    Parameters
    ----------
    table : astropy.table.Table
        One value a cell.
    name : str
        What they call it.

    Returns
    -------
    list of str
        Names of the programs.

    Raises
    ------
    DataNotFoundError
        If no hub runs, or no program takes tables.

    Examples
    --------
    >>> send_table(table, "F444W SEG rms_err")  # doctest: +SKIP
    ['topcat']
    """
    with _connected() as client:
        takers = [
            one for one in client.get_subscribed_clients(_TABLES) if one != client.get_public_id()
        ]
        if not takers:
            raise DataNotFoundError("no program at the SAMP hub takes tables", hint=_START)
        path = _folder() / f"sources-{len(list(_folder().iterdir())) + 1}.vot"
        table.write(path, format="votable")
        said = {"url": path.as_uri(), "table-id": path.stem, "name": name}
        message = {"samp.mtype": _TABLES, "samp.params": said}
        for one in takers:
            client.notify(one, message)
        return sorted(_name(client, one) for one in takers)


@contextmanager
def _connected() -> Iterator[SAMPIntegratedClient]:
    with warnings.catch_warnings():
        # astropy 8 says that the module will move to pyvo
        warnings.filterwarnings("ignore", "astropy.samp was deprecated")
        from astropy.samp import SAMPHubError, SAMPIntegratedClient

    client = SAMPIntegratedClient(name="skyseg", description="Segmentation maps of surveys")
    try:
        client.connect()
    except (SAMPHubError, OSError) as error:
        raise DataNotFoundError("no SAMP hub runs on this machine", hint=_START) from error
    try:
        yield client
    except SAMPHubError as error:
        raise DataNotFoundError("the SAMP hub went away", hint=_START) from error
    finally:
        if client.is_connected:
            client.disconnect()


def _name(client: Any, program: str) -> str:
    return str(client.get_metadata(program).get("samp.name", program))


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="skyseg-samp-")


def _folder() -> Path:
    return Path(_scratch().name)
