"""How bands are worked that a command segments."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from skyseg import _loops
from skyseg.cli import main
from skyseg.cli.program import run_command
from skyseg.errors import ImageError
from skyseg.samples import SampleSurvey, make_survey
from skyseg.survey import BandData
from skyseg.survey.batch import segment_each


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSurvey:
    folder = tmp_path_factory.mktemp("running")
    return make_survey(folder, bands=["F115W", "F444W"], shape=(64, 64), n_sources=9, seed=2)


def _command(sample: SampleSurvey, out: Path, *more: str) -> list[str]:
    return [
        *("segment", "sample", "v1", "--data-dir", str(sample.directory), "--out", str(out)),
        *more,
    ]


def test_a_bar_moves_inside_a_band_and_leaves_stdout_alone(
    sample: SampleSurvey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("skyseg.survey.progress._is_seen", lambda: True)
    monkeypatch.setattr("skyseg.survey.progress._PATIENCE", 0.0)
    assert main(_command(sample, tmp_path)) == 0
    said = capsys.readouterr()
    shown = {part.split("%")[0].strip() for part in said.err.split("\r") if "F115W: " in part}
    assert len(shown) > 3
    assert "F444W: done: 100%" in said.err
    assert "%" not in said.out


@pytest.mark.parametrize(
    "command",
    [
        ["phot", "--detect", "F444W"],
        ["depths", "--aper-diams", "0.2", "--n-nearest", "5"],
        ["depths", "--aper-diams", "0.2", "--n-nearest", "5", "--detect", "F444W"],
    ],
    ids=["phot", "depths", "depths of one"],
)
def test_a_bar_is_shown_by_every_command_that_works_bands(
    command: list[str],
    sample: SampleSurvey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("skyseg.survey.progress._is_seen", lambda: True)
    monkeypatch.setattr("skyseg.survey.progress._PATIENCE", 0.0)
    name, *options = command
    assert main([name, *_command(sample, tmp_path)[1:], *options]) == 0
    assert "F115W: done" in capsys.readouterr().err


@pytest.fixture
def two_instruments(sample: SampleSurvey, tmp_path: Path) -> list[str]:
    """Options that name an archive in which two instruments have a band F444W."""
    folder = tmp_path / "data/jwst/sample"
    shutil.copytree(sample.directory / "jwst/sample", folder)
    with fits.open(folder / "NIRCam/v1/30mas/sample_nircam_f444w_v1_i2d.fits") as hdus:
        hdus["PRIMARY"].header["INSTRUME"] = "NIRISS"
        other = folder / "NIRISS/v1/30mas/sample_niriss_f444w_v1_i2d.fits"
        other.parent.mkdir(parents=True)
        hdus.writeto(other)
    return ["--data-dir", str(tmp_path / "data"), "--out", str(tmp_path / "work")]


@pytest.mark.parametrize(
    "command",
    [
        ["segment"],
        ["plot", "--ext", "SCI", "--save", "all.png"],
        ["plot", "--save", "all.png"],
        ["mask", "--no-stars"],
        ["phot", "--detect", "F115W"],
        ["depths", "--aper-diams", "0.2", "--n-nearest", "5"],
    ],
    ids=" ".join,
)
def test_bands_that_two_instruments_have_are_told_apart_by_every_command(
    command: list[str],
    two_instruments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    assert main([name, "sample", "v1", *two_instruments, *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["bands"]
    names = [each if isinstance(each, str) else each["band"] for each in told]
    assert names == ["F115W", "NIRCam F444W", "NIRISS F444W"]


def test_products_of_bands_that_two_instruments_have_are_told_apart(
    two_instruments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", "sample", "v1", *two_instruments]) == 0
    capsys.readouterr()
    assert main(["info", "sample", "v1", *two_instruments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["products"]
    assert [each["band"] for each in told] == ["F115W", "NIRCam F444W", "NIRISS F444W"]


def test_all_bands_go_to_a_cluster_at_once(
    sample: SampleSurvey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    @contextmanager
    def connected(address: str) -> Iterator[str]:
        yield f"a connection to {address}"

    def note(tasks: Any, tell: Any, *, at_a_time: int) -> Any:
        asked.append((at_a_time, {arguments["client"] for _, arguments in tasks}))
        return segment_each([(band, {}) for band, _ in tasks], tell)

    monkeypatch.setattr("skyseg.cli.running.connected", connected)
    monkeypatch.setattr("skyseg.cli.running.segment_each", note)
    assert main(_command(sample, tmp_path, "--scheduler", "tcp://a:1")) == 0
    assert asked == [(2, {"a connection to tcp://a:1"})]


def test_a_scheduler_that_does_not_answer_is_named(
    sample: SampleSurvey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("skyseg.survey.clusters._PATIENCE", "100ms")
    assert main(_command(sample, tmp_path, "--scheduler", "tcp://127.0.0.1:9")) == 2
    assert "--scheduler is 'tcp://127.0.0.1:9', and no Dask scheduler" in capsys.readouterr().err


def test_a_band_that_cannot_be_opened_is_named_by_every_command_and_stops_none(
    sample: SampleSurvey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sample.directory, tmp_path / "data")
    broken = tmp_path / "data" / sample.images["F115W"].relative_to(sample.directory)
    os.truncate(broken, broken.stat().st_size - 2880)
    where = ("--data-dir", str(tmp_path / "data"), "--out", str(tmp_path / "work"))
    picture = tmp_path / "a.png"
    for command in (("segment",), ("info",), ("plot", "--save", str(picture)), ("verify",)):
        name, *more = command
        code = main([name, "sample", "v1", *where, *more, "--json"])
        said = capsys.readouterr()
        (failed,) = json.loads(said.out)["failed"]
        assert (code, failed["band"]) == (4, "F115W"), name
        assert "is truncated" in failed["error"] and "F115W" in said.err
    assert picture.is_file()


def test_a_plot_leaves_out_a_band_that_cannot_be_segmented(
    sample: SampleSurvey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    segment = BandData.segment

    def fail_of_one(self: BandData, *args: Any, **arguments: Any) -> None:
        if self.band == "F115W":
            raise ImageError("has no good pixel", where=self.name)
        segment(self, *args, **arguments)

    monkeypatch.setattr(BandData, "segment", fail_of_one)
    picture = tmp_path / "a.png"
    arguments = _command(sample, tmp_path / "work", "--save", str(picture), "--json")
    code = main(["plot", *arguments[1:]])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["bands"]) == (4, ["F444W"])
    assert told["failed"] == [{"band": "F115W", "error": "sample v1 F115W: has no good pixel"}]
    assert picture.is_file()


@pytest.mark.parametrize(
    ("name", "value", "is_ours"),
    [
        ("OMP_NUM_THREADS", "1", True),
        ("GLIBC_TUNABLES", "glibc.rtld.nns=4", True),
        ("MALLOC_ARENA_MAX", "1", False),
        ("MALLOC_TRIM_THRESHOLD_", "0", False),
        ("GLIBC_TUNABLES", "glibc.malloc.arena_max=1", False),
    ],
)
def test_how_memory_is_kept_stays_as_the_environment_has_it(
    name: str, value: str, is_ours: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for other in [each for each in os.environ if each.startswith("MALLOC_")]:
        monkeypatch.delenv(other)
    monkeypatch.setenv(name, value)
    asked: list[int] = []
    monkeypatch.setattr(_loops, "keep_memory", lambda *, stores: asked.append(stores))
    monkeypatch.setattr(os, "cpu_count", lambda: 512)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 4}, raising=False)
    run_command(["ls", "--data-dir", str(tmp_path)], own_process=True)
    assert asked == [3] * is_ours


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (["--set", "detect_thresh=2"], "a line such as detect_thresh = 2"),
        (["--detect-thresh", "2"], "detect_thresh = VALUE"),
        (["--parameters", "DETECT_THRESH=2"], "detect_thresh = 2"),
    ],
)
def test_a_parameter_that_is_taken_for_an_option_is_told_to_go_into_a_file(
    asked: list[str], line: str, imaging_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", "UDS-B", "v1", "--data-dir", str(imaging_dir), *asked]) == 2
    told = capsys.readouterr().err
    assert f"write {line} into a file such as mine.toml, and give " in told
    assert told.count("\n") == 1


def test_a_command_that_chooses_products_does_not_say_how_parameters_are_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rm", "UDS-B", "v1", "--detect-thresh", "2"]) == 2
    told = capsys.readouterr().err
    assert "No such option: --detect-thresh" in told and "mine.toml" not in told
