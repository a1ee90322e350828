"""Colours of maps and of text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skyseg.comparison import KIND_COLOURS, LEGEND
from skyseg.display.colours import (
    LEAST_CONTRAST,
    MAP_COLOURS,
    choose_map_colour,
    make_readable,
    measure_contrast,
    parse_colour,
)

GROUNDS = "#ffffff", "#efebe9", "#262930", "#000000", "#414851"


def test_colours_of_maps_are_apart_from_each_other_and_from_black() -> None:
    for first, second in itertools.combinations(MAP_COLOURS, 2):
        apart = np.subtract(parse_colour(first), parse_colour(second))
        assert np.abs(apart).max() > 0.2
    assert all(measure_contrast(colour, "#000000") > 6 for colour in MAP_COLOURS)
    assert [choose_map_colour(place) for place in range(8)] == list(MAP_COLOURS)


def test_contrast_is_as_the_wcag_defines_it() -> None:
    assert measure_contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert measure_contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", GROUNDS)
def test_text_in_any_of_our_colours_can_be_read_on_any_ground(ground: str) -> None:
    ours = [*KIND_COLOURS.values(), *(entry.colour for entry in LEGEND), *MAP_COLOURS]
    for colour in ours:
        assert measure_contrast(make_readable(colour, ground), ground) >= LEAST_CONTRAST


def test_a_colour_that_can_be_read_stays() -> None:
    assert make_readable("#56b4e9", "#000000") == "#56b4e9"
