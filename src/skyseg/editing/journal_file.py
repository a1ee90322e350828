"""The file of a journal: JSON that a person can read, and one schema for it."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from skyseg.editing.operations import Operation, Text
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.writing import make_absolute, read_small, whole_file

_FORMAT: Final = "skyseg edits"
_VERSION: Final = 1
_KEPT: Final = 2**16  # of the operations that a person works with, none is spelled twice


class Base(BaseModel):
    """The map that was edited.

    Attributes
    ----------
    name : str
        Survey, version and band, or what it is called.
    made_by : str
        Error type, method and parameter set.
    run_id : str or None
        RUNID of its run; None where it has none.
    shape : tuple of int
        Shape (ny, nx).
    largest : int
        The largest number in it.
    pixels : str
        SHA-256 of its labels, so that it is known again.
    pix_scale : float or None
        Side of a pixel in arcsec; None without a WCS.
    wcs : str
        Its celestial WCS as FITS cards, one after the other; empty without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Text = ""
    made_by: Text = ""
    run_id: Text | None = None
    shape: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
    largest: int = Field(ge=0, le=2**31 - 1)
    pixels: Text = ""
    pix_scale: Annotated[float, Field(gt=0)] | None = None
    wcs: Text = ""


class Journal(BaseModel):
    """Operations in their order, and those that were taken back and may be done again.

    Attributes
    ----------
    base : Base
        The map.
    operations : tuple of Operation
        What is done.
    undone : tuple of Operation
        What was taken back, the last one last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["skyseg edits"] = _FORMAT
    version: Literal[1] = _VERSION
    base: Base
    operations: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """The ids of all its operations."""
        return frozenset(each.id for each in (*self.operations, *self.undone))

    @property
    def done(self) -> tuple[tuple[str, str], ...]:
        """Of each operation that changes the map a sum of what it does, and what it is called.

        Who did it, when and why make no difference.
        """
        return tuple((_sum(each), each.title) for _, each in self._changing)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of those among all operations, from 1."""
        return tuple(number for number, _ in self._changing)

    @property
    def _changing(self) -> list[tuple[int, Operation]]:
        numbered = enumerate(self.operations, start=1)
        return [(number, each) for number, each in numbered if each.kind != "mark"]


_ABOUT: Final = {"id", "who", "when", "why", "anchors", "sky"}


@lru_cache(_KEPT)
def _sum(operation: Operation) -> str:
    told = operation.model_dump_json(exclude=_ABOUT)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def write_journal(journal: Journal, path: str | Path) -> bytes:
    """Write a journal, whole or not at all.

    Parameters
    ----------
    journal : Journal
        The journal.
    path : str or Path
        The file; one of this name is replaced.

    Returns
    -------
    bytes
        What is in the file.

    Raises
    ------
    ProductError
        If it cannot be written.
    """
    content = _spell(journal)
    with whole_file(make_absolute(path)) as opened:
        opened.write(content)
    return content


def _spell(journal: Journal) -> bytes:
    head = journal.model_dump(mode="json", exclude={"operations", "undone"})
    told = [f' "{key}": {json.dumps(value)}' for key, value in head.items()]
    for name in ("operations", "undone"):
        lines = ",\n".join(map(_spell_operation, getattr(journal, name)))
        told.append(f' "{name}": [\n{lines}\n ]' if lines else f' "{name}": []')
    return ("{\n" + ",\n".join(told) + "\n}\n").encode()


@lru_cache(_KEPT)
def _spell_operation(operation: Operation) -> str:
    """Spell an operation in a line: short enough to be read, and to be compared by lines."""
    told = operation.model_dump(mode="json", exclude_defaults=True) | {"kind": operation.kind}
    return f"  {json.dumps(told)}"


def read_journal(path: str | Path) -> Journal:
    """Read a journal.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Journal

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ParameterError
        If it is no journal, of an unknown version, or holds what no journal has.
    """
    file = make_absolute(path)
    try:
        content = json.loads(read_small(file))
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{file} does not exist", hint="correct the path") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ParameterError(f"{file} is no journal of edits", hint="give another file") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ParameterError(f"{file} is no journal of edits", hint="give another file")
    if content.get("version") != _VERSION:
        raise ParameterError(
            f"{file} is a journal of version {content.get('version')!r}",
            hint="open it with a newer skyseg",
        )
    try:
        return Journal.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ParameterError(
            f"{file} has a wrong {field} ({first['msg']})", hint="correct the file"
        ) from error
