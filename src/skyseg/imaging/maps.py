"""The maps of one band on disk: what their headers tell, and pixels when they are asked for."""

from __future__ import annotations

import copy
import logging
import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args, overload

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.parameters import WeightType
from skyseg.engine.rows import Window
from skyseg.engine.types import ErrType, FloatImage, Slices, check_err_type
from skyseg.errors import Advice, DataNotFoundError, ImageError, ParameterError, check_switch
from skyseg.imaging.bands import choose_instrument, identify_band
from skyseg.imaging.grids import check_pixel_scale, check_same_grid, pixel_scale
from skyseg.imaging.instruments import known_instruments, name_instrument
from skyseg.imaging.names import check_name
from skyseg.imaging.quality import err_from_variance, err_from_wht, wht_from_err
from skyseg.imaging.reading import (
    precision_of,
    read_headers,
    read_image,
    read_sky,
    view_headers,
)
from skyseg.imaging.refs import MapRef, name_hdu, parse_maps
from skyseg.imaging.roles import without_role
from skyseg.imaging.rows import Derivation, FlagMapRows, MapRows, MarkRows
from skyseg.imaging.sky import Sky
from skyseg.imaging.tables import facts_text, html_table
from skyseg.imaging.zero_points import ZeroPoint, check_zero_point, find_zero_point, unit_text
from skyseg.settings import config

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.wcs import WCS

# what is kept of maps, and is another for a part of them
_OF_A_PART = ("_headers", "shape", "sky")

_ARCSEC = math.radians(1 / 3600)

NO_VERSION = "v0"
"""Version of imaging that was given none."""

_ImageAndHeader = tuple[FloatImage, fits.Header]

logger = logging.getLogger(__name__)


