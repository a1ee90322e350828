"""The changes between two maps as a table."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg import Data
from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KIND_COLOURS
from skyseg.errors import ParameterError
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


def test_places_are_those_of_catalogues_which_count_from_1(
    table: ChangeTable, comparison: Comparison
) -> None:
    row = comparison.table[int(table.rows[0])]
    for title, name in (("X_IMAGE", "x"), ("Y_IMAGE", "y")):
        column = COLUMNS.index(title)
        assert table.text(0, column) == f"{row[name] + 1:.1f}"
        assert table.explain(column).endswith("1 is the centre of the first pixel")
    assert not {"x", "y"} & set(COLUMNS)
    change = int(table.rows[0])
    for title, name in (("XMIN_IMAGE", "x_min"), ("YMAX_IMAGE", "y_max")):
        table.filter(f"{title} == {row[name] + 1}")
        assert table.find_row(change) >= 0
        with pytest.raises(ParameterError, match=f"no column '{name}'"):
            table.filter(f"{name} > 0")
    table.filter(f"X_IMAGE > {row['x'] + 0.5} & X_IMAGE < {row['x'] + 1.5}")
    assert table.find_row(change) >= 0


def test_nothing_is_shown_without_a_comparison() -> None:
    assert len(ChangeTable()) == 0


def test_what_is_equal_is_sorted_by_significance(table: ChangeTable) -> None:
    significance = COLUMNS.index("significance")
    assert table.sorted_by == (0, True)
    kinds = [table.text(row, 0) for row in range(len(table))]
    assert kinds == sorted(kinds, key=CHANGES.index)
    grown = [
        float(table.text(row, significance)) for row, kind in enumerate(kinds) if kind == "grown"
    ]
    assert grown == sorted(grown, reverse=True)


def test_changes_are_filtered_by_their_numbers(table: ChangeTable) -> None:
    whole = len(table)
    assert table.count == f"{whole} changes"
    table.filter("significance > 2 & area_b > area_a")
    assert 0 < len(table) < whole
    assert table.count == f"{len(table)} of {whole} changes"
    few = table.rows.tolist()
    with pytest.raises(
        ParameterError, match="no column 'significant' to filter by; use significance"
    ):
        table.filter("significant > 2")
    assert (table.rows.tolist(), table.filter_text) == (few, "significance > 2 & area_b > area_a")


def test_steps_go_round_in_the_order_and_say_where(table: ChangeTable) -> None:
    table.sort(COLUMNS.index("significance"), rising=False)
    rows = len(table)
    assert [table.step(-1, 1), table.step(0, 1), table.step(rows - 1, 1)] == [0, 1, 0]
    assert [table.step(-1, -1), table.step(0, -1)] == [rows - 1, rows - 1]
    assert table.tell_position(2) == f"3 of {rows}"
    assert table.tell_position(-1) == ""
    assert table.find_row(int(table.rows[5])) == 5
    table.choose_kinds(("lost",))
    assert table.step(-1, 1) == -1
