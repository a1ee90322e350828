"""``skyseg assess``: how pure the catalogues of bands are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg.cli import main


def test_the_purity_of_bands_is_printed_and_saved(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["assess", *where, "--band", "F444W"]
    saved = [tmp_path / "purity.csv", tmp_path / "purity.fits"]
    assert main([*asked, "--json", "--save", str(saved[0])]) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    assert band["band"] == "F444W"
    assert band["purity"] > 0.5
    assert sum(each["n_positive"] for each in band["by_area"]) == band["n_positive"] > 0
    assert main([*asked, "--save", str(saved[1])]) == 0
    shown = capsys.readouterr().out
    assert "+-" in shown
    assert str(band["n_positive"]) in shown
    for file in saved:
        table = Table.read(file)
        assert set(table["BY"]) == {"snr", "mag", "area"}
        by_area = table[table["BY"] == "area"]
        assert by_area["N_POSITIVE"].sum() == band["n_positive"]
        assert set(by_area["UNIT"]) == {"pix2"}
        assert set(table["UNIT"][table["BY"] == "mag"]) == {"mag"}
    assert [band[f"by_{name}"][0]["unit"] for name in ("snr", "mag", "area")] == [
        None, "mag", "pix2",
    ]  # fmt: skip
    heads, _, *rows = (re.split(r"  +", line) for line in shown.splitlines() if "  " in line)
    units = {(row[heads.index("BY")], row[heads.index("UNIT")]) for row in rows}
    assert units == {("all", "-"), ("snr", "-"), ("mag", "mag"), ("area", "pix2")}
    assert main([*asked, "--save", str(saved[0])]) == 6
    assert "purity.csv" in capsys.readouterr().err
    for option in ("--save", "--catalogue"):
        assert main([*asked, option, str(tmp_path / "purity.reg")]) == 2
        assert f"{option} is" in capsys.readouterr().err
    assert main([*asked, "--catalogue", str(tmp_path / "cat.fits")]) == 0
    assert "cat.fits" in capsys.readouterr().out
    known = Table.read(tmp_path / "cat.fits")
    assert len(known) == band["n_positive"]
    assert ((known["PURITY"] >= 0) & (known["PURITY"] <= 1)).all()
    assert main(["assess", *where, "--catalogue", str(tmp_path / "all.fits")]) == 2
    assert "--catalogue is given with 2 bands; choose one with --band" in capsys.readouterr().err


def test_a_band_that_fails_is_named_beside_the_purity_of_others(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    assert main(["assess", *where, "--err-type", "rms_err", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W"]
    assert [each["band"] for each in told["failed"]] == ["F444W"]


def test_sources_that_are_put_in_tell_the_completeness(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["assess", *where, "--band", "F444W", "--mags", "24", "30", "--psf", "0.15"]
    assert main(asked) == 2
    assert "--mags is given" in capsys.readouterr().err
    asked += ["--inject", "20"]
    saved = tmp_path / "bins.fits"
    assert main([*asked, "--json", "--save", str(saved)]) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    told = band["completeness"]
    assert sum(each["n"] for each in told["by_mag"]) == 20
    assert {"completeness", "blended", "mag_bias", "size_scatter"} <= told["by_sb"][0].keys()
    table = Table.read(saved)
    assert table["N"][table["BY"] == "injected size"].sum() == 20
    assert table["MAG_BIAS"].unit == "mag"
    for of_purity, unknown in ((True, "COMPLETENESS"), (True, "MAG_BIAS"), (False, "PURITY")):
        rows = [(str(by) in ("snr", "mag", "area")) == of_purity for by in table["BY"]]
        assert np.isnan(np.ma.filled(table[unknown], np.nan)[rows]).all(), unknown
    assert set(table["UNIT"][table["BY"] == "injected size"]) == {"arcsec"}
    assert {row["unit"] for row in told["by_sb"]} == {"mag / arcsec2"}
    pages = [tmp_path / "page.html", tmp_path / "page.fits"]
    reports = [text for page in pages for text in ("--report", str(page))]
    assert main([*asked, *reports]) == 0
    shown = capsys.readouterr().out
    assert "MAG BIAS [mag]" in shown
    assert f"wrote {pages[0]}" in shown
    assert all(page.stat().st_size > 1000 for page in pages)
    assert main([*asked, *reports]) == 6
    assert "of 20 sources found" in shown
    places = tmp_path / "places.csv"
    places.write_text("X_IMAGE,Y_IMAGE,MAG\n60,60,22\n")
    own = [*asked[: asked.index("--mags")], "--psf", "0.15", "--sources", str(places), "--json"]
    assert main(own) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    assert [each["n"] for each in band["completeness"]["by_mag"]] == [1]
    for unused in (
        ["--inject", "5"], ["--kind", "star"], ["--mags", "24", "26"], ["--seed", "3"],
    ):  # fmt: skip
        assert main([*own[:-1], *unused]) == 2
        assert f"{unused[0]} is given" in capsys.readouterr().err
    assert main([*own[:-3], "--inject", "5", "--kind", "star", "--sizes", "0.1", "1"]) == 2
    assert "--sizes is given, and stars have no size" in capsys.readouterr().err
    assert main([*own[:-2], str(tmp_path / "none.csv")]) == 3
    assert "none.csv does not exist" in capsys.readouterr().err
    other = places.rename(tmp_path / "places.foo")
    capsys.readouterr()
    assert main([*own[:-2], str(other)]) == 2
    assert f"--sources is {other}, of no known kind" in capsys.readouterr().err


def test_cutouts_of_the_image_are_put_in(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["assess", *where, "--band", "F444W", "--kind", "cutout"]
    assert main([*asked, "--inject", "20", "--json"]) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    assert sum(each["n"] for each in band["completeness"]["by_mag"]) == 20
    places = tmp_path / "places.csv"
    places.write_text("X_IMAGE,Y_IMAGE,MAG,CUTOUT\n60,60,27,0\n90,80,28,0\n")
    assert main([*asked, "--sources", str(places), "--seed", "1", "--json"]) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    assert sum(each["n"] for each in band["completeness"]["by_mag"]) == 2
    for unused, said in (
        (["--psf", "0.15"], "--psf is 0.15; leave it out"),
        (["--sizes", "0.1", "1"], "--sizes is given, and cutouts have those of the image"),
        (["--mags", "10", "12"], "--mags go to"),
    ):
        assert main([*asked, "--inject", "5", *unused]) == 2
        assert said in capsys.readouterr().err


def test_where_the_psf_cannot_be_measured_the_purity_is_told_all_the_same(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["assess", *where, "--band", "F444W", "--inject", "5"]
    assert main(asked) == 2
    shown, said = capsys.readouterr()
    assert "F444W: the completeness is left out" in shown
    assert "+-" in shown
    assert "F444W: the PSF cannot be measured: there are fewer than four stars" in said
    assert said.rstrip().endswith("with --psf")
    assert main([*asked, "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["bands"][0]["purity"] > 0.5
    assert [each["band"] for each in told["failed"]] == ["F444W"]


def test_of_several_bands_each_that_fails_is_named_once_with_its_reason(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    assert main(["assess", *where, "--inject", "5", "--json"]) == 2
    told, said = capsys.readouterr()
    lines = [line for line in said.splitlines() if "fewer than four stars" in line]
    failed = json.loads(told)["failed"]
    assert len(lines) == len(failed) == 2
    for line, each in zip(lines, failed, strict=True):
        assert line.count(each["band"]) == 1
        assert each["error"].count(each["band"]) == 1
        assert "psf=" not in each["error"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--kind", "star"], 2, "say how many sources with --inject"),
        (["--inject", "5", "--psf", "nowhere.fits"], 3, "nowhere.fits does not exist; correct"),
    ],
)
def test_what_cannot_be_put_in_is_told_before_anything_is_made(
    options: list[str], code: int, said: str,
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    assert main(["assess", *where, *options]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_zero_point_that_is_not_known_is_asked_for_by_its_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = np.random.default_rng(1).normal(0, 1, (100, 120)).astype(np.float32)
    image[40:44, 50:54] += 50
    fits.writeto(tmp_path / "a.fits", image)
    where = ["--sci", str(tmp_path / "a.fits"), "--pix-scale", "0.04", "--out", str(tmp_path)]
    assert main(["assess", *where, "--inject", "5", "--psf", "0.1"]) == 2
    said = capsys.readouterr().err
    assert "the zero point is not known, and sources" in said
    assert "give --zero-point" in said
