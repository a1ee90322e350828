"""The maps of one band, SCI, ERR and WHT: found in files, and read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, overload

from astropy import units as u
from astropy.io import fits

from skyseg.engine.types import FloatImage
from skyseg.errors import DataNotFoundError
from skyseg.imaging.bands import band_of
from skyseg.imaging.facts import BandFacts, shape_of
from skyseg.imaging.grids import check_same_grid
from skyseg.imaging.instruments import (
    any_instrument,
    instrument_of_headers,
    known_instruments,
)
from skyseg.imaging.names import without_role
from skyseg.imaging.quality import err_from_wht, wht_from_err
from skyseg.imaging.reading import read_headers, read_image
from skyseg.imaging.refs import MapRef, parse_maps
from skyseg.imaging.rows import Derivation, MapRows
from skyseg.settings import config

NO_VERSION = "v0"
"""Version of imaging that was given none."""

_ImageAndHeader = tuple[FloatImage, fits.Header]


class BandMaps(BandFacts):
    """The maps of one band on disk, read when they are asked for and never changed.

    Parameters and errors are those of `skyseg.imaging.facts.BandFacts`.
    """

    @classmethod
    def from_files(
        cls,
        sci: str | Path | MapRef,
        err: str | Path | MapRef | None = None,
        wht: str | Path | MapRef | None = None,
        survey: str | None = None,
        version: str | None = None,
        band: str | None = None,
        zero_point: float | None = None,
        pix_scale: u.Quantity | None = None,
    ) -> Self:
        """Take maps that lie anywhere.

        Parameters
        ----------
        sci : str, Path or MapRef
            The science image: ``path``, ``path[EXTNAME]`` or ``path[number]``.
            Without brackets it is the HDU named SCI, else the file's only image.
        err, wht : str, Path or MapRef, optional
            The rms of its noise, and its inverse variance, in the same forms.
            Where neither is given, HDUs of the same file named ERR and WHT are
            taken.
        survey, version, band : str, optional
            Names. By default the survey has the name of the file, the version
            is ``"v0"``, and the band is that of the header, else of the file's
            name, else ``HDU`` with its number.
        zero_point : float, optional
            AB magnitude of one unit of `sci`; by default the header's.
        pix_scale : Quantity, optional
            Side of a pixel, for maps whose header does not say it.

        Returns
        -------
        BandMaps
            An object of the class it is called on.

        Raises
        ------
        DataNotFoundError
            If a file or an HDU does not exist.
        ImageError
            If a file cannot be read, holds no 2-D image, or the maps do not lie
            on one pixel grid.
        AmbiguousDataError
            If several HDUs fit, or the band cannot be told.
        ParameterError
            If a name or a value is not allowed.

        Examples
        --------
        >>> band = BandData.from_files("f444w.fits[SCI]", wht="f444w.fits[4]")  # doctest: +SKIP
        """
        sci_ref, err_ref, wht_ref = parse_maps(sci, err, wht)
        headers = read_headers(sci_ref.path, sci_ref.ext)
        known = known_instruments(config.facilities)
        instrument = instrument_of_headers(headers, known) or any_instrument(known)
        if band is None:
            band = band_of(headers, sci_ref.path, instrument) or f"HDU{sci_ref.ext}"
        maps = cls(
            facility=instrument.facility,
            instrument=instrument.name,
            survey=without_role(sci_ref.path) if survey is None else survey,
            version=NO_VERSION if version is None else version,
            band=band,
            sci=sci_ref,
            err=err_ref,
            wht=wht_ref,
            zero_point=zero_point,
            pix_scale=pix_scale,
        )
        maps.check_grids()
        return maps

    @overload
    def load_sci(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_sci(self, incl_hdr: Literal[True]) -> _ImageAndHeader: ...
    def load_sci(self, incl_hdr: bool = False) -> FloatImage | _ImageAndHeader:
        """Read the science image.

        Parameters
        ----------
        incl_hdr : bool
            Whether to return its header as well.

        Returns
        -------
        image : ndarray of float32, shape (ny, nx)
            In native byte order.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        image = read_image(self.sci.path, self.sci.ext)
        return (image, self.header.copy()) if incl_hdr else image

    @overload
    def load_err(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_err(self, incl_hdr: Literal[True]) -> _ImageAndHeader: ...
    def load_err(self, incl_hdr: bool = False) -> FloatImage | _ImageAndHeader:
        """Read the rms of the noise, or make it from the weight.

        Parameters
        ----------
        incl_hdr : bool
            Whether to return the header of the map that was read as well.

        Returns
        -------
        image : ndarray of float32, shape (ny, nx)
            In the unit of SCI; infinite where it was made from a bad weight.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        DataNotFoundError
            If the band has neither ERR nor WHT.
        ImageError
            If the map cannot be read or does not lie on the grid of SCI.
        """
        image, header = self._read_noise(self.err or self.wht)
        image = image if self.err else err_from_wht(image)
        return (image, header) if incl_hdr else image

    @overload
    def load_wht(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_wht(self, incl_hdr: Literal[True]) -> _ImageAndHeader: ...
    def load_wht(self, incl_hdr: bool = False) -> FloatImage | _ImageAndHeader:
        """Read the inverse variance of the noise, or make it from the rms.

        Parameters
        ----------
        incl_hdr : bool
            Whether to return the header of the map that was read as well.

        Returns
        -------
        image : ndarray of float32, shape (ny, nx)
            0 where it was made from a bad rms.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        DataNotFoundError
            If the band has neither ERR nor WHT.
        ImageError
            If the map cannot be read or does not lie on the grid of SCI.
        """
        image, header = self._read_noise(self.wht or self.err)
        image = image if self.wht else wht_from_err(image, str(self.err))
        return (image, header) if incl_hdr else image

    def sci_rows(self) -> MapRows:
        """Science image, read a part at a time; see `load_sci`."""
        return MapRows(self.sci, self.shape)

    def err_rows(self) -> MapRows:
        """Rms of the noise, read a part at a time; see `load_err`."""
        return self._noise_rows(self.err or self.wht, None if self.err else "err_from_wht")

    def wht_rows(self) -> MapRows:
        """Inverse variance of the noise, read a part at a time; see `load_wht`."""
        return self._noise_rows(self.wht or self.err, None if self.wht else "wht_from_err")

    def check_grids(self) -> None:
        """Check that ERR and WHT lie on the pixel grid of SCI.

        Raises
        ------
        ImageError
            If shapes differ, or corners differ by more than 0.1 pixel on the sky.
        """
        for ref in (self.err, self.wht):
            if ref is not None:
                check_same_grid(self.sci, self.shape, ref, shape_of(ref))

    def _read_noise(self, ref: MapRef | None) -> _ImageAndHeader:
        ref = self._noise(ref)
        return read_image(ref.path, ref.ext), read_headers(ref.path, ref.ext)[0]

    def _noise_rows(self, ref: MapRef | None, derive: Derivation | None) -> MapRows:
        return MapRows(self._noise(ref), self.shape, derive)

    def _noise(self, ref: MapRef | None) -> MapRef:
        if ref is None:
            raise DataNotFoundError(
                f"{self.name} has neither an ERR nor a WHT map beside {self.sci}; give one of them"
            )
        check_same_grid(self.sci, self.shape, ref, shape_of(ref))
        return ref
