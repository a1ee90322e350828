"""Names of surveys, versions, bands and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import ParameterError
from skyseg.imaging.names import check_name, identify_role, is_fits_name, stem, without_role


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


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("x-f444w_sci.fits", "SCI"),
        ("jw1_nircam_clear-f444w_i2d.fits.gz", "SCI"),
        ("hst_f814w_v1_DRZ.FITS", "SCI"),
        ("hst_f814w_drc.fits.fz", "SCI"),
        ("x-f444w_rms_err.fits", "ERR"),
        ("x-f444w_rms.fits", "ERR"),
        ("x-f444w_err.fits", "ERR"),
        ("f160w_drz_wht.fits", "WHT"),
        ("x_weight.fits", "WHT"),
        ("x_ivm.fits", "WHT"),
        ("x_science.fits", None),
        ("sci_x.fits", None),
        ("wht.fits", None),
    ],
)
def test_the_end_of_a_name_tells_the_role(name: str, role: str | None) -> None:
    assert identify_role(Path(name)) == role


def test_fits_files_are_known_by_their_names() -> None:
    assert all(is_fits_name(Path(name)) for name in ("a.fits", "a.FITS", "a.fits.gz", "a.fits.fz"))
    assert not any(is_fits_name(Path(name)) for name in ("a.txt", ".a.fits", "a.fits.tmp", "fits"))


def test_endings_are_taken_off() -> None:
    assert stem(Path("/d/a.b_sci.fits.gz")) == "a.b_sci"
    assert stem(Path("a.dat")) == "a"
    assert without_role(Path("/d/a.b_sci.fits.gz")) == "a.b"
    assert without_role(Path("x_rms_err.fits")) == "x"
    assert without_role(Path("_sci.fits")) == "_sci"
    assert without_role(Path("plain.fits")) == "plain"
