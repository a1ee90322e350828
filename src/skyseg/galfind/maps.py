"""A band's maps by galfind's names: where they are, what they tell, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import astropy.units as u
from astropy.io import fits
from astropy.wcs import WCS

from skyseg.engine.types import FloatImage
from skyseg.errors import ParameterError
from skyseg.galfind.absent import pass_over, refuse_attribute
from skyseg.galfind.filters import Filter, Multiple_Filter
from skyseg.imaging import MapRef
from skyseg.imaging.reading import open_hdus, read_headers
from skyseg.survey import BandData


class BandMapNames:
    """A band's maps; see `skyseg.galfind.Band_Data` for the arguments.

    Attributes
    ----------
    skyseg : skyseg.BandData
        The band, with all that skyseg offers.
    """

    def __init__(
        self,
        filt: Filter | Multiple_Filter,
        survey: str,
        version: str,
        im_path: str | Path,
        im_ext: int,
        rms_err_path: str | Path | None = None,
        rms_err_ext: int | None = None,
        wht_path: str | Path | None = None,
        wht_ext: int | None = None,
        pix_scale: u.Quantity | None = None,
        im_ext_name: str | Sequence[str] | None = None,
        rms_err_ext_name: str | Sequence[str] | None = None,
        wht_ext_name: str | Sequence[str] | None = None,
        *,
        aper_diams: u.Quantity | None = None,
        **without: Any,
    ) -> None:
        if without.pop("psf", None) is not None:
            raise refuse_attribute(self, "psf")
        pass_over(type(self).__name__, without, ("use_galfind_err",))
        self._adopt(
            BandData.from_files(
                _find_map(im_path, im_ext, im_ext_name, "im_ext_name"),
                None if rms_err_path is None
                else _find_map(rms_err_path, rms_err_ext, rms_err_ext_name, "rms_err_ext_name"),
                None if wht_path is None
                else _find_map(wht_path, wht_ext, wht_ext_name, "wht_ext_name"),
                survey, version, filt.filt_name, pix_scale=pix_scale,
                instrument=filt.instrument_name,
            )
        )  # fmt: skip
        if aper_diams is not None:
            self.load_aper_diams(aper_diams)

    @classmethod
    def from_skyseg(cls, band: BandData) -> Self:
        """Give a band of skyseg galfind's names.

        Examples
        --------
        >>> from skyseg.galfind import Band_Data
        >>> Band_Data.from_skyseg(band).filt_name
        'F444W'
        """
        made = cls.__new__(cls)
        made._adopt(band)
        return made

    def _adopt(self, band: BandData) -> None:
        self.skyseg = band

    def __getattr__(self, name: str) -> Any:
        raise refuse_attribute(self, name)

    @property
    def survey(self) -> str:
        """Name of the survey."""
        return self.skyseg.survey

    @property
    def version(self) -> str:
        """Its version."""
        return self.skyseg.version

    @property
    def filt_name(self) -> str:
        """Name of the filter; of a stack those of its filters, joined by ``+``."""
        return self.skyseg.band

    @property
    def instr_name(self) -> str:
        """Name of the instrument."""
        return self.skyseg.instrument

    @property
    def ZP(self) -> float:  # noqa: N802, RUF100
        """AB magnitude of one unit of the image."""
        return self.skyseg.zero_point

    @property
    def pix_scale(self) -> u.Quantity:
        """Side of a pixel."""
        return self.skyseg.pix_scale

    @property
    def data_shape(self) -> tuple[int, int]:
        """Shape of the image, (ny, nx)."""
        return self.skyseg.shape

    @property
    def im_path(self) -> str:
        """File of the image."""
        return str(self.skyseg.sci.path)

    @property
    def im_ext(self) -> int:
        """Number of the image's HDU."""
        return self.skyseg.sci.ext

    @property
    def rms_err_path(self) -> str | None:
        """File of the error map."""
        return None if self.skyseg.err is None else str(self.skyseg.err.path)

    @property
    def rms_err_ext(self) -> int | None:
        """Number of the error map's HDU."""
        return None if self.skyseg.err is None else self.skyseg.err.ext

    @property
    def wht_path(self) -> str | None:
        """File of the weight map."""
        return None if self.skyseg.wht is None else str(self.skyseg.wht.path)

    @property
    def wht_ext(self) -> int | None:
        """Number of the weight map's HDU."""
        return None if self.skyseg.wht is None else self.skyseg.wht.ext

    @property
    def aper_diams(self) -> u.Quantity:
        """Aperture diameters."""
        return self.skyseg.aper_diams

    def load_aper_diams(self, aper_diams: u.Quantity) -> None:
        """Set the aperture diameters; see `skyseg.BandData.load_aper_diams`."""
        self.skyseg.load_aper_diams(aper_diams)

    set_aper_diams = load_aper_diams

    def load_im(self, return_hdul: bool = False) -> tuple[Any, ...]:
        """Read the image: pixels and header, and the open file where it is asked for."""
        found = self.skyseg.load_sci(), self.skyseg.header
        return (*found, open_hdus(self.skyseg.sci.path)) if return_hdul else found

    def load_rms_err(self, output_hdr: bool = False) -> FloatImage | tuple[FloatImage, fits.Header]:
        """Read the error map, and its header where it is asked for."""
        return _with_header(self.skyseg.load_err(), self.skyseg.err, output_hdr)

    def load_wht(self, output_hdr: bool = False) -> FloatImage | tuple[FloatImage, fits.Header]:
        """Read the weight map, and its header where it is asked for."""
        return _with_header(self.skyseg.load_wht(), self.skyseg.wht, output_hdr)

    def load_wcs(self) -> WCS | None:
        """Return the WCS of the image."""
        return self.skyseg.wcs

    def _identity(self) -> tuple[object, ...]:
        scale = round(float(self.pix_scale.to_value(u.arcsec)), 9)
        return (
            self.survey, self.version, self.instr_name, self.filt_name, self.im_path, self.im_ext,
            self.rms_err_path, self.rms_err_ext, self.wht_path, self.wht_ext, scale,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BandMapNames):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.instr_name}/{self.filt_name})"

    def __str__(self) -> str:
        return str(self.skyseg)

    def _repr_html_(self) -> str:
        return self.skyseg._repr_html_()


def _find_map(
    path: str | Path, ext: int | None, names: str | Sequence[str] | None, argument: str
) -> MapRef:
    ref = MapRef.parse(path if ext is None else f"{path}[{ext}]", None)
    known = [names] if isinstance(names, str) else names
    if known is not None and ref.name.split(",")[0] not in [each.upper() for each in known]:
        raise ParameterError(
            f"is {', '.join(known)}, and {ref} has another", hint="give its EXTNAME",
            argument=argument,
        )  # fmt: skip
    return ref


def _with_header(
    pixels: FloatImage, ref: MapRef | None, output_hdr: bool
) -> FloatImage | tuple[FloatImage, fits.Header]:
    if not output_hdr:
        return pixels
    assert ref is not None
    return pixels, read_headers(ref.path, ref.ext)[0]
