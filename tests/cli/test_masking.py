"""Masks from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg.cli import main
from skyseg.masks.bits import MaskBit
from skyseg.samples import make_survey


def test_masks_are_made_and_used_by_segment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F444W"], shape=(160, 200), n_sources=40, seed=2)
    survey = ["sample", "v1", "--data-dir", str(sample.directory), "--out", str(tmp_path / "w")]

    def run(*arguments: str) -> dict[str, list[dict[str, str]]]:
        assert main([*arguments, "--json"]) == 0
        found: dict[str, list[dict[str, str]]] = json.loads(capsys.readouterr().out)
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["segment", "--mask"], "call skyseg mask first"),
        (["mask", "--method", "manual"], "there are no regions"),
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
