"""The box in which open files are chosen, on both kinds of windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.panel.chosen_files import ChosenFiles
from skyseg.panel.files_box import FILES, FilesBox
from skyseg.panel.session import Session
from skyseg.panel.stacking import Backend, use_backend
from skyseg.settings import config


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {role: tmp_path / f"field_{role}.fits" for role in ("sci", "err")}
    for path in found.values():
        fits.writeto(path, np.ones((30, 40), np.float32))
    return found


def make_box(session: Session, said: list[str], kind: Backend = "ipynb") -> FilesBox:
    with use_backend(kind):
        return FilesBox(session, said.append)


def test_open_maps_are_offered_and_chosen_by_what_they_are(files: dict[str, Path]) -> None:
    session, said = Session(), []
    box = make_box(session, said)
    box.offer({f"field {role}": f"{path}[0]" for role, path in files.items()})
    assert not box.chosen
    box.source.value = FILES
    assert session.files == ChosenFiles(sci=f"{files['sci']}[0]", err=f"{files['err']}[0]")
    assert [text for text, _ in box._list_maps(None)] == ["none", "field sci", "field err"]
    box.zero_point.value = "26.5"
    box.err.value = ""
    (band,) = session.bands()
    assert (band.zero_point, band.err) == (26.5, None)
    box.source.value = "archive"
    assert session.files is None
    box.source.value = FILES
    assert session.files.zero_point == "26.5"


def test_a_file_that_is_named_is_taken_as_what_it_is(files: dict[str, Path]) -> None:
    session, said = Session(), []
    box = make_box(session, said)
    for role in ("sci", "err"):
        box.add.value = str(files[role])
    assert (box.sci.value, box.err.value) == (f"{files['sci']}[0]", f"{files['err']}[0]")
    box.add.value = str(files["sci"].with_name("no.fits"))
    assert session.files.sci == f"{files['sci']}[0]"


@pytest.mark.parametrize("kind", ["ipynb", "qt"])
def test_empty_boxes_say_what_they_stand_for(
    files: dict[str, Path], kind: Backend, qapp: Any
) -> None:
    def read(widget: Any) -> str:
        native = widget.native
        return str(native.placeholder if kind == "ipynb" else native.placeholderText())

    fits.setval(files["sci"], "BUNIT", value="nJy")
    session = Session(files=ChosenFiles(sci=str(files["sci"])))
    box = make_box(session, [], kind)
    assert read(box.zero_point) == "31.4 of the header"
    box.zero_point.value = "25"
    assert read(box.zero_point) == "31.4 of the header"
    assert read(box.work_dir) == str(config.work_dir)
    assert read(box.add) == "path of a FITS file"
    session.files = ChosenFiles(sci=str(files["err"]))
    assert read(box.zero_point) == "not in the header"
    session.files = None
    assert read(box.zero_point) == ""


def test_what_cannot_be_is_said_and_taken_back(files: dict[str, Path]) -> None:
    session, said = Session(files=ChosenFiles(sci=str(files["sci"]))), []
    box = make_box(session, said)
    box.zero_point.value = "2x"
    assert said[-1] == "'2x' is no magnitude; give a number such as 28.9, or nothing"
    box.zero_point.value = "25"
    assert said[-1] == ""
