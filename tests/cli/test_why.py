"""``skyseg why``: what a run made of a pixel, as text, as JSON and as a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.image import imread

from skyseg.cli import main


def test_a_pixel_a_position_and_a_source_are_told(
    imaging_dir: Path, products: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(products)]
    asked = ["why", *where, "--band", "F444W"]
    assert main([*asked, "--at", "630,278", "--json"]) == 0
    pixel = json.loads(capsys.readouterr().out)
    assert (pixel["x"], pixel["y"], pixel["verdict"]) == (630, 278, "source")
    assert pixel["tree"]["branches"][0]["area"] == pixel["area"] > 9
    assert [each["parameter"] for each in pixel["changes"]][:1] == ["detect_thresh"]
    assert main([*asked, "--at", "630,278"]) == 0
    shown = capsys.readouterr().out.strip()
    assert shown == pixel["text"]
    assert shown.startswith("Pixel (630, 278), counted from 0 (X_IMAGE 631, Y_IMAGE 279), of ")
    figure = tmp_path / "tree.png"
    label = str(pixel["label"])
    assert main([*asked, "--source", label, "--figure", str(figure), "--json"]) == 0
    source = json.loads(capsys.readouterr().out)
    assert source["label"] == pixel["label"]
    assert source["filtered"] >= pixel["filtered"]
    assert imread(figure).std() > 0
    written = figure.stat().st_mtime_ns
    again = [*asked, "--source", label, "--figure", str(figure)]
    assert main(again) == 6
    assert "--overwrite" in capsys.readouterr().err
    assert figure.stat().st_mtime_ns == written
    assert main([*again, "--overwrite"]) == 0
    assert figure.stat().st_mtime_ns > written
    assert main([*again[:-1], "tree.docx"]) == 2
    assert main([*asked, "--at", "5,5", "--figure", str(tmp_path / "none.png")]) == 2
    assert "in no region" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no place is given; give --at or --source"),
        (["--at", "5,5", "--source", "3"], "--at is given with a source; give one of the two"),
        (["--at", "12"], "--at is '12'"),
        (["--at", "1,2,3"], "--at is '1,2,3'"),
        (["--at", "somewhere"], "--at is 'somewhere'"),
        (["--source", "3", "--band", "F115W"], "--band is given more than once; name one band"),
    ],
)
def test_what_is_no_one_place_is_refused(
    arguments: list[str], said: str, imaging_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--band", "F444W"]
    assert main(["why", *where, *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("place", ["4000,10", "-1,10", "53.16,-27.79"])
def test_a_place_outside_the_image_is_said_to_be_there(
    place: str, imaging_dir: Path, products: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(products)]
    assert main(["why", *where, "--band", "F444W", f"--at={place}"]) == 2
    said = capsys.readouterr().err
    assert f"pixel ({place.replace(',', ', ')}) is outside the image of" in said
    assert "a position on the sky with a space" in said
    assert "--region" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--method", "sep"], 5, "the method sep does not tell its steps"),
        (["--parameters", "hot+cold"], 6, "a run in two passes is not explained"),
    ],
)
def test_what_cannot_be_explained_is_refused_before_it_is_made(
    arguments: list[str], code: int, said: str, imaging_dir: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--band", "F444W"]
    made = tmp_path / "made"
    assert main(["why", *where, "--source", "3", "--out", str(made), *arguments]) == code
    assert said in capsys.readouterr().err
    assert not made.exists()


def test_one_band_is_asked_for(imaging_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir)]
    assert main(["why", *where, "--source", "3"]) == 2
    said = capsys.readouterr().err
    assert "more than one band is there, F115W, F444W; name one with --band" in said
