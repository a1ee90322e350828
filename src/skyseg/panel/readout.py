"""What is said of the pixel under the pointer, in the same words in both viewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from astropy.wcs import WCS

from skyseg.comparison.classes import LEGEND
from skyseg.imaging.units import read_unit
from skyseg.masks.bits import spell_bits
from skyseg.panel.sky_frame import format_position

COUNTED_FROM_1: Final = "pixels from 1, as X_IMAGE and DS9"

_SOURCES = ("SEG", "EDIT", "SELECTION", "PREVIEW")
_ELLIPSIS = "…"
_BETWEEN = "  "  # the parts of a line
_FIRM = "\xa0"  # a blank at which no line is broken
_CHARACTERS = 25  # of a line whose letters are drawn a blank wider than they are measured
_LINES = 3  # that are drawn a part of a line higher than they are measured


def write_sky(wcs: WCS | None, row: float, column: float) -> str:
    """Write the position on the sky of a pixel, by the full WCS; empty without one.

    Parameters
    ----------
    wcs : WCS or None
        Celestial WCS of the map.
    row, column : float
        The place, 0 in the middle of the first pixel.
    """
    return "" if wcs is None else format_position(wcs.pixel_to_world(column, row))


def write_pixel(row: float, column: float) -> str:
    """Write a pixel as SExtractor's catalogues and DS9 count them: the first is 1.

    Examples
    --------
    >>> write_pixel(0.0, 99.5)
    'x 100.5  y 1.0'
    """
    return f"x {column + 1:.1f}  y {row + 1:.1f}"


def write_value(
    role: str, value: float, unit: str = "", words: Mapping[int, str] | None = None
) -> str:
    """Write the value of a map in a pixel.

    Parameters
    ----------
    role : str
        What the map shows.
    value : float
        The value.
    unit : str, optional
        Its unit; labels, flags and differences have none.
    words : dict of str, optional
        What the values of a difference map mean, where it is more than its legend says.

    Examples
    --------
    >>> write_value("SEG", 12, "nJy"), write_value("SEG", 0), write_value("DIFF", 3)
    ('source 12', 'no source', 'only in b')
    >>> write_value("SCI", 0.123456, "nJy")
    '0.12346 nJy'
    >>> write_value("SCI", 0.123456, "10.0*nanoJansky")
    '0.12346 × 10 nJy'
    >>> write_value("MASK", 3), write_value("MASK", 0)
    ('EDGE STAR', 'none')
    """
    if role in _SOURCES:
        return f"source {int(value)}" if value else "no source"
    if role == "DIFF":
        meanings = {entry.value.value: entry.text for entry in LEGEND} | dict(words or {})
        return meanings.get(int(value), str(int(value)))
    if role == "MASK":
        return spell_bits(int(value)) or "none"
    if isinstance(value, int):
        return str(value)
    return f"{value:.5g} {_write_unit(unit)}".rstrip()


def _write_unit(unit: str) -> str:
    """Write a unit as its header does, or, where it holds a number, as a factor."""
    known = read_unit(unit) if unit[:1].isdigit() else None
    return unit if known is None else f"× {known}"


def fit_lines(lines: Sequence[str], columns: int, most: int) -> str:
    r"""Return lines as a text that fits: long ones are broken, and the last ones go.

    Lines are broken between their parts, which lie two blanks apart; a part that is too long
    loses its middle.

    Parameters
    ----------
    lines : sequence of str
        The lines.
    columns : int
        Characters that a line may have.
    most : int
        Lines that there may be; the last says how many more there are.

    Examples
    --------
    >>> fit_lines(["F444W SEG rms_err  source 12", "b", "c"], 16, 3)
    'F444W S… rms_err\nsource 12\n2 more maps'
    """
    broken = [_break(line, columns) for line in lines]
    kept: list[str] = []
    for place, parts in enumerate(broken):
        room = most - len(kept) - (place < len(broken) - 1)
        if len(parts) > room:
            kept.append(f"{len(broken) - place} more maps")
            break
        kept += parts
    return "\n".join(kept)


def pad_lines(text: str, *, upwards: bool = False) -> str:
    r"""Return a text with blanks around its lines, by as much as they are drawn too large.

    Napari measures letters a few percent narrower and lower than it draws them, and the box
    behind them is as large as they were measured. It measures blanks at the end of a line only
    where no line may be broken there.

    Parameters
    ----------
    text : str
        The lines.
    upwards : bool, optional
        Whether they are drawn upwards from the bottom of the box.

    Examples
    --------
    >>> pad_lines("x 1.0")
    'x 1.0\xa0\xa0'
    """
    lines = text.split("\n")
    padded = [f"{line}{_FIRM * (len(line) // _CHARACTERS + 2)}" for line in lines]
    more = [_FIRM] if len(lines) >= _LINES else []
    return "\n".join([*more, *padded] if upwards else [*padded, *more])


def _break(line: str, columns: int) -> list[str]:
    first, *others = line.split(_BETWEEN)
    parts = [first]
    for part in others:
        if len(longer := f"{parts[-1]}{_BETWEEN}{part}") <= columns:
            parts[-1] = longer
        else:
            parts.append(part)
    return [_shorten(part, columns) for part in parts]


def _shorten(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    end = columns // 2
    return f"{line[: columns - end - 1]}{_ELLIPSIS}{line[len(line) - end :]}"
