"""Sources of a band or a stack measured in all bands, as the panel does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import ParameterError
from skyseg.panel.measured_bands import give_measured, measure_in_turn, plan_measuring
from skyseg.panel.runs import RunReport
from skyseg.panel.session import Session
from skyseg.panel.stack_work import add_stacks, make_stack


@pytest.fixture
def session(three_bands: Path) -> Session:
    return Session(data_dir=three_bands / "data", survey="JOF", version="v1", band="F444W")


def test_a_band_is_segmented_and_its_sources_are_measured_in_every_band(session: Session) -> None:
    told: list[float] = []
    plan = plan_measuring(session)
    done = list(measure_in_turn(lambda part, _: told.append(part), plan))
    assert told == sorted(told)
    assert [each.band.band for each in done] == ["F115W", "F200W", "F444W"]
    assert done[0].line.startswith("JOF F115W: 1 sources of F444W measured, ")
    for each in done:
        give_measured(each, session.data())
    assert session.data()["F444W"].products is not None
    assert plan_measuring(session).segmenting is None
    again = list(measure_in_turn(lambda *_: None, plan_measuring(session)))
    assert {each.outcome for each in again} == {"loaded"}


def test_a_band_that_fails_is_named_and_stops_no_other(session: Session) -> None:
    path = session.data()["F200W"].sci.path
    fits.writeto(path, np.zeros((30, 30), np.float32), overwrite=True)
    plan = plan_measuring(session)
    report = RunReport(plan.tasks)
    for each in measure_in_turn(lambda *_: None, plan):
        report.take(each)
    report.name_failed()
    assert "JOF F200W failed: " in report.failed
    assert report.text.endswith("JOF F200W is not measured")
    assert report.text.count("measured, ") == 2


def test_all_bands_are_no_detection(session: Session) -> None:
    session.band = ""
    with pytest.raises(ParameterError, match="choose the band or stack"):
        plan_measuring(session)


def test_a_stack_is_a_band_like_others_whose_sources_are_measured_in_the_bands(
    session: Session,
) -> None:
    stack = make_stack(lambda *_: None, list(session.data()), "ivw", "rms_err")
    assert session.add_stack(stack) == "F115W+F200W+F444W"
    assert session.band == "F115W+F200W+F444W"
    assert session.data().keys() == ["F115W", "F200W", "F444W", "F115W+F200W+F444W"]
    done = list(measure_in_turn(lambda *_: None, plan_measuring(session)))
    assert [each.band.band for each in done] == ["F115W", "F200W", "F444W"]
    assert "sources of F115W+F200W+F444W measured" in done[0].line


def test_a_session_that_is_opened_has_its_stacks_while_they_are_on_disk(session: Session) -> None:
    stack = make_stack(lambda *_: None, list(session.data())[:2], "chi", "wht")
    session.add_stack(stack)
    again = Session.model_validate_json(session.model_dump_json())
    assert again.data().keys()[-1] == "F115W+F200W_CHI_WHT"
    stack.sci.path.unlink()
    lost = add_stacks(again.data()[:3], again.stacks).lost
    assert "is not on disk" in str(lost["F115W+F200W_CHI_WHT"])


def test_the_mask_of_a_band_is_used_in_it_and_a_band_without_one_is_measured_too(
    session: Session,
) -> None:
    session.data()["F444W"].mask(edge_distance=2, stars=False)
    session.update({"mask": True, "exclude": ("EDGE",)})
    plan = plan_measuring(session)
    assert [dict(given).get("exclude") for _, given in plan.tasks] == [None, None, ["EDGE"]]
    assert all(each.failure is None for each in measure_in_turn(lambda *_: None, plan))
