"""``skyseg advise``: what it prints, and the parameter set that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.image import imread

from skyseg.cli import main
from skyseg.methods import parameter_sets
from skyseg.survey.settling import settle_err_type


def test_settings_are_advised_and_written(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--band", "F444W"]
    assert main(["advise", *where, "--purity", "0.95", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best"]["purity"] >= 0.95
    assert len(told["best"]["curve"]["sigma"]) == len(told["best"]["curve"]["n_negative"])
    written, figure = tmp_path / "pure.toml", tmp_path / "counts.png"
    asked = ["advise", *where, "--purity", "0.95", "--err-type", "wht"]
    assert main([*asked, "--save", str(written), "--figure", str(figure)]) == 0
    shown = capsys.readouterr().out
    assert "As it is (wht, gauss_2.5_5x5" in shown
    values = parameter_sets.load(written)[1]
    assert f"detect_thresh {values.detect_thresh:g}" in shown
    assert shown.startswith(f"For a purity of 0.95: {settle_err_type(values, None)[0]},")
    assert imread(figure).std() > 0
    assert main([*asked, "--save", str(written)]) == 6
    assert main([*asked, "--figure", str(figure)]) == 6
    assert main([*asked, "--figure", "counts.docx"]) == 2
    assert main([*asked[:-4], "--purity", "2"]) == 2
    assert "--purity is 2" in capsys.readouterr().err
