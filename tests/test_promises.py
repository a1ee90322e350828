"""docs/promises.md: every promise names tests, and these exist; every campaign is described."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")


def test_every_promise_is_held_by_tests_that_exist() -> None:
    promises = [
        line.strip("| ").split(" | ")
        for line in PROMISES.split("## What is not promised")[0].splitlines()
        if line.startswith("| ") and not line.startswith("| promise")
    ]
    assert len(promises) > 10
    for promise, held_by in promises:
        named = re.findall(r"`(tests/\S+\.py)::(\w+)`", held_by)
        assert named, f"no test holds: {promise}"
        for file, name in named:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            found = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
            assert name in found, f"{file} has no {name}"


def test_every_campaign_is_described() -> None:
    modules = {
        path.stem
        for path in (ROOT / "chaos").glob("*.py")
        if "\ndef campaign(" in path.read_text(encoding="utf-8")
    }
    described = set(re.findall(r"^\| `(\w+)` \|", PROMISES, re.MULTILINE))
    runner = (ROOT / "chaos" / "__main__.py").read_text(encoding="utf-8")
    assert described == modules == set(re.findall(r'"(\w+)": Size', runner))
