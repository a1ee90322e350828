"""What is written for those who change skyseg is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_picture_of_the_rooms_is_current() -> None:
    draw = [sys.executable, str(ROOT / "scripts" / "draw_rooms.py"), "--check"]
    done = subprocess.run(draw, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_place_that_recipes_name_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/.]+/[\w.]+)`", text))
    named |= {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    assert len(named) > 20
    places = {each for each in named if not each.startswith(".venv/")}
    assert [each for each in sorted(places) if not (ROOT / each).exists()] == []


def test_every_target_of_make_that_recipes_name_is_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for name in ("CONTRIBUTING.md", "docs/development.md", "README.md", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        commands = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+?) *(?:$|`|#)", text, re.M)
        asked = {word for command in commands for word in command.split()}
        assert asked <= targets, name
        assert asked, name
