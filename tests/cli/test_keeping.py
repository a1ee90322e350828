"""Surveys and products are listed; products are removed, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.cli import main
from skyseg.products.inventory import list_runs
from skyseg.samples import SampleSurvey, make_survey
from skyseg.settings import config


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSurvey:
    folder = tmp_path_factory.mktemp("keeping")
    return make_survey(folder, bands=["F115W", "F444W"], shape=(80, 90), n_sources=20, seed=2)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], sample: SampleSurvey, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(sample.directory))
    config.reload()

    def runner(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return runner


def _products(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_surveys_and_products_are_listed(run: Any, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "made")
    code, empty, _ = run("ls", *out)
    assert code == 0 and "no products" in empty and "sample" in empty
    run("segment", "sample", "v1", "--region", "40,40", "30", *out)
    told = json.loads(run("ls", *out, "--json")[1])
    (survey,) = told["surveys"]
    assert (survey["survey"], survey["version"], survey["products"]) == ("sample", "v1", 2)
    assert [each["band"] for each in told["products"]] == ["F115W", "F444W"]
    assert {each["region"] for each in told["products"]} == {"[26:55,26:55]"}
    assert all(Path(each["file"]).is_file() for each in told["products"])


def test_an_archive_that_is_named_and_not_there_is_said(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none"
    hint = "give --data-dir, or set SKYSEG_DATA_DIR"
    code, told, err = run("ls", "--data-dir", none, "--out", tmp_path / "made")
    assert (code, "no products" in told) == (3, True)
    assert f"there is no data directory {none}; {hint}" in err
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(none))
    config.reload()
    code, told, err = run("ls", "--json", "--out", tmp_path / "made")
    assert (code, json.loads(told)["surveys"], str(none) in err) == (3, [], True)
    monkeypatch.delenv("SKYSEG_DATA_DIR")
    monkeypatch.chdir(tmp_path)
    config.reload()
    assert run("ls", "--out", tmp_path / "made")[0] == 0


def test_a_survey_that_may_not_be_read_hides_no_other(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open", "shut"):
        (tmp_path / f"jwst/{name}/NIRCam/v1/30mas").mkdir(parents=True)
    listed, shut = Path.iterdir, tmp_path / "jwst/shut/NIRCam"

    def denied(path: Path) -> Any:
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", denied)
    code, told, err = run("ls", "--data-dir", tmp_path, "--out", tmp_path / "made")
    assert (code, "open" in told) == (4, True)
    assert err.count(f"{shut} cannot be read (Permission denied)") == 1


def test_whole_runs_are_removed_and_their_folders(
    run: Any, tmp_path: Path, sample: SampleSurvey
) -> None:
    before = {path: path.read_bytes() for path in sample.images.values()}
    out = ("--out", tmp_path / "made")
    for err_type in ("rms_err", "wht"):
        run("segment", "sample", "v1", "--err-type", err_type, *out)
    where = ("rm", "sample", "v1", *out, "--yes")
    code, told, _ = run(*where, "--band", "f444w", "--err-type", "wht", "--json")
    assert code == 0
    assert [Path(each).name for each in json.loads(told)["removed"]] == [
        "sample_F444W_F444W_sel_cat_v1_seg.fits"
    ]
    assert len(_products(tmp_path)) == 3 * 3 + 3  # each run has a lock file
    assert run(*where)[1].startswith("removed 3 of 3 products, ")
    assert [path.name for path in tmp_path.rglob("*")] == ["made"]
    assert run(*where)[0] == 3
    assert before == {path: path.read_bytes() for path in sample.images.values()}


def test_all_that_a_survey_leaves_is_listed_verified_and_removed(
    run: Any, tmp_path: Path, sample: SampleSurvey
) -> None:
    before = {path: path.read_bytes() for path in sample.images.values()}
    where, out = ("sample", "v1"), ("--out", tmp_path / "made")
    run("mask", *where, *out)
    run("pipeline", *where, "--detect", "F115W+F444W", *out)
    told = json.loads(run("ls", *out, "--json")[1])["products"]
    kinds = [each["kind"] for each in told]
    expected = ["mask"] * 2 + ["stack", "segment"] + ["phot"] * 3 + ["depths"] * 2 + ["catalogue"]
    assert kinds == expected
    assert {each["detection"] for each in told if each["kind"] in ("phot", "depths")} == {
        "F115W+F444W"
    }
    how = ("method", "err_type", "parameters", "edited")
    assert [told[-1][name] for name in how] == ["skyseg", "rms_err", "default", False]
    shown = run("info", told[-1]["file"])[1]
    assert all(each in shown for each in ("F115W+F444W", "default", "flux unit", "uJy"))
    listed = json.loads(run("info", *where, *out, "--json")[1])["products"]
    assert [each["kind"] for each in listed] == expected
    assert {each["sources"] for each in listed if each["kind"] in ("segment", "catalogue")} != {
        None
    }
    files = {path for each in list_runs(tmp_path / "made") for path in each.paths}
    assert files == set(tmp_path.rglob("*.fits"))
    code, shown, _ = run("verify", *where, *out, "--json")
    assert code == 0
    assert len(json.loads(shown)["products"]) == len(told)
    assert run("verify", tmp_path)[1].count(": whole") == len(told)
    assert run("verify", *where, "--band", "F444W", *out)[1].count(": whole") == 3
    code, shown, _ = run("rm", *where, *out, "--kind", "depths", "--kind", "mask", "--yes")
    assert (code, shown.startswith("removed 4 of 4 products, ")) == (0, True)
    assert run("rm", *where, *out, "--kind", "seg", "--yes")[0] == 2
    assert run("rm", *where, *out, "--yes")[0] == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["made"]
    assert before == {path: path.read_bytes() for path in sample.images.values()}


def test_catalogues_that_lie_side_by_side_are_listed_verified_and_removed_one_by_one(
    run: Any, tmp_path: Path
) -> None:
    where, out = ("sample", "v1"), ("--out", tmp_path / "made")
    ways = {"rms_err": "default", "wht": "crowded"}
    for err_type, name in ways.items():
        how = ("--err-type", err_type, "--parameters", name, "--aper-diams", "0.2")
        run("pipeline", *where, "--detect", "F444W", *how, *out)
    told = [
        each
        for each in json.loads(run("ls", *out, "--json")[1])["products"]
        if each["kind"] == "catalogue"
    ]
    assert {each["err_type"]: each["parameters"] for each in told} == ways
    usual, other = sorted((Path(each["file"]) for each in told), key=lambda path: len(path.name))
    assert other.stem == f"{usual.stem}_wht_crowded"
    verified = json.loads(run("verify", *where, *out, "--json")[1])["products"]
    assert {str(usual), str(other)} <= {each["file"] for each in verified}
    csv = tmp_path / "other.csv"
    assert run("export", other, csv)[0] == 0 and csv.is_file()
    rm = ("rm", *where, *out, "--kind", "catalogue", "--yes", "--json")
    removed = json.loads(run(*rm, "--err-type", "wht")[1])["removed"]
    assert (removed, usual.is_file(), other.exists()) == ([str(other)], True, False)
    assert run(*rm, "--parameters", "crowded")[0] == 3


@pytest.mark.parametrize("kind", ["mask", "stack", "phot", "depths", "catalogue"])
def test_damage_and_changed_inputs_of_any_product_are_named(
    run: Any, tmp_path: Path, kind: str
) -> None:
    run("sample", tmp_path / "data", "--band", "F115W", "--band", "F444W", "--shape", 80, 90)
    where, out = ("sample", "v1", "--data-dir", tmp_path / "data"), ("--out", tmp_path / "made")
    run("mask", *where, *out)
    run("pipeline", *where, "--detect", "F115W+F444W", *out)
    products = json.loads(run("ls", *out, "--json")[1])["products"]
    file = next(Path(each["file"]) for each in products if each["kind"] == kind)
    content = file.read_bytes()
    file.write_bytes(content[:-2880])
    code, told, _ = run("verify", file)
    assert (code, f"{file}: " in told, "is damaged" in told) == (6, True, True)
    file.write_bytes(content)
    assert run("verify", file)[0] == 0
    image = json.loads(run("info", file, "--json")[1])["made_from"]["inputs"][0]["file"]
    Path(image).write_bytes(Path(image).read_bytes() + bytes(2880))
    code, told, _ = run("verify", file)
    assert (code, "is not the file that was read" in told) == (6, True)


def test_nothing_goes_unasked(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ("--out", tmp_path)
    run("segment", "sample", "v1", "--band", "F444W", *out)
    there = _products(tmp_path)
    code, _, err = run("rm", "sample", "v1", *out)
    assert (code, "nobody can be asked; give --yes if they are to go" in err) == (2, True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for gone in (False, True):
        monkeypatch.setattr("skyseg.cli.keeping.typer.confirm", lambda *_, said=gone, **__: said)
        code, told, err = run("rm", "sample", "v1", *out)
        assert code == 0 and there[-1] in err
        assert ("nothing is removed" in told) is not gone
        assert (_products(tmp_path) == there) is not gone


def test_products_that_are_damaged_are_all_named_and_hide_no_others(
    run: Any, tmp_path: Path
) -> None:
    where, out = ("sample", "v1"), ("--out", tmp_path / "made")
    run("segment", *where, *out)
    run("mask", *where, *out)
    damaged = [next(tmp_path.rglob(name)) for name in ("*F115W*_seg.fits", "*F444W*_mask.fits")]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:100])
    code, told, err = run("info", *where, *out, "--json")
    products = {each["file"]: each for each in json.loads(told)["products"]}
    assert (code, len(products)) == (6, 4)
    assert [products.pop(str(path))["error"].startswith(str(path)) for path in damaged] == [
        True
    ] * 2
    assert {each["error"] for each in products.values()} == {None}
    assert all(f"{path} is damaged" in err for path in damaged)
    assert "segment ... --overwrite" not in err
    assert "made again with --overwrite" in err
    code, told, _ = run("info", *where, *out)
    assert (code, all(path.name in told for path in damaged)) == (6, True)
    code, told, err = run("rm", *where, *out, "--yes")
    assert (code, "removed 2 of 4 products" in told) == (6, True)
    assert all(f"{path} is damaged" in err for path in damaged)


def test_a_reason_that_all_products_share_is_told_once(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = ("--out", tmp_path)
    run("segment", "sample", "v1", *out)

    def denied(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", denied)
        code, _, err = run("rm", "sample", "v1", *out, "--yes")
    assert (code, err.count("cannot be written to (Permission denied)")) == (6, 1)


def test_what_is_no_product_is_not_exported(run: Any, tmp_path: Path) -> None:
    text = tmp_path / "README.md"
    text.write_text("# skyseg")
    code, _, err = run("export", text, tmp_path / "x.csv")
    assert (code, f"{text} is no FITS product" in err, "does not exist" in err) == (6, True, False)


def test_what_another_program_made_stays_and_is_named(run: Any, tmp_path: Path) -> None:
    out = ("--out", tmp_path)
    run("segment", "sample", "v1", *out)
    seg = next(tmp_path.rglob("*F115W*_seg.fits"))
    with fits.open(seg) as hdus:
        fits.writeto(seg, hdus[1].data, overwrite=True)
    code, told, err = run("rm", "sample", "v1", *out, "--yes", "--json")
    assert (code, f"{seg} does not say that skyseg made it" in err) == (6, True)
    assert [Path(each).name for each in json.loads(told)["removed"]] == [
        "sample_F444W_F444W_sel_cat_v1_seg.fits"
    ]
    assert json.loads(told)["failed"][0]["file"] == str(seg)
    assert seg.is_file() and len(_products(tmp_path)) == 4


def test_a_map_that_inherits_another_observatorys_run_stays(run: Any, tmp_path: Path) -> None:
    out = ("--out", tmp_path)
    run("segment", "sample", "v1", "--band", "F444W", *out)
    seg = next(tmp_path.rglob("*_seg.fits"))
    for path in seg.parent.glob("*.fits"):
        path.unlink()
    fits.writeto(seg, np.ones((9, 9), np.int32), fits.Header({"RUNID": "08BF01"}))
    code, _, err = run("rm", "sample", "v1", *out, "--yes")
    assert (code, "does not say that skyseg made it" in err) == (6, True)
    assert seg.is_file()


def test_info_tells_what_made_a_product(run: Any, tmp_path: Path) -> None:
    asked = tmp_path / "mine.toml"
    asked.write_text("detect_thresh = 3.0\n")
    code, out, _ = run(
        "segment", "sample", "v1", "--band", "F444W", "--out", tmp_path, "--parameters", asked,
        "--json",
    )  # fmt: skip
    (made,) = json.loads(out)["bands"]
    for key in ("seg_path", "bkg_path", "cat_path"):
        told = json.loads(run("info", made[key], "--json")[1])["made_from"]
        assert (told["method"], told["err_type"], told["parameters"]) == (
            "skyseg", "rms_err", "mine",
        )  # fmt: skip
        assert told["changed"] == {"detect_thresh": 3.0}
        assert told["sources"] == made["n_sources"]
        assert [each["role"] for each in told["inputs"]] == ["SCI", "ERR"]
        assert told["aper_diams"][:2] == [0.32, 0.5]
    code, out, _ = run("info", made["seg_path"])
    assert code == 0
    assert re.search(r"changed +detect_thresh = 3.0\n", out) and "SHA-256" in out


def test_info_tells_what_made_a_stack_and_a_mask(run: Any, tmp_path: Path) -> None:
    where = "sample", "v1"
    out = run("stack", *where, "F115W+F444W", "--out", tmp_path, "--json")[1]
    stack = json.loads(out)["stack_path"]
    told = json.loads(run("info", stack, "--json")[1])["made_from"]
    assert (told["method"], told["stacked"]) == ("ivw", "NIRCam F115W, NIRCam F444W")
    code, out, _ = run("info", stack)
    assert code == 0
    assert out.count("SHA-256") == 4
    out = run("mask", *where, "--band", "F444W", "--out", tmp_path, "--json")[1]
    code, out, _ = run("info", json.loads(out)["bands"][0]["mask_path"])
    assert code == 0
    assert "SHA-256" in out


def test_info_of_imaging_tells_no_making(run: Any, sample: SampleSurvey) -> None:
    assert json.loads(run("info", sample.images["F444W"], "--json")[1])["made_from"] is None
    assert "made from" not in run("info", sample.images["F444W"])[1]


def test_a_catalogue_goes_out_as_csv_and_regions(run: Any, tmp_path: Path) -> None:
    _, out, _ = run("segment", "sample", "v1", "--band", "F444W", "--out", tmp_path, "--json")
    (made,) = json.loads(out)["bands"]
    for name in ("cat_path", "seg_path"):
        code, out, _ = run("export", made[name], tmp_path / f"{name}.csv", "--json")
        assert (code, json.loads(out)["sources"]) == (0, made["n_sources"])
    csv = (tmp_path / "cat_path.csv").read_text()
    assert csv == (tmp_path / "seg_path.csv").read_text()
    assert "MAG_APER_0.32arcsec" in csv.splitlines()[0]
    assert run("export", made["cat_path"], tmp_path / "a.reg")[0] == 0
    assert (tmp_path / "a.reg").read_text().count("ellipse(") == made["n_sources"]
    code, _, err = run("export", made["cat_path"], tmp_path / "a.reg")
    assert (code, "--overwrite" in err) == (6, True)
    code, _, err = run("export", made["cat_path"], tmp_path / "b.csv", "--flux-unit", "m")
    assert (code, "--flux-unit is 'm'" in err) == (2, True)


def test_regions_of_a_part_without_its_map_are_in_pixels(run: Any, tmp_path: Path) -> None:
    part = ("--band", "F444W", "--region", "40,40", "60", "--out", tmp_path, "--json")
    (made,) = json.loads(run("segment", "sample", "v1", *part)[1])["bands"]
    for system in ("icrs", "image"):
        assert run("export", made["cat_path"], tmp_path / f"{system}.reg")[0] == 0
        assert (tmp_path / f"{system}.reg").read_text().splitlines()[1] == system
        Path(made["seg_path"]).unlink(missing_ok=True)


def test_the_catalogue_of_a_survey_goes_out_as_regions(run: Any, tmp_path: Path) -> None:
    asked = ("pipeline", "sample", "v1", "--detect", "F444W", "--out", tmp_path, "--json")
    catalogue = json.loads(run(*asked)[1])["phot_cat_path"]
    code, _, err = run("export", catalogue, tmp_path / "all.reg")
    assert (code, err) == (0, "")
    (of_run,) = tmp_path.rglob("segmentation/*_seg.fits")
    assert run("export", of_run, tmp_path / "own.csv")[0] == 0
    n_sources = len((tmp_path / "own.csv").read_text().splitlines()) - 1
    assert (tmp_path / "all.reg").read_text().count("ellipse(") == n_sources


def test_nobody_is_told_to_remove_imaging_that_holds_no_table(
    run: Any, tmp_path: Path, sample: SampleSurvey
) -> None:
    image = sample.images["F444W"]
    code, _, err = run("export", image, tmp_path / "sources.csv")
    assert code == 6
    assert "holds no table" in err
    assert "remove" not in err
