"""The changes between two maps as a table."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg import Data
from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KIND_COLOURS
from skyseg.panel.change_table import COLUMNS, ChangeTable


@pytest.fixture
def comparison(bands: Data) -> Comparison:
    return bands["F444W"].difference()


@pytest.fixture
def table(comparison: Comparison) -> ChangeTable:
    made = ChangeTable()
    made.show(comparison)
    return made


def test_all_changes_are_shown_and_kinds_can_be_chosen(
    table: ChangeTable, comparison: Comparison
) -> None:
    counts = comparison.counts
    assert len(table) == sum(counts[kind] for kind in CHANGES if kind in counts)
    table.choose_kinds(("new",))
    assert len(table) == counts["new"]
    assert {table.text(row, 0) for row in range(len(table))} == {"new"}
    assert table.colour(0, 0) == KIND_COLOURS["new"]
    assert table.colour(0, 1) is None


def test_rows_are_sorted_by_any_column(table: ChangeTable) -> None:
    column = COLUMNS.index("area_a")
    for rising in (True, False):
        table.sort(column, rising=rising)
        areas = [float(table.text(row, column)) for row in range(len(table))]
        assert areas == sorted(areas, reverse=not rising)


def test_a_change_has_a_box_that_holds_its_labels(
    table: ChangeTable, comparison: Comparison
) -> None:
    table.choose_kinds(("new",))
    y0, y1, x0, x1 = table.get_box(0)
    part = comparison.difference_map[y0 : y1 + 1, x0 : x1 + 1]
    assert np.any(part)


def test_nothing_is_shown_without_a_comparison() -> None:
    assert len(ChangeTable()) == 0
