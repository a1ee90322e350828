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
    figure = tmp_path / "tree.png"
    label = str(pixel["label"])
    assert main([*asked, "--source", label, "--figure", str(figure), "--json"]) == 0
    source = json.loads(capsys.readouterr().out)
    assert source["label"] == pixel["label"]
    assert source["filtered"] >= pixel["filtered"]
    assert imread(figure).std() > 0
    assert main([*asked, "--at", "5,5", "--figure", str(tmp_path / "none.png")]) == 2
    assert "in no region" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--at"),
        (["--at", "5,5", "--source", "3"], "--at"),
        (["--at", "12"], "--at is '12'"),
        (["--at", "somewhere"], "somewhere"),
    ],
)
def test_what_is_no_one_place_is_refused(
    arguments: list[str], said: str, imaging_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--band", "F444W"]
    assert main(["why", *where, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_one_band_is_asked_for(imaging_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir)]
    assert main(["why", *where, "--source", "3"]) == 2
    assert "--band" in capsys.readouterr().err
