"""What is said of the pixel under the pointer."""

from __future__ import annotations

import pytest

from skyseg.panel.readout import fit_lines, write_pixel, write_sky, write_value


def test_pixels_are_counted_from_1() -> None:
    assert write_pixel(0, 0) == "x 1.0  y 1.0"


def test_there_is_no_position_without_a_wcs() -> None:
    assert write_sky(None, 3, 4) == ""


@pytest.mark.parametrize("role", ["SEG", "EDIT", "SELECTION"])
def test_a_label_is_a_source_and_has_no_unit(role: str) -> None:
    assert write_value(role, 7, "MJy/sr") == "source 7"
    assert write_value(role, 0, "MJy/sr") == "no source"


def test_a_difference_is_told_in_words() -> None:
    assert write_value("DIFF", 3) == "only in b"
    assert write_value("DIFF", 3, words={3: "only in F444W wht"}) == "only in F444W wht"
    assert write_value("DIFF", 0) == "background in both"


def test_a_mask_tells_its_bits_by_name_and_none_as_the_status_bar() -> None:
    assert write_value("MASK", 3) == "EDGE STAR"
    assert write_value("MASK", 0) == "none"


def test_lines_fit_whatever_layers_are_called_and_however_many_there_are() -> None:
    lines = ["F444W SCI " + "long " * 30 + "0.5 nJy"] * 9
    text = fit_lines(lines, 40, 5)
    assert max(map(len, text.splitlines())) == 40
    assert len(text.splitlines()) == 5
    assert text.endswith("5 more maps")
    assert text.startswith("F444W SCI")
    assert "0.5 nJy" in text


def test_a_line_that_is_too_long_is_broken_between_its_parts_so_that_numbers_stay_whole() -> None:
    position = "02:17:13.641 -05:06:56.52  (34.306839, -5.115771)"
    text = fit_lines([position, "F444W SCI  0.5 nJy"], 30, 9)
    assert text == "02:17:13.641 -05:06:56.52\n(34.306839, -5.115771)\nF444W SCI  0.5 nJy"
    assert fit_lines([position], 49, 1) == position
    assert fit_lines([position, "b", "c"], 30, 3).endswith("\n2 more maps")


def test_a_unit_that_holds_a_number_is_a_factor() -> None:
    assert write_value("SCI", 2, "10.0*nanoJansky") == "2"
    assert write_value("SCI", 2.5, "10.0*nanoJansky") == "2.5 × 10 nJy"
    assert write_value("SCI", 2.5, "10 furlongs") == "2.5 10 furlongs"
