"""Marks of catalogues and truth tables, whatever their columns and files are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable, Table
from astropy.wcs import WCS

from skyseg import Data
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.marks import COLOURS, MarkSet, add_marks, choose_colour, read_marks

RA, DEC = [34.3021, 34.3022], [-5.1105, -5.1106]


@pytest.mark.parametrize(
    "table",
    [
        Table({"ra": RA, "dec": DEC}),
        QTable({"ALPHA_J2000": RA * u.deg, "DELTA_J2000": DEC * u.deg, "X_IMAGE": [1.0, 2.0]}),
        QTable({"RA": np.array(RA) / 15 * u.hourangle, "DEC": DEC * u.deg}),
        Table({"RA": ["02:17:12.504", "02:17:12.528"], "Dec": ["-05:06:37.8", "-05:06:38.16"]}),
        QTable({"sky": SkyCoord(RA, DEC, unit="deg")}),
    ],
)
def test_positions_on_the_sky_are_found_by_their_columns(table: Table) -> None:
    marks = read_marks(table, "truth")
    assert marks.frame == "sky"
    np.testing.assert_allclose(marks.x, RA, atol=1e-7)
    np.testing.assert_allclose(marks.y, DEC, atol=1e-7)


def test_pixels_count_from_1_as_x_image_and_from_0_as_arrays_do() -> None:
    for source in (
        Table({"X_IMAGE": [11.0], "Y_IMAGE": [21.0]}),
        Table({"x": [10.0], "y": [20.0]}),
        np.array([(10.0, 20.0)], dtype=[("xcentroid", float), ("ycentroid", float)]),
        np.array([[10.0, 20.0]]),
    ):
        marks = read_marks(source)
        assert (marks.frame, marks.x, marks.y) == ("pixel", (10.0,), (20.0,))
        np.testing.assert_array_equal(marks.to_pixels(None), [[10, 20]])


@pytest.mark.parametrize("ending", [".fits", ".ecsv", ".csv"])
def test_marks_come_from_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"truth{ending}"
    Table({"RA": RA, "DEC": DEC}).write(path)
    marks = read_marks(path)
    assert (marks.name, marks.path, marks.x) == ("truth", path, tuple(RA))


def test_the_table_with_positions_is_found_among_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ldac.fits"
    header = fits.BinTableHDU(Table({"header": [1]}))
    objects = fits.BinTableHDU(Table({"X_IMAGE": [5.0], "Y_IMAGE": [6.0]}))
    fits.HDUList([fits.PrimaryHDU(), header, objects]).writeto(path)
    assert read_marks(path).x == (4.0,)


def test_marks_on_the_sky_lie_where_the_image_has_them(info: MapInfo, bands: Data) -> None:
    table = bands["F444W"].load_cat()
    on_sky = read_marks(table).to_pixels(info.wcs)
    pixels = read_marks(table["X_IMAGE", "Y_IMAGE"]).to_pixels(info.wcs)
    np.testing.assert_allclose(on_sky, pixels, atol=0.01)
    assert len(read_marks(table).to_pixels(None)) == 0


def test_rows_without_a_position_are_left_out() -> None:
    table = Table({"x": np.ma.array([1.0, 2.0, np.nan], mask=[True, False, False]), "y": [1.0] * 3})
    assert read_marks(table).x == (2.0,)


def test_what_is_no_table_of_positions_is_refused(tmp_path: Path) -> None:
    bad: list[Any] = [Table({"flux": [1.0]}), np.zeros((3, 3)), tmp_path / "bad.csv"]
    (tmp_path / "bad.csv").write_text("flux\n1\n")
    for source in bad:
        with pytest.raises(ParameterError):
            read_marks(source)
    with pytest.raises(DataNotFoundError, match="does not exist"):
        read_marks(tmp_path / "none.csv")
    with pytest.raises(ParameterError, match="colour is 'blurple'"):
        read_marks(Table({"x": [1.0], "y": [1.0]}), colour="blurple")


def test_marks_of_one_name_replace_each_other_and_colours_are_given_in_turn() -> None:
    sets = add_marks((), MarkSet(name="truth"))
    sets = add_marks(sets, MarkSet(name="stars", colour=choose_colour(sets)))
    assert [each.colour for each in sets] == list(COLOURS[:2])
    sets = add_marks(sets, MarkSet(name="truth", x=(1.0,), y=(2.0,)))
    assert [(each.name, len(each.x)) for each in sets] == [("truth", 1), ("stars", 0)]


def test_rows_without_a_place_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("RA,DEC\n34.3,-5.1\n-99,-99\n34,\n")
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [34.3, -5.1]
    assert len(read_marks(path).to_pixels(wcs)) == 1
    assert len(MarkSet(name="saved", x=(34.3, 1.0), y=(-5.1, 200.0)).to_pixels(wcs)) == 1
    whole = Table({"x": np.ma.array([1, 2], mask=[True, False]), "y": [3, 4]})
    assert read_marks(whole).x == (2.0,)


@pytest.mark.parametrize(
    "table",
    [
        Table({"RA": ["here"], "DEC": ["there"]}),
        Table({"x": ["a"], "y": ["b"]}),
        Table({"x": np.ones((3, 2)), "y": np.ones(3)}),
        Table({"RA": [1.0], "DEC": ["-5:0:0"]}),
        5,
    ],
)
def test_positions_that_are_none_are_refused(table: Any) -> None:
    with pytest.raises(ParameterError):
        read_marks(table)


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", "x y\n1 2\n"), ("a.asdf", "#ASDF 1.0.0\n"), ("a.vot", "<VOT")]
)
def test_a_file_of_a_kind_that_is_not_known_is_refused(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ParameterError, match="holds no table"):
        read_marks(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ParameterError, match="holds no table"):
        read_marks(tmp_path / "pipe")
