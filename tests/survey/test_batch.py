"""Several bands: one that fails stops no other, and one error tells of all that failed."""

from __future__ import annotations

import json
import os
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg import compare
from skyseg.cli import main
from skyseg.errors import BatchError, ImageError, MethodError, ParameterError
from skyseg.survey import BandData, Data
from skyseg.survey.batch import segment_each

BANDS = ("F115W", "F200W", "F444W")
LOGGER = "skyseg.survey.batch"
FOLDER = "data/jwst/JOF/NIRCam/v1/30mas"


def ignore(part: float, text: str) -> None:
    """Be told."""


@pytest.fixture
def data(three_bands: Path) -> Data:
    found = Data.from_survey_version(
        "JOF", "v1", data_dir=three_bands / "data", work_dir=three_bands / "work"
    )
    _spoil(three_bands)
    return found


def _spoil(three_bands: Path, *bands: str) -> None:
    for band in bands or ("F200W",):
        with fits.open(three_bands / FOLDER / f"jof_{band}_err.fits", mode="update") as hdus:
            hdus[0].data[:] = np.nan


def test_bands_after_one_that_fails_are_made(data: Data, caplog: pytest.LogCaptureFixture) -> None:
    told: list[float] = []
    with pytest.raises(BatchError) as caught:
        data.segment(progress=lambda part, _: told.append(part))
    assert caught.value.what == "F200W: 1 of 3 bands could not be segmented"
    assert list(caught.value.errors) == ["F200W"]
    assert isinstance(caught.value.errors["F200W"], ImageError)
    assert "jof_F200W_err.fits" in str(caught.value)
    assert [band.products is None for band in data] == [False, True, False]
    assert (told[-1], told) == (1.0, sorted(told))
    assert [each.message[:12] for each in caplog.records if each.name == LOGGER] == ["JOF v1 F200W"]


def test_what_all_bands_fail_for_is_raised_itself(data: Data) -> None:
    with pytest.raises(MethodError, match="'nothing'"):
        data.segment(method="nothing", progress=False)


def test_all_bands_may_fail_for_several_reasons(three_bands: Path, data: Data) -> None:
    _spoil(three_bands, *BANDS)
    with pytest.raises(BatchError) as caught:
        data.segment(progress=False)
    assert list(caught.value.errors) == list(BANDS)
    again = pickle.loads(pickle.dumps(caught.value.at("night")))
    assert str(again).startswith("night: F115W, F200W, F444W: 3 of 3 bands could not be seg")
    assert list(again.errors) == list(BANDS)


def _cut(three_bands: Path, *names: str) -> None:
    for name in names:
        path = three_bands / FOLDER / name
        os.truncate(path, path.stat().st_size - 2880)


def _open(three_bands: Path) -> Data:
    return Data.from_survey_version(
        "JOF", "v1", data_dir=three_bands / "data", work_dir=three_bands / "work"
    )


