"""The same bytes on a cluster, whatever happens to its workers."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from astropy.io import fits
from distributed import Client, LocalCluster, versions
from tests.engine.uneven_field import FloatImage, are_same, make_field

from skyseg import BandData, Data, Injection, Parameters
from skyseg.cli import main
from skyseg.engine import Window, segment_image
from skyseg.engine.dask_mapper import DaskMapper
from skyseg.engine.masking import Mask
from skyseg.errors import DataNotFoundError, MethodError
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    settings = {
        "distributed.scheduler.no-workers-timeout": "60s",
        # it takes copies from workers that are slow, which are then sent once more
        "distributed.scheduler.active-memory-manager.start": False,
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster) as connection,
    ):
        yield connection


@pytest.mark.parametrize("sent", [1, 2_000_000])
def test_a_cluster_gives_the_same_bytes_as_this_process(
    sent: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.engine.dask_mapper._MOST_BYTES", sent)
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", 100)
    image, weight = make_field()
    alone = segment_image(image, weight, "wht", Parameters(), (5.0,), strip_rows=80)
    there = segment_image(
        image, weight, "wht", Parameters(), (5.0,), strip_rows=80, mapper=DaskMapper(client)
    )
    assert are_same(alone, there)
    names = client.cluster.scheduler.task_prefixes  # those of the dashboard
    docs = Path(__file__).parents[2] / "docs" / "clusters.md"
    told = re.findall(r"shows the tasks by step:(.*?)\.", docs.read_text(encoding="utf-8"), re.S)[0]
    steps = re.findall(r"`(\w+)`", told)
    assert len(steps) >= 7
    assert {*steps, "share"} <= names.keys()


@pytest.mark.parametrize("more", ["LOCAL", "flags", "mask"])
def test_a_cluster_gives_the_same_bytes_where_more_is_made_of_the_pixels(
    client: Client, more: str
) -> None:
    image, weight = make_field()
    marks = (np.arange(image.size) % 97 == 0).astype(np.int32).reshape(image.shape)
    given: dict[str, Any] = {
        "LOCAL": {},
        "flags": {"flags": marks, "columns": {"X_IMAGE", "IMAFLAGS_ISO", "NIMAFLAGS_ISO"}},
        "mask": {"mask": Mask.of(marks, {"EDGE": 1}, excluded=1)},
    }[more]
    parameters = Parameters(backphoto_type="LOCAL" if more == "LOCAL" else "GLOBAL")
    alone, there = (
        segment_image(image, weight, "wht", parameters, (5.0,), mapper=mapper, **given)
        for mapper in (map, DaskMapper(client))
    )
    assert len(alone.columns["NUMBER"]) > 20
    assert are_same(alone, there)


def test_workers_that_the_leading_process_does_not_see_give_their_results_to_the_scheduler(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connect(*_: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(DaskMapper, "_connect", connect)
    mapper = DaskMapper(client)
    assert list(mapper(abs, range(-20, 0))) == list(range(20, 0, -1))
    assert not mapper._sees_workers


def test_a_cluster_makes_the_stack_that_this_process_makes(client: Client, tmp_path: Path) -> None:
    make_survey(tmp_path, bands=["F200W", "F444W"], shape=(300, 90), n_sources=20)
    data = Data.from_survey_version("sample", "v1", data_dir=tmp_path)
    here = data.stack(work_dir=tmp_path / "here").load_sci()
    there = data.stack(work_dir=tmp_path / "there", client=client).load_sci()
    assert here.tobytes() == there.tobytes()


def test_a_cluster_makes_two_passes_as_this_process_does(client: Client, tmp_path: Path) -> None:
    make_survey(tmp_path, bands=["F444W"], shape=(200, 240), n_sources=40)
    band = Data.from_survey_version("sample", "v1", data_dir=tmp_path)["F444W"]
    made = []
    for each in (None, client):
        band.segment(parameters="hot+cold", client=each, progress=False, overwrite=True)
        made.append((band.load_seg(), band.load_cat()))
    (labels, cat), (there, cat_there) = made
    assert set(cat["PASS"]) == {1, 2}
    assert labels.tobytes() == there.tobytes()
    for name in cat.colnames:
        assert np.array_equal(cat[name], cat_there[name], equal_nan=True)


def test_a_cluster_finds_the_injected_sources_that_this_process_finds(
    client: Client, tmp_path: Path
) -> None:
    make_survey(tmp_path, bands=["F444W"], shape=(500, 400), n_sources=40)
    band = Data.from_survey_version("sample", "v1", data_dir=tmp_path)["F444W"]
    band.segment(progress=False)
    for number in (2, 60):  # around places, and all of the image
        asked = Injection(n=number, mags=(24, 29), psf=0.145)
        here, there = (
            band.assess(asked, progress=False, client=each).completeness for each in (None, client)
        )
        assert here is not None
        assert there is not None
        assert here.sources.pformat() == there.sources.pformat()


def test_a_cluster_makes_all_bands_of_a_survey(client: Client, tmp_path: Path) -> None:
    make_survey(tmp_path, bands=["F115W", "F444W"], shape=(200, 240), n_sources=40, seed=5)
    data = Data.from_survey_version("sample", "v1", ["NIRCam"], data_dir=tmp_path)
    address = client.scheduler_info()["address"]
    data.segment(client=address, progress=False)
    there = [band.load_seg() for band in data]
    data.segment(overwrite=True, progress=False)
    for band, labels in zip(data, there, strict=True):
        assert isinstance(band, BandData)
        np.testing.assert_array_equal(band.load_seg(), labels)
        assert labels.max() > 5
    assert not list(tmp_path.rglob("*.parts"))


def test_workers_take_the_checksums_of_the_inputs(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_survey(tmp_path, bands=["F444W"], shape=(200, 240), n_sources=40)
    band = BandData.from_files(made.images["F444W"])

    def read(*_: object) -> str:
        raise AssertionError("the leading process reads a file for its checksum")

    with monkeypatch.context() as context:
        context.setattr("skyseg.products.input_maps._read_sha256", read)
        band.segment(progress=False, client=client, work_dir=tmp_path / "there")
    (seg,) = (tmp_path / "there").rglob("*_seg.fits")
    whole = sha256(made.images["F444W"].read_bytes()).hexdigest()
    assert fits.getheader(seg, "SEG")["IN1SHA"] == whole


def _hide(path: str) -> None:
    """Have a worker find no file at a path, as one that does not share the file system."""

    def open_other(other: Any, *arguments: Any, **named: Any) -> int:
        if str(other) == path:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return opened(other, *arguments, **named)

    opened = os.open
    os.open = open_other
    os.opened = opened  # type: ignore[attr-defined]


def _show() -> None:
    os.open = os.opened  # type: ignore[attr-defined]


def test_a_worker_that_does_not_see_the_maps_is_told(client: Client, tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=["F444W"], shape=(200, 240), n_sources=40)
    sci = made.images["F444W"]
    band = BandData.from_files(sci)
    client.run(_hide, str(sci))
    try:
        with pytest.raises(DataNotFoundError, match="a worker of the cluster") as told:
            band.segment(progress=False, client=client, work_dir=tmp_path / "there")
    finally:
        client.run(_show)
    assert str(sci) in str(told.value)
    assert "have all workers see the maps under the paths that you give" in str(told.value)
    assert not [path for path in (tmp_path / "there").rglob("*") if path.suffix == ".parts"]
    assert not list((tmp_path / "there").rglob("*_seg.fits"))


def _find_version(name: str, skyseg: str | None) -> str | None:
    """Return the version of a package as Dask does, but for skyseg."""
    if name == "skyseg":
        return skyseg
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _have_skyseg(told: str | None) -> None:
    """Have Dask tell that a worker has this version of skyseg, or none."""
    versions._version_cached = partial(_find_version, skyseg=told)


@pytest.mark.parametrize(("there", "said"), [(None, "has no skyseg"), ("9", "runs skyseg 9")])
def test_a_worker_with_another_version_or_without_skyseg_is_refused(
    client: Client, there: str | None, said: str
) -> None:
    (worker, *_) = client.scheduler_info()["workers"]
    client.run(_have_skyseg, there, workers=[worker])
    try:
        with pytest.raises(MethodError, match=rf"the worker {worker}: {said}, and .* 0\.1\.0;"):
            list(DaskMapper(client)(abs, [-1, -2]))
    finally:
        client.run(_have_skyseg, version("skyseg"), workers=[worker])
    assert list(DaskMapper(client)(abs, [-1, -2])) == [1, 2]


def test_a_worker_with_another_build_of_the_same_version_is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.engine.dask_mapper.find_build", lambda: "0.1.0 (00000000)")
    with pytest.raises(MethodError, match=r"runs skyseg 0.1.0 \(.*and your.*0.1.0 \(00000000\)"):
        list(DaskMapper(client)(abs, [-1, -2]))


_LEADER = """
import sys, time
from skyseg import BandData
from skyseg.products import _packing
_packing.check_rows = lambda *_: time.sleep(600)  # with rows beside the product, and no map yet
BandData.from_files(sys.argv[1]).segment(client=sys.argv[2], work_dir=sys.argv[3], progress=False)
"""


def test_a_leader_that_is_killed_leaves_nothing_that_the_next_run_does_not_mend(
    client: Client, tmp_path: Path
) -> None:
    made = make_survey(tmp_path, bands=["F444W"], shape=(600, 640), n_sources=200)
    sci, there = made.images["F444W"], tmp_path / "there"
    address = client.scheduler_info()["address"]
    same = ["-S"] if sys.flags.no_site else []  # the build of this process
    command = [sys.executable, *same, "-c", _LEADER, str(sci), address, str(there)]
    with subprocess.Popen(command) as leader:
        while leader.poll() is None and not list(there.rglob("*.parts/*")):
            time.sleep(0.01)
        leader.kill()
    assert leader.returncode == -signal.SIGKILL
    assert not list(there.rglob("*_seg.fits"))
    band = BandData.from_files(sci)
    band.segment(client=client, work_dir=there, progress=False)
    assert not list(there.rglob("*.parts"))
    labels, cat = band.load_seg(), band.load_cat()
    band.segment(work_dir=tmp_path / "here", progress=False)
    assert labels.max() > 5
    assert labels.tobytes() == band.load_seg().tobytes()
    assert cat.as_array().tobytes() == band.load_cat().as_array().tobytes()


def test_all_threads_of_all_workers_get_tasks_also_of_those_that_come_late() -> None:
    drawn = []

    def tasks() -> Iterator[int]:
        for number in range(1, 100):
            drawn.append(number)
            yield number

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=6, processes=False, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as connection,
    ):
        results = DaskMapper(connection)(abs, tasks())
        assert next(results) == 1
        assert 2 * 6 < len(drawn) < 3 * 6
        cluster.scale(3)
        connection.wait_for_workers(3, timeout=60)
        assert next(results) == 2
        assert len(drawn) > 2 * 3 * 6


@dataclass
class _Heavy:
    """Something that all tasks need, which tells where it arrives."""

    mark: Path
    load: bytes = bytes(100_000)

    def __call__(self, task: int) -> int:
        return task + 1

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        with self.mark.open("a") as file:
            file.write(f"{os.getpid()}\n")


@pytest.mark.parametrize("known", [True, False])
def test_what_all_tasks_need_goes_to_each_worker_once(
    known: bool, client: Client, tmp_path: Path
) -> None:
    mark = tmp_path / "arrived"
    tasks = range(40) if known else iter(range(40))
    assert list(DaskMapper(client)(_Heavy(mark), tasks)) == list(range(1, 41))
    processes = [int(line) for line in mark.read_text().split()]
    assert processes
    # the scheduler lives in this process, and does not look into what it is given
    assert os.getpid() not in processes
    assert len(processes) == len(set(processes))


def _first_one_dies(task: tuple[int, str]) -> int:
    """Square a number; the first worker that sees the number 3 is killed by it."""
    number, mark = task
    if number == 3 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def test_a_task_whose_worker_is_killed_is_done_by_another(client: Client, tmp_path: Path) -> None:
    mark = tmp_path / "killed"
    tasks = [(number, str(mark)) for number in range(20)]
    assert list(DaskMapper(client)(_first_one_dies, tasks)) == [number**2 for number in range(20)]
    assert mark.exists()


@dataclass(eq=False)
class _DeadlyRows:
    """A map whose reading kills the first worker that has come so far."""

    pixels: FloatImage
    log: Path
    deadly: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.pixels.shape[0], self.pixels.shape[1]

    def read(self, window: Window) -> FloatImage:
        if self.log.exists():
            with self.log.open("a") as file:
                file.write("x")
            if self.log.stat().st_size == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.pixels[window.y0 : window.y1, window.x0 : window.x1].copy()


@pytest.mark.parametrize("step", ["detection", "CLEAN"])
def test_what_a_killed_worker_had_detected_is_detected_again(
    step: str, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", 50)
    image, weight = make_field()
    alone = segment_image(image, weight, "rms_err", Parameters(), (5.0,), strip_rows=50)
    log = tmp_path / "reads"

    def follow(_part: float, what: str) -> None:
        if what == step:
            log.touch()

    rows = _DeadlyRows(image, log, deadly=3)
    there = segment_image(
        rows, weight, "rms_err", Parameters(), (5.0,), strip_rows=50, mapper=DaskMapper(client),
        progress=follow,
    )  # fmt: skip
    assert log.stat().st_size > 3
    assert are_same(alone, there)


def test_a_cluster_without_workers_is_waited_for_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("skyseg.engine.dask_mapper._PATIENCE", 0.1)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        Client(cluster) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        results = pool.submit(list, DaskMapper(connection)(abs, [-1, -2]))
        while not (said := [r for r in caplog.records if r.name == "skyseg.engine.dask_mapper"]):
            assert not results.done()
            time.sleep(0.05)
        cluster.scale(1)
        assert results.result(60) == [1, 2]
        assert said[0].getMessage() == (
            f"no worker is connected to the Dask scheduler at {cluster.scheduler_address}; "
            "waiting for one"
        )


def test_one_interrupt_ends_the_wait_for_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("skyseg.engine.dask_mapper._PATIENCE", 0.1)
    made = make_survey(tmp_path, bands=["F444W"], shape=(200, 240), n_sources=40, seed=5)
    arguments = ["segment", "--sci", str(made.images["F444W"]), "--out", str(tmp_path / "out")]
    ended, late = threading.Event(), threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        ThreadPoolExecutor(1) as pool,
    ):

        def interrupt() -> None:
            # it waits once it says so; before, it may be opening a file
            while "waiting for one" not in caplog.text and not ended.wait(0.05):
                pass
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if not ended.wait(30):
                late.set()
                cluster.scale(1)

        pool.submit(interrupt)
        try:
            code = main([*arguments, "--scheduler", cluster.scheduler_address])
        finally:
            ended.set()
            signal.signal(signal.SIGINT, before)
    assert (code, late.is_set()) == (130, False)


def test_the_shell_segments_on_a_cluster(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_survey(tmp_path, bands=["F444W"], shape=(200, 240), n_sources=40, seed=5)
    arguments = ["segment", "--sci", str(made.images["F444W"]), "--zero-point", "25", "--json"]
    there = client.scheduler_info()["address"]
    assert main([*arguments, "--out", str(tmp_path / "there"), "--scheduler", there]) == 0
    assert main([*arguments, "--out", str(tmp_path / "here")]) == 0
    seg_maps = [fits.getdata(path) for path in sorted(tmp_path.glob("*ere/**/*_seg.fits"))]
    assert len(seg_maps) == 2
    np.testing.assert_array_equal(*seg_maps)
    assert seg_maps[0].max() > 5
    capsys.readouterr()


def test_a_scheduler_that_does_not_answer_is_named(
    imaging_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.survey.clusters._PATIENCE", "1s")
    sci = str(imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_sci.fits")
    assert main(["segment", "--sci", sci, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "no Dask scheduler answers there" in capsys.readouterr().err
