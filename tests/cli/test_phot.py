"""``skyseg phot``: the sources of one band measured in all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skyseg import Data, Edits
from skyseg.cli import main


def test_phot_measures_the_sources_of_one_band_in_all(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    assert main(["phot", *where, "--detect", "F444W", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W", "F444W"]
    assert all(each["made"] and each["detection"] == "F444W" for each in told["bands"])
    assert {each["n_sources"] for each in told["bands"]} == {42}
    assert all(Path(each["forced_phot_path"]).is_file() for each in told["bands"])
    assert main(["phot", *where, "--detect", "F444W", "--band", "F115W"]) == 0
    shown = capsys.readouterr().out
    assert "F115W" in shown
    assert "loaded" in shown
    assert len([line for line in shown.splitlines() if "NIRCam" not in line]) < 5


@pytest.mark.parametrize("verb", ["phot", "depths"])
def test_other_apertures_are_stale_beside_a_detection_that_is_taken_with_any(
    verb: str, imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = [*where, "--detect", "F115W+F444W"]
    whole = ["pipeline", *asked, "--aper-diams", "0.3,0.6"]
    again = [verb, *asked, "--band", "F115W", "--json"]
    assert main(whole) == 0
    for given in ([], ["--aper-diams", "0.3,0.6"]):
        capsys.readouterr()
        assert main([*again, *given]) == 0
        assert json.loads(capsys.readouterr().out)["bands"][0]["made"] is False
    other = [*again, "--aper-diams", "0.5"]
    assert main(other) == 6
    assert "made from something else: aper_diams was 0.3 0.6 and is 0.5;" in capsys.readouterr().err
    assert main([*other, "--overwrite"]) == 0
    assert main([*whole, "--plan", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out.partition("\n}\n")[2])["steps"]
    anew = {each["step"]: each["why"] for each in steps if each["state"] != "loaded"}
    assert set(anew) == {verb, "catalogue"}
    assert anew[verb] == "aper_diams was 0.5 and is 0.3 0.6"


def test_info_tells_both_passes_of_the_detection_of_what_was_measured(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    two = ["--detect", "F444W", "--detect-parameters", "hot+cold", "--band", "F115W"]
    assert main(["phot", *where, *two]) == main(["depths", *where, *two]) == 0

    def tell(name: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main(["info", str(next((tmp_path / "out").rglob(name))), "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)["made_from"]
        return told

    run = tell("*_seg.fits")
    assert run["n_hot"] > 0
    for each in (tell("*_sel_cat_*.fits"), tell("*_depths.fits")):
        assert each["hot_changed"] == run["hot_changed"]
        assert each["hot_inside"] == run["hot_inside"]


def test_a_stack_that_is_light_is_measured_too_where_no_bands_are_named(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    for detect, named, expected in (
        ("F115W+F444W", [], ["F115W", "F444W", "F115W+F444W"]),
        ("F115W+F444W", ["--band", "F444W"], ["F444W"]),
        ("F115W+F444W_CHI", [], ["F115W", "F444W"]),
    ):
        assert main(["phot", *where, "--detect", detect, *named, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert [each["band"] for each in told["bands"]] == expected


def test_a_band_that_fails_is_named_and_sets_the_exit_code(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = half_archive / "jwst/UDS-B/NIRCam/v1/40mas"
    (folder / "uds-b-f444w_sci.fits").unlink()
    (folder / "uds-b-f444w_sci.fits").write_bytes(b"no image")
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    assert main(["phot", *where, "--detect", "F115W", "--json"]) == 4
    told = capsys.readouterr()
    assert [each["band"] for each in json.loads(told.out)["failed"]] == ["F444W"]
    assert main(["phot", *where, "--detect", "F444W"]) == 4


def test_phot_and_depths_detect_as_the_pipeline_does(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path)]
    how = ["--method", "sep", "--parameters", "crowded", "--err-type", "wht", "--edits"]
    assert main(["segment", *where, "--band", "F444W", *how[:-1]]) == 0
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir, work_dir=tmp_path)
    data["F444W"].segment("wht", "sep", "crowded")
    assert data["F444W"].products is not None
    assert not data["F444W"].products.made
    edits = Edits.open(data["F444W"])
    edits.delete([int(data["F444W"].load_cat()["NUMBER"][0])], why="a spike")
    detected = [each.replace("--", "--detect-") for each in how[:-1]]
    asked = [*where, "--detect", "F444W", *detected, "--edits", "--err-type", "wht"]
    for command in ("phot", "depths"):
        assert main([command, *asked]) == 0
    capsys.readouterr()
    assert main(["pipeline", *where, "--detect", "F444W", *how, "--plan", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    states = {(each["step"], each["band"]): each["state"] for each in steps}
    assert states.pop(("catalogue", None)) == "made"
    assert len(states) == 6
    assert set(states.values()) == {"loaded"}


@pytest.mark.parametrize("command", ["phot", "depths"])
@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (["--detect-method", "nix"], 5, "there is no method 'nix'"),
        (["--detect-err-type", "nix"], 2, "--detect-err-type is 'nix'"),
        (["--detect-parameters", "nix"], 2, "there is no parameter set 'nix'"),
    ],
)
def test_what_is_wrong_with_the_detection_is_said_of_its_option(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    command: str, wrong: list[str], code: int, said: str,
) -> None:  # fmt: skip
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    assert main([command, *where, "--detect", "F444W", *wrong]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_how_to_detect_is_refused_beside_a_map_that_is_given(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    for option in (["--edits"], ["--detect-mask"], ["--detect-parameters", "deep"]):
        assert main(["phot", *where, "--detect", "F444W", "--seg", "seg.fits", *option]) == 2
        assert f"{option[0]} changes nothing" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["phot", "depths"])
def test_a_map_that_was_edited_once_more_is_made_again_by_what_makes_edited_maps(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    out = ["--out", str(tmp_path / "out")]
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), *out]
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir, work_dir=tmp_path / "out")
    band = data["F444W"]
    band.segment(progress=False)
    first, second = band.load_cat()["NUMBER"][:2].tolist()
    edits = Edits.open(band)
    edits.delete(first)
    band.segment(edits=True, progress=False)
    edits.delete(second)
    assert main([command, *where, "--detect", "F444W", "--edits"]) == 6
    told = capsys.readouterr().err
    assert f"edit 2, delete {second}, is new" in told
    assert "make it again with skyseg edits apply ... --overwrite" in told
    assert "skyseg segment" not in told and "--detect-mask" not in told
