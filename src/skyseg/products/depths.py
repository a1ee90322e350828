"""How deep a band is, on disk: by aperture, by place and as a map, with what it was made from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg import __version__
from skyseg.engine.depths import EmptyApertures
from skyseg.engine.neighbours import FindNeighbours, find_neighbours
from skyseg.engine.sky_apertures import SkyApertures
from skyseg.engine.types import FloatArray, LabelImage
from skyseg.errors import ParameterError
from skyseg.imaging.units import read_unit, unit_of_sum
from skyseg.methods.catalogue import check_table
from skyseg.methods.filled import with_unit
from skyseg.products.fits_files import (
    N_EXTENSIONS_KEY,
    RUN_KEY,
    make_table_hdu,
    read_extensions,
)
from skyseg.products.input_maps import record_inputs, taking_checksums
from skyseg.products.names import SingleFile
from skyseg.products.provenance import describe, find_changes, sign, tell_history
from skyseg.products.recipe import Recipe
from skyseg.products.single import load_or_make_file

_CELL_KEY: Final = "CELLSIZE"
_DISTORTION: Final = re.compile(r"[AB]P?_(\d)_(\d)")


@dataclass(frozen=True)
class DepthNumbers:
    """What depths are told by.

    Attributes
    ----------
    n_sigma : float
        How many times the scatter a depth is.
    n_nearest : int
        How many apertures a local depth is of.
    """

    n_sigma: float
    n_nearest: int

    @property
    def cards(self) -> tuple[tuple[str, str], ...]:
        """Them as a recipe has them."""
        return ("NSIGMA", f"{self.n_sigma:g}"), ("NNEAREST", str(self.n_nearest))

    def make_depths(self, scatter: npt.ArrayLike, zero_point: float) -> FloatArray:
        """Return AB magnitudes of a scatter; NaN where it is no positive number.

        Examples
        --------
        >>> DepthNumbers(5, 200).make_depths([0.2, 0.0], 28.0).tolist()
        [28.0, nan]
        """
        values = self.n_sigma * np.asarray(scatter, np.float64)
        depths: FloatArray = zero_point - 2.5 * np.log10(np.where(values > 0, values, np.nan))
        return depths


@dataclass(frozen=True, eq=False)
class DepthMap:
    """Local depth on a coarse grid.

    Attributes
    ----------
    depth : ndarray of float32, shape (number of diameters, ny, nx)
        AB magnitudes; NaN where nothing is covered.
    covered : ndarray of int32, shape (ny, nx)
        Pixels of the image in each cell that have a measurement and are not excluded.
    wcs : WCS or None
        That of the cells.
    """

    depth: npt.NDArray[np.float32]
    covered: LabelImage
    wcs: WCS | None


@dataclass(frozen=True, kw_only=True)
class Depths:
    """How deep a band is, on disk.

    Attributes
    ----------
    paths : SingleFile
        The file.
    recipe : Recipe
        What it was made from.
    numbers : DepthNumbers
        What depths are told by.
    made : bool
        Whether it was made when it was asked for, or loaded.
    history : str
        When and by what version it was made.
    run_id : str
        RUNID in its header.
    beta : float
        Exponent of the scatter by the area of an aperture: 0.5 for noise that pixels have each
        of their own, up to 1 for noise that they share; NaN for less than two diameters.
    """

    paths: SingleFile
    recipe: Recipe
    numbers: DepthNumbers
    made: bool
    history: str
    run_id: str
    beta: float

    @property
    def table(self) -> QTable:
        """A row a diameter: scatter, number of apertures, global and local depth."""
        return self._tables["DEPTHS"]

    @property
    def apertures(self) -> QTable:
        """A row an empty aperture: diameter, place, light and local depth."""
        return self._tables["APERTURES"]

    @property
    def map(self) -> DepthMap:
        """Local depth on a coarse grid."""
        images = self._content[1]
        depth, header = images["DEPTH"]
        wcs = WCS(header, naxis=2) if "CTYPE1" in header else None
        return DepthMap(depth, images["COVERED"][0], wcs)

    def find_local(
        self, x: npt.ArrayLike, y: npt.ArrayLike, *, find: FindNeighbours = find_neighbours
    ) -> FloatArray:
        """Measure local depths at some places.

        Parameters
        ----------
        x, y : array_like of float, shape (n,)
            Places in pixels from 1, as X_IMAGE and Y_IMAGE have them.
        find : callable, optional
            Finds the nearest apertures, or knows them; as for
            `skyseg.engine.depths.EmptyApertures.find_local_scatter`.

        Returns
        -------
        ndarray of float64, shape (n, number of diameters)
            AB magnitudes; NaN where a place is NaN, or there are less than two apertures.
        """
        errors = self.find_errors(x, y, find=find)
        return self.numbers.make_depths(errors, self.recipe.zero_point)

    def find_errors(
        self, x: npt.ArrayLike, y: npt.ArrayLike, *, find: FindNeighbours = find_neighbours
    ) -> FloatArray:
        """Measure the scatter of the light in the nearest empty apertures at some places.

        Parameters
        ----------
        x, y, find
            As for `find_local`.

        Returns
        -------
        ndarray of float64, shape (n, number of diameters)
            In the unit of the image, summed over pixels; NaN as in `find_local`.
        """
        from_zero = np.asarray(x, np.float64) - 1, np.asarray(y, np.float64) - 1
        found = [
            each.find_local_scatter(*from_zero, self.numbers.n_nearest, find=find)
            for each in self._empty
        ]
        return np.column_stack(found)

    def append_loc_depth_cols(self, table: QTable) -> None:
        """Give a catalogue on the same pixels the column LOC_DEPTH_APER.

        Parameters
        ----------
        table : QTable
            A catalogue with X_IMAGE and Y_IMAGE, which is changed.

        Raises
        ------
        ParameterError
            If it has no positions.
        """
        about = f"{self.numbers.n_sigma:g} sigma depth of {self._nearest}"
        table["LOC_DEPTH_APER"] = with_unit(self.find_local(*_find_places(table)), u.mag, about)

    def append_empty_error_cols(self, table: QTable) -> None:
        """Give a catalogue on the same pixels the column FLUXERR_APER_EMPTY.

        Unlike FLUXERR_APER, which adds up the variances of pixels, it knows that their noise is
        correlated, and at which scale the error map is. Photons of the source are not in it.

        Parameters
        ----------
        table : QTable
            A catalogue with X_IMAGE and Y_IMAGE, which is changed.

        Raises
        ------
        ParameterError
            If it has no positions.
        """
        errors = self.find_errors(*_find_places(table)).astype(np.float32)
        about = f"Error of FLUX_APER by the scatter of light in {self._nearest}"
        unit = getattr(self.apertures["FLUX"], "unit", None)
        table["FLUXERR_APER_EMPTY"] = with_unit(errors, unit, about)

    @property
    def _nearest(self) -> str:
        """Which empty apertures what is local is of."""
        diameters = ", ".join(f"{each:g}" for each in self.recipe.aper_diams)
        return f"the {self.numbers.n_nearest} nearest empty apertures, diameters {diameters} arcsec"

    @cached_property
    def _content(self) -> tuple[dict[str, QTable], dict[str, tuple[npt.NDArray[Any], fits.Header]]]:
        return read_extensions(self.paths.cat, run=self.run_id)

    @property
    def _tables(self) -> dict[str, QTable]:
        return self._content[0]

    @cached_property
    def _empty(self) -> tuple[EmptyApertures, ...]:
        table = self.apertures
        columns = {k: np.asarray(getattr(table[k], "value", table[k])) for k in table.colnames}
        found = []
        for number, diameter in enumerate(self.recipe.aper_diams, start=1):
            own = columns["APER"] == number
            found.append(
                EmptyApertures(
                    diameter / self.recipe.pix_scale,
                    columns["X_IMAGE"][own].astype(np.int64) - 1,
                    columns["Y_IMAGE"][own].astype(np.int64) - 1,
                    columns["FLUX"][own],
                )
            )
        return tuple(found)


def _find_places(table: QTable) -> tuple[FloatArray, FloatArray]:
    """Return X_IMAGE and Y_IMAGE of a catalogue.

    Raises
    ------
    ParameterError
        If it has none.
    """
    check_table(table)
    if not {"X_IMAGE", "Y_IMAGE"} <= set(table.colnames):
        raise ParameterError(
            "has no X_IMAGE and Y_IMAGE", hint="give a catalogue with them", argument="table"
        )
    x, y = (
        np.asarray(getattr(table[name], "value", table[name]), np.float64)
        for name in ("X_IMAGE", "Y_IMAGE")
    )
    return x, y


def load_or_make_depths(
    paths: SingleFile,
    recipe: Recipe,
    numbers: DepthNumbers,
    make: Callable[[], SkyApertures],
    *,
    wcs: WCS | None = None,
    unit: str = "",
    overwrite: bool = False,
    verify: bool = False,
) -> Depths:
    """Take the depths that are on disk where they fit, else make them.

    Parameters
    ----------
    paths : SingleFile
        Where they belong.
    recipe : Recipe
        What they must have been made from; ``numbers`` in its ``more``.
    numbers : DepthNumbers
        What depths are told by.
    make : callable
        Measures the empty apertures; called at most once.
    wcs : WCS, optional
        Celestial WCS of the band.
    unit : str, optional
        Unit of the image.
    overwrite, verify : bool, optional
        As for `skyseg.products.single.load_or_make_file`.

    Raises
    ------
    StaleProductError
        If those on disk were made from something else; the message says what.
    ProductError
        If they cannot be read or written.
    """

    @contextmanager
    def measure() -> Iterator[tuple[fits.Header, fits.HDUList]]:
        with taking_checksums(recipe.inputs):
            found = make()
        hdus = _make_hdus(recipe, numbers, found, wcs, unit)
        yield hdus[1].header, hdus

    header, made = load_or_make_file(
        paths,
        lambda header: find_changes(header, recipe, verify=verify),
        measure,
        recipe.inputs,
        overwrite=overwrite,
        verify=verify,
    )
    return Depths(
        paths=paths,
        recipe=recipe,
        numbers=numbers,
        made=made,
        history=tell_history(header),
        run_id=header[RUN_KEY],
        beta=float(header["BETA"]) if isinstance(header["BETA"], int | float) else math.nan,
    )


def fit_beta(diameters: Sequence[float], scatter: FloatArray) -> float:
    """Fit a power law to the scatter by the area of apertures, and return its exponent.

    Parameters
    ----------
    diameters : sequence of float
        In any unit.
    scatter : ndarray of float64
        That of each.

    Returns
    -------
    float
        NaN of less than two positive values.

    Examples
    --------
    >>> round(fit_beta([1.0, 2.0, 4.0], np.array([1.0, 2.0, 4.0])), 6)
    0.5
    """
    area = np.log(np.square(np.asarray(diameters, np.float64)))
    known = np.isfinite(scatter) & (scatter > 0)
    if np.unique(area[known]).size < 2:
        return math.nan
    return float(np.polyfit(area[known], np.log(scatter[known]), 1)[0])


def _make_hdus(
    recipe: Recipe, numbers: DepthNumbers, found: SkyApertures, wcs: WCS | None, unit: str
) -> fits.HDUList:
    image_unit = read_unit(unit)
    flux_unit = None if image_unit is None else unit_of_sum(image_unit)
    local = found.find_local_scatter(numbers.n_nearest)
    scatter = np.array([each.scatter for each in found.apertures])
    beta = fit_beta(recipe.aper_diams, scatter)
    header = describe(recipe, f"skyseg {__version__}")
    header[N_EXTENSIONS_KEY] = (4, "extensions of this file")
    header[_CELL_KEY] = (found.step, "[pix] side of the cells of the map")
    header["BETA"] = (beta if math.isfinite(beta) else "unknown", "scatter ~ area^BETA")
    record_inputs(header, recipe.inputs)
    sign(header)
    depth = numbers.make_depths(found.map_local_scatter(numbers.n_nearest), recipe.zero_point)
    cells = fits.Header() if wcs is None else _make_cells(wcs, found.step)
    cells[RUN_KEY] = header[RUN_KEY]
    cells["BUNIT"] = "mag"
    covered = cells.copy()
    covered["BUNIT"] = "pix"
    return fits.HDUList(
        [
            fits.PrimaryHDU(),
            make_table_hdu(_make_table(recipe, numbers, found, local, flux_unit), header, "DEPTHS"),
            make_table_hdu(
                _list_apertures(recipe, numbers, found, local, flux_unit),
                fits.Header({RUN_KEY: header[RUN_KEY]}),
                "APERTURES",
            ),
            fits.ImageHDU(depth.astype(np.float32), cells, "DEPTH"),
            fits.ImageHDU(found.covered, covered, "COVERED"),
        ]
    )


def _make_cells(wcs: WCS, step: int) -> fits.Header:
    """Return the WCS of cells of an image, as a header."""
    header = wcs.to_header(relax=True)
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (header[f"CRPIX{axis}"] - 0.5) / step + 0.5
        header[f"CDELT{axis}"] = header.get(f"CDELT{axis}", 1.0) * step
    for key in header:
        if found := _DISTORTION.fullmatch(key):
            # its value is in pixels, as the two that it is a polynomial of
            header[key] *= float(step) ** (int(found[1]) + int(found[2]) - 1)
    return header


def _make_table(
    recipe: Recipe,
    numbers: DepthNumbers,
    found: SkyApertures,
    local: Sequence[FloatArray],
    unit: u.UnitBase | None,
) -> QTable:
    """Put together a row a diameter."""
    scatter = np.array([each.scatter for each in found.apertures])
    places = [numbers.make_depths(each, recipe.zero_point) for each in local]
    middle = np.array(
        [np.nanmedian(each) if np.isfinite(each).any() else np.nan for each in places]
    )
    sigma = f"{numbers.n_sigma:g} sigma depth, AB"
    table = QTable()
    table["APER_DIAM"] = with_unit(np.array(recipe.aper_diams), u.arcsec, "diameter")
    table["N_APER"] = with_unit(
        np.array([len(each.x) for each in found.apertures]), None, "number of empty apertures"
    )
    table["SCATTER"] = with_unit(scatter, unit, "1.4826 times the median absolute deviation")
    table["DEPTH"] = with_unit(numbers.make_depths(scatter, recipe.zero_point), u.mag, sigma)
    table["LOC_DEPTH"] = with_unit(
        middle, u.mag, f"median of the {sigma}, of the {numbers.n_nearest} nearest apertures"
    )
    return table


def _list_apertures(
    recipe: Recipe,
    numbers: DepthNumbers,
    found: SkyApertures,
    local: Sequence[FloatArray],
    unit: u.UnitBase | None,
) -> QTable:
    """Put together a row an empty aperture."""
    all_of = found.apertures
    counts = [len(each.x) for each in all_of]
    which = np.repeat(np.arange(1, len(all_of) + 1, dtype=np.int32), counts)
    depths = numbers.make_depths(np.concatenate(local), recipe.zero_point).astype(np.float32)
    table = QTable()
    table["APER"] = with_unit(which, None, "number of the diameter, from 1")
    for name, columns in (("X_IMAGE", [k.x for k in all_of]), ("Y_IMAGE", [k.y for k in all_of])):
        places = np.concatenate(columns).astype(np.int32) + 1
        table[name] = with_unit(places, None, "centre in pixels, from 1")
    flux = np.concatenate([each.flux for each in all_of])
    table["FLUX"] = with_unit(flux, unit, "light in it, without the sky")
    table["LOC_DEPTH"] = with_unit(depths, u.mag, "local depth, AB")
    return table
