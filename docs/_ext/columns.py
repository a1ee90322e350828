"""The directive ``{columns}``: a table of the catalogue's columns, as the code has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from skyseg.methods.columns import COLUMNS, EXTRA_COLUMNS, OTHER_COLUMNS, Column

_GROUPS = {"usual": COLUMNS, "extra": EXTRA_COLUMNS, "other": OTHER_COLUMNS}
_OF_THE_IMAGE = ("flux", "value")


def _table(head: Sequence[str], rows: Iterable[Sequence[nodes.Node]]) -> nodes.table:
    """Make a table of cells."""
    table, group = nodes.table(), nodes.tgroup(cols=len(head))
    table += group
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += (top := nodes.thead())
    group += (body := nodes.tbody())
    top += _row([nodes.Text(text) for text in head])
    body += [_row(row) for row in rows]
    return table


def _row(cells: Iterable[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def _code(text: str) -> nodes.Node:
    return nodes.literal(text, text) if text else nodes.Text("")


def _cells_of(column: Column) -> list[nodes.Node]:
    unit = nodes.Text(column.unit) if column.unit in _OF_THE_IMAGE else _code(column.unit)
    return [_code(column.name), nodes.Text(column.dtype), unit, nodes.Text(column.about)]


class ColumnsTable(SphinxDirective):
    """The columns of a group: ``usual``, ``extra`` or ``other``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        columns = _GROUPS[self.arguments[0]]
        return [_table(("column", "dtype", "unit", "what it holds"), map(_cells_of, columns))]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("columns", ColumnsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
