"""A band and what was made from it: where the products are, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from astropy.io import fits

from skyseg.engine.rows import Window
from skyseg.engine.types import FloatImage, LabelImage, Slices
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging import BandMaps
from skyseg.imaging.regions import region_slices
from skyseg.products.fits_files import read_catalogue, read_map
from skyseg.products.store import Kept

if TYPE_CHECKING:
    from astropy.table import QTable


class BandProducts(BandMaps):
    """A band with its products; the attributes are those of `skyseg.BandData`."""

    seg_path: Path | None = None
    bkg_path: Path | None = None
    cat_path: Path | None = None
    seg_args: dict[str, Any] | None = None
    kept: Kept | None = None
    set_name: str | None = None

    @property
    def made_by(self) -> str:
        """What the products were made by, such as ``"rms_err"`` or ``"wht sextractor crowded"``.

        The default method and parameter set are not named; empty where there are
        no products.
        """
        if self.seg_args is None:
            return ""
        words = (self.seg_args["err_type"], self.seg_args["method"], self.set_name or "")
        return " ".join(word for word in words if word not in ("skyseg", "default", ""))

    @overload
    def load_seg(self, incl_hdr: Literal[False] = False) -> LabelImage: ...
    @overload
    def load_seg(self, incl_hdr: Literal[True]) -> tuple[LabelImage, fits.Header]: ...
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
            If the band was not segmented, or the file is damaged.
        """
        labels, header = read_map(self._product(self.seg_path), np.int32)
        return (labels, header) if incl_hdr else labels

    @overload
    def load_bkg(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_bkg(self, incl_hdr: Literal[True]) -> tuple[FloatImage, fits.Header]: ...
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
            If the band was not segmented, or the file is damaged.
        """
        background, header = read_map(self._product(self.bkg_path), np.float32)
        return (background, header) if incl_hdr else background

    def load_cat(self) -> QTable:
        """Read the catalogue.

        Returns
        -------
        QTable
            One row per source; see `skyseg.methods.catalogue.COLUMNS`.

        Raises
        ------
        ProductError
            If the band was not segmented, or the file is damaged.
        """
        return read_catalogue(self._product(self.cat_path))

    def load_part(self, ext: str, part: Slices) -> FloatImage | LabelImage:
        """Read a part of a map, and not the rest of it.

        Parameters
        ----------
        ext : {"SCI", "ERR", "WHT", "SEG", "BKG"}
            Which map.
        part : tuple of slice
            Its rows and columns, without steps.

        Returns
        -------
        ndarray of float32, or of int32 for SEG

        Raises
        ------
        ParameterError
            If there is no map of that name, or the part is empty.
        SkysegError
            As the map's own ``load_`` method does.

        Examples
        --------
        >>> band.load_part("SEG", np.s_[:100, :100]).shape  # doctest: +SKIP
        (100, 100)
        """
        rows, columns = region_slices(part, self.shape)
        if ext == "SEG":
            return read_map(self._product(self.seg_path), np.int32, (rows, columns))[0]
        if ext == "BKG":
            return read_map(self._product(self.bkg_path), np.float32, (rows, columns))[0]
        readers = {"SCI": self.sci_rows, "ERR": self.err_rows, "WHT": self.wht_rows}
        if ext not in readers:
            raise ParameterError(f"ext is {ext!r}; it must be SCI, ERR, WHT, SEG or BKG")
        return readers[ext]().read(Window(rows.start, rows.stop, columns.start, columns.stop))

    def _product(self, path: Path | None) -> Path:
        if path is None:
            raise ProductError(f"{self.name} has not been segmented; call segment() first")
        return path

    def summary(self) -> dict[str, str]:
        """Return what is known of the band and its products, as text by name."""
        known = super().summary()
        for name, path in (("SEG", self.seg_path), ("BKG", self.bkg_path), ("CAT", self.cat_path)):
            known[name] = str(path or "-")
        for name in ("err_type", "method"):
            known[name] = (self.seg_args or {}).get(name, "-")
        known["parameters"] = self.set_name or "-"
        return known
