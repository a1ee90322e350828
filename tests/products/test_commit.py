"""Three files become those of one run or stay those of another, whatever stops the renames."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from skyseg.errors import ProductError
from skyseg.products import Products
from skyseg.products._commit import is_pending
from skyseg.products.names import ProductPaths

Segment = Callable[..., Products]


def runs(paths: ProductPaths) -> set[str]:
    return {fits.getheader(path, 1)["RUNID"] for path in paths}


def assert_whole(paths: ProductPaths) -> None:
    """One run is there and nothing else."""
    assert len(runs(paths)) == 1
    hidden = {path.name for path in paths.folder.iterdir() if path.suffix != ".lock"}
    assert hidden == {path.name for path in paths}


def fail_at(call: int, error: BaseException, how_often: int) -> Callable[..., None]:
    """Return a rename that fails so many times from one call on."""
    calls = 0
    replace = os.replace

    def failing(*names: Any, **how: Any) -> None:
        nonlocal calls
        calls += 1
        if call <= calls < call + how_often:
            raise error
        replace(*names, **how)

    return failing


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_rename_that_fails_once_is_done_again(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    old = segment().run_id
    monkeypatch.setattr(os, "replace", fail_at(call, OSError(errno.EIO, "no luck"), 1))
    assert segment(seed=1, overwrite=True).made
    assert_whole(paths)
    assert runs(paths) != {old}


@pytest.mark.parametrize("call", [1, 2, 3])
def test_where_a_rename_fails_for_good_the_old_files_are_put_back(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    segment()
    before = [path.read_bytes() for path in paths]
    monkeypatch.setattr(os, "replace", fail_at(call, OSError(errno.EIO, "no luck"), 2))
    with pytest.raises(ProductError, match="cannot be written to"):
        segment(seed=1, overwrite=True)
    assert [path.read_bytes() for path in paths] == before
    assert_whole(paths)


@pytest.mark.parametrize("call", [2, 3])
def test_a_first_run_whose_renames_fail_for_good_leaves_nothing(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    monkeypatch.setattr(os, "replace", fail_at(call, OSError(errno.EIO, "no luck"), 2))
    with pytest.raises(ProductError, match="cannot be written to"):
        segment()
    assert not paths.folder.exists()


@pytest.mark.parametrize("call", [2, 3])
def test_without_hard_links_the_next_call_finishes_what_a_failure_left(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    def no_link(*names: Any, **how: Any) -> None:
        raise OSError(errno.EPERM, "no links")

    old = segment()
    monkeypatch.setattr(os, "link", no_link)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at(call, OSError(errno.EIO, "no luck"), 9))
        with pytest.raises(ProductError, match="cannot be written to"):
            segment(seed=1, overwrite=True)
    assert not segment(seed=2).made
    assert_whole(paths)
    assert runs(paths) != {old.run_id}


@pytest.mark.parametrize("call", [1, 2, 3])
def test_interrupts_wait_until_all_files_are_in_place(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    old, calls, replace = segment().run_id, 0, os.replace

    def interrupted(*names: Any, **how: Any) -> None:
        nonlocal calls
        calls += 1
        if calls >= call:
            signal.raise_signal(signal.SIGINT)
        replace(*names, **how)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        segment(seed=1, overwrite=True)
    assert_whole(paths)
    assert runs(paths) != {old}


KILLED_AT_EVERY_CALL = """
import os, shutil, signal, sys
from pathlib import Path
from astropy.io import fits
from skyseg.products._commit import commit, recover
from skyseg.products._lock import locked
from skyseg.products.names import ProductPaths

old, new, place, run = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
names = sys.argv[5:]
watched = "replace rename link unlink fsync open mkdir write".split()

def step(folder, number):
    calls = 0
    def watch(name):
        real = getattr(os, name)
        def call(*args, **how):
            nonlocal calls
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            if sys.argv[0] == "fail" and name in ("replace", "rename") and calls > 1:
                raise OSError(5, "no luck")
            return real(*args, **how)
        setattr(os, name, call)
    for name in watched:
        watch(name)
    paths = ProductPaths(*(folder / name for name in names))
    with locked(paths):
        recover(paths)
        commit(paths, {path: fits.open(new / path.name) for path in paths}, run)

for number in range(1, 1000):
    folder = place / str(number)
    shutil.copytree(old, folder)
    child = os.fork()
    if child == 0:
        try:
            step(folder, number)
        finally:
            os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(number)
"""


def test_a_process_killed_at_any_call_of_the_system_leaves_one_run(
    segment: Segment, paths: ProductPaths, tmp_path: Path
) -> None:
    new = segment(seed=1, n=9)
    shutil.copytree(paths.folder, tmp_path / "new")
    old = segment(seed=0, n=4, overwrite=True)
    home = paths.folder.rename(tmp_path / "old")
    (tmp_path / "killed").mkdir()
    names = [path.name for path in paths]
    arguments = [str(home), str(tmp_path / "new"), str(tmp_path / "killed"), str(new.run_id)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_CALL, *arguments, *names],
        check=True,
        capture_output=True,
        text=True,
    )
    last = int(done.stdout)
    assert last > 15
    found = []
    for number in range(1, last + 1):
        if paths.folder.exists():
            shutil.rmtree(paths.folder)
        shutil.copytree(tmp_path / "killed" / str(number), paths.folder)
        loaded = segment(seed=2)
        assert not loaded.made
        assert int(loaded.load_seg().max()) == len(loaded.load_cat()) == loaded.n_sources
        assert_whole(paths)
        assert not is_pending(paths)
        found.append(loaded.run_id)
    turn = found.index(new.run_id)
    assert found == [old.run_id] * turn + [new.run_id] * (len(found) - turn)
