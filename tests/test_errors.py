"""Errors: fields that every surface can spell, and no words of one surface in another."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

from skyseg import errors
from skyseg.cli.messages import SHELL
from skyseg.cli.program import app
from skyseg.errors import PYTHON_WORDS, Advice, ParameterError, Wording, check_switch, verbatim
from skyseg.panel.wording import PANEL
from skyseg.writing import check_free

SOURCE = Path(__file__).resolve().parents[1] / "src" / "skyseg"
KINDS = {name for name in dir(errors) if name.endswith("Error")} | {"Advice"}
# no command gives a wrong value to a function of these rooms, nor to these arguments
NO_SHELL = {"editing", "engine", "galfind", "notebook", "panel", "napari_plugin"}
PYTHON_ONLY = {"injection", "aper", "config_name", "depths", "norm", "origin", "progress", "table"}


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    """All places that make an error or an advice."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS:
                yield path, node


def _texts(node: ast.AST) -> Iterator[str]:
    """The literal parts of the strings in an expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _field(call: ast.Call, name: str, position: int) -> ast.AST | None:
    named = next((each.value for each in call.keywords if each.arg == name), None)
    in_place = isinstance(call.func, ast.Name) and call.func.id == "Advice"
    return named or (call.args[position] if in_place and len(call.args) > position else None)


def test_every_key_of_a_hint_is_known_to_all_surfaces() -> None:
    found = set()
    for _, call in _calls():
        if (hint := _field(call, "hint", 1)) is not None:
            for text in _texts(hint):
                found |= set(re.findall(r"\{(\w+)\}", text))
    assert found >= {"overwrite", "zero_point"}
    for words in (PYTHON_WORDS, SHELL.words):
        assert found <= words.keys()


def test_every_key_is_used_and_a_surface_spells_no_other() -> None:
    used = {
        key
        for path in SOURCE.rglob("*.py")
        for text in _texts(ast.parse(path.read_text(encoding="utf-8")))
        for key in re.findall(r"\{(\w+)\}", text)
    }
    assert used >= PYTHON_WORDS.keys() == SHELL.words.keys() == PANEL.words.keys()


def test_no_message_is_in_the_words_of_one_surface() -> None:
    spelled = re.compile(
        r"overwrite=|--[a-z]|(zero_point|pix_scales?|err_type|work_dir|data_dir|band|method)=|"
        r"(?<!{)from_files|segment\("
    )
    for path, call in _calls():
        for text in _texts(call):
            assert not spelled.search(text) or "--version" in text, f"{path.name}: {text}"


def test_every_argument_of_an_error_has_a_spelling_in_the_shell() -> None:
    pending, commands = [typer.main.get_command(app)], []
    while pending:
        commands.append(pending.pop())
        pending += getattr(commands[-1], "commands", {}).values()
    options = {option for command in commands for each in command.params for option in each.opts}
    places = {each.metavar for command in commands for each in command.params}
    for path, call in _calls():
        node = _field(call, "argument", 2)
        for name in () if node is None else _texts(node):
            spelled = SHELL.argument(name)
            if name not in PYTHON_ONLY and path.relative_to(SOURCE).parts[0] not in NO_SHELL:
                assert spelled in options | places, f"{path.name}: {name}"


def test_an_error_is_told_in_the_words_of_a_surface() -> None:
    loud = Wording({"overwrite": "OVERWRITE"}, str.upper)
    error = ParameterError("is old", hint="use {overwrite} or {band}", argument="sci").at("a.fits")
    assert str(error) == "a.fits: sci is old; use overwrite=True or band="
    assert error.advice.worded(loud) == "a.fits: SCI is old; use OVERWRITE or band="
    assert str(Advice("a", "{nothing}")) == "a; {nothing}"


def test_a_band_that_a_message_is_about_is_named_once() -> None:
    told = Advice("is bad", where="JOF v1 F444W rms_err (a.fits)")
    assert told.at("F444W") == told
    assert str(told.at("F444")) == "F444: JOF v1 F444W rms_err (a.fits): is bad"


@pytest.mark.parametrize("kind", errors.SkysegError.__subclasses__())
def test_errors_keep_their_fields_when_pickled(kind: type[errors.SkysegError]) -> None:
    error = kind("is old", hint="use {overwrite}", argument="sci", where="a.fits")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.advice) == (kind, error.advice)


def test_braces_in_a_name_stand_for_no_argument() -> None:
    hint = f"use {verbatim('{overwrite}, {{sci}} and {x')} or {{overwrite}}"
    error = ParameterError("{segment} is there", hint=hint)
    assert str(error) == "{segment} is there; use {overwrite}, {{sci}} and {x or overwrite=True"


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_a_switch_is_true_or_false(value: Any) -> None:
    assert check_switch(value, "overwrite") == value


@pytest.mark.parametrize("value", ["no", "", 0, 1, None, [], np.ones(1, bool), "True"])
def test_what_is_neither_true_nor_false_is_no_switch(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"overwrite is .*; give True or False"):
        check_switch(value, "overwrite")
    with pytest.raises(ParameterError, match="overwrite is"):
        check_free(tmp_path / "new", overwrite=value)
