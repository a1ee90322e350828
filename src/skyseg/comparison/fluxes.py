"""Fluxes of the sources of either map: from an image, else from catalogues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.comparison.inputs import LabelMap
from skyseg.comparison.matching import MapSources, Matching
from skyseg.comparison.overlaps import PairTable
from skyseg.comparison.photometry import FluxImage
from skyseg.engine.types import FloatArray
from skyseg.errors import Advice, ComparisonError
from skyseg.imaging.units import unit_of_sum

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.units import UnitBase


_CATALOGUE_COLUMNS: Final = (("FLUX_ISO", "FLUXERR_ISO"), ("FLUX_AUTO", "FLUXERR_AUTO"))


@dataclass(frozen=True)
class SourceFlux:
    """Flux of the sources of one map, in the order of its labels.

    Attributes
    ----------
    flux, err : ndarray of float64, shape (n,)
        NaN where it is not known.
    """

    flux: FloatArray
    err: FloatArray


def flux_from_pixels(
    pairs: PairTable, sources: MapSources, side: str, *, has_err: bool
) -> SourceFlux:
    """Add up the flux of every source from an overlap table that was made with an image.

    Parameters
    ----------
    pairs : ndarray of `PAIR`
        The overlap table.
    sources : MapSources
        The sources of one map.
    side : {"a", "b"}
        Which map that is.
    has_err : bool
        Whether the table was made with errors; without, the errors are NaN.

    Returns
    -------
    SourceFlux
        NaN for a source without a good pixel.
    """
    rows = pairs[pairs[side] > 0]
    index = np.searchsorted(sources.label, rows[side])
    n = len(sources.label)
    flux, variance, good = (
        np.bincount(index, rows[name], n).astype(np.float64)
        for name in ("flux", "variance", "good")
    )
    flux[good == 0] = np.nan
    variance[(good == 0) | (not has_err)] = np.nan
    return SourceFlux(flux, np.sqrt(variance))


@dataclass(frozen=True)
class Fluxes:
    """Fluxes of both sides.

    Attributes
    ----------
    a, b : SourceFlux or None
        None where a side's fluxes are not known.
    unit : astropy.units.UnitBase or None
        Their unit; None where it is not known.
    advice : Advice
        Where they come from.
    """

    a: SourceFlux | None
    b: SourceFlux | None
    unit: UnitBase | None
    advice: Advice


def measure_fluxes(
    a: LabelMap, b: LabelMap, pairs: PairTable, matching: Matching, image: FluxImage | None
) -> Fluxes:
    """Find the fluxes of the sources of both sides.

    Parameters
    ----------
    a, b : LabelMap
        The two sides.
    pairs : ndarray of `PAIR`
        Their overlap table, made with the image where there is one.
    matching : Matching
        Their sources.
    image : FluxImage or None
        The image; without, the catalogues of the sides serve.

    Returns
    -------
    Fluxes
        From the image, else from one pair of columns that both catalogues have.
    """
    if image is not None:
        has_err = image.err is not None
        return Fluxes(
            flux_from_pixels(pairs, matching.a, "a", has_err=has_err),
            flux_from_pixels(pairs, matching.b, "b", has_err=has_err),
            None if image.unit is None else unit_of_sum(image.unit),
            Advice("fluxes are sums of the science image over the pixels of either map"),
        )
    for name, err_name in _CATALOGUE_COLUMNS:
        if _has(a.catalogue, name) and _has(b.catalogue, name):
            return _catalogue_fluxes(a.catalogue, b.catalogue, matching, name, err_name)
    unknown = Advice("fluxes are not known", "give {fluxes}")
    return Fluxes(None, None, None, unknown)


def _catalogue_fluxes(a: Table, b: Table, matching: Matching, name: str, err_name: str) -> Fluxes:
    from astropy import units as u

    unit_a, unit_b = (u.Unit(cat[name].unit or "") for cat in (a, b))
    if not unit_b.is_equivalent(unit_a):
        raise ComparisonError(
            f"{name} is in {unit_a} in the catalogue of a and in {unit_b} in that of b",
            hint="give {sci}, or catalogues in one unit",
        )
    return Fluxes(
        _flux_from_catalogue(a, matching.a, name, err_name, 1.0),
        _flux_from_catalogue(b, matching.b, name, err_name, unit_b.to(unit_a)),
        None if unit_a == u.dimensionless_unscaled else unit_a,
        Advice(f"fluxes are {name} of the two catalogues"),
    )


def _flux_from_catalogue(
    catalogue: Table, sources: MapSources, name: str, err_name: str, factor: float
) -> SourceFlux:
    """Look up every source by its NUMBER; NaN where the catalogue does not have it."""
    row_of = {int(number): row for row, number in enumerate(catalogue["NUMBER"])}
    rows = np.array([row_of.get(label, -1) for label in sources.label.tolist()], dtype=np.int64)

    def looked_up(column: str) -> FloatArray:
        if column not in catalogue.colnames:
            return np.full(len(rows), np.nan)
        values = getattr(catalogue[column], "value", catalogue[column])
        return np.append(factor * np.asarray(values, dtype=np.float64), np.nan)[rows]

    return SourceFlux(looked_up(name), looked_up(err_name))


def _has(catalogue: Table | None, name: str) -> bool:
    return catalogue is not None and {"NUMBER", name} <= set(catalogue.colnames)