class BandMaps:
    """The maps of one band on disk, read when they are asked for and never changed.

    Parameters
    ----------
    facility, instrument : str
        As ``"JWST"`` and ``"NIRCam"``.
    survey, version, band : str
        Names; they become parts of the products' paths. The band is kept in
        upper case.
    sci : MapRef
        The science image.
    err, wht : MapRef, optional
        The rms of its noise (or its variance, see `MapRef.is_variance`), and its
        inverse variance. One is enough: the other is made from it in memory. Without
        either the noise can be taken from the image alone.
    zero_point : float, optional
        AB magnitude of one unit of `sci`; it goes before what the header says.
    pix_scale : Quantity, optional
        Side of a pixel; it serves where the header does not say it.
    same_grid : bool
        Whether the maps lie on one pixel grid whatever their WCS say.

    Attributes
    ----------
    part : tuple of slice or None
        The part of the maps on disk that these are, see `cut`; None for all.

    Raises
    ------
    ParameterError
        If a name holds a path separator or ``..``, or a value is not allowed.
    """

    def __init__(
        self,
        *,
        facility: str,
        instrument: str,
        survey: str,
        version: str,
        band: str,
        sci: MapRef,
        err: MapRef | None = None,
        wht: MapRef | None = None,
        zero_point: float | None = None,
        pix_scale: u.Quantity | None = None,
        same_grid: bool = False,
    ) -> None:
        self.facility = check_name("facility", facility)
        self.instrument = check_name("instrument", instrument)
        self.survey = check_name("survey", survey)
        self.version = check_name("version", version)
        self.band = check_name("band", band).upper()
        self.sci = sci
        self.err = err
        self.wht = wht
        self._told_zero_point = check_zero_point(zero_point)
        self._told_pix_scale = check_pixel_scale(pix_scale)
        self._same_grid = check_switch(same_grid, "same_grid")
        self._told_of_grid: set[MapRef] = set()
        self.part: Slices | None = None

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
        same_grid: bool = False,
        *,
        instrument: str | None = None,
    ) -> Self:
        """Take maps that lie anywhere.

        Parameters and errors are those of `skyseg.BandData.from_files`.
        """
        sci_ref, err_ref, wht_ref = parse_maps(sci, err, wht)
        headers = view_headers(sci_ref.path, sci_ref.ext)
        known = known_instruments(config.facilities)
        camera = (
            choose_instrument(headers, sci_ref.path, known)
            if instrument is None
            else name_instrument(instrument, known)
        )
        name, part, hdu = without_role(sci_ref.path), name_hdu(sci_ref), f"HDU{sci_ref.ext}"
        if band is None:
            band = identify_band(headers, sci_ref.path, camera) or (hdu if part else name)
        if survey is None:
            survey = name + (f"_{part}" if part and band != hdu else "")
        maps = cls(
            facility=camera.facility,
            instrument=camera.name,
            survey=survey,
            version=NO_VERSION if version is None else version,
            band=band,
            sci=sci_ref,
            err=err_ref,
            wht=wht_ref,
            zero_point=zero_point,
            pix_scale=pix_scale,
            same_grid=same_grid,
        )
        maps.check_grids()
        return maps

    def cut(self, part: Slices | None) -> Self:
        """Return a part of the maps on disk, as maps of their own.

        Parameters
        ----------
        part : tuple of slice or None
            Rows and columns of the maps on disk, whatever part these are of, with starts
            and stops; None for all.
        """
        if part == self.part:
            return self
        other = copy.copy(self)
        for name in _OF_A_PART:
            other.__dict__.pop(name, None)
        other.part = part
        return other

    def with_zero_point(self, zero_point: float | None) -> Self:
        """Return the same maps with another zero point; None for that of the header."""
        if zero_point == self._told_zero_point:
            return self
        other = copy.copy(self)
        for name in ("zero_point", "_zero_point"):
            other.__dict__.pop(name, None)
        other._told_zero_point = check_zero_point(zero_point)
        return other

    @property
    def name(self) -> str:
        """Survey, version and band, for messages."""
        return f"{self.survey} {self.version} {self.band}"

    @property
    def err_types(self) -> tuple[ErrType, ...]:
        """Error types that its maps allow: all, or ``"none"`` alone where it has no error map."""
        return ("none",) if self.err is None and self.wht is None else get_args(ErrType)

    @property
    def header(self) -> fits.Header:
        """Header of the science image."""
        return self._headers[0]

    @property
    def wcs(self) -> WCS | None:
        """Celestial WCS of the science image; None where it has none that can be used."""
        return None if self.sky is None else self.sky.wcs

    @cached_property
    def sky(self) -> Sky | None:
        """Where its pixels lie on the sky; None where it has no WCS that can be used."""
        whole = read_sky(self.sci.path, self.sci.ext, quiet=self.part is not None)
        return whole if whole is None or self.part is None else whole.cut(self.part)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Shape of the science image, (ny, nx)."""
        if self.part is None:
            return self.sci.shape
        rows, columns = self.part
        return rows.stop - rows.start, columns.stop - columns.start

    @property
    def pix_scale(self) -> u.Quantity:
        """`pix_scale_arcsec` with its unit."""
        import astropy.units as u

        return self.pix_scale_arcsec * u.arcsec

    @cached_property
    def pix_scale_arcsec(self) -> float:
        """Side of a pixel in arcsec.

        From the WCS, else from PIXAR_A2 or PIXAR_SR, else as it was given. Where
        it is unknown a pixel counts as 1 arcsec, so that lengths in arcsec are
        in pixels, and a warning is logged once.
        """
        if self._pix_scale is None:
            logger.warning(
                Advice(
                    "the pixel scale is unknown, so one pixel counts as 1 arcsec",
                    "give {pix_scale}",
                    where=self.name,
                )
            )
            return 1.0
        return self._pix_scale

    @property
    def unit(self) -> str:
        """Unit of the science image as the header has it; empty where it has none."""
        return unit_text(self._headers)

    @cached_property
    def zero_point(self) -> float:
        """AB magnitude of one unit of the science image.

        As it was given, else from the header by
        `skyseg.imaging.zero_points.find_zero_point`. Where it is unknown it is
        NaN, and a warning is logged once.
        """
        found = self._zero_point
        if math.isnan(found.value):
            why = f" ({found.remark})" if found.remark else ""
            what = f"the zero point is unknown{why}, so magnitudes will be NaN"
            logger.warning(Advice(what, "give {zero_point}", where=self.name))
        elif found.remark:
            hint = "give {zero_point} if it is another"
            logger.warning(Advice(found.remark, hint, where=self.name))
        return found.value

    @property
    def given_zero_point(self) -> float | None:
        """The zero point where it was given, and not read from the header."""
        return self._told_zero_point

    @property
    def known_zero_point(self) -> float:
        """`zero_point` without a word in the log; NaN where it is unknown."""
        return self._zero_point.value

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
        image = self._read(self.sci)
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
        single = (image if self.err else err_from_wht(image)).astype(np.float32, copy=False)
        return (single, header) if incl_hdr else single

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
        with np.errstate(over="ignore"):
            single = image.astype(np.float32, copy=False)
        return (single, header) if incl_hdr else single

    def sci_rows(self) -> MapRows:
        """Science image, read a part at a time; see `load_sci`."""
        return MapRows(self.sci, self.shape, origin=self._origin)

    def err_rows(self) -> MapRows:
        """Rms of the noise, read a part at a time; see `load_err`."""
        return self._noise_rows(self.err or self.wht, None if self.err else "err_from_wht")

    def wht_rows(self) -> MapRows:
        """Inverse variance of the noise, read a part at a time; see `load_wht`."""
        return self._noise_rows(self.wht or self.err, None if self.wht else "wht_from_err")

    def noise_rows(
        self,
        err_type: ErrType,
        weight_type: WeightType | None = None,
        *,
        any_scale: bool = False,
    ) -> MapRows | None:
        """Error map that an error type takes the noise from, read a part at a time.

        Parameters
        ----------
        err_type : {"rms_err", "wht", "none"}
            The rms of the noise, or its inverse variance.
        weight_type : str, optional
            What the parameters say that the map holds. With ``"MAP_VAR"`` ERR is taken for a
            variance whatever its name, and no root is taken of it.
        any_scale : bool
            Whether weights and variances that single precision does not hold may come
            divided by a power of two (`MapRows.exponent`), as where their scale is measured.

        Returns
        -------
        MapRows or None
            None for ``"none"``, which takes the noise from the image itself.

        Raises
        ------
        ParameterError
            If there is no such error type.
        DataNotFoundError
            If the band has neither ERR nor WHT.
        ImageError
            If weights or variances are beyond 32-bit numbers and have to come as they are.
        """
        if check_err_type(err_type) == "none":
            return None
        if err_type == "wht":
            rows = self.wht_rows()
        elif weight_type != "MAP_VAR":
            return self.err_rows()
        elif self.err is None:
            rows = self._noise_rows(self.wht, "variance_from_wht")
        else:
            rows = replace(self.err_rows(), is_variance=False)
        scaled = rows.to_scale()
        if scaled.exponent and not any_scale:
            kind = "weights" if err_type == "wht" else "variances"
            raise ImageError(
                f"{rows.ref} has {kind} of about 1e{round(scaled.exponent * math.log10(2))}, which "
                "are beyond 32-bit numbers",
                hint="give the maps in another unit, or have the weights scaled "
                "(rescale_weights, without weight_thresh)",
            )
        return scaled

    def flag_rows(self, ref: MapRef, *, is_blank_zero: bool = False) -> FlagMapRows:
        """Open a map of flags or sources of the band, read a part at a time.

        Parameters
        ----------
        ref : MapRef
            The map.
        is_blank_zero : bool
            Whether NaN is 0, as in a map of sources.

        Raises
        ------
        ImageError
            If it does not lie on the pixel grid of SCI.
        """
        self._check_grid(ref)
        return FlagMapRows(ref, self.shape, self._origin, is_blank_zero)

    def mark_rows(self, ref: MapRef, dq_bits: int | None) -> MarkRows:
        """Open what a mask or DQ map of the band marks, read a part at a time.

        Parameters
        ----------
        ref : MapRef
            The map.
        dq_bits : int or None
            The bits that mark a pixel; None for any number but 0.

        Raises
        ------
        ImageError
            If it does not lie on the pixel grid of SCI.
        """
        self._check_grid(ref)
        return MarkRows(ref, self.shape, self._origin, dq_bits)

    def load_part(self, ext: str, part: Slices) -> FloatImage:
        """Read a part of a map, and not the rest of it.

        Parameters
        ----------
        ext : {"SCI", "ERR", "WHT"}
            Which map.
        part : tuple of slice
            Its rows and columns, with their starts and stops.

        Raises
        ------
        ParameterError
            If there is no map of that name.
        SkysegError
            As the map's own ``load_`` method does.
        """
        readers = {"SCI": self.sci_rows, "ERR": self.err_rows, "WHT": self.wht_rows}
        if not isinstance(ext, str) or ext not in readers:
            raise ParameterError(
                f"is {ext!r}", hint="it must be SCI, ERR, WHT, SEG or BKG", argument="ext"
            )
        rows, columns = part
        return readers[ext]().read(Window(rows.start, rows.stop, columns.start, columns.stop))

    def check_grids(self) -> None:
        """Check that ERR and WHT lie on the pixel grid of SCI.

        Raises
        ------
        ImageError
            If shapes differ, or pixels differ by more than 0.1 pixel on the sky.
        """
        for ref in (self.err, self.wht):
            if ref is not None:
                self._check_grid(ref)

    def _check_grid(self, ref: MapRef) -> None:
        """Check the grid of one map; what is to be said of it is said once."""
        advice = check_same_grid(
            self.sci, self.sci.shape, ref, ref.shape, same_grid=self._same_grid
        )
        if advice is not None and ref not in self._told_of_grid:
            self._told_of_grid.add(ref)
            logger.warning(advice)

    def _read_noise(self, ref: MapRef | None) -> tuple[npt.NDArray[Any], fits.Header]:
        ref = self._noise(ref)
        image = self._read(ref, precision_of(ref.path, ref.ext))
        if ref == self.err and ref.is_variance:
            image = err_from_variance(image)
        return image, self._cut_header(read_headers(ref.path, ref.ext)[0])

    def _noise_rows(self, ref: MapRef | None, derive: Derivation | None) -> MapRows:
        ref = self._noise(ref)
        is_variance = ref == self.err and ref.is_variance
        return MapRows(ref, self.shape, derive, is_variance, self._origin)

    @property
    def _origin(self) -> tuple[int, int]:
        return (0, 0) if self.part is None else (self.part[0].start, self.part[1].start)

    def _read(self, ref: MapRef, dtype: type[Any] = np.float32) -> npt.NDArray[Any]:
        image = read_image(ref.path, ref.ext, dtype)
        return image if self.part is None else image[self.part].copy()

    def _cut_header(self, header: fits.Header) -> fits.Header:
        """Put size and reference pixel of the part into a header."""
        if self.part is None:
            return header
        header = header.copy()
        for axis, start, length in zip((2, 1), self._origin, self.shape, strict=True):
            header[f"NAXIS{axis}"] = length
            if f"CRPIX{axis}" in header:
                header[f"CRPIX{axis}"] -= start
        return header

    def _noise(self, ref: MapRef | None) -> MapRef:
        if ref is None:
            raise DataNotFoundError(
                f"{self.name} has neither an ERR nor a WHT map for {self.sci}",
                hint="give one of them, or take the noise from the image itself with "
                "{err_type_none}",
            )
        self._check_grid(ref)
        return ref

    @cached_property
    def _zero_point(self) -> ZeroPoint:
        if self._told_zero_point is not None:
            return ZeroPoint(self._told_zero_point)
        scale = self._pix_scale
        area = None if scale is None else (scale * _ARCSEC) ** 2
        return find_zero_point(self._headers, area)

    @cached_property
    def _pix_scale(self) -> float | None:
        return pixel_scale(self.sky, self._headers, self._told_pix_scale, self.name)

    @cached_property
    def _headers(self) -> tuple[fits.Header, fits.Header]:
        header, primary = read_headers(self.sci.path, self.sci.ext)
        return self._cut_header(header), primary

    def summary(self) -> dict[str, str]:
        """Return what is known of the band, as text by name.

        Returns
        -------
        dict of str to str
            Survey, version, facility, instrument, band, maps, shape, pixel
            scale, unit and zero point; ``"-"`` for what is not known.
        """
        scale, zero_point = self._pix_scale, self._zero_point.value
        return {
            "survey": self.survey,
            "version": self.version,
            "facility": self.facility,
            "instrument": self.instrument,
            "band": self.band,
            "SCI": str(self.sci),
            "ERR": self._describe_err(),
            "WHT": str(self.wht) if self.wht else "1 / ERR^2" if self.err else "-",
            "shape": f"{self.shape[0]} x {self.shape[1]}",
            "pixel scale": "-" if scale is None else f"{scale:.4g} arcsec",
            "unit": self.unit or "-",
            "zero point": "-" if math.isnan(zero_point) else f"{zero_point:.3f} AB mag",
        }

    def _describe_err(self) -> str:
        if self.err is None:
            return "1 / sqrt(WHT)" if self.wht else "-"
        return f"sqrt({self.err})" if self.err.is_variance else str(self.err)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is known now, for a copy: another thread may read more meanwhile."""
        return self.__dict__.copy()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.survey} {self.version} {self.instrument} {self.band}>"

    def __str__(self) -> str:
        return facts_text(repr(self), self.summary())

    def _repr_html_(self) -> str:
        return html_table(self.name, ["", ""], [list(row) for row in self.summary().items()])

    def _identity(self) -> tuple[object, ...]:
        names = (self.facility, self.instrument, self.survey, self.version, self.band)
        told = (self._told_zero_point, self._told_pix_scale)
        part = None if self.part is None else (*self._origin, *self.shape)
        return (*names, self.sci, self.err, self.wht, *told, part)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BandMaps):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())
