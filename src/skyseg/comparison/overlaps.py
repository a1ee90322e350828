"""How many pixels every source of one map shares with every source of another.

Both maps are read once, in blocks of rows, as runs of pixels along x that have one
label in each map; so memory does not grow with the maps and label numbers may be
as large and as sparse as int64 allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import AnyFloatImage, AnyLabelImage, BoolImage, IntArray
from skyseg.errors import ComparisonError

PairTable = npt.NDArray[np.void]

BLOCK_PIXELS: Final = 1 << 20
_MAPS: Final = ("map a", "map b")
BAD_RMS: Final = 1e30
ROW_BITS: Final = 32
"""Bits of the column in the place of a pixel; the row is above them."""

PAIR: Final = np.dtype(
    [
        ("a", np.int64),
        ("b", np.int64),
        ("pixels", np.int64),
        ("first", np.int64),
        ("x_sum", np.int64),
        ("y_sum", np.int64),
        ("x_min", np.int64),
        ("x_max", np.int64),
        ("y_min", np.int64),
        ("y_max", np.int64),
        ("good", np.int64),
        ("flux", np.float64),
        ("variance", np.float64),
    ]
)
_REDUCTIONS: Final[dict[str, np.ufunc]] = {
    "pixels": np.add,
    "first": np.minimum,
    "x_sum": np.add,
    "y_sum": np.add,
    "x_min": np.minimum,
    "x_max": np.maximum,
    "y_min": np.minimum,
    "y_max": np.maximum,
    "good": np.add,
    "flux": np.add,
    "variance": np.add,
}


@dataclass(frozen=True)
class LabelRuns:
    """Runs of pixels along x over which neither map changes its label.

    Attributes
    ----------
    start : ndarray of int64, shape (n,)
        Index of the first pixel of each run in the flattened block.
    length : ndarray of int64, shape (n,)
        Number of pixels.
    a, b : ndarray of int64, shape (n,)
        Label in either map.
    """

    start: IntArray
    length: IntArray
    a: IntArray
    b: IntArray


def row_blocks(shape: tuple[int, int]) -> Iterator[slice]:
    """Cut an image into blocks of whole rows of about a million pixels.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.

    Yields
    ------
    slice
        The rows of a block, from the first on.
    """
    ny, nx = shape
    rows = max(1, BLOCK_PIXELS // max(1, nx))
    for first in range(0, ny, rows):
        yield slice(first, min(first + rows, ny))


def find_runs(a: AnyLabelImage, b: AnyLabelImage, names: tuple[str, str] = _MAPS) -> LabelRuns:
    """Find the runs of two blocks of labels.

    Parameters
    ----------
    a, b : ndarray of integer, shape (ny, nx)
        Labels of the same pixels, 0 for background.
    names : tuple of str
        What the maps are called in messages.

    Returns
    -------
    LabelRuns
        In the order of the pixels; together they cover the block.

    Raises
    ------
    ComparisonError
        If a label is negative or does not fit into int64.
    """
    a, b = _native(a), _native(b)
    changed = np.empty(a.shape, dtype=bool)
    changed[:, :1] = True
    np.not_equal(a[:, 1:], a[:, :-1], out=changed[:, 1:])
    changed[:, 1:] |= b[:, 1:] != b[:, :-1]
    start = np.flatnonzero(changed)
    return LabelRuns(
        start=start,
        length=np.diff(start, append=a.size),
        a=_checked(a.reshape(-1)[start], names[0]),
        b=_checked(b.reshape(-1)[start], names[1]),
    )


def count_overlaps(
    a: AnyLabelImage,
    b: AnyLabelImage,
    sci: AnyFloatImage | None = None,
    err: AnyFloatImage | None = None,
    *,
    origin: tuple[int, int] = (0, 0),
    names: tuple[str, str] = _MAPS,
) -> PairTable:
    """Tabulate what the sources of two maps share.

    The time is linear in the pixels. Tables of tiles, each made with its own
    ``origin``, give the table of the whole through `combine`.

    Parameters
    ----------
    a, b : array_like of integer, shape (ny, nx)
        Labels, 0 for background. Anything with ``shape`` that gives an array
        when rows are cut from it, such as a memory map, will do.
    sci : array_like of float, shape (ny, nx), optional
        Science image. Pixels that are not finite count in no flux.
    err : array_like of float, shape (ny, nx), optional
        Its rms error. Pixels that are not above 0, or 1e30 or more, count in no flux.
    origin : tuple of int
        (y, x) of the first pixel of these maps in the whole.
    names : tuple of str
        What the maps are called in messages.

    Returns
    -------
    ndarray of `PAIR`, shape (n,)
        One row per pair of labels that share a pixel, background being label 0,
        in rising order of (a, b); the pair of the two backgrounds is left out.

    Raises
    ------
    ComparisonError
        If a label is negative or does not fit into int64.

    Examples
    --------
    >>> table = count_overlaps(np.array([[1, 1, 0]]), np.array([[0, 4, 4]]))
    >>> table[["a", "b", "pixels"]].tolist()
    [(0, 4, 1), (1, 0, 1), (1, 4, 1)]
    """
    y0, x0 = origin
    blocks = [
        _block_table(
            find_runs(np.asarray(a[rows]), np.asarray(b[rows]), names),
            None if sci is None else np.asarray(sci[rows]),
            None if err is None else np.asarray(err[rows]),
            (y0 + rows.start, x0),
            a.shape[1],
        )
        for rows in row_blocks((a.shape[0], a.shape[1]))
    ]
    return combine(blocks)


def combine(tables: Iterable[PairTable]) -> PairTable:
    """Add up the tables of tiles, or of blocks, of the same two maps.

    Parameters
    ----------
    tables : iterable of ndarray of `PAIR`
        Tables as `count_overlaps` makes them.

    Returns
    -------
    ndarray of `PAIR`
        The table of the whole.
    """
    rows = np.concatenate([np.empty(0, dtype=PAIR), *tables])
    return _reduced(rows)


def _native(block: AnyLabelImage) -> AnyLabelImage:
    return np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("="))


def _checked(labels: AnyLabelImage, name: str) -> IntArray:
    if labels.size and labels.max() > np.iinfo(np.int64).max:
        raise ComparisonError(
            f"label {labels.max()} of {name} does not fit into int64", hint="renumber that map"
        )
    if labels.size and labels.min() < 0:
        raise ComparisonError(
            f"{name} has the negative label {labels.min()}",
            hint="give 0 for background and numbers above 0 for sources",
        )
    return labels.astype(np.int64)


def _block_table(
    runs: LabelRuns,
    sci: AnyFloatImage | None,
    err: AnyFloatImage | None,
    origin: tuple[int, int],
    width: int,
) -> PairTable:
    source = (runs.a > 0) | (runs.b > 0)
    start, length = runs.start[source], runs.length[source]
    y, x = np.divmod(start, width)
    y += origin[0]
    x += origin[1]
    rows = np.zeros(len(start), dtype=PAIR)
    rows["a"], rows["b"], rows["pixels"] = runs.a[source], runs.b[source], length
    rows["first"] = (y << ROW_BITS) | x
    rows["x_sum"] = x * length + length * (length - 1) // 2
    rows["y_sum"] = y * length
    rows["x_min"], rows["x_max"] = x, x + length - 1
    rows["y_min"] = rows["y_max"] = y
    if sci is not None and len(start):
        rows["good"], rows["flux"], rows["variance"] = _run_sums(sci, err, runs, source)
    return _reduced(rows)


def _run_sums(
    sci: AnyFloatImage,
    err: AnyFloatImage | None,
    runs: LabelRuns,
    source: BoolImage,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Good pixels, flux and variance of the runs that belong to a source."""
    pixel = np.repeat(source, runs.length)
    start = np.concatenate([[0], np.cumsum(runs.length[source])[:-1]])
    flux = sci.reshape(-1)[pixel].astype(np.float64)
    good = np.isfinite(flux)
    variance = np.zeros_like(flux)
    if err is not None:
        sigma = err.reshape(-1)[pixel].astype(np.float64)
        good &= (sigma > 0) & (sigma < BAD_RMS)
        variance[good] = sigma[good] ** 2
    flux[~good] = 0.0
    return (
        np.add.reduceat(good.astype(np.int64), start),
        np.add.reduceat(flux, start),
        np.add.reduceat(variance, start),
    )


def _reduced(rows: PairTable) -> PairTable:
    """Rows of the same pair made one, in rising order of (a, b)."""
    if not len(rows):
        return rows
    rows = rows[np.lexsort((rows["b"], rows["a"]))]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (rows["a"][1:] != rows["a"][:-1]) | (rows["b"][1:] != rows["b"][:-1])
    start = np.flatnonzero(fresh)
    table = rows[start].copy()
    for name, operation in _REDUCTIONS.items():
        table[name] = operation.reduceat(rows[name], start)
    return table
