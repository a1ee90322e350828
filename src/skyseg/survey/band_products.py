"""A band and what was made from it: where the products are, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from astropy.io import fits

from skyseg.engine.rows import Window
from skyseg.engine.types import FloatImage, LabelImage, Slices
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging import BandMaps
from skyseg.imaging.regions import region_slices
from skyseg.products import Products

if TYPE_CHECKING:
    from astropy.table import QTable


class BandProducts(BandMaps):
    """A band with its products; the attributes are those of `skyseg.BandData`."""

    products: Products | None = None

    @property
    def seg_path(self) -> Path | None:
        """SEG map of the last `segment`."""
        return None if self.products is None else self.products.paths.seg

    @property
    def bkg_path(self) -> Path | None:
        """BKG map of the last `segment`."""
        return None if self.products is None else self.products.paths.bkg

    @property
    def cat_path(self) -> Path | None:
        """Catalogue of the last `segment`."""
        return None if self.products is None else self.products.paths.cat

    @property
    def seg_args(self) -> dict[str, Any] | None:
        """Arguments of the last `segment`; ``segment(**seg_args)`` loads its products again."""
        return None if self.products is None else self.products.arguments

    @property
    def made_by(self) -> str:
        """What the products were made by, such as ``"rms_err"`` or ``"wht sextractor crowded"``.

        The default method and parameter set are not named; empty where there are
        no products.
        """
        return "" if self.products is None else self.products.made_by

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
        return self._segmented().load_seg(incl_hdr)

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
        return self._segmented().load_bkg(incl_hdr)

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
        return self._segmented().load_cat()

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
        if ext in ("SEG", "BKG"):
            return self._segmented().load_part(ext, (rows, columns))
        readers = {"SCI": self.sci_rows, "ERR": self.err_rows, "WHT": self.wht_rows}
        if ext not in readers:
            raise ParameterError(f"ext is {ext!r}; it must be SCI, ERR, WHT, SEG or BKG")
        return readers[ext]().read(Window(rows.start, rows.stop, columns.start, columns.stop))

    def _segmented(self) -> Products:
        if self.products is None:
            raise ProductError(f"{self.name} has not been segmented", hint="call {segment} first")
        return self.products

    def summary(self) -> dict[str, str]:
        """Return what is known of the band and its products, as text by name."""
        none = dict.fromkeys(("SEG", "BKG", "CAT", "err_type", "method", "parameters"), "-")
        return super().summary() | (none if self.products is None else self.products.summary())
