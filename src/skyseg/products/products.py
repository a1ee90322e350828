"""The products of one run: where they are, what they were made from, and how they are read."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.types import FloatImage, LabelImage, Slices
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging.reading import read_wcs
from skyseg.methods.base import ERR_TYPE_LABELS
from skyseg.products._commit import is_pending, settle
from skyseg.products.fits_files import (
    RUN_KEY,
    OtherRunError,
    Value,
    read_catalogue,
    read_header,
    read_map,
)
from skyseg.products.names import ProductPaths, say_made_by
from skyseg.products.provenance import tell_history
from skyseg.products.recipe import Recipe, spell_part

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import QTable

Content = TypeVar("Content")


@dataclass(frozen=True, kw_only=True)
class Products:
    """SEG, BKG and catalogue of one run, on disk.

    What is read is of that run: a file that another run has replaced is an error.

    Attributes
    ----------
    paths : ProductPaths
        The three files.
    recipe : Recipe
        What they were made from.
    made : bool
        Whether they were made when they were asked for, or loaded.
    n_sources : int or None
        Number of sources; None where products without provenance have no
        catalogue.
    n_bad : int or None
        Number of bad pixels; None where the products do not say it.
    history : str
        When and by what version they were made; empty where unknown.
    run_id : str or None
        RUNID in the headers of all three; None for products without provenance.
    base : Products or None
        Of an edited map, the run whose map was edited; None for others.
    """

    paths: ProductPaths
    recipe: Recipe
    made: bool
    n_sources: int | None
    n_bad: int | None
    history: str
    run_id: str | None
    base: Products | None = None

    def __repr__(self) -> str:
        number = "an unknown number of" if self.n_sources is None else self.n_sources
        done = "made" if self.made else "loaded"
        return f"<Products {self.paths.cat.stem} {self.made_by}: {number} sources, {done}>"

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `skyseg.BandData.segment` that load them again."""
        return {**self.recipe.arguments, "work_dir": self.paths.work_dir}

    @property
    def region(self) -> str | None:
        """Columns and rows that they are of, from 1, such as ``"[501:700,1:90]"``; None for all."""
        return None if self.recipe.part is None else spell_part(self.recipe.part)

    @property
    def made_by(self) -> str:
        """What they were made by, such as ``"rms_err"`` or ``"wht sextractor crowded"``.

        The default method and parameter set are not named.
        """
        recipe = self.recipe
        made = say_made_by(ERR_TYPE_LABELS[recipe.err_type], recipe.method, recipe.set_name)
        return made if recipe.edits is None else f"{made} edited"

    @overload
    def load_seg(self, incl_hdr: Literal[False] = False) -> LabelImage: ...
    @overload
    def load_seg(self, incl_hdr: Literal[True]) -> tuple[LabelImage, fits.Header]: ...
    @overload
    def load_seg(self, incl_hdr: bool) -> LabelImage | tuple[LabelImage, fits.Header]: ...
    def load_seg(self, incl_hdr: bool = False) -> LabelImage | tuple[LabelImage, fits.Header]:
        """Read the SEG map.

        Parameters
        ----------
        incl_hdr : bool, optional
            Whether to return its header as well.

        Returns
        -------
        labels : ndarray of int32, shape (ny, nx)
            0 is background, a label is a NUMBER of the catalogue.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        ProductError
            If the file cannot be read, or is of another run by now.
        """
        labels, header = self._map(self.paths.seg, np.int32)
        return (labels, header) if incl_hdr else labels

    @overload
    def load_bkg(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_bkg(self, incl_hdr: Literal[True]) -> tuple[FloatImage, fits.Header]: ...
    @overload
    def load_bkg(self, incl_hdr: bool) -> FloatImage | tuple[FloatImage, fits.Header]: ...
    def load_bkg(self, incl_hdr: bool = False) -> FloatImage | tuple[FloatImage, fits.Header]:
        """Read the BKG map: the mesh model of the background.

        Parameters
        ----------
        incl_hdr : bool, optional
            Whether to return its header as well.

        Returns
        -------
        background : ndarray of float32, shape (ny, nx)
            In the unit of SCI.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        ProductError
            If the file cannot be read, or is of another run by now.
        """
        background, header = self._map(self.paths.bkg, np.float32)
        return (background, header) if incl_hdr else background

    def load_cat(self, flux_unit: u.UnitBase | str | None = None) -> QTable:
        """Read the catalogue.

        Parameters
        ----------
        flux_unit : Unit or str, optional
            Flux density, such as ``"nJy"``, that fluxes and their errors are converted to
            by the zero point; by default they are in the unit of the image.

        Returns
        -------
        QTable
            One row per source; see `skyseg.methods.catalogue.COLUMNS`.

        Raises
        ------
        ProductError
            If the file cannot be read, or is of another run by now.
        ParameterError
            If the unit is no flux density, or the zero point is unknown.
        """
        table = self._of_this_run(partial(read_catalogue, self.paths.cat, run=self.run_id))
        if flux_unit is not None:
            from skyseg.products.flux_units import convert_fluxes

            convert_fluxes(table, flux_unit, self.recipe.zero_point, str(self.paths.cat))
        return table

    def write_cat(
        self,
        path: str | os.PathLike[str],
        *,
        flux_unit: u.UnitBase | str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the catalogue for other programs.

        Parameters
        ----------
        path : path
            ``*.fits``, ``*.ecsv``, ``*.csv`` with a column for each aperture, or ``*.reg``,
            Kron ellipses for DS9; see `skyseg.products.cat_exports.export_cat`.
        flux_unit : Unit or str, optional
            As for `load_cat`.
        overwrite : bool, optional
            Whether to replace a file that is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the name has another ending.
        ProductError
            If the file is there, or cannot be read or written.
        ParameterError
            If the unit is no flux density, or the zero point is unknown.
        """
        from skyseg.products.cat_exports import export_cat

        wcs = read_wcs(self.paths.seg, 1, quiet=True)
        return export_cat(self.load_cat(flux_unit), wcs, path, overwrite=overwrite)

    def load_places(self) -> QTable:
        """Read the catalogue with positions and boxes of its sources, whatever columns it has.

        Returns
        -------
        QTable
            The catalogue, and what it lacks of X_IMAGE, Y_IMAGE, XMIN_IMAGE, ... from SEG.

        Raises
        ------
        ProductError
            If a file cannot be read.
        """
        from skyseg.products.places import add_places

        return add_places(self.load_cat(), self.load_seg)

    def load_part(self, ext: str, part: Slices) -> LabelImage | FloatImage:
        """Read a part of a map, and not the rest of it.

        Parameters
        ----------
        ext : {"SEG", "BKG"}
            Which map.
        part : tuple of slice
            Its rows and columns, without steps.

        Returns
        -------
        ndarray of int32 for SEG, of float32 for BKG

        Raises
        ------
        ParameterError
            If there is no map of that name.
        ProductError
            If the file cannot be read, or is of another run by now.
        """
        if ext == "SEG":
            return self._map(self.paths.seg, np.int32, part)[0]
        if ext == "BKG":
            return self._map(self.paths.bkg, np.float32, part)[0]
        raise ParameterError(f"is {ext!r}", hint="use 'SEG' or 'BKG'", argument="ext")

    def is_replaced(self, ext: Literal["SEG", "BKG"]) -> bool:
        """Tell by the header of a map's file whether another run has replaced it.

        Pixels are not read. A file that is gone has not been replaced.

        Raises
        ------
        ProductError
            If it cannot be looked at.
        """
        header = read_header(self.paths.seg if ext == "SEG" else self.paths.bkg)
        return header is not None and header.get(RUN_KEY) != self.run_id

    def _map(
        self, path: Path, dtype: type[Value], part: Slices | None = None
    ) -> tuple[npt.NDArray[Value], fits.Header]:
        return self._of_this_run(partial(read_map, path, dtype, part, run=self.run_id))

    def _of_this_run(self, read: Callable[[], Content]) -> Content:
        """Read a file; once more after a run that is being put in its place, or was given up."""
        with suppress(OtherRunError):
            return read()
        settle(self.paths)
        try:
            return read()
        except OtherRunError as error:
            raise _replaced(self.paths, error.header) from error

    def summary(self) -> dict[str, str]:
        """Return where they are and what they were made by, as text by name."""
        seg, bkg, cat = map(str, self.paths)
        magnitude = self.recipe.zero_point
        return {
            "SEG": seg,
            "BKG": bkg,
            "CAT": cat,
            "err_type": self.recipe.err_type,
            "method": self.recipe.method,
            "parameters": self.recipe.set_name,
            **({} if self.region is None else {"region": self.region}),
            **({} if math.isnan(magnitude) else {"zero point": f"{magnitude:.3f} AB mag"}),
        }


def _replaced(paths: ProductPaths, header: fits.Header) -> ProductError:
    by = f"was replaced by what was made {tell_history(header)}"
    if is_pending(paths):
        return ProductError(
            f"{paths.seg} {by}, and of that run not all files are in place",
            hint="call {segment} again, or have somebody call it who may write there",
        )
    return ProductError(
        f"{paths.seg} {by}",
        hint="call {segment} again, or give runs of their own folders with {work_dir}",
    )
