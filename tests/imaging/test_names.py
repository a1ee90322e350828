"""Names of surveys, versions, bands and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import ParameterError
from skyseg.imaging.names import check_name, is_map_name, make_name, stem


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "..", "a..b", "../x", ".", "", "  ", "a\x00b", "a\nb", None, 3]
)
def test_a_name_that_could_leave_its_folder_is_refused(name: object) -> None:
    with pytest.raises(ParameterError, match=r"cannot be the name of a survey; give a text"):
        check_name("survey", name)


@pytest.mark.parametrize("name", ["UDS-B", "v1.0", "F444W", "GOODS South", "日本"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert check_name("survey", name) == name


@given(st.text())
def test_a_name_that_is_kept_is_one_part_of_a_path(name: str) -> None:
    try:
        check_name("survey", name)
    except ParameterError:
        return
    assert (Path("root") / name).parent == Path("root")
    assert (Path("root") / name).parts[-1] == name


@given(st.text())
def test_a_name_made_of_any_text_is_one_part_of_a_path(text: str) -> None:
    name = make_name(text)
    assert not name or check_name("band", name) == name
    assert make_name(name) == name
    assert name.isascii()


def test_fits_files_are_known_by_their_names() -> None:
    assert all(is_map_name(Path(name)) for name in ("a.fits", "a.FITS", "a.fits.gz", "a.fits.fz"))
    assert not any(is_map_name(Path(name)) for name in ("a.txt", ".a.fits", "a.fits.tmp", "fits"))


def test_endings_are_taken_off() -> None:
    assert stem(Path("/d/a.b_sci.fits.gz")) == "a.b_sci"
    assert stem(Path("a.dat")) == "a"
