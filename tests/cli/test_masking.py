"""Masks from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data
from skyseg.cli import main
from skyseg.errors import ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.samples import make_survey


def test_masks_are_made_and_used_by_segment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F444W"], shape=(160, 200), n_sources=40, seed=2)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]

    def run(*arguments: str) -> dict[str, Any]:
        assert main([*arguments, "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    (tmp_path / "F444W.reg").write_text("image\ncircle(100,80,30)\n")
    masks = run("mask", *survey, "--edge-distance", "8", "--regions", str(tmp_path))
    bits = fits.getdata(masks["bands"][0]["mask_path"])
    assert bits[80, 4] == MaskBit.EDGE
    assert bits[80, 100] == MaskBit.REGION
    made = run("segment", *survey, "--mask", "--exclude", "region")
    seg = fits.getdata(made["bands"][0]["seg_path"])
    assert not seg[bits & MaskBit.REGION > 0].any()
    assert np.any(seg[bits == MaskBit.EDGE])
    told = run("info", made["bands"][0]["seg_path"])["made_from"]
    assert told["excluded"] == "REGION"


def test_the_command_says_whether_a_mask_was_made_or_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F444W"], shape=(110, 130), n_sources=30)
    asked = ["mask", "sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path)]
    for options, made in ([], True), ([], False), (["--overwrite"], True):
        assert main([*asked, *options, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["bands"][0]["made"] is made
    assert main(asked) == 0
    head, _, row, *_ = capsys.readouterr().out.splitlines()
    assert (head.split()[-1], row.split()[-1]) == ("MASK", "loaded")


def test_runs_with_a_mask_and_without_are_never_taken_for_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F200W", "F444W"], shape=(110, 130), n_sources=30)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]
    assert main(["mask", *survey, "--edge-distance", "30"]) == 0
    assert main(["segment", *survey, "--band", "F444W", "--mask"]) == 0
    masked = {path: path.read_bytes() for path in tmp_path.rglob("*_sel_cat_*.fits")}
    for wrong in (["segment", "--band"], ["phot", "--detect"], ["depths", "--detect"]):
        capsys.readouterr()
        assert main([wrong[0], *survey, wrong[1], "F444W"]) == 6
        told = capsys.readouterr().err
        assert "exclude was EDGE" in told and "now no MASK is given" in told
        assert "skyseg segment ... --overwrite" in told
        assert ("give --detect-mask and other options" in told) is (wrong[0] != "segment")
    assert main(["phot", *survey, "--detect", "F444W", "--detect-mask"]) == 0
    measured = tmp_path.rglob("forced_phot/*.fits")
    assert {fits.getheader(path, 1)["DETRUN"] for path in measured} == {
        fits.getheader(next(iter(masked)), 1)["RUNID"]
    }
    assert main(["depths", *survey, "--detect", "F444W", "--detect-mask", "--mask"]) == 0
    capsys.readouterr()
    plan = ["pipeline", *survey, "--detect", "F444W", "--plan", "--json"]
    assert main(plan) == 0
    segment = json.loads(capsys.readouterr().out)["steps"][0]
    assert (segment["step"], segment["state"]) == ("segment", "made anew")
    assert segment["why"].startswith("exclude was EDGE")
    assert masked == {path: path.read_bytes() for path in masked}


def test_a_folder_of_some_bands_regions_leaves_edges_and_stars_to_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F200W", "F444W"], shape=(110, 130), n_sources=30)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]
    (tmp_path / "regs").mkdir()
    assert main(["mask", *survey, "--regions", str(tmp_path / "regs")]) == 3
    assert f"no region file in {tmp_path / 'regs'}" in capsys.readouterr().err
    assert main(["mask", *survey, "--stars", "none.csv"]) == 3
    assert "none.csv does not exist; correct the path" in capsys.readouterr().err
    (tmp_path / "regs/F444W.reg").write_text("image\ncircle(60,50,9)\n")
    assert main(["mask", *survey, "--regions", str(tmp_path / "regs"), "--json"]) == 0
    told = capsys.readouterr()
    masks = {
        each["band"]: fits.getdata(each["mask_path"]) for each in json.loads(told.out)["bands"]
    }
    assert [bits[49, 59] & MaskBit.REGION > 0 for bits in masks.values()] == [False, True]
    assert all(bits[0, 0] & MaskBit.EDGE for bits in masks.values())
    assert " ".join(told.err.split()).count("there is no region file of") == 1
    assert f"no region file of F200W in {tmp_path / 'regs'}, so its mask has no regions" in told.err
    for alone in (["manual", "--regions", str(tmp_path / "regs")], [str(tmp_path / "regs")]):
        assert main(["mask", *survey, "--overwrite", "--method", *alone]) == 3
        assert "F200W: there is no region file of F200W" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["segment", "--mask"], "call skyseg mask first, with the same --out"),
        (["mask", "--regions", "none.reg"], "none.reg does not exist; correct the path"),
        (["mask", "--method", "none.reg"], "none.reg does not exist; correct the path"),
        (["mask", "--method", "none.fits"], "none.fits does not exist; correct the path"),
        (["mask", "--method", "manual"], "no regions; give --regions, a file or a folder"),
        (["mask", "--edge-distance", "x"], "--edge-distance is 'x'"),
    ],
)
def test_what_makes_no_mask_is_told_in_words_of_the_shell(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sci.fits"
    fits.writeto(path, np.random.default_rng(1).normal(0, 1, (60, 60)).astype(np.float32))
    files = ["--sci", str(path), "--out", str(tmp_path / "w"), "--pix-scale", "0.04"]
    assert main([*arguments, *files, "--err-type", "none"] if arguments[0] == "segment" else
                [*arguments, *files]) > 0  # fmt: skip
    assert said in capsys.readouterr().err


def test_the_mask_of_a_stack_that_is_missing_is_made_by_naming_the_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F200W", "F444W"], shape=(110, 130), n_sources=30)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]
    assert main(["mask", *survey]) == 0
    capsys.readouterr()
    asked = ["phot", *survey, "--detect", "F200W+F444W", "--mask"]
    assert main(asked) > 0
    told = capsys.readouterr().err
    assert "; call skyseg mask --band F200W+F444W first, with the same --out" in told
    assert main(["mask", *survey, "--band", "F200W+F444W"]) == 0
    assert main(asked) == 0
    stack = Data.from_survey_version("sample", "v1", data_dir=sample.directory)["F200W+F444W"]
    stack.work_dir = tmp_path / "elsewhere"
    with pytest.raises(ParameterError, match=r"call mask\(\) of F200W\+F444W first, with the"):
        stack.load_mask()


@pytest.mark.parametrize("command", ["segment", "phot", "depths", "pipeline"])
def test_bits_are_excluded_where_masks_are_and_refused_without(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F444W"], shape=(160, 200), n_sources=40, seed=2)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]
    detect = {"phot": ["--detect", "F444W", "--band", "F444W"], "pipeline": ["--detect", "F444W"]}
    asked = [command, *survey, *detect.get(command, []), "--exclude", "EDGE"]
    assert main(["mask", *survey, "--edge-distance", "8"]) == 0
    capsys.readouterr()
    assert main(asked) == 2
    assert "no mask is used; give --mask too" in " ".join(capsys.readouterr().err.split())
    assert main([*asked, "--mask"]) == 0
