"""Bits by name, and edges against the distance to every pixel that is not covered."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg.errors import ParameterError
from skyseg.masks.bits import ABOUT, MaskBit, parse_bits, spell_bits
from skyseg.masks.edges import HOLE, draw_edges


def test_each_bit_is_a_bit_of_its_own_and_is_described() -> None:
    assert [int(bit) for bit in MaskBit] == [2**number for number in range(len(MaskBit))]
    assert set(ABOUT) == set(MaskBit)


@pytest.mark.parametrize(
    ("named", "found"), [("star", "STAR"), (["Spike", "EDGE"], "EDGE SPIKE"), ([], "")]
)
def test_bits_are_named_in_either_case(named: str | list[str], found: str) -> None:
    assert spell_bits(parse_bits(named)) == found


@pytest.mark.parametrize("named", ["stars", ["EDGE", "x"], 3, [1]])
def test_what_is_no_bit_is_refused(named: object) -> None:
    with pytest.raises(ParameterError, match="exclude"):
        parse_bits(named)  # type: ignore[arg-type]


def test_an_edge_is_what_is_near_to_what_is_not_covered() -> None:
    bad = np.zeros((130, 150), np.bool_)
    bad[:, :40] = True
    bad[100, 100] = bad[60:70, 120:130] = True
    bits = np.zeros(bad.shape, np.int32)
    draw_edges(bits, bad, 12.5)
    y, x = np.indices(bad.shape)
    away = np.minimum.reduce([x - 39, y + 1, 130 - y, 150 - x])
    assert np.array_equal(bits & MaskBit.EDGE > 0, away <= 12.5)
    assert np.array_equal(bits & MaskBit.BAD > 0, bad)


def test_a_hole_has_an_edge_where_it_is_larger_than_stars_make_it() -> None:
    for side, has_edge in ((HOLE, False), (HOLE + 1, True)):
        bad = np.zeros((220, 220), np.bool_)
        bad[90 : 90 + side, 90 : 90 + side] = True
        bits = np.zeros(bad.shape, np.int32)
        draw_edges(bits, bad, 5)
        assert bool(bits[88, 100] & MaskBit.EDGE) is has_edge


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_an_edge_is_the_same_whatever_the_strips(rows: int) -> None:
    generator = np.random.default_rng(5)
    bad = np.kron(generator.random((5, 4)) < 0.3, np.ones((40, 45), np.bool_)) > 0
    whole, cut = np.zeros((2, *bad.shape), np.int32)
    draw_edges(whole, bad, 9.3)
    draw_edges(cut, bad, 9.3, rows=rows)
    assert np.array_equal(whole, cut)
