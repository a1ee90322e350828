"""Sessions in files: whole after a round trip, and what is missing is told in a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg import Parameters
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.panel.chosen_files import ChosenFiles
from skyseg.panel.compared_files import ComparedMap
from skyseg.panel.compared_runs import ComparedRun
from skyseg.panel.display_model import Display
from skyseg.panel.marks import MarkSet, read_marks
from skyseg.panel.region_shapes import RegionShape
from skyseg.panel.session import Place, Session
from skyseg.panel.session_file import read_session, save_session, take_over
from skyseg.panel.shown_layers import ShownMap, update_shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an archive, a map and a table."""
    made = tmp_path / "work"
    (made / "archive").mkdir(parents=True)
    (made / "map.fits").touch()
    fits.writeto(made / "image.fits", np.ones((9, 9), np.float32))
    Table({"x": [1.0, 2.0], "y": [3.0, 4.0]}).write(made / "truth.csv")
    return made


@pytest.fixture
def session(folder: Path) -> Session:
    """A session in which every field that is saved has another value than at first."""
    shape = RegionShape(kind="circle", points=((34.3, -5.1),), size=(2.0, 2.0), colour="red")
    place = Place(x=34.3, y=-5.1, width=4, height=3, name="here", shape=shape)
    return Session(
        data_dir=folder / "archive",
        survey="UDS-B",
        version="v1",
        instruments=("NIRCam",),
        files=ChosenFiles(sci=str(folder / "image.fits"), zero_point="25"),
        band="F444W",
        err_type="wht",
        method="sep",
        parameter_set="crowded",
        parameters=Parameters(detect_thresh=3.0, phot_autoparams=(2.0, 3.0)),
        overwrite=True,
        preview=True,
        side_by_side=True,
        zero_points={"F444W": 28.9},
        stacks=("F115W+F444W",),
        mask=True,
        exclude=("EDGE", "BAD"),
        maps=("ERR",),
        display=Display(colour_by="map").with_scale("SCI", stretch="log"),
        region=place,
        places=(place,),
        target=place,
        marks=(
            read_marks(folder / "truth.csv", colour="red"),
            MarkSet(name="by hand", x=(34.3,), y=(-5.1,)),
        ),
        layers=(ShownMap(path=folder / "map.fits", ext=1, limits=(0.0, 2.0), visible=False),),
        selected=(3, 5),
        filter="MAG_AUTO < 25",
        columns=("NUMBER", "MAG_AUTO"),
        difference=(ComparedRun(err_type="wht"), ComparedRun(err_type="none", method="sep")),
        compared=tuple(
            ComparedMap(path=folder / "image.fits", name=name) for name in ("mine", "yours")
        ),
    )


def test_each_field_of_a_session_is_saved_and_opened(session: Session, folder: Path) -> None:
    file = save_session(session, folder / "field")
    assert file == folder / "field.skyseg.json"
    saved = read_session(file)
    assert saved.notes == ()
    first = Session()
    for name in Session.model_fields:
        if name in ("overwrite", "preview"):
            assert getattr(saved.session, name) is False
            continue
        assert getattr(session, name) != getattr(first, name), f"the test leaves out {name}"
        assert getattr(saved.session, name) == getattr(session, name), name


def test_a_session_that_is_saved_again_is_the_same_file(session: Session, folder: Path) -> None:
    first = save_session(session, folder / "first")
    other = Session()
    take_over(other, read_session(first).session)
    assert save_session(other, folder / "second").read_bytes() == first.read_bytes()


def test_paths_beneath_the_file_move_with_it(session: Session, folder: Path) -> None:
    file = save_session(session, folder / "field")
    text = file.read_text()
    assert str(folder) not in text
    moved = folder.with_name("elsewhere")
    shutil.move(folder, moved)
    saved = read_session(moved / file.name)
    assert saved.notes == ()
    assert saved.session.data_dir == moved / "archive"
    assert saved.session.layers[0].path == moved / "map.fits"
    assert saved.session.marks[0].path == moved / "truth.csv"
    outside = save_session(saved.session, folder.with_name("other") / "field")
    assert str(moved / "archive") in outside.read_text()


