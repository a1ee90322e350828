"""Who makes products, who waits for whom, and who may."""

from __future__ import annotations

import errno
import logging
import os
import pickle
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.engine.stopping import waiting_until
from skyseg.errors import ProductError
from skyseg.products import Products, _lock
from skyseg.products._lock import lock_path, locked
from skyseg.products.names import ProductPaths, cannot_write
from skyseg.settings import config

Segment = Callable[..., Products]
NOBODY = 65534


@pytest.fixture
def shared_paths() -> Iterator[ProductPaths]:
    """Products in a folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name, "skyseg", "NIRCam", "v11", "JOF", "MAP_WEIGHT", "segmentation")
        folder.parent.mkdir(parents=True)
        yield ProductPaths(folder / "a_seg.fits", folder / "a_bkg.fits", folder / "a.fits")


@pytest.fixture
def paths(shared_paths: ProductPaths) -> ProductPaths:
    return shared_paths


@pytest.fixture
def inputs(shared_paths: ProductPaths) -> tuple[Path, Path]:
    """Two input files beside them."""
    places = (shared_paths.folder.parent / "sci.fits", shared_paths.folder.parent / "wht.fits")
    for place in places:
        fits.writeto(place, np.zeros((300, 280), np.float32))
    return places


def as_reader(folder: Path, call: Callable[[], Any]) -> Any:
    """Call as somebody who may read a folder and not write there."""
    if os.getuid() != 0:
        folder.chmod(0o555)
        try:
            return call()
        finally:
            folder.chmod(0o755)
    config.as_dict()  # its files may be out of the reader's reach
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            answer: Any = call()
        except BaseException as error:  # noqa: BLE001
            answer = error
        os.write(writing, pickle.dumps(answer))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = pickle.loads(stream.read())
    os.waitpid(child, 0)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def test_whoever_may_write_in_the_folder_may_take_the_lock(paths: ProductPaths) -> None:
    paths.folder.mkdir()
    paths.folder.chmod(0o2775)
    before = os.umask(0o077)
    try:
        with locked(paths):
            assert stat.S_IMODE(lock_path(paths).stat().st_mode) == 0o664
    finally:
        os.umask(before)
    paths.folder.chmod(0o755)
    with locked(paths):
        assert stat.S_IMODE(lock_path(paths).stat().st_mode) == 0o644


@pytest.mark.parametrize("left", ["nothing", "a run's leftovers", "a run in progress"])
def test_who_may_only_read_is_served_beside(
    segment: Segment, paths: ProductPaths, left: str
) -> None:
    made = segment()
    if left != "nothing":
        hidden = paths.seg.with_name(f".{paths.seg.name}.0123456789abcdef.tmp")
        hidden.write_bytes(b"half")

    def read() -> tuple[bool, int]:
        mine = segment()
        return mine.made, len(mine.load_cat())

    if left == "a run in progress":
        with locked(paths):
            assert as_reader(paths.folder, read) == (False, made.n_sources)
    else:
        assert as_reader(paths.folder, read) == (False, made.n_sources)


def test_who_may_only_read_is_told_that_a_run_is_half_in_place(
    segment: Segment, paths: ProductPaths
) -> None:
    segment(seed=1)
    content = paths.seg.read_bytes()
    mine = segment(overwrite=True)
    paths.seg.write_bytes(content)
    paths.cat.with_name(f".{paths.cat.name}.0123456789abcdef.tmp").touch()
    with pytest.raises(ProductError, match="of that run not all files are in place") as caught:
        as_reader(paths.folder, mine.load_seg)
    assert "have somebody call it who may write there" in caught.value.hint
    with pytest.raises(ProductError, match="are not of one run; have somebody call"):
        as_reader(paths.folder, segment)
    assert len(as_reader(paths.folder, mine.load_cat)) == 5


def test_a_reader_waits_for_the_writer_between_two_files(
    segment: Segment, paths: ProductPaths
) -> None:
    segment(seed=1)
    content = paths.seg.read_bytes()
    mine = segment(overwrite=True)
    own = paths.seg.read_bytes()

    def finish() -> None:
        time.sleep(0.5)
        paths.seg.write_bytes(own)

    with locked(paths):
        paths.seg.write_bytes(content)
        paths.cat.with_name(f".{paths.cat.name}.0123456789abcdef.tmp").touch()
        writer = threading.Thread(target=finish)
        writer.start()
        reader = threading.Thread(target=lambda: found.append(mine.load_seg()))
        found: list[Any] = []
        reader.start()
        writer.join()
    reader.join()
    assert len(found) == 1


def test_who_may_not_write_is_told_of_the_permission(segment: Segment, paths: ProductPaths) -> None:
    segment()
    with pytest.raises(ProductError) as caught:
        as_reader(paths.folder, lambda: segment(overwrite=True).made)
    assert str(caught.value) == (
        f"{paths.folder} cannot be written to (Permission denied); ask for permission to write "
        "there, or give another folder with work_dir="
    )


def test_a_lock_that_another_user_made_for_himself_can_be_taken(paths: ProductPaths) -> None:
    paths.folder.mkdir()
    lock_path(paths).touch(mode=0o644)
    paths.folder.chmod(0o777)

    def take() -> bool:
        with locked(paths):
            return True

    if os.getuid() == 0:
        assert as_reader(paths.folder, take)


def test_one_who_waits_says_for_whom_and_gives_up_in_the_time_that_is_set(
    paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SKYSEG_LOCK_TIMEOUT", "0.3")
    monkeypatch.setattr(_lock, "_TELL_AFTER", 0.0)
    config.reload()
    holder = rf"process {os.getpid()} on \S+ since \S+ \S+ UTC"
    with locked(paths):
        refused = pytest.raises(ProductError, match=rf"still being made by {holder}, after 0.3 s")
        with caplog.at_level(logging.WARNING), refused, locked(paths):
            pass
    assert caplog.text.count("waiting for process") == 1
    with locked(paths):
        pass


def test_without_flock_the_lock_is_a_file_that_names_its_holder(
    paths: ProductPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_flock(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_flock)
    inside: list[int] = []

    def enter(number: int) -> None:
        with locked(paths):
            paths.cat.touch()
            inside.append(number)
            assert len(inside) == 1
            inside.remove(number)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.setenv("SKYSEG_LOCK_TIMEOUT", "0")
    config.reload()
    with locked(paths):
        told = pytest.raises(ProductError, match=r"if that process has ended, remove .*\.held")
        with told, locked(paths):
            pass
    assert {path.name for path in paths.folder.iterdir()} == {".a.lock", "a.fits"}


def test_who_waits_in_a_thread_is_interrupted_with_the_work_that_it_is_part_of(
    paths: ProductPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_LOCK_TIMEOUT", "30")
    config.reload()
    stopped = threading.Event()
    ended: list[type[BaseException] | None] = []

    def wait() -> None:
        try:
            with waiting_until(stopped), locked(paths):
                ended.append(None)
        except BaseException as error:  # noqa: BLE001
            ended.append(type(error))

    with locked(paths):
        thread = threading.Thread(target=wait)
        thread.start()
        stopped.set()
        thread.join()
    assert ended == [KeyboardInterrupt]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "ask for permission to write there, or give another folder"),
        (errno.EROFS, "the file system is read-only: give another folder"),
        (errno.ENOSPC, "the disk is full: free space there, or give another folder"),
        (errno.EDQUOT, "the quota is used up: free space there, or give another folder"),
        (errno.EBUSY, "check the folder, or give another folder"),
    ],
)
def test_the_remedy_fits_the_cause(number: int, remedy: str) -> None:
    error = cannot_write(Path("work"), OSError(number, os.strerror(number)))
    assert error.hint.startswith(remedy)
