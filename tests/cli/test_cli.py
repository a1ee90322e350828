"""The shell: same verbs, clean stdout, one line and a code for each error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.cli import main
from skyseg.cli.messages import EXIT_CODES, SHELL
from skyseg.cli.parsing import parse_aper_diams, parse_region, parse_version_to_dir
from skyseg.errors import BatchError, ParameterError, SkysegError
from skyseg.samples import SampleSurvey, make_survey
from skyseg.settings import config
from skyseg.survey import BandData, morgan_version_to_dir


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSurvey:
    folder = tmp_path_factory.mktemp("shell")
    return make_survey(folder, bands=["F115W", "F444W"], shape=(160, 200), n_sources=40, seed=2)


@pytest.fixture(autouse=True)
def archive(sample: SampleSurvey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(sample.directory))
    config.reload()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command line in this process; return exit code, stdout, stderr."""

    def runner(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return runner


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith("skyseg: ") and "Traceback" not in text


def test_segment_makes_then_loads(run: Any) -> None:
    code, out, _ = run("segment", "sample", "v1", "--json")
    assert code == 0
    bands = json.loads(out)["bands"]
    assert [(each["band"], each["made"]) for each in bands] == [("F115W", True), ("F444W", True)]
    assert all(each["n_sources"] > 5 and Path(each["seg_path"]).exists() for each in bands)
    code, out, _ = run("segment", "sample", "v1", "--json")
    assert [each["made"] for each in json.loads(out)["bands"]] == [False, False]


def test_columns_are_those_of_a_param_file(run: Any, tmp_path: Path) -> None:
    asked = tmp_path / "few.param"
    asked.write_text("NUMBER\nFLUX_AUTO\n")
    where = "segment", "sample", "v1", "--band", "F444W", "--out", tmp_path, "--params"
    _, out, _ = run(*where, asked, "--json")
    (made,) = json.loads(out)["bands"]
    assert fits.getdata(made["cat_path"]).names == ["NUMBER", "FLUX_AUTO"]
    code, out, said = run(*where, tmp_path / "absent.param")
    assert (code, out) == (2, "")
    assert "--params is '" in said and one_line(said)


def test_segment_gives_what_python_gives(run: Any, sample: SampleSurvey) -> None:
    _, out, _ = run("segment", "sample", "v1", "--band", "f444w", "--err-type", "wht", "--json")
    (made,) = json.loads(out)["bands"]
    band = BandData.from_files(sample.images["F444W"], survey="other")
    band.segment("wht")
    assert np.array_equal(fits.getdata(made["seg_path"]), band.load_seg())
    assert (made["band"], made["err_type"], made["method"]) == ("F444W", "wht", "skyseg")


def test_without_an_error_map_the_noise_is_taken_from_the_image_and_that_is_said(
    run: Any, sample: SampleSurvey, tmp_path: Path
) -> None:
    with fits.open(sample.images["F444W"]) as hdus:
        fits.writeto(tmp_path / "bare_f444w_sci.fits", hdus["SCI"].data, hdus["SCI"].header)
    bare = ("segment", "--sci", tmp_path / "bare_f444w_sci.fits", "--json")
    code, out, err = run(*bare)
    (made,) = json.loads(out)["bands"]
    assert (code, made["err_type"], made["made"]) == (0, "none", True)
    assert "F444W: there is no error map, so the noise is taken from the image itself" in err
    code, out, err = run(*bare, "--err-type", "none")
    assert (json.loads(out)["bands"][0]["made"], "error map" in err) == (False, False)
    code, _, err = run(*bare, "--err-type", "rms_err")
    assert (code, "with --err-type none" in err) == (3, True)
    code, out, _ = run("segment", "sample", "v1", "--band", "F444W", "--err-type", "none", "--json")
    (asked,) = json.loads(out)["bands"]
    assert np.array_equal(fits.getdata(asked["seg_path"]), fits.getdata(made["seg_path"]))
    _, out, _ = run("info", "sample", "v1", "--json")
    assert "none" in {each["err_type"] for each in json.loads(out)["products"]}


def test_options_reach_the_extraction(run: Any) -> None:
    _, out, _ = run(
        "segment", "sample", "v1", "--band", "F444W", "--parameters", "test",
        "--aper-diams", "0.3,0.6,0.9", "--json",
    )  # fmt: skip
    (made,) = json.loads(out)["bands"]
    assert made["parameters"] == "test"
    assert fits.getdata(made["cat_path"])["MAG_APER"].shape[1] == 3


def test_a_table_says_what_was_done(run: Any) -> None:
    code, out, _ = run("segment", "sample", "v1", "--band", "F444W")
    assert code == 0
    head, _, row, place = out.splitlines()
    assert head.split() == [
        "BAND",
        "ERR_TYPE",
        "METHOD",
        "PARAMETERS",
        "PRODUCTS",
        "SOURCES",
        "BAD",
        "PIXELS",
        "SECONDS",
    ]
    assert row.split()[:5] == ["F444W", "rms_err", "skyseg", "default", "made"]
    _, out, _ = run("segment", "sample", "v1", "--band", "F444W", "--json")
    (loaded,) = json.loads(out)["bands"]
    assert row.split()[5:7] == [str(loaded["n_sources"]), str(loaded["n_bad"])]
    assert loaded["n_bad"] == fits.getheader(loaded["seg_path"], 1)["N_BAD"]
    assert place.startswith("in ")


def test_files_in_place_of_a_survey(run: Any, sample: SampleSurvey, tmp_path: Path) -> None:
    path = sample.images["F444W"]
    code, out, _ = run(
        "segment", "--sci", f"{path}[SCI]", "--wht", f"{path}[4]", "--err-type", "wht",
        "--band", "mine", "--zero-point", "25", "--out", tmp_path / "there", "--json",
    )  # fmt: skip
    assert code == 0
    (made,) = json.loads(out)["bands"]
    assert made["band"] == "MINE"
    assert Path(made["seg_path"]).is_relative_to(tmp_path / "there")
    assert not (tmp_path / "work").exists()
    assert config.work_dir == tmp_path / "work"


def test_a_person_may_say_that_maps_are_of_one_grid(
    run: Any, sample: SampleSurvey, tmp_path: Path
) -> None:
    path = sample.images["F444W"]
    with fits.open(path) as hdus:
        moved = fits.ImageHDU(hdus[4].data, hdus[4].header)
        moved.header["CRPIX1"] += 20
        moved.writeto(tmp_path / "moved.fits")
    command = ("segment", "--sci", f"{path}[SCI]", "--wht", tmp_path / "moved.fits[1]")
    code, _, err = run(*command, "--err-type", "wht")
    assert code == 4
    assert "by 20 pixels; give maps of one pixel grid, or say by --same-grid that they are" in err
    code, _, _ = run(*command, "--err-type", "wht", "--same-grid")
    assert code == 0


def test_maps_with_names_of_ones_own_are_found_by_options(
    run: Any, sample: SampleSurvey, tmp_path: Path
) -> None:
    folder = tmp_path / "jwst/own/NIRCam/v1/30mas"
    folder.mkdir(parents=True)
    with fits.open(sample.images["F444W"]) as hdus:
        del hdus["SCI"].header["EXTNAME"]
        header = hdus[1].header
        for role, name in ((1, "bkgsub"), (1, "sci"), ("ERR", "noise"), ("WHT", "expo")):
            fits.writeto(folder / f"f444w_{name}.fits", hdus[role].data, header)
    names = ("--im-str", "bkgsub", "--rms-err-str", "_rms", "--rms-err-str", "noise")
    command = ("info", "own", "v1", "--data-dir", tmp_path, "--json")
    code, out, said = run(*command, *names, "--wht-str", "expo")
    assert code == 0, said
    (band,) = json.loads(out)["bands"]
    found = [Path(band[role].split("[")[0]).name for role in ("sci", "err", "wht")]
    assert (code, found) == (0, ["f444w_bkgsub.fits", "f444w_noise.fits", "f444w_expo.fits"])
    whole = tmp_path / "jwst/own/NIRCam/v2/30mas/f444w.fits"
    whole.parent.mkdir(parents=True)
    images = [fits.ImageHDU(np.ones((9, 9), np.float32), name=name) for name in ("MOSAIC", "EXP")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(whole)
    named = ("--im-ext-name", "mosaic", "--wht-ext-name", "EXP")
    out = run("info", "own", "v2", "--data-dir", tmp_path, "--json", *named)[1]
    (band,) = json.loads(out)["bands"]
    found = [band[role] and band[role].split("[")[1] for role in ("sci", "err", "wht")]
    assert found == ["MOSAIC]", None, "EXP]"]
    single = run("segment", "--sci", whole, "--im-str", "a")
    assert single[0] == 2
    assert single[2] == (
        "skyseg: --im-str tells the maps of a survey apart; name each map as FILE[EXT] with "
        "--sci, --err and --wht\n"
    )


def test_a_region_alone_is_segmented_and_listed(run: Any, tmp_path: Path) -> None:
    command = ("segment", "sample", "v1", "--band", "F444W", "--out", tmp_path, "--json")
    code, out, said = run(*command, "--region", "100,80", "60,40")
    assert code == 0, said
    (band,) = json.loads(out)["bands"]
    assert band["region"] == "[71:130,61:100]"
    assert fits.getdata(band["seg_path"]).shape == (40, 60)
    out = run("info", "sample", "v1", "--out", tmp_path, "--json")[1]
    (product,) = json.loads(out)["products"]
    assert (product["parameters"], product["region"]) == ("default", band["region"])
    assert run(*command, "--region", "900,900", "5")[0] == 2


def test_sextractor_by_name(run: Any) -> None:
    code, out, err = run(
        "segment", "sample", "v1", "--band", "F444W", "--method", "sextractor", "--json"
    )
    assert code == 0, err
    (made,) = json.loads(out)["bands"]
    assert "SExtractor" in made["seg_path"]


def test_info_lists_bands_and_products(run: Any) -> None:
    code, out, _ = run("info", "sample", "v1", "--json")
    assert code == 0
    told = json.loads(out)
    assert [each["band"] for each in told["bands"]] == ["F115W", "F444W"]
    assert told["bands"][0]["zero_point"] == pytest.approx(28.087, abs=1e-3)
    assert told["products"] == []
    table = run("info", "sample", "v1")[1]
    assert "no products" in table
    assert "PIXEL SCALE" in table and "0.03 arcsec" in table
    run("segment", "sample", "v1", "--band", "F444W", "--parameters", "crowded")
    (product,) = json.loads(run("info", "sample", "v1", "--json")[1])["products"]
    assert (product["band"], product["parameters"]) == ("F444W", "crowded")
    assert product["sources"] > 5
    assert Path(product["file"]).name in run("info", "sample", "v1")[1]


def test_verify_tells_of_each_product_what_is_wrong(run: Any, tmp_path: Path) -> None:
    made = ("sample", "v1", "--band", "F444W", "--out", tmp_path)
    run("segment", *made)
    code, out, _ = run("verify", *made)
    (seg,) = tmp_path.rglob("*_seg.fits")
    assert (code, out) == (0, f"{seg}: whole\n")
    content = seg.read_bytes()
    seg.write_bytes(content[:-1])
    for place in (tmp_path, seg):
        code, out, _ = run("verify", place, "--json")
        (product,) = json.loads(out)["products"]
        assert (code, product["file"]) == (6, str(seg))
        assert "is damaged" in product["faults"][0]
    assert run("verify", tmp_path / "missing_seg.fits")[0] == 3
    assert run("verify", "sample", "v1", "--out", tmp_path / "empty")[0] == 3


def test_two_passes_are_told_by_info_and_go_into_what_is_measured(run: Any, tmp_path: Path) -> None:
    where = ("sample", "v1", "--out", tmp_path)
    two = ("--parameters", "hot+cold+children")
    code, out, err = run("segment", *where, "--band", "F444W", *two, "--json")
    assert code == 0
    path = json.loads(out)["bands"][0]["seg_path"]
    made = json.loads(run("info", path, "--json")[1])["made_from"]
    assert made["n_cold"] + made["n_hot"] == made["sources"]
    assert made["hot_changed"]["detect_minarea"] != made["changed"].get("detect_minarea")
    assert made["hot_inside"] == "child"
    assert "n hot" in run("info", path)[1]
    assert all("pass: detect_thresh" in line for line in err.splitlines() if "is detected" in line)
    assert run("pipeline", *where, "--detect", "F444W", *two, "--aper-diams", "0.2")[0] == 0
    table = fits.getdata(next(tmp_path.rglob("sample_MASTER_*.fits")), 1)
    assert set(table["PASS"]) <= {1, 2}
    assert (table["PASS"] == 2).sum() == made["n_hot"]
    assert "PARENT" in table.names


def test_info_lists_hdus_with_their_roles(run: Any, sample: SampleSurvey) -> None:
    code, out, _ = run("info", sample.images["F444W"], "--json")
    assert code == 0
    hdus = json.loads(out)["hdus"]
    assert [each["role"] for each in hdus] == [None, "SCI", "ERR", None, "WHT"]
    assert hdus[1]["unit"] == "MJy/sr"
    assert hdus[1]["pix_scale"] == pytest.approx(0.03)
    table = run("info", sample.images["F444W"])[1]
    assert "160 x 200" in table
    assert "PIXEL SCALE" in table and "0.03 arcsec" in table


def test_info_reads_real_files(run: Any, imaging_dir: Path) -> None:
    weight = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_wht.fits"
    (hdu,) = json.loads(run("info", weight, "--json")[1])["hdus"]
    assert (hdu["role"], hdu["pix_scale"]) == ("WHT", pytest.approx(0.04))
    many = json.loads(
        run("info", imaging_dir / "misc/jwst_ngc346_f444w_cal_100px.fits", "--json")[1]
    )
    assert {"SCI", "ERR"} <= {hdu["role"] for hdu in many["hdus"]}


def test_sample_makes_then_finds(run: Any, tmp_path: Path) -> None:
    arguments = ("sample", tmp_path / "d", "--band", "F200W", "--shape", 64, 80, "--json")
    (made,) = json.loads(run(*arguments)[1])["bands"]
    assert made["made"]
    assert fits.getdata(made["image"]).shape == (64, 80)
    assert not json.loads(run(*arguments)[1])["bands"][0]["made"]
    assert run(*arguments, "--seed", 1)[0] == 6
    assert json.loads(run(*arguments, "--seed", 1, "--overwrite")[1])["bands"][0]["made"]


def test_config_says_where_each_setting_comes_from(
    run: Any, sample: SampleSurvey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "skyseg.toml").write_text(
        'method = "sextractor"\n[facilities.Subaru.HSC]\nHSC-G = 480\nHSC-R = 620\n'
    )
    config.reload()
    told = {each["setting"]: each for each in json.loads(run("config", "--json")[1])["settings"]}
    assert told["data_dir"] == {
        "setting": "data_dir", "value": str(sample.directory), "from": "SKYSEG_DATA_DIR",
    }  # fmt: skip
    assert told["method"]["from"].endswith("skyseg.toml")
    assert told["aper_diams"]["from"] == "default"
    table = run("config")[1]
    assert "0.32, 0.5" in table
    assert "  Subaru.HSC.HSC-G = 480.0; Subaru.HSC.HSC-R = 620.0  " in table


def test_parameters_are_listed_and_printed_as_files(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(tmp_path))
    config.reload()
    (tmp_path / "broken.toml").write_text("detect_thresh = -1\n")
    code, out, _ = run("parameters")
    assert code == 0
    assert re.search(r"^default +Adams et al", out, re.MULTILINE)
    assert "broken   " in out
    assert "detect_thresh is -1" in out
    for form, line in (("toml", "deblend_nthresh = 64  #"), ("sex", "DEBLEND_NTHRESH 64  #")):
        code, out, _ = run("parameters", "crowded", "--format", form)
        assert code == 0
        assert line in out
    code, out, _ = run("parameters", "grizli", "--json")
    assert json.loads(out)["values"]["deblend_mincont"] == 0.001
    assert {each["set"] for each in json.loads(run("parameters", "--json")[1])["sets"]} >= {"test"}
    both = run("parameters", "hot+cold")[1]
    assert both.count("\ndetect_minarea = ") == 2 and "The hot pass" in both
    told = json.loads(run("parameters", "hot+cold+children", "--json")[1])
    assert told["children"] and told["hot"] != told["values"]
    listed = {
        each["set"]: each["source"] for each in json.loads(run("parameters", "--json")[1])["sets"]
    }
    assert listed["hot+cold"] != listed["hot+cold+children"]
    assert len(listed["hot+cold+children"]) < 100
    code, _, err = run("parameters", "crowded", "--format", "xml")
    assert (code, err) == (2, "skyseg: --format is 'xml'; use toml or sex\n")


def test_plot_writes_one_band_or_a_grid(run: Any, tmp_path: Path) -> None:
    for arguments in (
        ("--band", "F444W", "--ext", "sci", "--overlay", "--region", "3", "2arcsec"),
        ("--ext", "WHT", "--region", "100,80", "40,30"),
        ("--region", "53.16 -27.79", "1.5arcsec"),
    ):
        path = tmp_path / "figure.png"
        code, out, err = run("plot", "sample", "v1", *arguments, "--save", path)
        assert (code, out) == (0, f"{path}\n"), err
        path.unlink()


def test_plot_shows_what_segment_made_with_the_same_options(run: Any, tmp_path: Path) -> None:
    options = ("--band", "F444W", "--aper-diams", "0.3", "--zero-point", "25")
    assert run("segment", "sample", "v1", *options)[0] == 0
    figure = tmp_path / "figure.png"
    assert run("plot", "sample", "v1", *options, "--save", str(figure))[0] == 0
    assert figure.stat().st_size > 1000
    assert run("plot", "sample", "v1", "--band", "F444W", "--save", str(figure))[0] == 6


def test_a_folder_that_is_not_there_is_an_error_before_anything_is_made(
    run: Any, tmp_path: Path
) -> None:
    place = tmp_path / "misspelled"
    code, out, err = run("plot", "sample", "v1", "--save", place / "a.png", "--out", tmp_path)
    assert (code, out) == (6, "")
    assert one_line(err) and f"there is no folder {place}" in err
    assert not list(tmp_path.rglob("*_seg.fits"))
    for option in ("save", "out", "regions"):
        code, _, err = run("compare", "a.fits", "b.fits", f"--{option}", place / "a.fits")
        assert (code, f"there is no folder {place}" in err) == (6, True)
    assert not place.exists()


def test_plot_needs_a_display_or_a_file(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    matplotlib.use("Agg")
    code, out, err = run("plot", "sample", "v1", "--ext", "SCI")
    assert (code, out) == (2, "")
    assert "--save" in err


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (2, ("segment", "--nonsense")),
        (2, ("segment", "sample", "v1", "--zero-point", "bright")),
        (2, ("nonsense",)),
        (2, ("segment",)),
        (2, ("segment", "sample")),
        (2, ("segment", "--err", "a.fits")),
        (2, ("segment", "sample", "v1", "--err-type", "rms")),
        (2, ("segment", "sample", "v1", "--parameters", "none")),
        (2, ("segment", "sample", "v1", "--aper-diams", "a")),
        (2, ("plot", "sample", "v1", "--ext", "DQ", "--save", "a.png")),
        (2, ("plot", "sample", "v1", "--ext", "SCI", "--save", "a.xyz")),
        (2, ("info", "a", "b", "c")),
        (2, ("sample", "d", "--band", "F999W")),
        (3, ("segment", "nowhere", "v1")),
        (3, ("segment", "sample", "v9")),
        (3, ("segment", "sample", "v1", "--band", "F200W")),
        (3, ("segment", "--sci", "missing.fits")),
        (3, ("info", "missing.fits")),
        (5, ("segment", "sample", "v1", "--method", "none")),
    ],
)
def test_an_error_is_one_line_and_a_code(
    run: Any, code: int, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot  # noqa: F401  # it makes its folder when it is first imported

    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    found, out, err = run(*arguments, *(() if "nonsense" in arguments[0] else ("--json",)))
    assert (found, out) == (code, "")
    assert one_line(err)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_missing_or_too_much_is_named(run: Any, tmp_path: Path) -> None:
    for command in ("segment", "assess", "plot", "advise"):
        code, _, told = run(command, "sample", "v1", "--sci", "a.fits")
        assert (code, "--sci is given, and sample too" in told) == (2, True)
        code, _, told = run(command, "hard")
        assert (code, told.startswith("skyseg: VERSION of hard is missing")) == (2, True), told
    for asked in (("sample", "d", "--shape", 4), ("segment", "a", "b", "--region", 1),
                  ("assess", "a", "b", "--mags", 2)):  # fmt: skip
        code, _, told = run(*asked)
        assert (code, f"see skyseg {asked[0]} --help" in told) == (2, True), told
    assert "see skyseg edits show --help" in run("edits", "show", "--nonsense")[2]
    made = ("sample", tmp_path, "--band", "F444W", "--n-sources", 5, "--shape")
    assert run(*made, 60, 40)[0] == 0
    code, _, told = run(*made, 50, 40)
    assert (code, "the shape 60 x 40, not 50 x 40; give --overwrite" in told) == (6, True), told
    assert "another survey" in told
    code, _, told = run(*made, 60, 40, "--companions", 1000)
    assert (code, "--companions is 1000 in 60 x 40 pixels; give up to 96" in told) == (2, True)


def test_bad_image_stale_product_and_wrong_setting_have_codes(
    run: Any, sample: SampleSurvey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.fits").write_text("not FITS")
    code, _, err = run("segment", "--sci", tmp_path / "text.fits")
    assert code == 4
    assert "text.fits" in err
    band = ("segment", "sample", "v1", "--band", "F444W")
    assert run(*band)[0] == 0
    code, _, err = run(*band, "--zero-point", "20")
    assert code == 6
    assert "overwrite" in err
    assert run(*band, "--zero-point", "20", "--overwrite")[0] == 0
    monkeypatch.setenv("SKYSEG_METHOD", "none")
    config.reload()
    code, _, err = run("config")
    assert code == 7
    assert one_line(err)


def test_every_error_class_has_a_code() -> None:
    kinds = {each for each in SkysegError.__subclasses__() if each.__module__ == "skyseg.errors"}
    assert kinds - set(EXIT_CODES) == {BatchError}  # which has that of a band
    assert 0 not in EXIT_CODES.values()


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_gives_the_traceback(run: Any, place: str) -> None:
    command = ["segment", "nowhere", "v1"]
    code, out, err = run(*(["--debug", *command] if place == "before" else [*command, "--debug"]))
    assert (code, out) == (3, "")
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("skyseg: ")


def test_a_fault_of_our_own_is_one_line_too(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("skyseg.samples.make_survey", broken)
    code, out, err = run("sample", "d")
    assert (code, out) == (1, "")
    assert one_line(err)
    assert "ZeroDivisionError" in err


def test_help_has_examples_and_exit_codes(run: Any) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for text in ("Exit codes:", "130  interrupted", *(f"{each}  " for each in EXIT_CODES.values())):
        assert text in out
    for command in ("segment", "plot", "info", "verify", "sample", "config"):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert f"skyseg {command}" in out.split("Examples:")[1]


def test_the_defaults_are_those_of_python() -> None:
    import inspect

    from skyseg.cli import commands
    from skyseg.plotting import plot_band

    pairs = [
        (commands.segment, BandData.segment),
        (commands.plot, plot_band),
        (commands.sample, make_survey),
    ]
    for command, function in pairs:
        shell, python = (inspect.signature(each).parameters for each in (command, function))
        # `exclude` is a list in the shell, and absent what "all" is in Python
        other = {"band", "directory", "exclude"}
        shared = [name for name in shell if name in python and name not in other]
        assert len(shared) >= 5
        for name in shared:
            assert shell[name].default == python[name].default, name


def test_the_installed_program_works_and_starts_without_the_heavy_parts() -> None:
    program = Path(sys.executable).with_name("skyseg")
    found = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("skyseg ")
    code = (
        "import sys; from skyseg.cli import main; main(['segment', '--help']);"
        "others = {f'skyseg.cli.{name}' for name in ('editing', 'parity', 'pipeline')};"
        "sys.stderr.write(' '.join(others & set(sys.modules))); main(['--help']);"
        "heavy = {'numpy', 'astropy', 'matplotlib', 'pydantic', 'scipy'};"
        "sys.stderr.write(' '.join(heavy & set(sys.modules)))"
    )
    helped = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert helped.stderr == b""


@pytest.mark.parametrize("command", [["config"], ["parameters"], ["parameters", "deep"]])
def test_settings_and_parameter_sets_are_told_without_what_reads_imaging(
    command: list[str],
) -> None:
    code = (
        f"import sys; from skyseg.cli import main; main({command!r});"
        "sys.stderr.write(' '.join({'astropy', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert told.stderr == b""


def test_the_program_says_all_and_does_what_others_registered_for_its_end() -> None:
    code = (
        "import atexit, sys; from skyseg.cli import run; sys.argv = ['skyseg', 'parameters', 'no'];"
        "atexit.register(print, 'the end'); run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "the end\n")
    assert "no" in done.stderr


def test_the_program_leaves_alone_what_astropy_would_load_without_need(tmp_path: Path) -> None:
    for module in ("asdf_astropy/__init__", "asdf_astropy/io/__init__", "numcodecs/__init__"):
        path = tmp_path / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "asdf_astropy" / "io" / "connect.py").touch()
    (tmp_path / "numcodecs" / "abc.py").write_text("class Codec: pass")
    (tmp_path / "numcodecs" / "registry.py").write_text("def register_codec(codec): pass")
    code = (
        "import atexit, sys; from skyseg.cli import run; sys.argv = ['skyseg', 'ls'];"
        "optional = {'asdf_astropy', 'numcodecs'};"
        "atexit.register(lambda: print(optional & set(sys.modules), __import__('numcodecs')));"
        "run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.splitlines()[-1]
    assert told.startswith("set()")
    assert str(tmp_path) in told


def test_ctrl_c_at_the_end_of_the_program_says_nothing() -> None:
    program = (
        "import atexit, signal, sys; from skyseg.cli import run;"
        "sys.argv = ['skyseg', '--version'];"
        "atexit.register(signal.raise_signal, signal.SIGINT); run()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_thread_that_nobody_waits_for_is_not_cut_off_by_the_end_of_python() -> None:
    program = (
        "import os, sys, threading; from skyseg.cli import run; sys.argv = ['skyseg', '--version'];"
        "threading.Thread(target=threading.Event().wait, daemon=True).start();"
        "threading.Timer(0.2, os.write, (1, b'waited for')).start();"
        "sys.exit = lambda code: os.write(2, b'cut off'); run()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "waited for" in ended.stdout


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    # a shell that runs the tests in its background has SIGINT ignored in all they start
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from skyseg.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program]
    arguments = ["sample", str(tmp_path / "d"), "--shape", "6000", "6000"]
    with subprocess.Popen(
        [*command, *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
    ) as process:
        while not list(tmp_path.rglob("*.tmp")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err and b"interrupted" in err
    assert not list(tmp_path.rglob("*.tmp"))
    assert not list(tmp_path.rglob("*_i2d.fits"))


def test_a_region_is_read_from_its_texts() -> None:
    assert parse_region(None) is None
    assert parse_region(("12", "100"))[0] == 12
    centre, size = parse_region(("500,620.5", "4arcsec,2arcsec"))
    assert centre == (500, 620.5)
    assert size.to_value("arcsec").tolist() == [4, 2]
    for text in ("53.16 -27.79", "3h32m38.4s -27d47m24s", "3:32:38.4 -27:47:24"):
        assert parse_region((text, "1"))[0].ra.deg == pytest.approx(53.16)
    for wrong in (("here", "1"), ("1,2,3", "1"), ("1,2", "far"), ("1,2", "1,2arcsec")):
        with pytest.raises(ParameterError) as caught:
            parse_region(wrong)
        assert caught.value.advice.worded(SHELL).startswith(f"--region is '{wrong[0]}'")


def test_lists_are_read_from_their_texts() -> None:
    diameters = parse_aper_diams("0.3,1")
    assert diameters is not None
    assert diameters.to_value("arcsec").tolist() == [0.3, 1]
    folders = parse_version_to_dir(["morgan", "v99=new"])
    assert folders == {**morgan_version_to_dir, "v99": "new"}
    with pytest.raises(ParameterError, match="VERSION=FOLDER"):
        parse_version_to_dir(["v99"])


def test_compare_counts_what_changed_between_two_maps(run: Any, tmp_path: Path) -> None:
    first = np.zeros((40, 50), np.int32)
    first[5:10, 5:10], first[20:30, 20:30] = 1, 2
    second = np.zeros_like(first)
    second[20:30, 20:25], second[20:30, 25:30], second[35:38, 40:45] = 5, 6, 7
    for name, labels in (("a.fits", first), ("b.fits", second)):
        fits.writeto(tmp_path / name, labels)
    a, b = tmp_path / "a.fits", tmp_path / "b.fits"
    out, figure, regions = tmp_path / "c.ecsv", tmp_path / "c.png", tmp_path / "c.reg"
    code, said, _ = run(
        "compare", a, b, "--json", "--out", out, "--save", figure, "--regions", regions
    )
    assert code == 0
    counts = json.loads(said)["counts"]
    assert (counts["new"], counts["lost"], counts["split"]) == (1, 1, 1)
    assert out.exists() and regions.read_text().startswith("# Region file format: DS9")
    assert figure.read_bytes().startswith(b"\x89PNG")
    code, said, _ = run("compare", a, b)
    assert code == 0 and "split" in said
    fits.writeto(tmp_path / "small.fits", first[:9])
    code, said, err = run("compare", a, tmp_path / "small.fits")
    assert code == 8 and said == "" and one_line(err)


def test_compare_says_how_many_changed_rows_it_leaves_out(run: Any, tmp_path: Path) -> None:
    first, second = np.zeros((40, 50), np.int32), np.zeros((40, 50), np.int32)
    first[5:10, 5:10], first[20:30, 20:30] = 1, 2
    second[20:28, 20:30], second[35:38, 40:45] = 6, 7
    a, b = tmp_path / "a.fits", tmp_path / "b.fits"
    fits.writeto(a, first)
    fits.writeto(b, second)
    assert run("compare", a, b, "--limit", 2)[1].splitlines()[-1] == (
        "2 of 3 changed rows; --limit shows more"
    )
    for limit in (0, 3):
        assert "changed rows" not in run("compare", a, b, "--limit", limit)[1]


def test_a_message_names_the_options_of_the_shell(
    run: Any, sample: SampleSurvey, tmp_path: Path
) -> None:
    band = ("segment", "sample", "v1", "--band", "F444W")
    assert run(*band)[0] == 0
    stale = run(*band, "--aper-diams", "0.3")[2]
    assert "make it again with skyseg segment ... --overwrite" in stale
    for command in (("assess", "--overwrite"), ("why", "--at", "5,5"), ("plot", "--save", "a.png")):
        told = run(command[0], *band[1:], *command[1:], "--aper-diams", "0.3")[2]
        assert "make it again with skyseg segment ... --overwrite" in told
    assert run(*band, "--err-type", "rms")[2].startswith("skyseg: --err-type is 'rms'")
    negative = run(*band, "--pix-scale", "-1")[2]
    assert (
        negative
        == "skyseg: --pix-scale is -1.0 arcsec; it must be a positive angle, such as 0.03\n"
    )
    data = fits.getdata(sample.images["F444W"], "SCI")
    fits.writeto(tmp_path / "bare_sci.fits", data)
    fits.writeto(tmp_path / "bare_err.fits", np.ones_like(data))
    bare = ("segment", "--sci", tmp_path / "bare_sci.fits", "--err", tmp_path / "bare_err.fits")
    unknown = run(*bare)[2]
    assert "give --zero-point" in unknown and "give --pix-scale" in unknown
    (tmp_path / "file").touch()
    assert "another folder with --out" in run(*bare, "--out", tmp_path / "file")[2]
    nowhere = run("segment", "sample", "v1", "--data-dir", tmp_path / "none")[2]
    assert "give --data-dir, or set SKYSEG_DATA_DIR, or data_dir in skyseg.toml" in nowhere
    outside = run(
        "plot",
        "sample",
        "v1",
        "--band",
        "F444W",
        "--region",
        "5000,10",
        "4arcsec",
        "--save",
        tmp_path / "a.png",
    )[2]
    assert "--region centre (5000.0, 10.0) is no pixel of the image" in outside
    folders = run("segment", "sample", "v1", "--version-to-dir", "v2=there")[2]
    assert folders == "skyseg: --version-to-dir has no version 'v1'; use one of v2\n"


def test_compare_names_the_options_of_the_shell_and_replaces_no_file_unasked(
    run: Any, tmp_path: Path
) -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[5:10, 5:10] = 1
    map_a, regions = tmp_path / "a.fits", tmp_path / "a.reg"
    fits.writeto(map_a, labels)
    assert "give --sci" in run("compare", map_a, map_a)[1]
    notes = json.loads(run("compare", map_a, map_a, "--json")[1])["notes"]
    assert any("give --sci" in note for note in notes)
    regions.write_text("mine")
    code, out, err = run("compare", map_a, map_a, "--regions", regions)
    assert (code, out, regions.read_text()) == (6, "", "mine")
    assert "--overwrite" in err
    assert run("compare", map_a, map_a, "--regions", regions, "--overwrite")[0] == 0
    assert regions.read_text() != "mine"


@pytest.mark.parametrize("command", ["segment", "assess", "phot", "depths", "pipeline"])
def test_help_has_the_options_that_matter_before_the_others(command: str, run: Any) -> None:
    parts = re.split(r"^(\w[\w ]*):$", run(command, "--help")[1], flags=re.MULTILINE)[1:]
    under = dict(zip(parts[::2], parts[1::2], strict=True))
    first = re.findall(r"^  --?[\w-]+", under["Options"], flags=re.MULTILINE)
    assert len(first) <= 8, first
    assert {"--err-type", "--aper-diams"} <= set(re.findall(r"--[\w-]+", under["Extraction"]))
    assert list(under)[:2] == ["Arguments", "Options"]
    assert list(under)[-2:] == ["Imaging and folders", "Running"]


def test_help_says_that_all_is_removed_where_nothing_is_named(run: Any) -> None:
    text = run("rm", "--help")[1]
    for option in ("--band", "--err-type", "--method", "--parameters", "--kind"):
        own = text[text.index(f"  {option} ") :].split("\n  --")[0]
        assert "[default: all]" in " ".join(own.split()), option


def test_help_says_what_an_option_takes_in_words(run: Any) -> None:
    assert "..." not in run("--help")[1].partition("Commands:")[2]
    for command in ("segment", "plot", "compare", "parity", "info", "verify", "sample", "config"):
        out = run(command, "--help")[1]
        assert not re.search(r"--\S+ <", out)
