"""Tables as text and as HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

_UNPRINTED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text, its columns aligned.

    Examples
    --------
    >>> print(text_table(["BAND", "ZP"], [["F444W", "28.9"]]))
    BAND   ZP
    -----  ----
    F444W  28.9
    """
    rows = [[" ".join(_UNPRINTED.split(cell)) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts_text(title: str, facts: Mapping[str, str]) -> str:
    """Return facts as text, one a line, below a title.

    Examples
    --------
    >>> print(facts_text("JOF", {"band": "F444W", "unit": "nJy"}))
    JOF
      band  F444W
      unit  nJy
    """
    width = max(map(len, facts), default=0)
    return "\n".join([title, *(f"  {key:<{width}}  {text}" for key, text in facts.items())])


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML with a caption.

    Examples
    --------
    >>> html_table("JOF", ["BAND"], [["F444W"]])
    '<table><caption>JOF</caption><tr><th>BAND</th></tr><tr><td>F444W</td></tr></table>'
    """
    from html import escape

    lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table><caption>{escape(title)}</caption>{''.join(lines)}</table>"
