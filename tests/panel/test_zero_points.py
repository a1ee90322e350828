"""Zero points that are given in the panel, where headers tell none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from skyseg import Data
from skyseg.engine.types import tell_nobody
from skyseg.errors import ParameterError
from skyseg.panel.controls import Panel
from skyseg.panel.imaging_choice import NEW_STACK
from skyseg.panel.measured_bands import plan_measuring
from skyseg.panel.session import Session
from skyseg.panel.session_file import read_session, save_session
from skyseg.panel.stack_work import make_stack
from skyseg.panel.zero_points import parse_zero_points

_GIVEN = {"F105W": 26.2687, "F160W": 25.9463}


@pytest.fixture(params=["qt", "ipynb"])
def panel(request: pytest.FixtureRequest, imaging_dir: Path, qtbot: QtBot) -> Panel:
    made = Panel(Session(data_dir=imaging_dir, survey="XDF", version="v1"), request.param)
    if request.param == "qt":
        qtbot.addWidget(made.container.native)
        made.container.show()
    return made


def _tell(session: Session) -> list[float]:
    return [band.maps.known_zero_point for band in session.data()]


def test_a_box_takes_zero_points_where_headers_tell_none(panel: Panel) -> None:
    session, box = panel.session, panel.zero_points.box
    assert box.visible
    assert box.value == "F105W=, F160W="
    for text in ("F105W=2", "F105W=26.", "F105W=26.2687", "F105W=26.2687, F160W=25.9463"):
        box.value = text
        assert box.value == text
    assert session.zero_points == _GIVEN
    assert _tell(session) == [26.2687, 25.9463]
    panel.band.value = "F160W"
    assert box.value == "25.9463"
    box.value = "26"
    assert session.zero_points == {"F105W": 26.2687, "F160W": 26.0}
    panel.band.value = NEW_STACK
    assert box.value == "F105W=26.2687, F160W=26"
    box.value = "F105W=26.2687"
    assert panel.imaging.stacking
    assert math.isnan(_tell(session)[1])
    panel.survey.value = "UDS-B"
    assert not box.visible
    assert session.zero_points == {}


def test_what_is_no_magnitude_is_told_and_goes_when_it_is_one(panel: Panel) -> None:
    box = panel.zero_points.box
    for text, told in (
        ("F105W=x", "no magnitude"), ("F105W=262687", "no magnitude"),
        ("F999W=26", "names none of F105W, F160W"),
    ):  # fmt: skip
        box.value = text
        assert told in panel.message.value
        assert panel.session.zero_points == {}
        assert box.visible
    box.value = "F105W=26"
    assert panel.message.value == ""
    with pytest.raises(ParameterError, match="'nan' is no magnitude"):
        parse_zero_points("nan", ["F105W"])


def test_runs_measuring_and_stacks_have_the_zero_points_of_the_panel(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="XDF", version="v1", zero_points=_GIVEN)
    session.band = "F160W"
    assert [band.zero_point for band, _ in plan_measuring(session).tasks] == [26.2687, 25.9463]
    bands = list(session.data())
    session.add_stack(make_stack(tell_nobody, bands, "ivw", "rms_err"))
    assert "F105W+F160W" in session.data().keys()  # noqa: SIM118
    session.zero_points = {**_GIVEN, "F105W": 26.0}
    assert session.data()["F105W"] is bands[0]
    assert "F105W+F160W" in session.data().lost
    session.zero_points = _GIVEN
    assert "F105W+F160W" in session.data().keys()  # noqa: SIM118


def test_zero_points_are_those_of_bands_that_are_open_and_are_saved(
    imaging_dir: Path, tmp_path: Path
) -> None:
    data = Data.from_survey_version("XDF", "v1", data_dir=imaging_dir, zero_point=_GIVEN)
    session = Session.of(data)
    assert session.zero_points == _GIVEN
    assert session.data() is data
    again = read_session(save_session(session, tmp_path / "xdf")).session
    assert _tell(again) == [26.2687, 25.9463]