def test_no_archive_is_missed_where_nothing_was_chosen_of_it(
    session: Session, folder: Path
) -> None:
    session.update({"survey": "", "version": "", "instruments": (), "parameter_set": "default"})
    file = save_session(session, folder / "field")
    (folder / "archive").rmdir()
    saved = read_session(file)
    assert saved.notes == ()
    assert saved.session.files == session.files


def test_what_is_missing_is_told_and_the_rest_opens(session: Session, folder: Path) -> None:
    session.parameter_set, session.method = "default", "sep"
    file = save_session(session, folder / "field")
    content = json.loads(file.read_text())
    content["session"] |= {"parameter_set": "gone", "method": "nowhere"}
    file.write_text(json.dumps(content))
    for name in ("map.fits", "truth.csv", "image.fits"):
        (folder / name).unlink()
    (folder / "archive").rmdir()
    saved = read_session(file)
    notes = "\n".join(saved.notes)
    for part in ("the archive", "truth", "map.fits", "parameter set gone", "method nowhere"):
        assert part in notes, part
    assert "image.fits is not there, so no difference is shown" in notes
    assert saved.session.compared is None
    assert (saved.session.survey, saved.session.layers) == ("", ())
    assert [marks.name for marks in saved.session.marks] == ["by hand"]
    assert (saved.session.places, saved.session.filter) == (session.places, session.filter)
    assert saved.session.parameters == session.parameters


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 99}, "version 99"),
        ({"format": "another"}, "is no session"),
        ({"session": {"err_type": "rms"}}, "wrong err_type"),
        ({"session": {"unheard_of": 1}}, "wrong unheard_of"),
        *(
            ({"session": {"layers": [{"path": "map.fits", **wrong}]}}, "wrong layers.0")
            for wrong in (
                {"opacity": 1e9},
                {"opacity": -0.5},
                {"ext": -1},
                {"limits": [0, float("inf")]},
                {"limits": [2, 1]},
            )
        ),
        *(
            ({"session": {"region": {"x": 1, "y": 2, "width": 3, "height": 4, **wrong}}}, "region")
            for wrong in ({"x": float("nan")}, {"width": float("inf")}, {"width": -1})
        ),
    ],
)
def test_what_is_no_session_of_this_version_is_refused(
    session: Session, folder: Path, change: dict[str, Any], words: str
) -> None:
    file = save_session(session, folder / "field")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ParameterError, match=words):
        read_session(file)


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="is not there"):
        read_session(tmp_path / "none.skyseg.json")
    (tmp_path / "bad.skyseg.json").write_text("{")
    with pytest.raises(ParameterError, match="is no session"):
        read_session(tmp_path / "bad.skyseg.json")


def test_a_viewer_keeps_the_maps_that_it_cannot_show() -> None:
    sci, seg = (ShownMap(path=Path("/a.fits"), role=role) for role in ("SCI", "SEG"))
    hidden = sci.model_copy(update={"visible": False})
    err = ShownMap(path=Path("/b.fits"), role="ERR")
    assert update_shown((sci, seg), (hidden, err)) == (hidden, seg, err)


def test_open_files_are_chosen_again_and_missed_where_they_are_gone(tmp_path: Path) -> None:
    sci = tmp_path / "field_sci.fits"
    fits.writeto(sci, np.ones((30, 40), np.float32))
    chosen = ChosenFiles(sci=f"{sci}[0]", zero_point="25")
    file = save_session(Session(files=chosen), tmp_path / "field")
    session = Session()
    take_over(session, read_session(file).session)
    assert session.files == chosen
    sci.unlink()
    saved = read_session(file)
    assert saved.session.files is None
    assert any("field_sci.fits" in note for note in saved.notes)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_a_file_of_endless_brackets_is_no_session(tmp_path: Path, text: str) -> None:
    (tmp_path / "deep.skyseg.json").write_text(text)
    with pytest.raises(ParameterError, match="no session"):
        read_session(tmp_path / "deep.skyseg.json")


def test_paths_that_no_file_can_have_are_said_not_to_be_there(tmp_path: Path) -> None:
    name = "a" * 5000
    fields = {
        "data_dir": name,
        "layers": [{"path": name}],
        "compared": [{"path": name, "name": each} for each in "ab"],
    }
    file = tmp_path / "long.skyseg.json"
    told = {"format": "skyseg session", "version": 1, "session": fields}
    file.write_text(json.dumps(told))
    assert len(read_session(file).notes) == 4
