"""The purity of a run by its negative: noise is as often below the sky as above it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import QTable, Table

from skyseg import methods
from skyseg.assessment.bins import describe_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window, as_rows
from skyseg.engine.types import FloatArray, FloatImage
from skyseg.errors import ParameterError, check_kind, describe
from skyseg.methods.base import Request
from skyseg.methods.catalogue import read_columns
from skyseg.methods.columns import AskedColumn
from skyseg.methods.filled import with_unit

_NEEDED: Final = ("NUMBER", "X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUXERR_AUTO", "ISOAREAF_IMAGE")
_SNR_EDGES: Final = (0.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 50.0, math.inf)
_MAG_STEP: Final = 0.5


@dataclass(frozen=True, eq=False)
class Purity:
    """Which part of what a run detected is real, as its negative tells.

    Attributes
    ----------
    n_positive, n_negative : int
        Sources of the run, and detections of the same run on the negative image.
    by_snr, by_mag, by_area : astropy.table.QTable
        A row a bin of FLUX_AUTO over its error, of AB magnitude, and of ISOAREAF_IMAGE: its
        edges LOW and HIGH, in mag of ``by_mag`` and in pix2 of ``by_area``, N_POSITIVE,
        N_NEGATIVE, PURITY, a part from 0 to 1, and PURITY_ERR. A bin without
        positive detections has the purity NaN; ``by_mag`` has no rows without a zero point.
    """

    n_positive: int
    n_negative: int
    by_snr: QTable
    by_mag: QTable
    by_area: QTable

    @classmethod
    def of(cls, positive: Table, negative: Table, zero_point: float = math.nan) -> Purity:
        """Compare the catalogue of a run with that of its negative.

        Parameters
        ----------
        positive, negative : Table
            Catalogues with FLUX_AUTO, FLUXERR_AUTO and ISOAREAF_IMAGE.
        zero_point : float, optional
            AB magnitude of one unit of the image.

        Raises
        ------
        ParameterError
            If one is no table with these columns, or the zero point is no number.

        Examples
        --------
        >>> catalogue = {"FLUXERR_AUTO": [1.0, 1.0], "ISOAREAF_IMAGE": [12, 40]}
        >>> found = Purity.of(Table({"FLUX_AUTO": [4.5, 90.0], **catalogue}),
        ...     Table({"FLUX_AUTO": [4.2, 4.9], **catalogue})[:1])
        >>> found.purity, found.by_snr["PURITY"][[2, 9]].tolist()
        (0.5, [0.0, 1.0])
        """
        if not isinstance(zero_point, Real):
            raise ParameterError(
                f"is {describe(zero_point)}", hint="give a magnitude", argument="zero_point"
            )
        (snr, mag, area), (snr_of, mag_of, area_of) = (
            _find_sizes(each, zero_point) for each in (positive, negative)
        )
        every = mag[np.isfinite(mag)]
        mags = np.zeros(0)
        if every.size:
            first, last = np.floor(every.min() / _MAG_STEP), np.ceil(every.max() / _MAG_STEP)
            mags = np.arange(first, max(last, first + 1) + 1) * _MAG_STEP
        areas = 2.0 ** np.arange(0, math.ceil(math.log2(max(area.max(initial=1), 2))) + 1)
        return cls(
            len(positive), len(negative),
            describe_columns(
                _compare(snr, snr_of, np.array(_SNR_EDGES)), "FLUX_AUTO over its error"
            ),
            describe_columns(_compare(mag, mag_of, mags, u.mag), "AB magnitude"),
            describe_columns(
                _compare(area, area_of, np.append(areas, math.inf), u.pix**2), "ISOAREAF_IMAGE"
            ),
        )  # fmt: skip

    @property
    def purity(self) -> float:
        """Part of all detections that is real; NaN without any."""
        return float(find_purity(self.n_positive, self.n_negative)[0])

    @property
    def purity_error(self) -> float:
        """Its error, by the numbers that were counted."""
        return float(find_purity(self.n_positive, self.n_negative)[1])

    def at(self, snr: npt.ArrayLike) -> FloatArray:
        """Return the purity of sources of some S/N: it rises with S/N, between the bins' middles.

        Parameters
        ----------
        snr : array_like of float, shape (n,)
            FLUX_AUTO over its error.

        Returns
        -------
        ndarray of float64, shape (n,)
            NaN where the S/N is, and where nothing was detected.

        Raises
        ------
        ParameterError
            If it is no number.

        Notes
        -----
        Bins that would fall with S/N are put together with their neighbours, by the numbers of
        their detections. Between the middles of bins it is linear in the logarithm of S/N; below
        the first and above the last it is that of these. The bin from 0 has its middle at half of
        its end, and the last one, which has no end, at its beginning.

        Examples
        --------
        >>> cat = Table({"FLUX_AUTO": [4.5] * 4 + [5.5] * 4, "FLUXERR_AUTO": np.ones(8)})
        >>> cat["ISOAREAF_IMAGE"] = 12
        >>> Purity.of(cat, cat[:2]).at([1.0, 4.5, 5.0, 90.0]).round(2).tolist()
        [0.5, 0.52, 0.78, 1.0]
        """
        known = self.by_snr[self.by_snr["N_POSITIVE"] > 0]
        values = _as_numbers(snr, "snr")
        if not len(known):
            return np.full(values.shape, np.nan)
        low, high = np.asarray(known["LOW"]), np.asarray(known["HIGH"])
        middle = np.where(low > 0, np.sqrt(low * np.where(np.isfinite(high), high, low)), high / 2)
        rising = _make_rise(np.asarray(known["PURITY"]), np.asarray(known["N_POSITIVE"]))
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log(np.maximum(values, middle[0]))
        found: FloatArray = np.interp(place, np.log(middle), rising)
        return found

    def append_purity_col(self, table: QTable) -> None:
        """Give a catalogue the purity at each source's S/N, PURITY; see `at`.

        Parameters
        ----------
        table : QTable
            A catalogue with FLUX_AUTO and FLUXERR_AUTO, which is changed.

        Raises
        ------
        ParameterError
            If it is no table, or has not these columns.
        """
        flux, error = read_columns(table, ("FLUX_AUTO", "FLUXERR_AUTO"))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.at(flux / error)
        about = "Part of the detections of this S/N that is real, by the negative image"
        table["PURITY"] = with_unit(found.astype(np.float32), None, about)

    def __repr__(self) -> str:
        counts = f"{self.n_negative} negative, {self.n_positive} positive detections"
        return f"Purity({self.purity:.3f} +- {self.purity_error:.3f}: {counts})"


@dataclass(frozen=True, eq=False)
class NegativeRows:
    """A map with the sign of its values changed.

    Attributes
    ----------
    rows : Rows
        The map.

    Examples
    --------
    >>> NegativeRows(as_rows(np.ones((1, 2), np.float32))).read(Window(0, 1, 0, 2)).tolist()
    [[-1.0, -1.0]]
    """

    rows: Rows

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.rows.shape

    def read(self, window: Window) -> FloatImage:
        """Return the values of a window, their sign changed."""
        values = self.rows.read(window)
        return np.negative(values, out=values)


def count_negatives(request: Request, method: str = "skyseg") -> QTable:
    """Make the run of a request on its negative image, with the same masks and settings.

    Parameters
    ----------
    request : Request
        What was asked for.
    method : str
        Name of the method that it was asked of.

    Returns
    -------
    QTable
        What the run detected: NUMBER, positions, FLUX_AUTO and its error, ISOAREAF_IMAGE.

    Raises
    ------
    ParameterError
        If it is no request.
    SkysegError
        As `skyseg.methods.run` does.

    Examples
    --------
    >>> from skyseg.engine import Parameters
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24], image[30:34, 5:9] = 50, -50
    >>> request = Request(sci=image, err=np.ones_like(image), err_type="rms_err",
    ...     parameters=Parameters(), aper_diams=(), pix_scale=0.04, zero_point=28.9, sky=None)
    >>> count_negatives(request)["X_IMAGE"].value.round(3).tolist()
    [7.5]
    """
    check_kind(request, Request, "request", "give a Request")
    hot = request.hot and replace(request.hot, parameters=_turn(request.hot.parameters))
    turned = replace(
        request,
        sci=NegativeRows(as_rows(request.sci)),
        parameters=_turn(request.parameters),
        hot=hot,
        columns=tuple(map(AskedColumn, _NEEDED)),
        flags=None,
        canvas=None,
    )
    return methods.run(method, turned).cat


def _turn(parameters: Parameters) -> Parameters:
    """Return parameters for the negative image."""
    return parameters.replace(back_value=-parameters.back_value)


def _find_sizes(table: Table, zero_point: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return S/N, AB magnitude and area of each detection."""
    flux, error, area = read_columns(table, ("FLUX_AUTO", "FLUXERR_AUTO", "ISOAREAF_IMAGE"))
    with np.errstate(divide="ignore", invalid="ignore"):
        return flux / error, zero_point - 2.5 * np.log10(np.where(flux > 0, flux, np.nan)), area


