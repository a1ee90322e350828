"""The table of changes: one row per group of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.comparison.fluxes import Fluxes, SourceFlux
from skyseg.comparison.matching import MapSources, Matching, classify_groups
from skyseg.comparison.overlaps import PairTable
from skyseg.engine.types import BoolImage, FloatArray, IntArray

if TYPE_CHECKING:
    from astropy.table import QTable
    from astropy.wcs import WCS

DESCRIPTIONS = {
    "kind": "New, lost, split, merged, grown, shrunk or matched",
    "labels_a": "Labels in map a; those with a one-to-one match come first",
    "labels_b": "Labels in map b; the first ones match the first ones of labels_a",
    "n_a": "Number of sources in map a",
    "n_b": "Number of sources in map b",
    "iou": "Pixels that one-to-one matches share, over all pixels of the group",
    "area_a": "Pixels in map a",
    "area_b": "Pixels in map b",
    "flux_a": "Flux within the pixels of map a",
    "flux_b": "Flux within the pixels of map b",
    "flux_err_a": "Its error (1 sigma)",
    "flux_err_b": "Its error (1 sigma)",
    "flux_change": "flux_b - flux_a",
    "flux_change_sigma": "flux_change over the larger of the two errors",
    "x": "Mean x of the pixels in either map, 0 is the centre of the first pixel",
    "y": "Mean y of the pixels in either map, 0 is the centre of the first pixel",
    "ra": "Right ascension of (x, y), ICRS",
    "dec": "Declination of (x, y), ICRS",
    "x_min": "First column of the pixels in either map, counted from 0",
    "x_max": "Last column, inclusive",
    "y_min": "First row, counted from 0",
    "y_max": "Last row, inclusive",
}


def tabulate_changes(
    pairs: PairTable,
    matching: Matching,
    fluxes: Fluxes,
    *,
    wcs: WCS | None,
) -> QTable:
    """Make the table of changes.

    Parameters
    ----------
    pairs : ndarray of `PAIR`
        Overlap table of the two maps.
    matching : Matching
        The matching made from it.
    fluxes : Fluxes
        Fluxes of the sources of either map; without, its flux columns are NaN.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the maps; without, ``ra`` and ``dec`` are NaN.

    Returns
    -------
    astropy.table.QTable
        One row per group, in the order of their first pixels, with the columns of
        `DESCRIPTIONS`.
    """
    from astropy import units as u
    from astropy.table import QTable

    columns = _shape_columns(pairs, matching)
    columns |= _flux_columns(matching, fluxes)
    ra, dec = _sky(columns["x"], columns["y"], wcs)
    columns |= {"ra": ra << u.deg, "dec": dec << u.deg}
    table = QTable({name: columns[name] for name in DESCRIPTIONS})
    for name, text in DESCRIPTIONS.items():
        table[name].info.description = text
    return table


def _shape_columns(pairs: PairTable, matching: Matching) -> dict[str, Any]:
    n = matching.n_groups
    in_a, in_b = _pair_groups(pairs, matching)
    area_a, area_b = _sum(in_a, pairs["pixels"], n), _sum(in_b, pairs["pixels"], n)
    # A pixel of two groups, one in either map, is in the outline of both.
    again = in_b != in_a
    group = np.concatenate([in_a, in_b[again]])
    rows = np.concatenate([pairs, pairs[again]])
    pixels = _sum(group, rows["pixels"], n)
    return {
        "kind": classify_groups(matching, area_a, area_b),
        "labels_a": _label_lists(
            matching.a, matching.group_a, matching.partner_a, matching.a.first, n
        ),
        "labels_b": _label_lists(
            matching.b, matching.group_b, matching.partner_b, _first_of_match(matching), n
        ),
        "n_a": np.bincount(matching.group_a, minlength=n),
        "n_b": np.bincount(matching.group_b, minlength=n),
        "iou": _sum(in_a, np.where(_is_match(pairs, matching), pairs["pixels"], 0), n) / pixels,
        "area_a": area_a,
        "area_b": area_b,
        "x": _sum(group, rows["x_sum"], n) / pixels,
        "y": _sum(group, rows["y_sum"], n) / pixels,
        "x_min": _extreme(np.minimum, group, rows["x_min"], n),
        "x_max": _extreme(np.maximum, group, rows["x_max"], n),
        "y_min": _extreme(np.minimum, group, rows["y_min"], n),
        "y_max": _extreme(np.maximum, group, rows["y_max"], n),
    }


def _flux_columns(matching: Matching, fluxes: Fluxes) -> dict[str, Any]:
    n = matching.n_groups
    flux_a, err_a = _group_flux(fluxes.a, matching.group_a, n)
    flux_b, err_b = _group_flux(fluxes.b, matching.group_b, n)
    columns: dict[str, Any] = {
        "flux_a": flux_a,
        "flux_b": flux_b,
        "flux_err_a": err_a,
        "flux_err_b": err_b,
        "flux_change": flux_b - flux_a,
    }
    if fluxes.unit is not None:
        columns = {name: values << fluxes.unit for name, values in columns.items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = (flux_b - flux_a) / np.maximum(err_a, err_b)
    return columns | {"flux_change_sigma": sigma}


def _group_flux(
    source: SourceFlux | None, group: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Fluxes added, errors in quadrature; without a source in the group both are 0."""
    if source is None:
        return np.full(n_groups, np.nan), np.full(n_groups, np.nan)
    flux = np.bincount(group, weights=source.flux, minlength=n_groups).astype(np.float64)
    variance = np.bincount(group, weights=source.err**2, minlength=n_groups)
    return flux, np.sqrt(variance, dtype=np.float64)


