"""Tables of the notebook as the kernel holds them, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from skyseg.notebook._table import Part, TableView


class Squares:
    """Rows of a number and its square, without end."""

    titles = ("n", "square")

    def __init__(self, length: int) -> None:
        self.length = length
        self.asked: list[int] = []

    def __len__(self) -> int:
        return self.length

    def text(self, row: int, column: int) -> str:
        self.asked.append(row)
        return str(row ** (column + 1))

    def colour(self, row: int, column: int) -> str | None:
        return "#ff0000" if row == 1 and column == 0 else None

    def explain(self, column: int) -> str:
        return ("a number", "its square")[column]


class Spy(TableView):
    """A table that keeps what it tells the browser."""

    def __init__(self, rows: Squares) -> None:
        self.told: list[dict[str, Any]] = []
        super().__init__(rows, "Squares")

    def send(self, content: Any, buffers: Any = None) -> None:
        self.told.append(content)


def ask(table: TableView, **question: Any) -> None:
    table._handle_custom_msg({"id": "1", **question}, [])


def test_rows_are_told_as_they_are_asked_for_and_no_others() -> None:
    rows = Squares(60_000)
    table = Spy(rows)
    assert rows.asked == []

    ask(table, kind="rows", first=59_998, last=70_000)
    assert table.told[0]["rows"] == [["59998", "3599760004"], ["59999", "3599880001"]]
    assert set(rows.asked) == {59_998, 59_999}
    assert "marks" not in table.told[0]

    ask(table, kind="rows", first=0, last=2)
    assert table.told[1]["marks"] == ["", "#ff0000"]


def test_titles_say_what_a_column_holds() -> None:
    table = Spy(Squares(3))

    assert [(each["title"], each["help"]) for each in table._columns] == [
        ("n", "a number"),
        ("square", "its square"),
    ]


def test_what_is_chosen_is_told_with_the_current_row_last() -> None:
    table, seen = Spy(Squares(9)), []
    table.on_chosen = seen.append
    table.set_state({"_choice": {"edges": [1, 3, 7, 7], "current": 2, "version": 1}})

    assert seen == [[1, 3, 7, 2]]


def test_rows_that_are_chosen_by_code_are_marked_and_told_to_nobody() -> None:
    table, seen = Spy(Squares(9)), []
    table.on_chosen = seen.append
    table.choose([4, 2, 3])

    assert table._choice["edges"] == [2, 4]
    assert table.chosen == [2, 4, 3]
    assert seen == []


def test_a_choice_among_rows_of_before_means_nothing() -> None:
    table, seen = Spy(Squares(9)), []
    table.on_chosen = seen.append
    table.refresh((0, False))
    table.set_state({"_choice": {"edges": [1, 1], "current": 1, "version": 1}})

    assert seen == []
    assert table._order == [0, False]


@pytest.mark.parametrize(
    "choice",
    [
        {"edges": [0, 9], "current": 0, "version": 1},
        {"edges": [3, 1], "current": 0, "version": 1},
        {"edges": [], "current": 9, "version": 1},
        {"edges": [0], "current": 0, "version": 1},
        {"edges": "all"},
    ],
)
def test_what_are_no_rows_is_not_taken_from_a_browser(choice: dict[str, Any]) -> None:
    table = Spy(Squares(9))
    table.set_state({"_choice": choice})

    assert table.chosen == []


def test_headers_filter_rows_and_parts_do_what_they_are_asked() -> None:
    table = Spy(Squares(9))
    seen: list[Any] = []
    table.on_sorted = lambda column, rising: seen.append((column, rising))
    table.on_filter = seen.append
    table.on_part = lambda name, shown: seen.append((name, shown))
    table.on_activated = seen.append
    table.offer("Columns", [("All", [Part("square", True)])])

    ask(table, kind="sort", column=1, rising=False)
    ask(table, kind="filter", text="n < 3")
    ask(table, kind="part", name="square", shown=False)
    ask(table, kind="activate", row=3, version=1)
    ask(table, kind="activate", row=3, version=0)

    assert seen == [(1, False), "n < 3", ("square", False), 3]