def _compare(
    positive: FloatArray, negative: FloatArray, edges: FloatArray, unit: u.UnitBase | None = None
) -> QTable:
    """Count both in bins, and tell the purity of each."""
    n_positive, n_negative = (_count(each, edges) for each in (positive, negative))
    purity, error = find_purity(n_positive, n_negative)
    return QTable({
        "LOW": with_unit(edges[:-1], unit), "HIGH": with_unit(edges[1:], unit),
        "N_POSITIVE": n_positive, "N_NEGATIVE": n_negative,
        "PURITY": purity, "PURITY_ERR": error,
    })  # fmt: skip


def _make_rise(values: FloatArray, weights: npt.NDArray[np.int64]) -> FloatArray:
    """Return the rising values that are nearest to some, by their weights."""
    light = np.concatenate([[0.0], np.cumsum(values * weights)])
    total = np.concatenate([[0.0], np.cumsum(weights)])
    count = len(values)
    means = [
        [(light[k + 1] - light[j]) / (total[k + 1] - total[j]) for k in range(j, count)]
        for j in range(count)
    ]
    return np.array([max(min(means[j][i - j :]) for j in range(i + 1)) for i in range(count)])


def _count(values: FloatArray, edges: FloatArray) -> npt.NDArray[np.int64]:
    place = np.searchsorted(edges, values[np.isfinite(values)], side="right") - 1
    inside = place[(place >= 0) & (place < len(edges) - 1)]
    return np.bincount(inside, minlength=max(len(edges) - 1, 0)).astype(np.int64)


