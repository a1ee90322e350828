"""Parts of files are copied whole, by the system or, where it cannot, by this process."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from skyseg.products._copying import copy_part

CONTENT = bytes(range(256)) * 5000
BEGIN, SIZE = 1001, 1_200_003


@pytest.fixture(params=["the system", "this process", "both"])
def copied_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who copies: the system may refuse at once, or after a part."""
    by_system, calls = os.copy_file_range, []

    def copy(source: int, target: int, count: int, *places: int) -> int:
        if calls:
            raise OSError(errno.EXDEV, "not between these file systems")
        calls.append(count)
        return by_system(source, target, count // 3, *places)

    if request.param == "this process":
        monkeypatch.delattr(os, "copy_file_range")
    elif request.param == "both":
        monkeypatch.setattr(os, "copy_file_range", copy)


@pytest.mark.usefixtures("copied_by")
def test_a_part_of_a_file_stands_where_the_other_file_was(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "copy").open("wb") as stream:
        stream.write(b"before")
        copy_part(source, BEGIN, SIZE, stream)
        stream.write(b"after")
    wanted = b"before" + CONTENT[BEGIN : BEGIN + SIZE] + b"after"
    assert (tmp_path / "copy").read_bytes() == wanted


def test_a_part_is_copied_to_what_is_no_file_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    stream = io.BytesIO()
    with (tmp_path / "source").open("rb", buffering=0) as source:
        copy_part(source, BEGIN, SIZE, stream)
    assert stream.getvalue() == CONTENT[BEGIN : BEGIN + SIZE]


@pytest.mark.usefixtures("copied_by")
def test_a_file_that_ends_too_early_is_told(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    with (
        (tmp_path / "source").open("rb") as source,
        (tmp_path / "copy").open("wb") as stream,
        pytest.raises(OSError, match="ends before its last part"),
    ):
        copy_part(source, BEGIN, len(CONTENT), stream)
