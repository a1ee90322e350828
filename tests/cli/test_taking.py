"""Values that are taken without typer are those that it would make, and errors are its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.main import get_command

from skyseg.cli.taking import take_plain_values

_GIVEN = (
    [], ["there"], ["--many", "a", "--many", "b"], ["--number", "3"], ["--number", "x"],
    ["--path", "missing"], ["--path", "."], ["--part", "0.5"], ["--switch"], ["--pair", "a", "b"],
    ["--called", "x"],
)  # fmt: skip


def _ask(value: str | None) -> str | None:
    return None if value is None else f"<{value}>"


def _make(said: list[Any]) -> TyperCommand:
    def command(
        first: Annotated[str | None, typer.Argument()] = None,
        many: Annotated[list[str] | None, typer.Option()] = None,
        number: Annotated[int, typer.Option(min=0)] = 5,
        path: Annotated[Path | None, typer.Option()] = None,
        part: float | None = None,
        switch: Annotated[bool, typer.Option("--switch")] = False,
        pair: Annotated[tuple[str, str] | None, typer.Option()] = None,
        called: Annotated[str | None, typer.Option(callback=_ask)] = None,
    ) -> None:
        said.append((first, many, number, path, part, switch, pair, called))

    app = typer.Typer(add_completion=False)
    app.command()(command)
    made = get_command(app)
    assert isinstance(made, TyperCommand)
    return made


def _run(arguments: list[str], *, plain: bool) -> Any:
    said: list[Any] = []
    command = _make(said)
    if plain:
        assert command.callback is not None
        take_plain_values(command.params, command.callback)
    try:
        command(arguments, standalone_mode=False)
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)
    return repr(said)


@pytest.mark.parametrize("arguments", _GIVEN, ids=" ".join)
def test_values_and_errors_are_those_of_typer(arguments: list[str]) -> None:
    assert _run(arguments, plain=True) == _run(arguments, plain=False)