def _sky(x: FloatArray, y: FloatArray, wcs: WCS | None) -> tuple[FloatArray, FloatArray]:
    if wcs is None or not len(x):
        return np.full(len(x), np.nan), np.full(len(x), np.nan)
    sky = wcs.pixel_to_world(x, y).icrs
    return sky.ra.deg, sky.dec.deg


def _pair_groups(pairs: PairTable, matching: Matching) -> tuple[IntArray, IntArray]:
    """Give the groups of the two sources of every pair, -1 for background."""
    group_a, group_b = np.append(matching.group_a, -1), np.append(matching.group_b, -1)
    i, j = _source_indices(pairs, matching)
    return group_a[i], group_b[j]


def _is_match(pairs: PairTable, matching: Matching) -> BoolImage:
    i, j = _source_indices(pairs, matching)
    return np.asarray(np.append(matching.partner_a, -1)[i] == np.where(j < 0, -2, j))


def _source_indices(pairs: PairTable, matching: Matching) -> tuple[IntArray, IntArray]:
    i = np.searchsorted(matching.a.label, pairs["a"])
    j = np.searchsorted(matching.b.label, pairs["b"])
    return np.where(pairs["a"] > 0, i, -1), np.where(pairs["b"] > 0, j, -1)


def _first_of_match(matching: Matching) -> IntArray:
    """For every source of b the first pixel of its match, else its own."""
    matched = matching.partner_b >= 0
    first = matching.b.first.copy()
    first[matched] = matching.a.first[matching.partner_b[matched]]
    return first


def _label_lists(
    sources: MapSources, group: IntArray, partner: IntArray, first: IntArray, n_groups: int
) -> npt.NDArray[np.object_]:
    order = np.lexsort((first, partner < 0, group))
    edges = np.cumsum(np.bincount(group, minlength=n_groups))
    lists = np.empty(n_groups, dtype=object)
    for k, labels in enumerate(np.split(sources.label[order], edges[:-1]) if n_groups else ()):
        lists[k] = labels
    return lists


def _sum(group: IntArray, values: IntArray, n_groups: int) -> IntArray:
    total = np.zeros(n_groups, dtype=np.int64)
    np.add.at(total, group[group >= 0], values[group >= 0])
    return total


def _extreme(operation: np.ufunc, group: IntArray, values: IntArray, n_groups: int) -> IntArray:
    """Smallest or largest value of every group; each has at least one pixel."""
    if not n_groups:
        return np.empty(0, dtype=np.int64)
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(n_groups))
    return np.asarray(operation.reduceat(values[order], start))
