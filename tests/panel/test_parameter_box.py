"""Named parameter sets in the panel: changed, restored, saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from skyseg import Parameters
from skyseg.errors import ParameterError, StaleProductError
from skyseg.methods import parameter_sets
from skyseg.panel.controls import Panel
from skyseg.panel.naming import name_products
from skyseg.panel.runs import plan_run, segment_in_turn
from skyseg.panel.session import Session


@pytest.fixture(params=["qt", "ipynb"])
def panel(request: pytest.FixtureRequest, imaging_dir: Path, qtbot: QtBot) -> Panel:
    made = Panel(Session(data_dir=imaging_dir), request.param)
    if request.param == "qt":
        qtbot.addWidget(made.container.native)
    return made


def test_changed_values_are_shown_as_changed_and_the_set_gives_its_own_back(panel: Panel) -> None:
    panel.parameter_set.value = "crowded"
    assert panel.parameter_set.current_choice == "crowded"
    panel.parameters["deblend_nthresh"].value = 48
    panel.parameters["filter"].value = False
    assert panel.parameter_set.current_choice == "crowded, changed"
    assert (
        panel.values.changes.value == "FILTER no (crowded: yes)\nDEBLEND_NTHRESH 48 (crowded: 64)"
    )
    assert panel.parameters["deblend_nthresh"].label == "DEBLEND_NTHRESH *"
    assert panel.parameters["deblend_nthresh"].tooltip.endswith("(crowded: 64)")
    assert panel.parameters["filter"].text == "FILTER *"
    assert panel.parameters["detect_thresh"].label == "DETECT_THRESH"
    panel.parameter_set.value = "crowded"
    assert panel.session.parameters.deblend_nthresh == 64
    assert panel.parameter_set.current_choice == "crowded"
    assert panel.parameters["deblend_nthresh"].label == "DEBLEND_NTHRESH"
    assert (panel.values.changes.value, panel.values.changes.visible) == ("", False)


def test_values_are_saved_under_a_name_that_python_knows_too(panel: Panel) -> None:
    panel.parameters["detect_thresh"].value = "2.25"
    panel.values.name.value = "mine"
    panel.values.save.changed.emit(True)
    assert panel.parameter_set.current_choice == "mine"
    assert "mine is saved in" in panel.message.value
    assert parameter_sets.load("mine")[1] == Parameters(detect_thresh=2.25)
    assert panel.session.segment_arguments()["parameters"] == "mine"
    panel.parameters["detect_thresh"].value = "2.5"
    assert panel.parameter_set.current_choice == "mine, changed"
    panel.values.name.value = "mine"
    panel.values.save.changed.emit(True)
    assert parameter_sets.load("mine")[1].detect_thresh == 2.5


@pytest.mark.parametrize("name", ["", "default", "a/b", "mine.toml"])
def test_a_name_that_no_set_can_have_is_refused(panel: Panel, name: str) -> None:
    panel.values.name.value = name
    panel.values.save.changed.emit(True)
    assert "cannot be the name of a parameter set" in panel.message.value
    assert panel.session.parameter_set == "default"


def test_a_folder_that_cannot_be_written_to_is_told(panel: Panel) -> None:
    folder = parameter_sets.own_directory()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file in its place")
    panel.values.name.value = "mine"
    panel.values.save.changed.emit(True)
    assert str(folder) in panel.message.value
    assert panel.session.parameter_set == "default"


def test_another_set_of_ones_own_is_not_replaced(panel: Panel) -> None:
    parameter_sets.save("mine", Parameters(detect_thresh=3.0))
    panel.values.name.value = "mine"
    panel.values.save.changed.emit(True)
    assert "there is a parameter set mine already" in panel.message.value
    assert parameter_sets.load("mine")[1].detect_thresh == 3.0


def test_own_values_of_two_kinds_are_two_products_and_neither_is_stale(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="XDF", version="v1", band="F160W")
    for value in (3.0, 4.0, 3.0):
        session.parameters = Parameters(detect_thresh=value)
        (task,) = segment_in_turn(lambda *_: None, plan_run(session))
        assert task.failure is None
    assert task.outcome == "loaded"


def test_two_passes_are_chosen_by_name_and_their_values_are_not_changed(panel: Panel) -> None:
    panel.parameter_set.value = "hot+cold"
    assert panel.parameter_set.current_choice == "hot+cold"
    assert "hot+cold+children" in panel.parameter_set.choices
    assert panel.session.segment_arguments()["parameters"] == "hot+cold"
    panel.parameters["deblend_nthresh"].value = 48
    with pytest.raises(ParameterError, match=r"hot\+cold runs two sets as they are"):
        panel.session.segment_arguments()
    panel.values.name.value = "mine"
    panel.values.save.changed.emit(True)
    assert "hot+cold is two parameter sets" in panel.message.value
    panel.parameter_set.value = "hot+cold"
    assert panel.session.segment_arguments()["parameters"] == "hot+cold"


def test_a_run_in_two_passes_has_its_name_and_is_loaded_and_stale_as_others(
    imaging_dir: Path,
) -> None:
    session = Session(data_dir=imaging_dir, survey="XDF", version="v1", band="F160W")
    faint = parameter_sets.save("faint", Parameters(detect_thresh=1.2))
    session.use_parameter_set("faint+default")
    outcomes = []
    for _ in range(2):
        (task,) = segment_in_turn(lambda *_: None, plan_run(session))
        outcomes.append(task.outcome)
    assert outcomes == ["made", "loaded"]
    assert task.band.products is not None
    assert name_products(task.band.products) == "rms_err faint+default"
    assert "PASS" in task.band.load_cat().colnames
    faint.write_text("detect_thresh = 1.3\n")
    with pytest.raises(StaleProductError, match=r"hot_detect_thresh was 1\.2 and is 1\.3"):
        list(segment_in_turn(lambda *_: None, plan_run(session)))
