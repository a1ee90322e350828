"""The pipeline: from imaging to the catalogue, kept, made anew where stale, past what fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg import Data, Edits, config
from skyseg.errors import BatchError, DataNotFoundError, ParameterError
from skyseg.products.inventory import list_runs
from skyseg.products.looking import NotMadeError, only_looking
from skyseg.survey.pipeline import PipelineSteps, find_cat_path
from skyseg.survey.step_runs import StepRun


@pytest.fixture
def archive(imaging_dir: Path, tmp_path: Path) -> Path:
    """The two bands of UDS-B, in files that may be changed."""
    folder = Path("jwst/UDS-B/NIRCam/v1/40mas")
    (tmp_path / "data" / folder).mkdir(parents=True)
    for path in sorted((imaging_dir / folder).glob("*.fits")):
        shutil.copy(path, tmp_path / "data" / folder)
    return tmp_path / "data"


def _open(archive: Path) -> Data:
    return Data.from_survey_version("UDS-B", "v1", data_dir=archive)


def _tell(runs: list[StepRun]) -> dict[str, str]:
    return {f"{run.name} {run.key}".strip(): run.state for run in runs}


_STEPS = [
    "segment F444W", "phot F115W", "depths F115W", "phot F444W", "depths F444W", "catalogue",
]  # fmt: skip


def test_it_makes_all_then_loads_all_and_the_plan_says_so_before(archive: Path) -> None:
    plan = _open(archive).pipeline("F444W", plan=True)
    assert list(_tell(plan)) == _STEPS
    head, _, first, *_, last = str(plan).splitlines()
    assert head.split() == ["STEP", "BAND", "STATE", "WHY"]
    assert first.split("  ")[-1] == "it is not there" and "to make" in first
    assert last.split()[:2] == ["catalogue", "-"] and repr(plan) == str(plan)
    assert "<td>to make</td>" in plan._repr_html_()
    assert set(_tell(plan).values()) == {"made"}
    assert plan[1].why == "segment F444W is to be made"
    data, told = _open(archive), []
    runs = data.pipeline("F444W", progress=lambda part, text: told.append((part, text)))
    assert _tell(runs) == _tell(plan)
    assert str(runs).split()[:5] == ["STEP", "BAND", "STATE", "SECONDS", "WHY"]
    assert "to make" not in str(runs)
    assert [part for part, _ in told] == sorted(part for part, _ in told)
    assert told[-1] == (1.0, "catalogue: done")
    assert data.phot_cat is not None
    assert "LOC_DEPTH_APER_F115W" in data.phot_cat.load().colnames
    again = _open(archive)
    assert set(_tell(again.pipeline("F444W", plan=True)).values()) == {"loaded"}
    assert set(_tell(again.pipeline("F444W", progress=False)).values()) == {"loaded"}
    assert again.phot_cat_path == data.phot_cat_path


def test_what_another_process_makes_meanwhile_is_loaded_and_told_so(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> dict[str, str]:
        data = _open(archive)
        data.mask(progress=False)
        return _tell(data.pipeline("F115W+F444W", mask=True, progress=False))

    others: list[dict[str, str]] = []

    @contextmanager
    def looking_before_another_runs() -> Iterator[None]:
        try:
            with only_looking():
                yield
        except NotMadeError:
            if not others:
                others.append({})
                others.append(run())
            raise

    monkeypatch.setattr("skyseg.survey.pipeline.only_looking", looking_before_another_runs)
    states = run()
    assert set(states.values()) == {"loaded"}
    made = {step for step, state in others[1].items() if state == "made"}
    assert made == set(states) - {"mask F115W", "mask F444W"}


def test_what_is_stale_is_made_anew_and_says_why(archive: Path) -> None:
    _open(archive).pipeline("F444W", progress=False)
    _change(archive, "*f115w_sci.fits")
    expected = dict.fromkeys(_STEPS, "loaded")
    expected |= {"phot F115W": "made anew", "depths F115W": "made anew"}
    expected["catalogue"] = "made anew"
    plan = _open(archive).pipeline("F444W", plan=True)
    assert _tell(plan) == expected
    assert "SCI" in next(run.why for run in plan if run.state == "made anew")
    runs = _open(archive).pipeline("F444W", progress=False)
    assert _tell(runs) == expected
    assert set(_tell(_open(archive).pipeline("F444W", progress=False)).values()) == {"loaded"}


def test_the_plan_says_which_files_are_replaced(archive: Path) -> None:
    first = {"err_type": "wht", "parameters": "crowded"}
    _open(archive).pipeline("F444W", progress=False, **first)  # type: ignore[arg-type]
    other = {**first, "aper_diams": [0.3, 0.6] * u.arcsec}
    plan = _open(archive).pipeline("F444W", plan=True, **other)  # type: ignore[arg-type]
    # the catalogue of other apertures has a folder of its own
    assert _tell(plan) == dict.fromkeys(_STEPS, "made anew") | {"catalogue": "made"}
    runs = _open(archive).pipeline("F444W", progress=False, **other)  # type: ignore[arg-type]
    assert _tell(runs) == _tell(plan)
    new = {**other, "method": "sep"}
    plan = _open(archive).pipeline("F444W", plan=True, **new)  # type: ignore[arg-type]
    assert _tell(plan) == dict.fromkeys(_STEPS, "made")
    runs = _open(archive).pipeline("F444W", progress=False, **new)  # type: ignore[arg-type]
    assert _tell(runs) == _tell(plan)


_ASKED: dict[str, dict[str, Any]] = {
    "": {},
    "_wht": {"err_type": "wht"},
    "_crowded": {"parameters": "crowded"},
    "_wht_crowded_det-sep": {"err_type": "wht", "parameters": "crowded", "method": "sep"},
}
"""What is asked for, by what the name of the catalogue ends in."""


def test_catalogues_of_other_error_types_methods_and_sets_lie_side_by_side(archive: Path) -> None:
    def run(data: Data, *, plan: bool = False, **asked: Any) -> list[StepRun]:
        return data.pipeline(
            "F444W", aper_diams=0.32 * u.arcsec, progress=False, plan=plan, **asked
        )

    made: dict[str, Path] = {}
    for end, asked in _ASKED.items():
        assert run(_open(archive), plan=True, **asked)[-1].state == "made"
        data = _open(archive)
        assert run(data, **asked)[-1].state == "made"
        assert data.phot_cat_path is not None
        made[end] = data.phot_cat_path
        steps = PipelineSteps(detect="F444W", aper_diams=0.32 * u.arcsec, **asked)
        assert find_cat_path(data, steps, run(data, plan=True, **asked)) == made[end]
    assert {end: path.stem for end, path in made.items()} == {
        end: f"UDS-B_MASTER_Sel-F444W_v1{end}" for end in _ASKED
    }
    for asked in _ASKED.values():
        assert set(_tell(run(_open(archive), **asked)).values()) == {"loaded"}
    told = {run.file: run for run in list_runs(kinds=["catalogue"])}
    assert told.keys() == set(made.values())
    last = told[made["_wht_crowded_det-sep"]]
    assert (last.err_type, last.parameters, last.detection) == ("wht", "crowded", "F444W (sep)")


def test_a_stale_catalogue_says_what_the_run_of_the_detection_was_made_with(
    archive: Path, tmp_path: Path
) -> None:
    def run(*, plan: bool = False, **asked: Any) -> StepRun:
        data = _open(archive)
        return data.pipeline(
            "F444W", aper_diams=0.2 * u.arcsec, progress=False, plan=plan, **asked
        )[-1]

    for asked in _ASKED["_wht"], _ASKED["_wht_crowded_det-sep"], {}:
        run(**asked)
    usual, wht, sep = sorted(
        Path(config.work_dir).rglob("*_MASTER_*.fits"), key=lambda path: len(path.name)
    )
    # as catalogues of other runs were named before they lay side by side
    shutil.copy(wht, usual)
    assert run(plan=True).why == "the detection's err_type was wht and is rms_err"
    shutil.copy(sep, usual)
    assert run(plan=True).why == (
        "the detection's method was sep and is skyseg; "
        "the detection's err_type was wht and is rms_err; "
        "the detection's parameter set was crowded and is default"
    )
    mine = tmp_path / "mine.toml"
    mine.write_text("detect_thresh = 2.0\n")
    run(parameters=mine)
    mine.write_text("detect_thresh = 2.5\n")
    changed = run(parameters=mine)
    assert changed.why == "the detection's detect_thresh was 2.0 and is 2.5"


def _change(archive: Path, name: str) -> None:
    path = next(archive.rglob(name))
    with fits.open(path) as hdus:
        hdu = next(each for each in hdus if each.data is not None)
        fits.writeto(path, hdu.data + np.float32(0.001), hdu.header, overwrite=True)


def test_the_plan_says_what_is_replaced_after_a_stack_that_is_stale(three_bands: Path) -> None:
    def opened() -> Data:
        return Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")

    asked = {"aper_diams": 0.2 * u.arcsec, "mask": True, "exclude": []}
    made = opened().pipeline("F200W+F444W", progress=False, **asked)  # type: ignore[arg-type]
    _change(three_bands, "jof_F200W_sci.fits")
    expected = dict.fromkeys(_tell(made), "made anew")
    expected |= dict.fromkeys(["mask F115W", "mask F444W"], "loaded")
    for detect in ("F200W+F444W", "f444w+f200w"):
        plan = opened().pipeline(detect, plan=True, **asked)  # type: ignore[arg-type]
        assert _tell(plan) == expected
    assert [run.why for run in plan[1:3]] == [
        "stack F200W+F444W is to be made anew", "mask F200W+F444W is to be made anew",
    ]  # fmt: skip
    runs = opened().pipeline("F200W+F444W", progress=False, **asked)  # type: ignore[arg-type]
    assert _tell(runs) == expected


def test_a_stack_that_was_removed_is_made_and_what_follows_is_made_anew(three_bands: Path) -> None:
    def run(**asked: Any) -> list[StepRun]:
        data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
        return data.pipeline("F200W+F444W", aper_diams=0.2 * u.arcsec, progress=False, **asked)

    run()
    next(Path(config.work_dir).rglob("*_stack.fits")).unlink()
    plan = _tell(run(plan=True))
    assert plan.pop("stack F200W+F444W") == "made"
    assert set(plan.values()) == {"made anew"}
    assert _tell(run()) == {"stack F200W+F444W": "made", **plan}


def test_a_stack_of_two_instruments_lies_where_the_catalogue_of_both_does(
    three_bands: Path,
) -> None:
    other = three_bands / "data/jwst/JOF/NIRISS/v1/30mas"
    other.mkdir(parents=True)
    for path in (three_bands / "data").rglob("jof_F200W_*.fits"):
        shutil.copy(path, other / path.name.replace("F200W", "F150W"))

    def run(**asked: Any) -> tuple[dict[str, str], Path | None]:
        data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
        runs = data.pipeline("F150W+F444W", aper_diams=0.2 * u.arcsec, progress=False, **asked)
        return _tell(runs), data.phot_cat_path

    path = run()[1]
    assert path is not None
    assert path.parts[-4] == "NIRCam+NIRISS"
    data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
    data = Data([*data, data["F150W+F444W"]])
    next(Path(config.work_dir).rglob("*F150W+F444W*_seg.fits")).unlink()
    plan = data.pipeline("F150W+F444W", aper_diams=0.2 * u.arcsec, plan=True)
    assert _tell(plan)["catalogue"] == "made anew"
    next(Path(config.work_dir).rglob("*_stack.fits")).unlink()
    assert run(plan=True)[0]["catalogue"] == "made anew"


def test_what_is_detected_in_is_known_by_one_name_in_either_case(three_bands: Path) -> None:
    data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
    steps = list(_tell(data.pipeline("f444w", mask=True, plan=True)))
    assert steps == list(_tell(data.pipeline("F444W", mask=True, plan=True)))


def test_an_interrupted_run_is_taken_up_where_it_ended(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("skyseg.survey.band_depths.measure_depths", stop)
        with pytest.raises(KeyboardInterrupt):
            _open(archive).pipeline("F444W", progress=False)
    runs = _open(archive).pipeline("F444W", progress=False)
    states = _tell(runs)
    assert states["segment F444W"] == states["phot F115W"] == "loaded"
    assert states["depths F115W"] == states["catalogue"] == "made"


def test_a_band_that_fails_stops_what_needs_it_alone(half_archive: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=half_archive)
    with pytest.raises(BatchError, match="F444W") as failed:
        data.pipeline("F115W", err_type="rms_err", progress=False)
    assert set(failed.value.errors) == {"F444W"}
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    assert "FLUX_AUTO_F115W" in table.colnames
    assert "FLUX_AUTO_F444W" not in table.colnames
    assert issubclass(type(failed.value.errors["F444W"]), DataNotFoundError)


def test_a_band_without_a_zero_point_fails_before_it_is_measured(imaging_dir: Path) -> None:
    def opened(**zero_points: float) -> Data:
        return Data.from_survey_version(
            "XDF", "v1", data_dir=imaging_dir, zero_point=zero_points
        )  # fmt: skip

    with pytest.raises(ParameterError, match="zero point of F105W, F160W is unknown"):
        opened().pipeline("F160W", plan=True)
    expected = {
        "segment F160W": "made", "phot F105W": "failed", "depths F105W": "failed",
        "phot F160W": "made", "depths F160W": "made", "catalogue": "made",
    }  # fmt: skip
    data = opened(F160W=25.9463)
    assert _tell(data.pipeline("F160W", plan=True)) == expected
    with pytest.raises(BatchError, match="F105W: 1 of 2 bands"):
        data.pipeline("F160W", progress=False)
    assert data.phot_cat is not None
    assert "FLUX_AUTO_F160W" in data.phot_cat.load().colnames
    assert data["F105W"].forced_phot is None


def test_a_detection_that_fails_stops_all(half_archive: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=half_archive)
    with pytest.raises(DataNotFoundError):
        data.pipeline("F444W", err_type="rms_err", progress=False)
    assert data.phot_cat is None


def test_a_stack_and_masks_are_made_first(archive: Path) -> None:
    data = _open(archive)
    plan = data.pipeline("F115W+F444W", mask=True, plan=True)
    assert list(_tell(plan))[:4] == [
        "stack F115W+F444W", "mask F115W+F444W", "segment F115W+F444W", "phot F115W+F444W",
    ]  # fmt: skip
    runs = data.pipeline("F115W+F444W", mask=True, progress=False)
    assert _tell(runs) == _tell(plan)
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    assert {"MASK_F115W", "MASK_F444W", "MASK_F115W+F444W"} <= set(table.colnames)
    assert "FLUX_AUTO_F115W+F444W" in table.colnames
    assert not np.any(np.isnan(table["FLUX_AUTO_F444W"]))
    assert data.phot_cat_path is not None
    assert data.phot_cat_path.name == "UDS-B_MASTER_Sel-F115W+F444W_v1.fits"
    again = _open(archive).pipeline("F115W+F444W", mask=True, progress=False)
    assert set(_tell(again).values()) == {"loaded"}


def test_masks_that_a_person_made_are_taken_as_they_are(archive: Path, tmp_path: Path) -> None:
    drawn, clicked = tmp_path / "F115W.reg", {"ra": [34.3], "dec": [-5.2], "mag": [22.0]}
    drawn.write_text("image\ncircle(100,100,20)\n")
    data = _open(archive)
    data["F444W"].mask(edge_distance=10, stars=Table(clicked))
    data["F115W"].mask("manual", regions=drawn)
    before = [band.load_mask() for band in data]
    for asked in ({"plan": True}, {"progress": False}):
        runs = _open(archive).pipeline("F444W", mask=True, **asked)  # type: ignore[arg-type]
        states = _tell(runs)
        assert (states["mask F444W"], states["mask F115W"]) == ("loaded", "loaded")
    for band, bits in zip(_open(archive), before, strict=True):
        np.testing.assert_array_equal(band.load_mask(), bits)
    _change(archive, "*f115w_sci.fits")
    again = _tell(_open(archive).pipeline("F444W", mask=True, progress=False))
    assert again["mask F115W"] == "made anew"
    np.testing.assert_array_equal(_open(archive)["F115W"].load_mask(), before[0])
    for change in (lambda: _change(archive, "*f444w_sci.fits"), lambda: None):
        change()
        anew = _open(archive).pipeline("F444W", mask=True, overwrite=True, progress=False)
        assert _tell(anew)["mask F444W"] == "made"
        np.testing.assert_array_equal(_open(archive)["F444W"].load_mask(), before[1])


def test_masks_of_an_earlier_version_are_refused_in_words(archive: Path) -> None:
    band = _open(archive)["F444W"]
    band.mask()
    with fits.open(band.mask_path) as hdus:
        bits, header = hdus[1].data, hdus[1].header
    del header["STARS"], header["SPIKEANG"]
    fits.writeto(band.mask_path, bits, header, overwrite=True)
    with pytest.raises(BatchError, match="does not say by which stars it was made"):
        _open(archive).pipeline("F444W", mask=True, progress=False)


def test_masks_are_made_in_the_folder_that_is_given(archive: Path, tmp_path: Path) -> None:
    _open(archive).pipeline("F444W", mask=True, work_dir=tmp_path / "own", progress=False)
    assert len(list((tmp_path / "own/masks").rglob("*_mask.fits"))) == 2
    assert not list(Path(config.work_dir).rglob("*_mask.fits"))
    again = _open(archive).pipeline("F444W", mask=True, work_dir=tmp_path / "own", plan=True)
    assert set(_tell(again).values()) == {"loaded"}


def test_the_plan_leaves_out_the_catalogue_of_a_detection_that_cannot_be_read(
    archive: Path,
) -> None:
    data = _open(archive)
    data.pipeline("F444W", progress=False)
    seg = data["F444W"].seg_path
    seg.write_bytes(seg.read_bytes()[:3000])
    plan = _tell(_open(archive).pipeline("F444W", plan=True))
    assert plan.pop("segment F444W") == "failed"
    assert set(plan.values()) == {"left out"}


def test_edits_are_measured_where_they_are_asked_for_and_said_where_not(
    imaging_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def opened() -> Data:
        known = {"F105W": 26.2687, "F160W": 25.9463}
        return Data.from_survey_version("XDF", "v1", data_dir=imaging_dir, zero_point=known)

    data = opened()
    data.pipeline("F160W", progress=False)
    assert data.phot_cat is not None
    assert "are not asked for" not in caplog.text
    rows = data.phot_cat.n_sources
    edits = Edits.open(data["F160W"])
    edits.delete([int(data["F160W"].load_cat()["NUMBER"][0])], why="a spike")
    assert set(_tell(opened().pipeline("F160W", progress=False)).values()) == {"loaded"}
    assert f"the edits in {edits.path} are not asked for" in caplog.text
    again = opened()
    plan = _tell(again.pipeline("F160W", edits=True, plan=True))
    states = _tell(again.pipeline("F160W", edits=True, progress=False))
    assert list(states)[:2] == list(plan)[:2] == ["segment F160W", "edits F160W"]
    assert (states["segment F160W"], states["edits F160W"]) == ("loaded", "made")
    assert again.phot_cat is not None
    assert again.phot_cat.n_sources == rows - 1
    assert set(_tell(opened().pipeline("F160W", edits=True, plan=True)).values()) == {"loaded"}
    *before, cat = opened().pipeline("F160W", plan=True)
    assert {run.state for run in before} == {cat.state} == {"loaded"}
    assert again.phot_cat.paths.cat.stem == "XDF_MASTER_Sel-F160W_v1_det-edited"
    # as it was named before both lay side by side
    shutil.copy(again.phot_cat.paths.cat, data.phot_cat.paths.cat)
    *before, cat = opened().pipeline("F160W", plan=True)
    assert {run.state for run in before} == {"loaded"}
    was = "sources were those of the edited map and are those of the run"
    assert (cat.state, cat.why) == ("made anew", was)
    edits.delete([int(data["F160W"].load_cat()["NUMBER"][1])], why="another")
    states = _tell(opened().pipeline("F160W", edits=True, progress=False))
    assert (states["segment F160W"], states["edits F160W"]) == ("loaded", "made anew")
    edits.delete([int(data["F160W"].load_cat()["NUMBER"][2])], why="a third")
    runs = opened().pipeline("F160W", edits=True, progress=False)
    assert runs[-1].why.startswith("edit 3, delete ")


def test_a_catalogue_says_which_bands_are_new_gone_or_measured_anew(three_bands: Path) -> None:
    def why(bands: list[str], **asked: object) -> list[str]:
        data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")[bands]
        run = data.pipeline("F444W", aper_diams=0.2 * u.arcsec, progress=False, **asked)[-1]  # type: ignore[arg-type]
        return [run.state, run.why]

    assert why(["F115W", "F444W"]) == ["made", ""]
    assert why(["F115W", "F200W", "F444W"]) == ["made anew", "band F200W is new"]
    assert why(["F200W", "F444W"]) == ["made anew", "band F115W is gone"]
    assert why(["F200W", "F444W"], flux_unit="nJy") == [
        "made anew", "unit of fluxes was uJy and is nJy",
    ]  # fmt: skip


def test_what_is_detected_in_is_a_band_its_key_or_several(imaging_dir: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    key = data.pipeline("F444W", plan=True)
    assert data.pipeline(data["F444W"], plan=True) == key
    assert data.pipeline(["F444W"], plan=True) == key
    stacked = data.pipeline("F115W+F444W", plan=True)
    assert data.pipeline(["F115W", "F444W"], plan=True) == stacked
    stack = data["F115W+F444W"]
    assert data.pipeline(stack, plan=True)[0].key == stack.band
    other = Data.from_survey_version("XDF", "v1", data_dir=imaging_dir, zero_point=26.0)["F160W"]
    with pytest.raises(ParameterError, match=r"F160W is no band of UDS-B v1 to detect"):
        data.pipeline(other, plan=True)


@pytest.mark.parametrize(
    ("detect", "said"),
    [("F444W+F444W", "UDS-B v1 F444W is there twice"), ("F444W+F444W_CHI", "is there twice"),
     ("F444W+F999W", "has no band 'F999W'")],
)  # fmt: skip
def test_a_stack_that_cannot_be_is_refused_before_anything_is_planned(
    imaging_dir: Path, detect: str, said: str
) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    for plan in (True, False):
        with pytest.raises((ParameterError, DataNotFoundError), match=said):
            data.pipeline(detect, plan=plan)


@pytest.mark.parametrize("nothing", [None, 3, [], [None], ["F444W", 2]])
def test_what_names_no_band_is_not_detected_in(imaging_dir: Path, nothing: Any) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    for run in (data.pipeline, data.perform_forced_phot):
        with pytest.raises(ParameterError, match="names no band to detect in"):
            run(nothing)
