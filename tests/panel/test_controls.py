"""One panel, for Qt and for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from magicgui.application import Application
from pytestqt.qtbot import QtBot

from skyseg import Parameters
from skyseg.engine import Kernel
from skyseg.masks.bits import BIT_VALUES
from skyseg.panel.controls import Panel
from skyseg.panel.imaging_choice import NEW_STACK
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.samples import make_survey


@pytest.fixture(params=["qt", "ipynb"])
def panel(request: pytest.FixtureRequest, imaging_dir: Path, qtbot: QtBot) -> Panel:
    made = Panel(Session(data_dir=imaging_dir), request.param)
    if request.param == "qt":
        qtbot.addWidget(made.container.native)
    return made


def test_the_first_survey_is_chosen_and_its_bands_are_offered(panel: Panel) -> None:
    assert (panel.session.survey, panel.session.version) == ("UDS-B", "v1")
    assert panel.survey.choices == ("UDS-B", "XDF")
    assert panel.band.choices == (ALL_BANDS, NEW_STACK, "F115W", "F444W")
    assert panel.instrument.choices == ("all", "NIRCam")


def test_another_survey_takes_version_and_bands_along(panel: Panel) -> None:
    panel.band.value = "F444W"
    panel.survey.value = "XDF"
    assert (panel.session.survey, panel.session.band) == ("XDF", ALL_BANDS)
    assert panel.band.choices == (ALL_BANDS, NEW_STACK, "F105W", "F160W")


@pytest.mark.parametrize(
    ("name", "value"),
    [("band", "F444W"), ("err_type", "wht"), ("method", "sextractor"), ("overwrite", True)],
)
def test_widget_and_session_follow_each_other(panel: Panel, name: str, value: Any) -> None:
    before = getattr(panel.session, name)
    getattr(panel, name).value = value
    assert getattr(panel.session, name) == value
    setattr(panel.session, name, before)
    assert getattr(panel, name).value == before


def test_every_parameter_can_be_changed_and_says_what_it_does(panel: Panel) -> None:
    assert list(panel.parameters) == list(Parameters.names())
    for name in Parameters.names():
        tooltip = panel.parameters[name].tooltip
        assert Parameters.describe(name).about in tooltip
        assert Parameters.describe(name).unit in tooltip
    panel.parameters["detect_thresh"].value = "2.5"
    panel.parameters["detect_minarea"].value = 15
    panel.parameters["filter"].value = False
    panel.parameters["filter_name"].value = "default"
    panel.parameters["phot_autoparams"].value = "2, 3.5"
    assert panel.session.parameters == Parameters(
        detect_thresh=2.5,
        detect_minarea=15,
        filter=False,
        filter_name="default",
        phot_autoparams=(2.0, 3.5),
    )


def test_what_may_be_empty_several_numbers_or_a_kernel_is_shown_edited_and_kept(
    panel: Panel,
) -> None:
    own = Kernel("psf_f200w", ((1.0, 2.0, 1.0),))
    values = Parameters(
        filter_name=own, thresh_type="ABSOLUTE", detect_thresh=(24.5, 28.9), weight_type="MAP_VAR",
        weight_thresh=0.5, phot_apertures=(3.0, 5.5), phot_fluxfrac=(0.2, 0.8),
        flag_image="flags.fits", satur_key="SATLEV", mag_zeropoint=28.9,
    )  # fmt: skip
    panel.session.parameters = values
    shown = {name: panel.parameters[name].value for name in Parameters.names()}
    assert panel.parameters["filter_name"].current_choice == "psf_f200w"
    assert shown["detect_thresh"] == "24.5, 28.9"
    assert shown["phot_apertures"] == "3, 5.5"
    panel.parameters["analysis_thresh"].value = "25, 28.9"
    assert panel.session.parameters == values.replace(analysis_thresh=(25.0, 28.9))
    for name in ("weight_type", "weight_thresh", "phot_apertures", "flag_image", "mag_zeropoint"):
        panel.parameters[name].value = ""
        assert getattr(panel.session.parameters, name) is None
    panel.parameters["phot_fluxfrac"].value = "0.5"
    assert panel.session.parameters.phot_fluxfrac == (0.5,)
    panel.parameters["filter_name"].value = "mexhat_2.0_7x7"
    assert panel.session.parameters.filter_name == "mexhat_2.0_7x7"
    panel.parameters["filter_name"].value = own
    assert panel.session.parameters.filter_name == own


def test_a_value_that_is_not_allowed_is_told_and_not_taken(panel: Panel) -> None:
    for text in ("-1", "much", ""):
        panel.parameters["detect_thresh"].value = text
        assert panel.message.value.startswith("detect_thresh is")
        assert panel.session.parameters == Parameters()


def test_a_parameter_set_fills_the_values(panel: Panel) -> None:
    panel.parameter_set.value = "crowded"
    assert panel.parameters["deblend_nthresh"].value == 64
    assert panel.parameters["deblend_mincont"].value == "0.0001"
    assert panel.session.segment_arguments()["parameters"] == "crowded"


def test_an_archive_that_is_not_there_is_told(panel: Panel) -> None:
    panel.archive.value = "/no/such/archive"
    assert "/no/such/archive" in panel.message.value
    assert panel.band.choices == (ALL_BANDS,)


def test_another_archive_offers_its_surveys(panel: Panel, tmp_path: Path) -> None:
    make_survey(tmp_path, survey="deep", shape=(64, 64), n_sources=3, bands=("F444W",))
    panel.archive.value = str(tmp_path)
    assert panel.survey.choices == ("deep",)
    assert (panel.session.survey, panel.session.version) == ("deep", "v1")
    assert panel.band.choices == (ALL_BANDS, "F444W")


def test_an_empty_archive_is_told_at_once(tmp_path: Path, qtbot: QtBot) -> None:
    made = Panel(Session(data_dir=tmp_path), "qt")
    qtbot.addWidget(made.container.native)
    assert made.message.value.startswith(f"no survey is in {tmp_path}")
    made.run.native.click()


def test_a_folder_of_an_unknown_user_is_told(panel: Panel) -> None:
    before = panel.session.archive
    panel.open_archive("~no-such-user/data")
    assert "user who does not exist" in panel.message.value
    panel.archive.value = "~no-such-user/data"
    panel.refresh()
    assert panel.session.archive == before
    assert panel.archive.value == str(before)


def test_an_archive_that_is_open_is_looked_at_again(panel: Panel, tmp_path: Path) -> None:
    panel.open_archive(tmp_path)
    assert "no survey" in panel.message.value
    make_survey(tmp_path, survey="late", shape=(64, 64), n_sources=3, bands=("F444W",))
    panel.open_archive(tmp_path)
    assert (panel.session.survey, panel.survey.choices) == ("late", ("late",))
    assert panel.band.choices == (ALL_BANDS, "F444W")


def test_a_complaint_goes_when_the_value_is_mended(panel: Panel) -> None:
    panel.parameters["detect_thresh"].value = "bright"
    assert "detect_thresh" in panel.message.value
    panel.parameters["detect_thresh"].value = "2.5"
    assert panel.message.value == ""
    assert panel.session.parameters.detect_thresh == 2.5


def test_run_becomes_cancel_and_with_preview_apply(panel: Panel) -> None:
    pressed: list[str] = []
    panel.started.connect(lambda: pressed.append("run"))
    panel.cancelled.connect(lambda: pressed.append("cancel"))
    panel.run.changed.emit(True)
    parts: list[float] = []
    panel.progressed.connect(parts.append)
    panel.set_busy(True)
    assert panel.run.text == "Cancel"
    panel.run.changed.emit(True)
    panel.show_progress(0.5, "deblending")
    assert parts == [0.5]
    assert "50%" in panel.bar.value
    assert "deblending" in panel.bar.value
    panel.set_busy(False)
    assert (panel.run.text, panel.bar.value) == ("Run", "")
    panel.session.preview = True
    assert panel.run.text == "Apply"
    assert pressed == ["run", "cancel"]


def test_maps_are_asked_for_by_their_boxes(panel: Panel) -> None:
    panel.maps["BKG"].value = True
    assert panel.session.maps == ("BKG",)
    panel.session.maps = ("ERR",)
    assert [role for role, box in panel.maps.items() if box.value] == ["ERR"]


def test_a_band_without_an_error_map_takes_the_noise_from_the_image_which_is_said(
    panel: Panel, half_archive: Path
) -> None:
    panel.archive.value = str(half_archive)
    panel.err_type.value = "wht"
    assert panel.err_type.choices == ("rms_err", "wht", "none")
    panel.band.value = "F444W"
    assert (panel.err_type.choices, panel.session.err_type) == (("none",), "none")
    assert panel.err_type.current_choice == "none (from the image)"
    assert panel.message.value.startswith("no error map is there")
    assert not panel.maps["ERR"].enabled
    panel.band.value = "F115W"
    assert (panel.session.err_type, panel.message.value) == ("wht", "")
    assert panel.maps["ERR"].enabled


def test_the_two_runs_that_are_compared_are_runs_that_the_band_can_have(
    panel: Panel, half_archive: Path
) -> None:
    session, both = panel.session, ("rms_err", "wht")
    panel.archive.value = str(half_archive)
    assert tuple(run.err_type for run in session.difference) == both
    panel.band.value = "F444W"
    first, second = session.difference
    assert (first.err_type, second.err_type) == ("none", "none")
    assert (first.method or session.method) != (second.method or session.method)
    panel.band.value = "F115W"
    assert tuple(run.err_type for run in session.difference) == both


def test_an_error_type_that_is_chosen_stays_whatever_was_chosen_before(
    panel: Panel, half_archive: Path
) -> None:
    panel.archive.value = str(half_archive)
    panel.band.value = "F444W"
    panel.session.err_type = "wht"
    assert panel.err_type.value == "wht"
    panel.session.err_type = "none"
    panel.band.value = "F115W"
    assert panel.session.err_type == "none"


def test_a_complaint_of_a_run_goes_when_what_is_run_changes(panel: Panel, tmp_path: Path) -> None:
    for change in (
        lambda: setattr(panel.session, "overwrite", True),
        lambda: setattr(panel.band, "value", "F444W"),
        lambda: panel.open_archive(panel.session.archive),
    ):
        panel.complain("UDS-B F444W failed: it is stale")
        change()
        assert panel.message.value == ""
    panel.open_archive(tmp_path)
    assert panel.message.value.startswith("no survey is in")
    panel.open_archive("~no-such-user/data")
    assert "user who does not exist" in panel.message.value


def test_what_has_come_out_stays_while_choices_change(panel: Panel) -> None:
    panel.say("UDS-B F444W SEG wht: made, 42 sources, 2.1 s")
    panel.band.value = "F444W"
    assert "42 sources" in panel.message.value


def test_every_control_says_what_it_does(panel: Panel) -> None:
    def walk(widget: Any) -> Any:
        for each in widget if hasattr(widget, "__iter__") else ():
            yield from walk(each)
        if not hasattr(widget, "__iter__"):
            yield widget

    silent = [each.name or each.label for each in walk(panel.container) if not each.tooltip]
    assert silent == []


def test_both_kinds_live_in_one_process(imaging_dir: Path, qtbot: QtBot) -> None:
    session = Session(data_dir=imaging_dir)
    before = Application._instance
    in_notebook, in_window = Panel(session, "ipynb"), Panel(session, "qt")
    qtbot.addWidget(in_window.container.native)
    in_notebook.err_type.value = "wht"
    assert in_window.err_type.value == "wht"
    assert Application._instance is before


def test_a_stack_is_put_together_where_the_box_of_bands_offers_it(panel: Panel) -> None:
    asked: list[object] = []
    panel.stack_asked.connect(lambda: asked.append(panel.stacks.method.value))
    assert not panel.stacks.bands.visible
    panel.band.value = NEW_STACK
    assert panel.session.band == ALL_BANDS
    assert panel.band.current_choice == "stack of bands…"
    assert list(panel.stacks.bands.value) == ["F115W", "F444W"]
    panel.stacks.method.value = "chi"
    panel.stacks.make.changed.emit(True)
    panel.set_busy(True)
    panel.stacks.make.changed.emit(True)
    panel.set_busy(False)
    assert asked == ["chi"]
    panel.band.value = "F115W"
    assert not panel.stacks.bands.visible
    assert panel.session.band == "F115W"


def test_a_mask_flags_sources_or_excludes_its_bits(panel: Panel) -> None:
    assert panel.masks.use.value == "none"
    assert "mask" not in panel.session.segment_arguments()
    panel.masks.use.value = "flags sources"
    assert panel.session.mask_arguments() == {"mask": True, "exclude": []}
    assert not panel.masks.bits.visible
    panel.masks.use.value = "excludes pixels"
    assert panel.session.exclude == tuple(BIT_VALUES)
    panel.masks.bits.value = ["SPIKE", "STAR"]
    assert panel.session.mask_arguments() == {"mask": True, "exclude": ["STAR", "SPIKE"]}
    panel.session.mask = False
    assert panel.masks.use.value == "none"
    panel.session.mask = True
    assert set(panel.masks.bits.value) == {"STAR", "SPIKE"}


def test_sources_are_asked_to_be_measured_in_all_bands_while_nothing_else_goes_on(
    panel: Panel,
) -> None:
    asked: list[str] = []
    panel.measure_asked.connect(lambda: asked.append("measure"))
    panel.measure.changed.emit(True)
    panel.set_busy(True)
    assert not panel.measure.enabled
    panel.measure.changed.emit(True)
    assert asked == ["measure"]
