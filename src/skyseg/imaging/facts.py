"""What is known of a band before its pixels are read: names, place, unit and zero point."""

from __future__ import annotations

import logging
import math
from functools import cached_property

from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from skyseg.errors import Advice
from skyseg.imaging.grids import checked_pixel_scale, pixel_scale
from skyseg.imaging.names import checked_name
from skyseg.imaging.reading import list_hdus, read_headers, read_wcs
from skyseg.imaging.refs import MapRef
from skyseg.imaging.tables import html_table
from skyseg.imaging.zero_points import checked_zero_point, header_zero_point, unit_text

logger = logging.getLogger(__name__)


class BandFacts:
    """One band: its names, where its maps are, and what the header of SCI tells.

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
        The rms of its noise, and its inverse variance. One is enough: the other
        is made from it in memory.
    zero_point : float, optional
        AB magnitude of one unit of `sci`; it goes before what the header says.
    pix_scale : Quantity, optional
        Side of a pixel; it serves where the header does not say it.

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
    ) -> None:
        self.facility = checked_name("facility", facility)
        self.instrument = checked_name("instrument", instrument)
        self.survey = checked_name("survey", survey)
        self.version = checked_name("version", version)
        self.band = checked_name("band", band).upper()
        self.sci = sci
        self.err = err
        self.wht = wht
        self._told_zero_point = checked_zero_point(zero_point)
        self._told_pix_scale = checked_pixel_scale(pix_scale)

    @property
    def name(self) -> str:
        """Survey, version and band, for messages."""
        return f"{self.survey} {self.version} {self.band}"

    @property
    def header(self) -> fits.Header:
        """Header of the science image."""
        return self._headers[0]

    @cached_property
    def wcs(self) -> WCS | None:
        """Celestial WCS of the science image; None where it has none."""
        return read_wcs(self.sci.path, self.sci.ext)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Shape of the science image, (ny, nx)."""
        return shape_of(self.sci)

    @cached_property
    def pix_scale(self) -> u.Quantity:
        """Side of a pixel in arcsec.

        From the WCS, else from PIXAR_A2 or PIXAR_SR, else as it was given. Where
        it is unknown a pixel counts as 1 arcsec, so that lengths in arcsec are
        in pixels, and a warning is logged once.
        """
        if self._pix_scale is None:
            what = "the pixel scale is unknown, so one pixel counts as 1 arcsec"
            logger.warning(Advice(what, "give {pix_scale}", where=self.name))
            return 1.0 * u.arcsec
        return self._pix_scale * u.arcsec

    @property
    def unit(self) -> str:
        """Unit of the science image as the header has it; empty where it has none."""
        return unit_text(self._headers)

    @cached_property
    def zero_point(self) -> float:
        """AB magnitude of one unit of the science image.

        As it was given, else from the header by
        `skyseg.imaging.zero_points.header_zero_point`. Where it is unknown it is
        NaN, and a warning is logged once.
        """
        if math.isnan(self._zero_point):
            what = "the zero point is unknown, so magnitudes will be NaN"
            logger.warning(Advice(what, "give {zero_point}", where=self.name))
        return self._zero_point

    @cached_property
    def _zero_point(self) -> float:
        if self._told_zero_point is not None:
            return self._told_zero_point
        scale = self._pix_scale
        area = None if scale is None else (scale * u.arcsec.to(u.rad)) ** 2
        return header_zero_point(self._headers, area)

    @cached_property
    def _pix_scale(self) -> float | None:
        return pixel_scale(self.wcs, self._headers, self._told_pix_scale, self.name)

    @cached_property
    def _headers(self) -> tuple[fits.Header, fits.Header]:
        return read_headers(self.sci.path, self.sci.ext)

    def summary(self) -> dict[str, str]:
        """Return what is known of the band, as text by name.

        Returns
        -------
        dict of str to str
            Survey, version, facility, instrument, band, maps, shape, pixel
            scale, unit and zero point; ``"-"`` for what is not known.
        """
        scale, unknown = self._pix_scale, math.isnan(self._zero_point)
        return {
            "survey": self.survey,
            "version": self.version,
            "facility": self.facility,
            "instrument": self.instrument,
            "band": self.band,
            "SCI": str(self.sci),
            "ERR": str(self.err) if self.err else "1 / sqrt(WHT)" if self.wht else "-",
            "WHT": str(self.wht) if self.wht else "1 / ERR^2" if self.err else "-",
            "shape": f"{self.shape[0]} x {self.shape[1]}",
            "pixel scale": "-" if scale is None else f"{scale:.4g} arcsec",
            "unit": self.unit or "-",
            "zero point": "-" if unknown else f"{self._zero_point:.3f} AB mag",
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.survey} {self.version} {self.instrument} {self.band}>"

    def __str__(self) -> str:
        rows = self.summary()
        width = max(map(len, rows))
        return "\n".join([repr(self), *(f"  {key:<{width}}  {rows[key]}" for key in rows)])

    def _repr_html_(self) -> str:
        return html_table(self.name, ["", ""], [list(row) for row in self.summary().items()])

    def _identity(self) -> tuple[object, ...]:
        names = (self.facility, self.instrument, self.survey, self.version, self.band)
        told = (self._told_zero_point, self._told_pix_scale)
        return (*names, self.sci, self.err, self.wht, *told)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BandFacts):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())


def shape_of(ref: MapRef) -> tuple[int, int]:
    """Return the shape (ny, nx) of a map."""
    ny, nx = list_hdus(ref.path).hdus[ref.ext].shape[-2:]
    return ny, nx