@pytest.mark.parametrize("name", ["jof_F200W_err.fits", "jof_F200W_sci.fits"])
def test_a_band_of_a_file_that_cannot_be_opened_is_told_and_stops_no_other(
    three_bands: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    _cut(three_bands, name)
    found = _open(three_bands)
    assert f"{name} is truncated, so F200W is left out; copy or download it again" in caplog.text
    assert found.keys() == ["F115W", "F444W"]
    assert list(found.lost) == ["F200W"]
    with pytest.raises(ImageError, match=f"{name} is truncated"):
        found["f200w"]
    with pytest.raises(BatchError) as caught:
        found.segment(progress=False)
    assert caught.value.what == "F200W: 1 of 3 bands could not be segmented"
    assert name in str(caught.value)
    assert all(band.products for band in found)
    # bands that were chosen are whole
    found[["F115W", "F444W"]].segment(progress=False)


def test_files_that_tell_no_band_are_left_out_with_a_word(
    three_bands: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (three_bands / FOLDER / "junk_sci.fits").write_bytes(b"junk")
    found = _open(three_bands)
    assert (found.keys(), dict(found.lost)) == (list(BANDS), {})
    assert "junk_sci.fits cannot be read as FITS" in caplog.text
    assert "so it is left out; " in caplog.text


def test_where_no_band_can_be_opened_the_reason_is_raised(three_bands: Path) -> None:
    _cut(three_bands, *(f"jof_{band}_sci.fits" for band in BANDS))
    with pytest.raises(BatchError) as caught:
        _open(three_bands)
    assert list(caught.value.errors) == list(BANDS)


def test_verify_in_the_shell_fails_for_a_band_that_cannot_be_opened(
    three_bands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _open(three_bands).segment(progress=False)
    _cut(three_bands, "jof_F200W_sci.fits")
    verify = [
        "verify",
        "JOF",
        "v1",
        "--data-dir",
        three_bands / "data",
        "--out",
        three_bands / "work",
    ]
    assert main([*map(str, verify), "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert [each["faults"] for each in told["products"]] == [[], []]
    assert [each["band"] for each in told["failed"]] == ["F200W"]
    assert main([*map(str, verify), "--band", "F200W"]) == 4
    assert "jof_F200W_sci.fits is truncated" in capsys.readouterr().err
    assert main([*map(str, verify), "--band", "F444W"]) == 0


def test_the_shell_goes_on_past_a_band_that_cannot_be_opened(
    three_bands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _cut(three_bands, "jof_F200W_sci.fits")
    archive = ["--data-dir", str(three_bands / "data"), "--out", str(three_bands / "work")]
    for chosen in ([], ["--band", "f200w", "--band", "f444w"]):
        assert main(["segment", "JOF", "v1", *archive, *chosen, "--json"]) == 4
        shown = capsys.readouterr()
        told = json.loads(shown.out)
        assert (
            [each["band"] for each in told["bands"]] == ["F444W"] if chosen else ["F115W", "F444W"]
        )
        assert [each["band"] for each in told["failed"]] == ["F200W"]
        assert "jof_F200W_sci.fits is truncated" in told["failed"][0]["error"]


@pytest.mark.parametrize(
    "asked",
    [
        ["segment", "JOF", "v1", "--band", "F200W"],
        ["phot", "JOF", "v1", "--detect", "F200W"],
        ["depths", "JOF", "v1", "--detect", "F200W+F444W"],
        ["stack", "JOF", "v1", "F200W+F444W"],
        ["pipeline", "JOF", "v1", "--detect", "F200W"],
    ],
)
def test_the_shell_says_once_why_the_band_that_is_named_cannot_be_opened(
    asked: list[str], three_bands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _cut(three_bands, "jof_F200W_sci.fits")
    archive = ["--data-dir", str(three_bands / "data"), "--out", str(three_bands / "work")]
    assert main([*asked, *archive]) == 4
    (told,) = (line for line in capsys.readouterr().err.splitlines() if "F200W" in line)
    assert told.endswith("is truncated, so F200W is left out; copy or download it again")


@pytest.mark.parametrize(
    ("at_a_time", "ended"), [(1, "F115W"), (2, "F115W"), (2, "F200W"), (3, "F444W")]
)
def test_an_interruption_ends_the_batch_at_once(
    data: Data, at_a_time: int, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def interrupted(self: BandData, progress: Callable[[float, str], None]) -> None:
        seen.append(self.band)
        if self.band == ended:
            raise KeyboardInterrupt
        for part in range(10**9):
            progress(part / 10**9, "waiting")

    monkeypatch.setattr(BandData, "segment", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(segment_each([(band, {}) for band in data], ignore, at_a_time=at_a_time))
    assert len(seen) <= at_a_time


def test_an_interruption_while_bands_are_begun_ends_the_batch(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    begun = threading.Event()

    def work(self: BandData, progress: Callable[[float, str], None]) -> None:
        begun.set()
        for part in range(100):
            progress(part / 100, "working")
            time.sleep(0.01)
        ended.append(self.band)

    submit = ThreadPoolExecutor.submit

    def interrupted(pool: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> Any:
        if begun.wait(0.0):
            raise KeyboardInterrupt
        future = submit(pool, *args, **kwargs)
        begun.wait()
        return future

    monkeypatch.setattr(BandData, "segment", work)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(segment_each([(band, {}) for band in data], ignore, at_a_time=2))
    assert ended == []


@pytest.mark.parametrize(("method", "at_a_time"), [("skyseg", 2), ("photutils", 1)])
def test_a_band_is_begun_while_the_one_before_it_is_segmented_by_the_engine_alone(
    data: Data, method: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, most = 0, 0
    met = threading.Event()

    def watched(self: BandData, method: str, progress: Callable[[float, str], None]) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        if working == at_a_time > 1:
            met.set()
        met.wait(0.1 if at_a_time == 1 else 60)
        working -= 1

    monkeypatch.setattr(BandData, "segment", watched)
    runs = list(segment_each([(band, {"method": method}) for band in data], ignore))
    assert [run.key for run in runs] == ["F115W", "F200W", "F444W"]
    assert most == at_a_time


def test_bands_side_by_side_are_made_as_one_after_another(three_bands: Path) -> None:
    made = {}
    for at_a_time in (1, 3):
        data = Data.from_survey_version(
            "JOF", "v1", data_dir=three_bands / "data", work_dir=three_bands / f"{at_a_time}"
        )
        told: list[float] = []
        threads = set()

        def tell(part: float, _: str, told: list[float] = told, seen: set[int] = threads) -> None:
            told.append(part)
            seen.add(threading.get_ident())

        runs = segment_each([(band, {}) for band in data], tell, at_a_time=at_a_time)
        assert all(run.error is None for run in runs)
        assert threads == {threading.get_ident()}
        assert (told[-1], told) == (1.0, sorted(told))
        made[at_a_time] = [
            (band.load_seg(), band.load_bkg(), band.load_cat().as_array()) for band in data
        ]
    for one, other in zip(made[1], made[3], strict=True):
        assert [each.tobytes() for each in one] == [each.tobytes() for each in other]


def test_an_error_of_what_is_told_ends_the_batch(data: Data) -> None:
    told: list[str] = []

    def enough(_: float, text: str) -> None:
        told.append(text)
        if len(told) == 2:
            raise OverflowError("enough")

    with pytest.raises(OverflowError, match="enough"):
        data.segment(progress=enough)
    assert len(told) == 2


def test_a_bug_in_one_band_stops_no_other(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    true_segment = BandData.segment

    def broken(self: BandData, *args: object, **arguments: object) -> None:
        if self.band == "F115W":
            raise KeyError("x")
        true_segment(self, *args, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(BandData, "segment", broken)
    with pytest.raises(BatchError, match="F115W: KeyError in skyseg, which is a bug") as caught:
        data.segment(progress=False)
    assert list(caught.value.errors) == ["F115W", "F200W"]
    assert data["F444W"].products is not None


def test_the_shell_shows_what_was_made_and_ends_with_the_code_of_the_failure(
    three_bands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _spoil(three_bands)
    command = [
        "segment",
        "JOF",
        "v1",
        "--data-dir",
        str(three_bands / "data"),
        "--out",
        str(three_bands),
    ]
    assert main(command) == 4
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()[2:4]] == ["F115W", "F444W"]
    lines = said.err.splitlines()
    (first,) = (line for line in lines if line.startswith("skyseg: JOF v1 F200W"))
    assert "jof_F200W_err.fits" in first and "good pixel" in first
    assert lines[-1] == "skyseg: F200W: 1 of 3 bands could not be segmented"
    assert main([*command, "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert [(each["band"], each["made"]) for each in told["bands"]] == [
        ("F115W", False), ("F444W", False),
    ]  # fmt: skip
    assert [each["band"] for each in told["failed"]] == ["F200W"]


def test_a_word_for_a_switch_is_refused_once(data: Data) -> None:
    for segment in (data.segment, data["F444W"].segment):
        with pytest.raises(ParameterError, match=r"^overwrite is .no.; give True or False$"):
            segment(overwrite="no", progress=False)  # type: ignore[arg-type]


def test_eight_threads_make_of_one_band_what_one_makes(data: Data) -> None:
    band = data["F444W"]
    band.segment()
    expected = [path.read_bytes() for path in _files(band)]

    def segment(number: int) -> list[bytes]:
        own = band if number % 2 else band.copy()
        own.segment(overwrite=number % 3 == 0)
        return [path.read_bytes() for path in _files(own)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(segment, range(24)))
    for made in found:
        for one, other in zip(made, expected, strict=True):
            assert _without_run(one) == _without_run(other)


@pytest.mark.parametrize(
    "compare_all",
    [
        lambda data: data.difference("rms_err", "none"),
        lambda data: data.compare_methods("skyseg", "sep"),
        lambda data: compare((data, {"err_type": "rms_err"}), (data, {"err_type": "none"})),
    ],
    ids=["error types", "methods", "surveys"],
)
def test_bands_after_one_that_fails_are_compared(
    data: Data, compare_all: Callable[[Data], object], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(BatchError) as caught:
        compare_all(data)
    assert caught.value.what == "F200W: 1 of 3 bands could not be compared"
    assert "jof_F200W_err.fits" in str(caught.value.errors["F200W"])
    assert list(caught.value.done) == ["F115W", "F444W"]
    assert sum(caught.value.done["F444W"].counts.values()) > 0
    assert list(pickle.loads(pickle.dumps(caught.value.at("night"))).done) == ["F115W", "F444W"]
    assert [each.message[:12] for each in caplog.records if each.name == LOGGER] == ["JOF v1 F200W"]


def test_what_all_comparisons_fail_for_is_raised_itself(three_bands: Path) -> None:
    with pytest.raises(MethodError, match="'nothing'"):
        _open(three_bands).compare_methods("skyseg", "nothing")


def test_bands_that_cannot_be_opened_are_told_wherever_all_bands_are_worked(
    three_bands: Path,
) -> None:
    whole = _open(three_bands)
    _cut(three_bands, "jof_F200W_sci.fits")
    data = _open(three_bands)
    for work in (
        lambda: data.difference("rms_err", "none"),
        lambda: compare((whole, {}), (data, {})),
        lambda: compare((data, {}), (data, {})),
        lambda: data.mask(stars=False),
    ):
        with pytest.raises(BatchError, match="F200W: 1 of 3 bands could not be") as caught:
            work()
        assert isinstance(caught.value.errors["F200W"], ImageError)
    assert list(data["F115W"].load_mask().shape) == [*data["F115W"].shape]


def test_a_bug_in_the_mask_of_one_band_stops_no_other(
    three_bands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _open(three_bands)
    true_mask = BandData.mask

    def broken(self: BandData, *args: object, **arguments: object) -> None:
        if self.band == "F115W":
            raise MemoryError
        true_mask(self, *args, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(BandData, "mask", broken)
    with pytest.raises(BatchError, match="F115W: there is not enough memory for this") as caught:
        data.mask(stars=False)
    assert list(caught.value.errors) == ["F115W"]
    assert data["F444W"].mask_path is not None


def _files(band: BandData) -> list[Path]:
    assert band.products is not None
    paths = band.products.paths
    return [paths.seg, paths.bkg, paths.cat]


def _without_run(product: bytes) -> bytes:
    """A product without the cards that tell when, and in which run, it was made."""
    lines = (product[at : at + 80] for at in range(0, len(product), 80))
    told = (b"RUNID", b"DATE", b"CHECKSUM", b"DATASUM")
    return b"".join(line for line in lines if not line.startswith(told))
