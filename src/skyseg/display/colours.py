"""Colours that mean something: one a map, outlines on any ground, text that can be read."""

from __future__ import annotations

from typing import Final

import numpy as np

LEAST_CONTRAST: Final = 4.5
"""Of text with its ground, as the WCAG asks for."""

MAP_COLOURS: Final = (
    "#56b4e9",
    "#ffb000",
    "#2ee6a6",
    "#ff7ac6",
    "#f0e442",
    "#ff6f3c",
    "#b39cff",
    "#ffffff",
)
"""One colour a map, apart from each other on grey, the nearest first."""

_STEPS = 40


def choose_map_colour(place: int) -> str:
    """Return the colour of the map in a place of the list of maps; they repeat after eight.

    Examples
    --------
    >>> choose_map_colour(0) == choose_map_colour(8)
    True
    """
    return MAP_COLOURS[place % len(MAP_COLOURS)]


def measure_contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21, as the WCAG defines it.

    Parameters
    ----------
    first, second : str
        Colours as ``#rrggbb``.

    Examples
    --------
    >>> round(measure_contrast("#000000", "#ffffff"), 6)
    21.0
    """
    darker, lighter = sorted((_measure_luminance(first), _measure_luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def make_readable(colour: str, ground: str) -> str:
    """Return a colour, darker or lighter where it must be, that can be read as text.

    Parameters
    ----------
    colour : str
        The colour as ``#rrggbb``.
    ground : str
        What is behind the text.

    Returns
    -------
    str
        The nearest on the way to black or white whose contrast is `LEAST_CONTRAST`.

    Examples
    --------
    >>> make_readable("#ffffff", "#000000")
    '#ffffff'
    """
    end = 0.0 if measure_contrast("#000000", ground) > measure_contrast("#ffffff", ground) else 1.0
    start = np.array(parse_colour(colour))
    for step in np.linspace(0, 1, _STEPS):
        mixed = _write_colour(start + step * (end - start))
        if measure_contrast(mixed, ground) >= LEAST_CONTRAST:
            return mixed
    return _write_colour(np.full(3, end))


def parse_colour(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue of ``#rrggbb``, 0 to 1.

    Examples
    --------
    >>> parse_colour("#ff0000")
    (1.0, 0.0, 0.0)
    """
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _write_colour(rgb: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in rgb)


def _measure_luminance(colour: str) -> float:
    parts = np.array(parse_colour(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
