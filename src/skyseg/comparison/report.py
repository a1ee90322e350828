"""A comparison in words: for a terminal, a notebook and other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.comparison.classes import KIND_COLOURS, KINDS
from skyseg.comparison.exports import tell_provenance
from skyseg.errors import PYTHON, Wording
from skyseg.imaging.tables import html_table, text_table

if TYPE_CHECKING:
    from skyseg.comparison.result import Comparison

_HEAD: Final = (
    "kind",
    "labels in a",
    "labels in b",
    "X_IMAGE",
    "Y_IMAGE",
    "IoU",
    "area a",
    "area b",
    "flux a",
    "flux b",
    "change / sigma",
)
_HTML_ROWS: Final = 10


def summarise(comparison: Comparison, wording: Wording = PYTHON) -> str:
    """Tell in a few lines what changed.

    Parameters
    ----------
    comparison : Comparison
        What to tell of.
    wording : Wording, optional
        How arguments are spelled.

    Returns
    -------
    str
        Names, sources, counts by kind, agreement, and what a reader must know.
    """
    agreement, counts = comparison.agreement, comparison.counts
    lines = [
        f"a: {comparison.a.name}, {len(comparison.matching.a.label)} sources",
        f"b: {comparison.b.name}, {len(comparison.matching.b.label)} sources",
        " · ".join(f"{kind} {counts[kind]}" for kind in KINDS),
        f"foreground IoU {agreement.foreground_iou:.4f} · "
        f"adjusted Rand index {agreement.adjusted_rand_index:.4f} · "
        f"variation of information {agreement.variation_of_information:.4f} bit",
        *_flux_line(comparison),
        *(each.worded(wording) for each in comparison.advice),
    ]
    return "\n".join(lines)


def list_changes(comparison: Comparison, limit: int) -> list[list[str]]:
    """Give the rows of the table that matter most, as text, with pixels from 1.

    Parameters
    ----------
    comparison : Comparison
        Whose table.
    limit : int
        Most rows to give.

    Returns
    -------
    list of list of str
        In falling order of the change of flux in sigma. Where that is not known,
        sources that are new, lost, split or merged come before those grown or shrunk,
        in falling order of the change of area. Rows that are ``matched`` are left out.
    """
    table = comparison.table[np.asarray(comparison.table["kind"]) != "matched"]
    area = np.abs(np.asarray(table["area_b"]) - np.asarray(table["area_a"]))
    sigma = np.nan_to_num(np.abs(np.asarray(table["flux_change_sigma"])), nan=-1.0)
    resized = np.isin(np.asarray(table["kind"]), ("grown", "shrunk"))
    order = np.lexsort((-area, resized, -sigma))[:limit]
    return [_row(table[int(row)]) for row in order]


def format_table(comparison: Comparison, limit: int) -> str:
    """Give `changes` as an aligned table for a terminal.

    Parameters
    ----------
    comparison : Comparison
        Whose table.
    limit : int
        Most rows to give.

    Returns
    -------
    str
        The table; empty where nothing changed.
    """
    rows = list_changes(comparison, limit)
    return text_table(_HEAD, rows) if rows else ""


def to_dict(comparison: Comparison, wording: Wording = PYTHON) -> dict[str, Any]:
    """Give the comparison as what JSON can hold.

    Parameters
    ----------
    comparison : Comparison
        What to give.
    wording : Wording, optional
        How arguments are spelled in the notes.

    Returns
    -------
    dict
        Names and number of sources of the sides, counts, agreement, notes, provenance,
        and the table as a list of rows. What is not known is None.
    """
    columns = {
        name: [_plain(value) for value in getattr(column, "value", column)]
        for name, column in comparison.table.items()
    }
    return {
        "a": {"name": comparison.a.name, "sources": len(comparison.matching.a.label)},
        "b": {"name": comparison.b.name, "sources": len(comparison.matching.b.label)},
        "counts": dict(comparison.counts),
        "agreement": {key: _plain(value) for key, value in vars(comparison.agreement).items()},
        "reprojected": comparison.reprojected,
        "notes": [each.worded(wording) for each in comparison.advice],
        "provenance": tell_provenance(comparison),
        "table": [
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        ],
    }


def format_html(comparison: Comparison) -> str:
    """Give the comparison as HTML for a notebook.

    Parameters
    ----------
    comparison : Comparison
        What to give.

    Returns
    -------
    str
        Counts in the colours of their kinds, the summary, and the ten largest changes.
    """
    badges = "".join(
        f'<span style="border-left:0.8em solid {KIND_COLOURS[kind]};padding:0 1em 0 0.4em">'
        f"{kind} <b>{number}</b></span>"
        for kind, number in comparison.counts.items()
    )
    lines = summarise(comparison).splitlines()
    words = "".join(f"<div>{escape(line)}</div>" for line in lines[:2] + lines[3:])
    rows = list_changes(comparison, _HTML_ROWS)
    table = html_table("Largest changes", _HEAD, rows) if rows else ""
    return f'<div class="skyseg-comparison">{words}<div>{badges}</div>{table}</div>'


def _flux_line(comparison: Comparison) -> Sequence[str]:
    sigma = np.abs(np.asarray(comparison.table["flux_change_sigma"]))
    known = int(np.count_nonzero(np.isfinite(sigma)))
    if not known:
        return ()
    over = int(np.count_nonzero(sigma > 1))
    return (f"flux changes by more than 1 sigma in {over} of {known} rows",)


def _row(row: Any) -> list[str]:
    flux_a, flux_b = (
        float(getattr(row[name], "value", row[name])) for name in ("flux_a", "flux_b")
    )
    return [
        str(row["kind"]),
        " ".join(map(str, row["labels_a"])),
        " ".join(map(str, row["labels_b"])),
        f"{row['x'] + 1:.1f}",
        f"{row['y'] + 1:.1f}",
        f"{row['iou']:.3f}",
        str(row["area_a"]),
        str(row["area_b"]),
        _number(flux_a),
        _number(flux_b),
        _number(float(row["flux_change_sigma"])),
    ]


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""


def _plain(value: Any) -> Any:
    """Turn a value of the table into Python's own; NaN into None."""
    plain = value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
