"""``skyseg pipeline``: planned, made, loaded, and its exit code where a band fails."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from distributed import Client, LocalCluster, WorkerPlugin

from skyseg import Data
from skyseg.cli import main

_BANDS = ("F115W", "F444W")


def test_a_survey_is_planned_made_and_loaded(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["pipeline", *where, "--detect", "F444W"]
    assert main([*asked, "--plan"]) == 0
    planned = capsys.readouterr().out
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir, work_dir=tmp_path / "out")
    assert planned.startswith(f"{data.pipeline('F444W', plan=True)}\n")
    assert "it is not there" in planned and "to make" in planned and "SECONDS" not in planned
    assert not (tmp_path / "out").exists()
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["state"] for each in told["steps"]} == {"made"}
    assert Path(told["phot_cat_path"]).is_file()
    assert main(["info", told["phot_cat_path"]]) == 0
    listed = capsys.readouterr().out
    assert all(f"{role} of {band} " in listed for role in ("SCI", "WHT") for band in _BANDS)
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert shown.count("loaded") == len(told["steps"]) and "SECONDS" in shown
    last = f"catalogue {told['phot_cat_path']}"
    assert shown.splitlines()[-1] == planned.splitlines()[-1] == last
    assert main([*asked, "--plan"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("to load") == len(told["steps"]) and shown.splitlines()[-1] == last
    assert main([*asked, "--psf", "F444W"]) == 2
    assert "--psf is 'F444W'" in capsys.readouterr().err


_XDF = ["XDF", "v1", "--detect", "F105W+F160W"]
_ZERO_POINTS = ["--zero-point", "F105W=26.2687", "--zero-point", "F160W=25.9463"]


@pytest.fixture(scope="module")
def xdf(imaging_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pipeline leaves of XDF."""
    out = tmp_path_factory.mktemp("xdf")
    where = ["--data-dir", str(imaging_dir), "--out", str(out)]
    assert main(["pipeline", *_XDF, *_ZERO_POINTS, *where]) == 0
    return out


def _read_cat(out: Path) -> QTable:
    return QTable.read(next(out.rglob("XDF_MASTER_*.fits")))