def _as_numbers(value: Any, argument: str) -> FloatArray:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {describe(value)}", hint="give numbers", argument=argument
        ) from error


def find_purity(positive: Any, negative: Any) -> tuple[FloatArray, FloatArray]:
    """Return the purity P and its error, with b of n detections on the negative, b at least 1.

    The error is sqrt(b (1 + b / n)) / n, and no more than the larger of P and 1 - P: an end of
    P +- error that is below 0 or above 1 is 0 or 1.

    Parameters
    ----------
    positive, negative : int or array_like of int
        Numbers of detections, and of those on the negative.

    Returns
    -------
    purity, error : ndarray of float64
        NaN without any detection.

    Raises
    ------
    ParameterError
        If one of them is no number.

    Examples
    --------
    >>> purity, error = find_purity(200, 4)
    >>> float(purity), round(float(error), 3)
    (0.98, 0.01)
    """
    all_of, noise = _as_numbers(positive, "positive"), _as_numbers(negative, "negative")
    with np.errstate(divide="ignore", invalid="ignore"):
        purity = np.where(all_of > 0, np.maximum(1 - noise / all_of, 0.0), np.nan)
        least = np.maximum(noise, 1)
        error = np.sqrt(least * (1 + least / all_of)) / all_of
    return purity, np.minimum(error, np.maximum(purity, 1 - purity))
