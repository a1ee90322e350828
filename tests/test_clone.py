"""A clone with nothing beside it runs all tests."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
DATA = TESTS / "data"


def test_no_test_reads_what_lies_beside_the_clone() -> None:
    # in two parts, so that this file may say what it looks for
    beside = "share" + "d/", '"share' + 'd"'
    files = [
        path for path in TESTS.rglob("*.py") if any(map(path.read_text().__contains__, beside))
    ]
    assert files == []


def test_the_real_imaging_is_small_and_its_source_is_named() -> None:
    files = [path for path in DATA.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 6_000_000
    said = (DATA / "README.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(DATA).as_posix() for path in files} - {"."}
    assert len(folders) == 3
    assert all(f"| {folder}/" in said for folder in folders)