def test_bands_whose_headers_lack_it_are_given_a_zero_point_each(
    imaging_dir: Path, xdf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["pipeline", *_XDF, "--data-dir", str(imaging_dir)]
    assert main([*asked, "--out", str(tmp_path / "new")]) == 2
    told = capsys.readouterr()
    assert told.err.count("give --zero-point BAND=MAG for each") == 1
    assert "of F105W, F160W is unknown" in told.err and "opened" not in told.err
    assert not told.out
    assert not (tmp_path / "new").exists()
    table = _read_cat(xdf)
    for band, zero_point in (("F105W", 26.2687), ("F160W", 25.9463)):
        count = table[f"FLUX_AUTO_{band}"].to_value("uJy") / 10 ** (0.4 * (23.9 - zero_point))
        own = fits.getdata(next(xdf.rglob(f"forced_phot/XDF_{band}_*.fits")), 1)
        np.testing.assert_allclose(count, own["FLUX_AUTO"], rtol=1e-5)
    assert main([*asked, *_ZERO_POINTS, "--out", str(xdf), "--plan"]) == 0
    assert capsys.readouterr().out.count("to load") == 8
    for wrong in (["F105W=bright"], ["F105W=26", "--zero-point", "25"], ["F999W=26"]):
        assert main([*asked, "--zero-point", *wrong]) == 2
        assert "--zero-point" in capsys.readouterr().err


def test_the_reason_of_a_band_without_a_zero_point_is_told_once(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["pipeline", "XDF", "v1", "--detect", "F160W", "--zero-point", "F160W=25.95"]
    where = ["--data-dir", str(imaging_dir), "--out", str(tmp_path)]
    hint = "give --zero-point MAG (BAND=MAG in a survey)"
    for plan in (["--plan"], []):
        assert main([*asked, *where, *plan]) == 2
        told = capsys.readouterr()
        assert (told.out + told.err).count(hint) == 1
        assert "as phot F105W" in told.out and "opened" not in told.err


def test_the_example_of_the_help_ends_well(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pipeline", "--help"]) == 0
    (example,) = re.findall(r"skyseg (pipeline XDF .*)", capsys.readouterr().out)
    where = ["--data-dir", str(imaging_dir), "--out", str(tmp_path)]
    assert main([*example.strip(" │").split(), *where]) == 0


class _KillsOneWorker(WorkerPlugin):  # type: ignore[misc]
    """Kills the first worker that is given something to do, once."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def transition(self, *of: Any, **_: Any) -> None:
        if of[2] == "executing" and not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)


def test_of_two_workers_one_is_killed_and_the_catalogue_is_the_same(
    imaging_dir: Path, xdf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "killed"
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_KillsOneWorker(str(mark)))
        where = ["--data-dir", str(imaging_dir), "--out", str(tmp_path), "--json"]
        there = ["--scheduler", cluster.scheduler_address]
        assert main(["pipeline", *_XDF, *_ZERO_POINTS, *where, *there]) == 0
    assert mark.exists()
    told = json.loads(capsys.readouterr().out)
    assert {each["state"] for each in told["steps"]} == {"made"}
    one, other = _read_cat(xdf), _read_cat(tmp_path)
    assert one.colnames == other.colnames
    for name in one.colnames:
        np.testing.assert_array_equal(np.asarray(one[name]), np.asarray(other[name]))


def test_a_band_that_fails_is_named_and_sets_the_exit_code(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    asked = ["--detect", "F115W", "--err-type", "rms_err", "--json"]
    assert main(["pipeline", *where, *asked]) == 3
    told = json.loads(capsys.readouterr().out)
    states = {(each["step"], each["band"]): each["state"] for each in told["steps"]}
    assert states["phot", "F444W"] == "failed"
    (failed,) = told["failed"]
    assert failed["band"] == "F444W"
    assert failed["error"].count("F444W") == 1
    assert states["phot", "F115W"] == states["catalogue", None] == "made"
    assert Path(told["phot_cat_path"]).is_file()


def test_what_is_asked_for_is_checked_before_anything_is_made(
    three_bands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    where = ["pipeline", "JOF", "v1", "--data-dir", str(three_bands / "data"), "--out", str(out)]
    small = tmp_path / "small.fits"
    fits.writeto(small, np.ones((5, 5), np.float32))
    wrong = [
        (["--psf", "F445W=psf.fits"], 2, "--psf has F445W, .* did you mean F444W?"),
        (["--psf", "F444W=no.fits"], 3, "no.fits"),
        (["--psf", f"f444w={small}"], 4, "reaches"),
        (["--flux-unit", "foo"], 2, "--flux-unit is 'foo'"),
        (["--exclude", "STARR"], 2, "--exclude has 'STARR'; use STAR"),
        (["--aper-diams", "0"], 2, "--aper-diams"),
        (["--detect", "F444"], 3, "no band 'F444'; did you mean F444W?"),
        (["--detect", "F200W+F444"], 3, "no band 'F444'; did you mean F444W?"),
        (["--parameters", "defualt"], 2, "defualt"),
        (["--method", "foo"], 5, "foo"),
        (["--err-type", "foo"], 2, "--err-type"),
    ]
    for asked, code, said in wrong:
        for plan in ([], ["--plan"]):
            assert main([*where, "--detect", "F444W", *asked, *plan]) == code, asked
            told = capsys.readouterr()
            assert told.out == ""
            assert len(told.err.splitlines()) == 1
            assert re.search(said, told.err), told.err
    assert not out.exists()


def test_a_plan_without_a_band_that_cannot_be_read_ends_as_the_run_does(
    three_bands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    next(three_bands.rglob("jof_F115W_sci.fits")).write_bytes(b"SIMPLE")
    where = ["JOF", "v1", "--data-dir", str(three_bands / "data"), "--out", str(tmp_path / "out")]
    said = []
    for plan in (["--plan"], []):
        assert main(["pipeline", *where, "--detect", "F444W", "--aper-diams", "0.2", *plan]) == 4
        told = capsys.readouterr()
        assert "segment" in told.out
        said.append(told.err.splitlines()[-1])
    assert said[0] == said[1]
    assert "F115W" in said[0]


@pytest.mark.parametrize(
    ("detect", "segment", "made"),
    [("F444W", [], True), ("F444W", [], False), ("F115W+F444W", ["--reproject"], False)],
)
def test_a_plan_tells_of_bands_of_other_grids_and_ends_as_the_run_does(
    detect: str,
    segment: list[str],
    made: bool,
    three_bands: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path in three_bands.rglob("jof_*.fits"):
        with fits.open(path) as hdus:
            image = hdus[0].data[:36, :44] if "F444W" in path.name else hdus[0].data
            header = hdus[0].header
            for number, centre in ((1, 53.0), (2, -27.0)):
                header[f"CTYPE{number}"] = ("RA---TAN", "DEC--TAN")[number - 1]
                header[f"CRVAL{number}"], header[f"CRPIX{number}"] = centre, 20.0
                header[f"CDELT{number}"] = (-1e-5, 1e-5)[number - 1]
            fits.writeto(path, image, header, overwrite=True)
    where = ["JOF", "v1", "--data-dir", str(three_bands / "data"), "--out", str(tmp_path / "out")]
    if segment:
        assert main(["stack", *where[:2], detect, *where[2:], *segment]) == 0
    asked = ["pipeline", *where, "--detect", detect, "--aper-diams", "0.2"]
    if made:
        assert main(asked) == 4
    capsys.readouterr()
    seen = []
    for plan in (["--plan"], []):
        assert main([*asked, "--json", *plan]) == 4
        told = json.loads(capsys.readouterr().out)
        seen.append(
            (
                [
                    (each["step"], each["band"], each["state"] == "failed" and each["why"])
                    for each in told["steps"]
                ],
                told["failed"],
            )
        )
    assert seen[0] == seen[1]
    other = "F444W" if segment else "F115W"
    why = next(why for step, band, why in seen[0][0] if (step, band) == ("phot", other))
    assert "has the shape" in why
    assert "give maps that were brought onto the grid of the detection" in why
    assert "--same-grid" not in why
    assert main([*asked, "--plan"]) == 4
    told_last = capsys.readouterr()
    if made:
        assert "to load" in told_last.out.splitlines()[-2]


@pytest.mark.parametrize("how", ["overwrite", "stale"])
def test_a_plan_tells_that_a_stack_of_two_grids_is_not_made_again(
    how: str, three_bands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["JOF", "v1", "--data-dir", str(three_bands / "data"), "--out", str(tmp_path / "out")]
    asked = ["pipeline", *where, "--detect", "F200W+F444W", "--aper-diams", "0.2"]
    assert main(["stack", *where[:2], "F200W+F444W", *where[2:]]) == 0
    for path in three_bands.rglob("jof_F444W*.fits"):
        fits.writeto(path, fits.getdata(path)[:36, :44], fits.getheader(path), overwrite=True)
    capsys.readouterr()
    for plan in (["--plan"], []):
        assert main([*asked, *plan, *(["--overwrite"] if how == "overwrite" else [])]) == 4
        told = capsys.readouterr()
        assert re.search(r"stack +F200W\+F444W +failed", told.out)
        assert "skyseg stack SURVEY VERSION BANDS --reproject" in told.err
        assert "brought onto one grid" in told.err
