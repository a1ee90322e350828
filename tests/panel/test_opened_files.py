"""What is chosen follows the files that are opened."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from skyseg.panel.controls import Panel
from skyseg.panel.opened_files import follow_files
from skyseg.panel.runs import plan_run
from skyseg.panel.session import ALL_BANDS, Session


def files_of(imaging_dir: Path, pattern: str) -> list[Path]:
    return sorted(imaging_dir.rglob(pattern))


def test_a_run_segments_the_file_that_was_opened(imaging_dir: Path, tmp_path: Path) -> None:
    session = Session(data_dir=tmp_path, survey="elsewhere", version="v9", instruments=("MIRI",))
    follow_files(session, files_of(imaging_dir, "uds-b-f444w_sci.fits"))
    assert (session.data_dir, session.survey, session.version) == (imaging_dir, "UDS-B", "v1")
    assert (session.instruments, session.band) == (("NIRCam",), "F444W")
    ((band, _),) = plan_run(session)
    assert band.name == "UDS-B v1 F444W"


def test_a_folder_of_several_bands_is_all_of_them(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1", band="F444W")
    follow_files(session, files_of(imaging_dir / "hst", "*.fits"))
    assert (session.survey, session.band) == ("XDF", ALL_BANDS)
    assert [band.band for band, _ in plan_run(session)] == ["F105W", "F160W"]


def test_after_a_file_of_no_archive_nothing_else_is_segmented_in_silence(
    imaging_dir: Path, qtbot: QtBot
) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1")
    panel = Panel(session, "qt")
    qtbot.addWidget(panel.container.native)
    follow_files(session, files_of(imaging_dir, "jwst_ngc346*.fits"))
    assert panel.files.source.value == "open files"
    hidden = panel.survey.native.isHidden(), panel.files.sci.native.isHidden()
    assert hidden == (True, False)
    ((band, _),) = plan_run(session)
    assert band.sci.path.name == "jwst_ngc346_f444w_cal_100px.fits"
    follow_files(session, files_of(imaging_dir, "*f160w*.fits"))
    assert (panel.files.source.value, panel.survey.value) == ("archive", "XDF")
    hidden = panel.survey.native.isHidden(), panel.files.sci.native.isHidden()
    assert hidden == (False, True)


def test_a_panel_follows_from_one_survey_to_another(imaging_dir: Path, qtbot: QtBot) -> None:
    session = Session(data_dir=imaging_dir)
    panel = Panel(session, "qt")
    qtbot.addWidget(panel.container.native)
    for pattern, wanted in (("*f160w*.fits", "WFC3_IR"), ("uds-b-f444w_sci.fits", "NIRCam")):
        follow_files(session, files_of(imaging_dir, pattern))
        assert (panel.instrument.value, panel.message.value) == (wanted, "")


def test_a_panel_made_after_the_file_was_opened_shows_it(imaging_dir: Path, qtbot: QtBot) -> None:
    session = Session(data_dir=imaging_dir)
    follow_files(session, files_of(imaging_dir, "*f160w*.fits"))
    panel = Panel(session, "qt")
    qtbot.addWidget(panel.container.native)
    assert (panel.survey.value, panel.band.value) == ("XDF", "F160W")
