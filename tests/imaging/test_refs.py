"""Finding the map that a text names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError, ParameterError
from skyseg.imaging.refs import MapRef, parse_maps


@pytest.fixture
def i2d(write: Any, ramp: np.ndarray) -> Path:
    return write("x_i2d.fits", hdus={"SCI": ramp, "ERR": ramp, "CON": ramp, "WHT": ramp})


def test_a_map_is_written_with_its_extension() -> None:
    assert str(MapRef(Path("/d/a.fits"), 1, "SCI")) == "/d/a.fits[SCI]"
    assert str(MapRef(Path("/d/a.fits"), 0)) == "/d/a.fits[0]"


@pytest.mark.parametrize("brackets", ["[ERR]", "[err]", "[2]", "[ 2 ]"])
def test_a_map_is_named_by_extname_or_number(i2d: Path, brackets: str) -> None:
    assert MapRef.parse(f"{i2d}{brackets}") == MapRef(i2d, 2, "ERR")


@pytest.mark.parametrize(("role", "ext"), [("SCI", 1), ("ERR", 2), ("WHT", 4)])
def test_without_brackets_the_role_tells_the_extension(i2d: Path, role: Any, ext: int) -> None:
    assert MapRef.parse(i2d, role) == MapRef(i2d, ext, role)


def test_without_brackets_the_only_image_is_taken(write: Any, ramp: np.ndarray) -> None:
    assert MapRef.parse(write("a.fits"), "WHT").ext == 0
    path = write("b.fits", hdus={"MOSAIC": ramp, "CUBE": np.zeros((2, 3, 4))})
    assert MapRef.parse(path, "ERR") == MapRef(path, 1, "MOSAIC")


def test_a_text_that_was_written_is_read_again(i2d: Path) -> None:
    ref = MapRef.parse(i2d)
    assert MapRef.parse(str(ref)) == ref
    assert MapRef.parse(ref, "ERR") == ref


def test_a_relative_path_becomes_absolute(i2d: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(i2d.parent)
    assert MapRef.parse("x_i2d.fits[SCI]").path == i2d


def test_folders_with_brackets_are_no_extension(write: Any) -> None:
    path = write("old [2]/a.fits")
    assert MapRef.parse(path) == MapRef(path, 0)
    assert MapRef.parse(f"{path}[0]") == MapRef(path, 0)


def test_an_image_of_a_real_file_without_names_is_taken_by_number(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "legacy_dr9_grz_image-invvar_256px.fits"
    assert str(MapRef.parse(f"{path}[3]")) == f"{path}[3]"
    with pytest.raises(AmbiguousDataError) as caught:
        MapRef.parse(path)
    assert "[1] (128 x 128), [2] (128 x 128)" in str(caught.value)
    assert str(caught.value).endswith("name one as 'path[number]'")


def test_a_name_that_two_extensions_have_is_refused(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"SCI,1": ramp, "SCI,2": ramp})
    with pytest.raises(AmbiguousDataError, match=r"several HDUs named SCI"):
        MapRef.parse(f"{path}[SCI]")
    with pytest.raises(AmbiguousDataError, match=r"several images"):
        MapRef.parse(path)
    assert str(MapRef.parse(f"{path}[2]")) == f"{path}[2]"


@pytest.mark.parametrize("ext", ["9", "NONE"])
def test_an_extension_that_is_not_there_is_refused_with_those_that_are(i2d: Path, ext: str) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        MapRef.parse(f"{i2d}[{ext}]")
    assert f"{i2d} has no HDU {ext}; it has [0] (no image), [1] SCI" in str(caught.value)


def test_a_cube_is_refused_with_its_extension(write: Any) -> None:
    path = write("a.fits", np.zeros((3, 4, 5)))
    with pytest.raises(ImageError, match=r"a.fits\[0\] is a cube of 3 x 4 x 5; give a 2-D image"):
        MapRef.parse(f"{path}[0]")
    with pytest.raises(ImageError, match=r"a.fits holds no 2-D image but \[0\] \(3 x 4 x 5\)"):
        MapRef.parse(path)


def test_an_hdu_without_an_image_is_refused(i2d: Path, write: Any, imaging_dir: Path) -> None:
    with pytest.raises(ImageError, match=r"\[0\] holds no 2-D image"):
        MapRef.parse(f"{i2d}[0]")
    with pytest.raises(ImageError, match=r"\[ASDF\] holds no 2-D image"):
        MapRef.parse(f"{imaging_dir}/misc/jwst_ngc346_f444w_cal_100px.fits[ASDF]")
    with pytest.raises(ImageError, match=r"a.fits holds no 2-D image but \[0\] \(no image\)"):
        MapRef.parse(write("a.fits", hdus={"SPEC": np.zeros(0)}))


def test_a_line_is_no_image(write: Any) -> None:
    with pytest.raises(ImageError, match=r"holds no 2-D image but \[0\] \(7\)"):
        MapRef.parse(write("a.fits", np.zeros(7)))


@pytest.mark.parametrize("value", [3, None, ["a.fits"]])
def test_what_names_no_map_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"does not name a map; give 'path'"):
        MapRef.parse(value)


def test_maps_beside_sci_are_found_by_extname(i2d: Path) -> None:
    expected = MapRef(i2d, 1, "SCI"), MapRef(i2d, 2, "ERR"), MapRef(i2d, 4, "WHT")
    assert parse_maps(i2d, None, None) == expected
    assert parse_maps(f"{i2d}[SCI]", None, None) == expected


def test_maps_that_are_given_are_the_only_ones(i2d: Path) -> None:
    sci, err, wht = parse_maps(i2d, None, f"{i2d}[CON]")
    assert (sci.ext, err, wht) == (1, None, MapRef(i2d, 3, "CON"))


def test_a_sci_of_another_name_has_no_maps_beside_it(i2d: Path) -> None:
    assert parse_maps(f"{i2d}[CON]", None, None) == (MapRef(i2d, 3, "CON"), None, None)
