"""The completeness of a run, by sources that were put into its image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.assessment.bins import describe_columns
from skyseg.assessment.injecting import BLENDED, FOUND, Fates
from skyseg.engine.rows import Window
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import BoolArray, FloatArray, IntArray

_MAG_STEP: Final = 0.5
_SIZE_BINS: Final = 6
_PER_CELL: Final = 25
_MOST_CELLS: Final = 16
_HALF: Final = 0.5


@dataclass(frozen=True, eq=False)
class Completeness:
    """Which part of the sources that were put into an image a run finds, and how it measures them.

    Attributes
    ----------
    sources : astropy.table.QTable
        A row a source: X_IMAGE and Y_IMAGE, MAG, R_HALF along the major axis, SERSIC_N, AXIS_RATIO
        and THETA_IMAGE as it was put in, or CUTOUT, the NUMBER of the source that was cut out,
        R_SEEN (the circle that holds half of its light as it is seen), MU_SEEN (mean surface
        brightness in that), FOUND, BLENDED, and MAG_AUTO and FLUX_RADIUS of those that were found.
    by_mag, by_size, by_sb : astropy.table.QTable
        A row a bin of MAG, of R_SEEN and of MU_SEEN: its edges LOW and HIGH, N sources, how many
        were FOUND, COMPLETENESS and COMPLETENESS_ERR, the part BLENDED with others, MAG_BIAS and
        MAG_SCATTER of MAG_AUTO, SIZE_BIAS and SIZE_SCATTER of FLUX_RADIUS over R_SEEN, less 1.
        Biases are medians, scatters 1.4826 times the median deviation.
    by_place : astropy.table.QTable
        The same of cells of the image, with its edges X_LOW, X_HIGH, Y_LOW and Y_HIGH in
        pixels from 1.
    n_passes : int
        How often the image was segmented for it.
    """

    sources: QTable
    by_mag: QTable
    by_size: QTable
    by_sb: QTable
    by_place: QTable
    n_passes: int

    @classmethod
    def of(cls, fates: Fates, zero_point: float, pix_scale: float, part: Window) -> Self:
        """Put together what became of the sources.

        Parameters
        ----------
        fates : Fates
            What became of them.
        zero_point : float
            AB magnitude of one unit of the image.
        pix_scale : float
            Side of a pixel in arcsec.
        part : Window
            The part of the image that they were put into; places are counted from its corner.
        """
        table = _list_sources(fates, zero_point, pix_scale, part)
        size = table["R_SEEN"].value
        low, high = np.log(size.min() * 0.999), np.log(size.max() * 1.001)
        return cls(
            table,
            _bin(table, "MAG", _list_steps(table["MAG"].value)),
            _bin(table, "R_SEEN", np.exp(np.linspace(low, high, _SIZE_BINS + 1))),
            _bin(table, "MU_SEEN", _list_steps(table["MU_SEEN"].value)),
            _bin_places(table, part.shape),
            fates.n_passes,
        )  # fmt: skip

    @property
    def m50(self) -> float:
        """Magnitude at which half of the sources are found; NaN where the bins do not tell."""
        known = self.by_mag[self.by_mag["N"] > 0]
        middle = (known["LOW"].value + known["HIGH"].value) / 2
        part = np.asarray(known["COMPLETENESS"])
        falls = np.flatnonzero((part[:-1] >= _HALF) & (part[1:] < _HALF))
        if not len(falls):
            return math.nan
        last = falls[-1]
        along = (part[last] - _HALF) / (part[last] - part[last + 1])
        return float(middle[last] + along * (middle[last + 1] - middle[last]))

    @property
    def map(self) -> FloatArray:
        """Completeness of the cells of the image, the lowest row first; NaN without sources."""
        side = len(np.unique(self.by_place["Y_LOW"]))
        return np.asarray(self.by_place["COMPLETENESS"]).reshape(side, -1)

    @property
    def completeness(self) -> float:
        """Part of all sources that were found."""
        return float(np.mean(self.sources["FOUND"]))

    @property
    def summary(self) -> str:
        """What was found, in a few words."""
        found = f"{np.count_nonzero(self.sources['FOUND'])} of {len(self.sources)} sources found"
        return found + self._tell_half()

    def _tell_half(self) -> str:
        """Say at which magnitude half is found, or that all bins have more or less than that."""
        if not math.isnan(self.m50):
            return f", half of those of {self.m50:.2f} mag"
        mags, part = self.sources["MAG"].value, self.by_mag["COMPLETENESS"]
        known = np.asarray(part)[np.asarray(self.by_mag["N"]) > 0]
        if (known >= _HALF).all():
            return f", more than half of all down to {mags.max():.2f} mag"
        if (known < _HALF).all():
            return f", fewer than half from {mags.min():.2f} mag on"
        return ""

    def __repr__(self) -> str:
        return f"Completeness({self.summary})"


def _list_sources(fates: Fates, zero_point: float, pix_scale: float, part: Window) -> QTable:
    """Make the table of the sources."""
    sources, found = fates.sources, fates.fate == FOUND
    seen = fates.half_light * pix_scale
    auto = np.where(fates.flux_auto > 0, fates.flux_auto, np.nan)
    columns = {
        "X_IMAGE": ((sources.x - part.x0 + 1) * u.pix, "Place, first pixel is 1"),
        "Y_IMAGE": ((sources.y - part.y0 + 1) * u.pix, "Place, first pixel is 1"),
        "MAG": (sources.mag * u.mag, "Total AB magnitude that was put in"),
        "R_HALF": (sources.half_light * pix_scale * u.arcsec, "Half-light radius, major axis"),
        "SERSIC_N": (np.where(sources.half_light > 0, sources.index, np.nan), "Sersic index"),
        "AXIS_RATIO": (sources.axis_ratio, "Minor over major axis"),
        "THETA_IMAGE": (np.degrees(sources.theta) * u.deg, "Major axis from x towards y"),
        "R_SEEN": (seen * u.arcsec, "Circle that holds half of the light as it is seen"),
        "MU_SEEN": (
            (sources.mag + 2.5 * np.log10(2 * np.pi * seen**2)) * u.mag / u.arcsec**2,
            "Mean surface brightness in R_SEEN",
        ),
        **(
            {}
            if sources.cutout is None
            else {"CUTOUT": (sources.cutout, "NUMBER of the source that it is a cutout of")}
        ),
        "FOUND": (found, "Whether the run found it"),
        "BLENDED": (fates.fate == BLENDED, "Whether it went into a source that was there"),
        "MAG_AUTO": ((zero_point - 2.5 * np.log10(auto)) * u.mag, "As the run measured it"),
        "FLUX_RADIUS": (fates.flux_radius * pix_scale * u.arcsec, "As the run measured it"),
    }
    table = QTable()
    for name, (values, about) in columns.items():
        table[name] = values
        table[name].info.description = about
    return table


def _list_steps(values: FloatArray) -> FloatArray:
    """List the edges of bins of a magnitude."""
    first, last = np.floor(values.min() / _MAG_STEP), np.ceil(values.max() / _MAG_STEP)
    return np.arange(first, max(last, first + 1) + 1) * _MAG_STEP


def _bin(table: QTable, by: str, edges: FloatArray) -> QTable:
    """Tell what became of the sources in bins of a column; the last one has its upper edge."""
    values, unit = table[by].value, table[by].unit
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    told = QTable({"LOW": edges[:-1] * unit, "HIGH": edges[1:] * unit})
    return describe_columns(_summarise(told, table, place), by)


def _bin_places(table: QTable, shape: tuple[int, int]) -> QTable:
    """Tell what became of the sources in cells of an image."""
    side = int(np.clip(math.sqrt(len(table) / _PER_CELL), 1, _MOST_CELLS))
    edges_y, edges_x = (np.linspace(0.5, length + 0.5, side + 1) for length in shape)
    row, column = (
        np.clip(np.searchsorted(edges, table[name].value, side="right") - 1, 0, side - 1)
        for edges, name in ((edges_y, "Y_IMAGE"), (edges_x, "X_IMAGE"))
    )
    told = QTable({
        "X_LOW": np.tile(edges_x[:-1], side) * u.pix, "X_HIGH": np.tile(edges_x[1:], side) * u.pix,
        "Y_LOW": np.repeat(edges_y[:-1], side) * u.pix,
        "Y_HIGH": np.repeat(edges_y[1:], side) * u.pix,
    })  # fmt: skip
    return describe_columns(_summarise(told, table, row * side + column), "")


def _summarise(told: QTable, table: QTable, place: IntArray) -> QTable:
    """Give a table of bins what became of the sources in each."""
    found, blended = np.asarray(table["FOUND"]), np.asarray(table["BLENDED"])
    n, k, lost = (_count(place, which, len(told)) for which in (found | True, found, blended))
    mag = table["MAG_AUTO"].value - table["MAG"].value
    size = table["FLUX_RADIUS"].value / table["R_SEEN"].value - 1
    told["N"], told["FOUND"] = n, k
    with np.errstate(invalid="ignore"):
        told["COMPLETENESS"], told["COMPLETENESS_ERR"] = k / n, _find_error(n, k)
        told["BLENDED"] = lost / n
    told["MAG_BIAS"], told["MAG_SCATTER"] = (each * u.mag for each in _spread(mag, place, told))
    told["SIZE_BIAS"], told["SIZE_SCATTER"] = _spread(size, place, told)
    return told


def _count(place: IntArray, which: BoolArray, bins: int) -> IntArray:
    return np.bincount(place[which], minlength=bins).astype(np.int64)


def _find_error(n: IntArray, k: IntArray) -> FloatArray:
    """Find the error of a part, of which k of n were found; NaN where there was none."""
    error = np.sqrt((k + 1) * (n - k + 1) / ((n + 2.0) ** 2 * (n + 3)))
    return np.where(n > 0, error, np.nan)


def _spread(values: FloatArray, place: IntArray, told: QTable) -> tuple[FloatArray, FloatArray]:
    """Median and scatter of the finite values in each bin; NaN without any."""
    middle, scatter = np.full((2, len(told)), np.nan)
    for number in range(len(told)):
        own = values[(place == number) & np.isfinite(values)]
        if own.size:
            middle[number] = np.median(own)
            scatter[number] = SIGMA_OF_MAD * np.median(np.abs(own - middle[number]))
    return middle, scatter
