"""Why the map of a band is as it is, at a pixel or a source."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from astropy.coordinates import SkyCoord

from skyseg.assessment.answers import Why
from skyseg.assessment.explaining import explain, look_around
from skyseg.engine.previews import Previewer
from skyseg.engine.types import LabelImage, Slices
from skyseg.errors import MethodError, ParameterError, ProductError
from skyseg.imaging.regions import find_pixel
from skyseg.methods.base import Request
from skyseg.products import Products
from skyseg.products.fits_files import read_header
from skyseg.survey.band_extraction import check_segmented, make_request
from skyseg.survey.clean_psf import follows_psf

if TYPE_CHECKING:
    from skyseg.survey.band import BandData

_ENGINE = "skyseg"
_REACH = ("X_IMAGE", "Y_IMAGE", "A_IMAGE")


class BandWhy:
    """Answers about the last run of a band; what it needs of the whole image is kept.

    Parameters
    ----------
    band : BandData
        The band, segmented.

    Raises
    ------
    ProductError
        If it is not, or was in two passes or with a ``clean_psf``.
    MethodError
        If another method than ``skyseg`` made the map.
    """

    def __init__(self, band: BandData) -> None:
        self.products = check_segmented(band.products, band.name)
        recipe = self.products.recipe
        has_psf = follows_psf(recipe)
        check_explained(
            recipe.method, two_passes=recipe.hot is not None, has_psf=has_psf, name=band.name
        )
        self._name, self._maps = band.name, band.maps.cut(recipe.part)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self._maps.shape

    def at(self, place: SkyCoord | str | tuple[float, float]) -> Why:
        """Answer for a pixel.

        Parameters
        ----------
        place : SkyCoord, str or tuple of float
            Its position on the sky, or x and y of the map from 0.

        Raises
        ------
        ParameterError
            If it lies outside the map.
        SkysegError
            If the maps or the products cannot be read.
        """
        return self._explain(*find_pixel(place, self._maps.shape, self._maps.wcs))

    def of_source(self, number: int) -> Why:
        """Answer for a source: at the pixel where its filtered light is the brightest.

        Parameters
        ----------
        number : int
            Its NUMBER, which is its label in the map as it is, with edits.

        Raises
        ------
        ParameterError
            If there is no such source.
        SkysegError
            If the maps or the products cannot be read.
        """
        places = self.products.load_places()
        row = np.flatnonzero(np.asarray(places["NUMBER"]) == number)
        if not len(row):
            raise ParameterError(
                f"source {number} is not in the catalogue of {self._name}",
                hint=f"give a NUMBER of its {len(places)} sources",
            )  # fmt: skip
        x0, x1, y0, y1 = (
            int(getattr(places[name][row[0]], "value", places[name][row[0]]))
            for name in ("XMIN_IMAGE", "XMAX_IMAGE", "YMIN_IMAGE", "YMAX_IMAGE")
        )
        part = slice(y0 - 1, y1), slice(x0 - 1, x1)
        top, left = self._corner
        moved = slice(y0 - 1 + top, y1 + top), slice(x0 - 1 + left, x1 + left)
        seen = self._previewer.look(self._request.parameters, moved)
        light = seen.filtered[_within(moved, (seen.window.y0, seen.window.x0))]
        own = self.products.load_part("SEG", part) == number
        brightest = int(np.argmax(np.where(own & np.isfinite(light), light, -np.inf)))
        y, x = divmod(brightest, light.shape[1])
        return self._explain(y + y0 - 1, x + x0 - 1)

    def _explain(self, y: int, x: int) -> Why:
        top, left = self._corner
        run, place = self.products.base or self.products, (y + top, x + left)
        here = slice(y, y + 1), slice(x, x + 1)
        parameters = self._request.parameters
        seen = look_around(self._previewer, parameters, place)
        window = seen.window
        found = explain(
            seen, parameters, place, name=self._name, corner=self._corner,
            filtered_sigma=self._filtered_sigma, background=float(run.load_part("BKG", here)[0, 0]),
            labels=self._read_labels(
                run, slice(window.y0 - top, window.y1 - top),
                slice(window.x0 - left, window.x1 - left),
            ),
        )  # fmt: skip
        if self.products.base is None:
            return found
        return replace(found, edited_label=int(self.products.load_part("SEG", here)[0, 0]))

    def _read_labels(self, run: Products, rows: slice, columns: slice) -> LabelImage:
        """Labels of a part that may reach beyond the map; 0 there."""
        labels = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.int32)
        ny, nx = self._maps.shape
        inner = (
            slice(max(rows.start, 0), min(rows.stop, ny)),
            slice(max(columns.start, 0), min(columns.stop, nx)),
        )
        labels[_within(inner, (rows.start, columns.start))] = run.load_part("SEG", inner)
        return labels

    @cached_property
    def _corner(self) -> tuple[int, int]:
        """Row and column of the whole maps at which the map begins."""
        part = self._maps.part
        return (0, 0) if part is None else (part[0].start, part[1].start)

    @cached_property
    def _request(self) -> Request:
        return make_request(self._maps.cut(None), self.products.recipe)

    @cached_property
    def _previewer(self) -> Previewer:
        cat, reach = (self.products.base or self.products).load_cat(), None
        if set(cat.colnames).issuperset(_REACH):
            shifts = dict(zip(_REACH, (*self._corner[::-1], 0), strict=True))
            reach = {
                name: np.asarray(getattr(cat[name], "value", cat[name])) + shift
                for name, shift in shifts.items()
            }
        request = self._request
        return Previewer(request.sci, request.err, request.err_type, reach, request.mask)

    @cached_property
    def _filtered_sigma(self) -> float:
        header = read_header((self.products.base or self.products).paths.seg)
        return math.nan if header is None else float(header.get("FILTERED_SIGMA", math.nan))


def check_explained(method: str, *, two_passes: bool, has_psf: bool, name: str) -> None:
    """Check that runs of a kind are explained.

    Parameters
    ----------
    method : str
        The method.
    two_passes : bool
        Whether they are in two passes.
    has_psf : bool
        Whether they have a ``clean_psf``.
    name : str
        Of the band, for the error.

    Raises
    ------
    MethodError
        If the method is another one than ``skyseg``.
    ProductError
        If they are in two passes, or with a PSF.
    """
    if method != _ENGINE:
        raise MethodError(
            f"the method {method} does not tell its steps",
            hint="segment with the method 'skyseg'", where=name,
        )  # fmt: skip
    if two_passes:
        raise ProductError(
            "a run in two passes is not explained",
            hint="segment with one of the two parameter sets", where=name,
        )  # fmt: skip
    if has_psf:
        raise ProductError(
            "a run with a clean_psf is not explained", hint="segment without it", where=name
        )


def _within(part: Slices, corner: tuple[int, int]) -> Slices:
    """Return a part as that of an array which begins at some row and column."""
    rows, columns = (
        slice(each.start - first, each.stop - first)
        for each, first in zip(part, corner, strict=True)
    )
    return rows, columns
