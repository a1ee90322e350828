"""Outlines of labels at the pixels of the screen, so that they are one pixel wide at any zoom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skyseg.engine.types import AnyLabelImage, BoolImage, ByteImage, FloatArray, IntArray

Colouring = Callable[[AnyLabelImage], FloatArray]

_HALO_ALPHA = 150
_STRIPES, _STRIPE_ALPHA = 8, 190
_FINE = 0.5  # pixels of the map in one of the screen, where a halo inside hides nothing


@dataclass(frozen=True)
class Window:
    """A part of a map as a screen shows it.

    Attributes
    ----------
    top, left : float
        Its upper and left edge in pixels of the map; the first pixel is from -0.5 to 0.5.
    step : float
        Pixels of the map along a pixel of the screen.
    shape : tuple of int
        Rows and columns in pixels of the screen.
    """

    top: float
    left: float
    step: float
    shape: tuple[int, int]

    @classmethod
    def covering(
        cls, low: Sequence[float], high: Sequence[float], step: float, most: int
    ) -> Window:
        """Make a window between two corners, with wider steps where it had too many pixels.

        Parameters
        ----------
        low, high : sequence of float
            Row and column of the corners, in pixels of the map.
        step : float
            Wanted pixels of the map along a pixel of the screen.
        most : int
            Pixels that it may have.

        Examples
        --------
        >>> Window.covering((0, 0), (10, 20), 0.5, 10_000).shape
        (20, 40)
        """
        height, width = (max(b - a, step) for a, b in zip(low, high, strict=True))
        step = max(step, float(np.sqrt(height * width / most)))
        shape = int(np.ceil(height / step)), int(np.ceil(width / step))
        return cls(float(low[0]), float(low[1]), step, shape)


def sample_labels(levels: Sequence[Any], window: Window) -> AnyLabelImage:
    """Return the label under the middle of each pixel of the screen.

    Parameters
    ----------
    levels : sequence of array_like of int
        The labels, and copies half as wide and high as the one before.
    window : Window
        What is looked at; outside of the map there is no label.

    Returns
    -------
    ndarray of int, shape ``window.shape``
    """
    level = min(max(int(np.log2(window.step)), 0), len(levels) - 1)
    rows, inside_rows = _places(window.top, window.step, window.shape[0], levels[0].shape[0])
    columns, inside_columns = _places(window.left, window.step, window.shape[1], levels[0].shape[1])
    part: AnyLabelImage = np.zeros(window.shape, levels[level].dtype)
    if rows.size and columns.size:
        rows, columns = rows >> level, columns >> level
        near = np.asarray(levels[level][rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        part[inside_rows, inside_columns] = near[np.ix_(rows - rows[0], columns - columns[0])]
    return part


def _places(start: float, step: float, count: int, length: int) -> tuple[IntArray, slice]:
    """Pixels of the map under those of the screen that are inside of it, and which these are."""
    places = np.floor(start + (np.arange(count) + 0.5) * step + 0.5).astype(np.int64)
    first, last = np.searchsorted(places, (0, length))
    return places[first:last], slice(int(first), int(last))


def paint_outlines(labels: AnyLabelImage, colour: Colouring, step: float) -> ByteImage:
    """Draw a line around each label, one pixel wide, with a dark halo.

    The line lies on the pixels around a label, so that what it surrounds is seen; where two
    labels touch it lies on those of the lower number. The halo is drawn on sky alone,
    but where the map's pixels are much wider than the screen's.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        The labels at the pixels of the screen.
    colour : callable
        Gives for labels, shape (n,), their colours, shape (n, 4), 0 to 1; one that cannot
        be seen is not drawn.
    step : float
        Pixels of the map along a pixel of the screen.

    Returns
    -------
    ndarray of uint8, shape (ny, nx, 4)
        Red, green, blue and opacity.

    Examples
    --------
    >>> labels = np.array([[0, 0, 0], [0, 7, 0], [0, 0, 0]])
    >>> drawn = paint_outlines(labels, lambda numbers: np.ones((len(numbers), 4)), 1.0)
    >>> drawn[..., 0].tolist()
    [[0, 255, 0], [255, 0, 255], [0, 255, 0]]
    """
    around = _highest_around(labels)
    line = around > labels
    picture: ByteImage = np.zeros((*labels.shape, 4), np.uint8)
    numbers, places = np.unique(around[line], return_inverse=True)
    if not numbers.size:
        return picture
    colours = np.round(255 * np.asarray(colour(numbers))).astype(np.uint8)
    seen = colours[places]
    picture[line] = np.where(seen[:, 3:] > 0, seen, 0)
    drawn = picture[..., 3] > 0
    halo = _widen(drawn) & ~drawn
    if step > _FINE:
        halo &= labels == 0
    picture[halo] = (0, 0, 0, _HALO_ALPHA)
    return picture


def hatch_labels(
    picture: ByteImage, labels: AnyLabelImage, colour: Colouring, window: Window
) -> None:
    """Draw stripes in labels, one pixel wide, between which the image is seen.

    Parameters
    ----------
    picture : ndarray of uint8, shape (ny, nx, 4)
        What `paint_outlines` has drawn, which stays; the stripes are added.
    labels : ndarray of int, shape (ny, nx)
        The labels at the pixels of the screen; those that are not hatched are 0.
    colour : callable
        As for `paint_outlines`.
    window : Window
        Where they are, so that stripes stay in their place when the view moves.
    """
    ny, nx = labels.shape
    first = round(window.top / window.step) + round(window.left / window.step)
    striped = (np.arange(ny)[:, None] + np.arange(nx) + first) % _STRIPES == 0
    striped &= (labels > 0) & (picture[..., 3] == 0)
    numbers, places = np.unique(labels[striped], return_inverse=True)
    if numbers.size:
        colours = np.round(255 * np.asarray(colour(numbers))).astype(np.uint8)
        colours[:, 3] = np.minimum(colours[:, 3], _STRIPE_ALPHA)
        picture[striped] = colours[places]


def _highest_around(labels: AnyLabelImage) -> AnyLabelImage:
    """Highest label among a pixel and the four beside it."""
    highest = labels.copy()
    for target, source in (
        (highest[1:], labels[:-1]),
        (highest[:-1], labels[1:]),
        (highest[:, 1:], labels[:, :-1]),
        (highest[:, :-1], labels[:, 1:]),
    ):
        np.maximum(target, source, out=target)
    return highest


def _widen(mask: BoolImage) -> BoolImage:
    """Return a mask with the eight pixels around each of it."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide
