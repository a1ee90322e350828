"""What the panel's Run does, and what it says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg.errors import ParameterError
from skyseg.panel.compared_runs import ComparedRun
from skyseg.panel.runs import RunReport, give_all, plan_comparison, plan_run, segment_in_turn
from skyseg.panel.session import Session


@pytest.fixture
def session(imaging_dir: Path) -> Session:
    return Session(data_dir=imaging_dir, survey="UDS-B", version="v1", err_type="wht")


def test_the_chosen_bands_are_segmented_with_progress_that_rises(session: Session) -> None:
    told: list[float] = []
    done = list(segment_in_turn(lambda part, _: told.append(part), plan_run(session)))
    assert told == sorted(told)
    assert len(told) >= 8
    bands = list(session.data())
    assert [task.band.band for task in done] == ["F115W", "F444W"]
    for task, band in zip(done, bands, strict=True):
        assert f"UDS-B {band.band} SEG wht: made," in task.line
        assert str(len(band.load_cat())) in task.line
    again = list(segment_in_turn(lambda *_: None, plan_run(session)))
    assert "loaded," in again[0].line


def test_bands_are_told_one_by_one_and_a_cancel_says_which_are_made(session: Session) -> None:
    tasks = plan_run(session)
    report = RunReport(tasks)
    assert report.cancelled == "cancelled: UDS-B F115W and UDS-B F444W are not made"
    run = segment_in_turn(lambda *_: None, tasks)
    report.take(next(run))
    assert report.cancelled == "cancelled: UDS-B F115W is made, UDS-B F444W is not"
    report.take(next(run))
    report.note("the zero point is unknown")
    report.note("the zero point is unknown")
    assert [line.partition(":")[0] for line in report.text.splitlines()] == [
        "UDS-B F115W SEG wht",
        "UDS-B F444W SEG wht",
        "the zero point is unknown",
    ]


def test_all_bands_go_on_past_one_without_an_error_map_which_is_listed(half_archive: Path) -> None:
    session = Session(data_dir=half_archive, survey="UDS-B", version="v1")
    first, second = segment_in_turn(lambda *_: None, plan_run(session))
    assert "made" in first.line
    assert second.line.startswith("UDS-B F444W failed: ")
    assert second.failure is not None


def test_bands_of_this_process_learn_what_was_made_of_their_copies(session: Session) -> None:
    session.band = "F444W"
    tasks = [(band.copy(), arguments) for band, arguments in plan_run(session)]
    done = list(segment_in_turn(lambda *_: None, tasks))
    bands = session.data()
    assert bands["F444W"].seg_path is None
    give_all(done, bands)
    assert bands["F444W"].load_seg().max() == len(bands["F444W"].load_cat())
    assert bands["F115W"].seg_path is None


def test_a_comparison_makes_both_error_types_and_the_band_keeps_its_own(session: Session) -> None:
    band = session.data()["F115W"]
    session.difference = ComparedRun(err_type="wht"), ComparedRun(err_type="rms_err")
    told: list[float] = []
    tasks = plan_comparison(session, band)
    done = list(segment_in_turn(lambda part, _: told.append(part), tasks))
    made = [task.band.seg_args for task in done]
    assert [arguments and arguments["err_type"] for arguments in made] == ["wht", "rms_err"]
    assert told == sorted(told)
    assert band.seg_path is None


def test_a_comparison_makes_both_methods(session: Session) -> None:
    band = session.data()["F115W"]
    session.difference = ComparedRun(err_type="wht"), ComparedRun(err_type="wht", method="sep")
    done = list(segment_in_turn(lambda *_: None, plan_comparison(session, band)))
    made = [task.band.seg_args for task in done]
    assert [arguments and arguments["method"] for arguments in made] == ["skyseg", "sep"]


def test_a_run_is_not_compared_with_itself(session: Session) -> None:
    same = ComparedRun(err_type="wht"), ComparedRun(err_type="wht", method=session.method)
    session.difference = same
    with pytest.raises(ParameterError, match="are the same; choose another error type or method"):
        plan_comparison(session, session.data()["F115W"])


def test_what_is_compared_outlives_the_session(session: Session) -> None:
    session.difference = ComparedRun(err_type="wht"), ComparedRun(err_type="wht", method="sep")
    again = Session.model_validate_json(session.model_dump_json())
    assert again.difference == session.difference
