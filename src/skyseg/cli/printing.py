"""What commands print: tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer


def format_value(value: Any) -> str:
    """Return a value as text for a table; ``-`` is none."""
    if isinstance(value, dict):
        return "; ".join(_leaves(value)) or "-"
    if isinstance(value, (list, tuple)):
        return (" x " if isinstance(value, list) else ", ").join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)


def _leaves(table: dict[str, Any], path: str = "") -> Iterator[str]:
    """Each value of a table of tables, after its keys as TOML joins them."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{key}.")
        else:
            words = value if isinstance(value, (list, tuple)) else (value,)
            yield f"{path}{key} = {format_value(tuple(words))}"


def list_failed(errors: Mapping[str, Exception]) -> list[dict[str, str]]:
    """List bands that have failed, and why in the words of the shell, as JSON has them."""
    from skyseg.cli.messages import SHELL
    from skyseg.errors import explain

    return [{"band": band, "error": explain(error).worded(SHELL)} for band, error in errors.items()]


def finite_or_none(value: float) -> float | None:
    """Return a number as JSON has it; None where it is not finite."""
    return value if abs(value) < float("inf") else None


def print_json(value: dict[str, Any]) -> None:
    """Print a dictionary as JSON."""
    typer.echo(json.dumps(value, indent=2, default=str))


def print_records(records: Sequence[dict[str, Any]]) -> None:
    """Print dictionaries of the same keys as a table."""
    head = [name.replace("_", " ").upper() for name in records[0]]
    print_table(head, [[format_value(value) for value in each.values()] for each in records])


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    from skyseg.imaging.tables import text_table

    typer.echo(text_table(head, rows))


def name_files(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return a record with the names of some files, without their folders."""
    return record | {key: record[key] and Path(record[key]).name for key in keys}


def print_folders(files: Iterable[Path]) -> None:
    """Print the folders in which files lie."""
    for folder in sorted({str(path.absolute().parent) for path in files}):
        typer.echo(f"in {folder}")
