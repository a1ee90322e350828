"""Single files are there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skyseg.errors import ParameterError, ProductError
from skyseg.writing import make_absolute, read_small, whole_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.bin"
    with whole_file(path) as file:
        file.write(b"abc")
        assert not path.exists()
    assert path.read_bytes() == b"abc"
    assert [each.name for each in path.parent.iterdir()] == ["a.bin"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.bin"]


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(ProductError, match=r"file/a\.bin cannot be written")
    with refused, whole_file(tmp_path / "file" / "a.bin"):
        pass


@pytest.mark.parametrize("path", [3, None, b"x", True, ["a"], "a\0b", "~no-such-user/x"])
def test_what_is_no_path_is_refused_by_the_name_of_its_argument(path: object) -> None:
    with pytest.raises(ParameterError) as caught:
        make_absolute(path, "work_dir")  # type: ignore[arg-type]
    assert caught.value.argument == "work_dir"
    assert repr(path) in str(caught.value)


def test_what_a_killed_process_left_is_removed_an_hour_later_and_nothing_else(
    tmp_path: Path,
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from skyseg.writing import whole_file\n"
        "with whole_file(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "plot.png")], check=False)
    (left,) = tmp_path.iterdir()
    of_another_host = tmp_path / ".a.png.00000000-999999999-01234567.tmp"
    of_others = tmp_path / ".other.tmp"
    with whole_file(tmp_path / "mine.bin"):
        (mine,) = (path for path in tmp_path.glob(".*.tmp") if path != left)
        for path in (of_another_host, of_others):
            path.touch()
        with whole_file(tmp_path / "b.bin"):
            pass
        assert left.exists()  # it is not an hour old
        for path in (left, mine, of_another_host, of_others):
            os.utime(path, (0, 0))
        with whole_file(tmp_path / "b.bin"):
            pass
        assert not left.exists()
    assert {each.name for each in tmp_path.iterdir()} == {
        "b.bin",
        "mine.bin",
        of_another_host.name,
        of_others.name,
    }


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError):
            read_small(path)
    (tmp_path / "a.toml").write_bytes(b"a = 1")
    assert read_small(tmp_path / "a.toml") == b"a = 1"
