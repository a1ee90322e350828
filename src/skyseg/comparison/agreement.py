"""How far two maps agree, in three numbers computed from their overlap table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skyseg.comparison.overlaps import PairTable
from skyseg.engine.types import IntArray


@dataclass(frozen=True)
class Agreement:
    """Agreement of two maps.

    The first number says whether the same pixels belong to sources, the other two
    whether the pixels that belong to a source in both maps are divided among sources
    in the same way; background counts in neither of those. Two maps without sources
    agree in full. Where no pixel belongs to a source in both maps, the other two are NaN.

    Attributes
    ----------
    foreground_iou : float
        Pixels of a source in both maps, over those of a source in either; 0 to 1.
    adjusted_rand_index : float
        1 for the same division, about 0 for one that agrees by chance.
    variation_of_information : float
        In bits; 0 for the same division.
    """

    foreground_iou: float
    adjusted_rand_index: float
    variation_of_information: float


def measure_agreement(pairs: PairTable) -> Agreement:
    """Compute the agreement of two maps.

    Parameters
    ----------
    pairs : ndarray of `PAIR`
        Overlap table of the two maps.

    Returns
    -------
    Agreement
        The three numbers.

    Examples
    --------
    >>> from skyseg.comparison.overlaps import count_overlaps
    >>> measure_agreement(count_overlaps(np.array([[1, 1, 1, 1]]), np.array([[1, 1, 2, 2]])))
    Agreement(foreground_iou=1.0, adjusted_rand_index=0.0, variation_of_information=1.0)
    """
    if not len(pairs):
        return Agreement(1.0, 1.0, 0.0)
    shared = pairs[(pairs["a"] > 0) & (pairs["b"] > 0)]
    total = int(shared["pixels"].sum())
    if not total:
        return Agreement(0.0, math.nan, math.nan)
    in_a, in_b = _totals(shared, "a"), _totals(shared, "b")
    return Agreement(
        foreground_iou=total / int(pairs["pixels"].sum()),
        adjusted_rand_index=_adjusted_rand_index(shared["pixels"], in_a, in_b, total),
        variation_of_information=_variation_of_information(shared["pixels"], in_a, in_b, total),
    )


def _totals(shared: PairTable, side: str) -> IntArray:
    """For every pair, the shared pixels of its source on one side."""
    label, index = np.unique(shared[side], return_inverse=True)
    totals = np.zeros(len(label), dtype=np.int64)
    np.add.at(totals, index, shared["pixels"])
    return totals[index]


def _adjusted_rand_index(
    pixels: IntArray,
    in_a: IntArray,
    in_b: IntArray,
    total: int,
) -> float:
    """In whole numbers up to the last division, so that equal divisions give exactly 1."""
    counts = pixels.tolist()
    both = sum(n * (n - 1) for n in counts)
    # Each source's total comes once per pair: weighting by the pair's pixels sums n(n - 1).
    one = sum(n * (t - 1) for n, t in zip(counts, in_a.tolist(), strict=True))
    other = sum(n * (t - 1) for n, t in zip(counts, in_b.tolist(), strict=True))
    every = total * (total - 1)
    excess = 2 * (both * every - one * other)
    largest = (one + other) * every - 2 * one * other
    return excess / largest if largest else 1.0


def _variation_of_information(
    pixels: IntArray,
    in_a: IntArray,
    in_b: IntArray,
    total: int,
) -> float:
    bits = pixels * (np.log2(in_a / pixels) + np.log2(in_b / pixels))
    return math.fsum(bits.tolist()) / total
