"""Fluxes in fixed apertures, corrected for the light of a point source outside of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import QTable

from skyseg.engine.aper_corrs import measure_enclosed_light
from skyseg.engine.types import FloatArray
from skyseg.errors import ImageError, ParameterError
from skyseg.imaging import MapRef
from skyseg.imaging.grids import pixel_scale
from skyseg.imaging.reading import read_image, read_sky, view_headers
from skyseg.methods.filled import with_unit


def append_aper_corr_cols(
    table: QTable, psf: MapRef, aper_diams: Sequence[float], pix_scale: float, end: str = ""
) -> None:
    """Give a catalogue fluxes in apertures that are corrected for the light outside of them.

    Parameters
    ----------
    table : QTable
        A catalogue with FLUX_APER and FLUXERR_APER, which is changed: FLUX_APER_CORR and
        FLUXERR_APER_CORR are those divided by the part of the light of a point source that an
        aperture holds.
    psf : MapRef
        Image of the PSF. The side of its pixels is PIXELSCL of its header, in arcsec, else
        that of its WCS, else ``pix_scale``.
    aper_diams : sequence of float
        Diameters in arcsec.
    pix_scale : float
        Side of a pixel of the band in arcsec.
    end : str, optional
        What the names of the columns end in.

    Raises
    ------
    ParameterError
        If the catalogue has not these columns.
    ImageError
        If the PSF cannot be read, or does not hold the apertures.
    """
    enclosed = measure_enclosed(psf, aper_diams, pix_scale)
    parts = ", ".join(f"{each:.4f}" for each in enclosed)
    for kind in ("FLUX", "FLUXERR"):
        name = f"{kind}_APER{end}"
        if name not in table.colnames:
            raise ParameterError(
                f"has no {name}", hint="give a catalogue with it", argument="table"
            )
        values = np.asarray(getattr(table[name], "value", table[name]))
        count = 1 if values.ndim == 1 else values.shape[1]
        by = enclosed[0] if values.ndim == 1 else enclosed[:count]
        about = f"{name} over the part of a point source's light that is inside, {parts}"
        table[f"{kind}_APER_CORR{end}"] = with_unit(
            (values / by).astype(values.dtype), table[name].unit, about
        )


def measure_enclosed(psf: MapRef, aper_diams: Sequence[float], pix_scale: float) -> FloatArray:
    """Measure the part of a point source's light that apertures hold; see above.

    Raises
    ------
    ImageError
        If the PSF cannot be read, or does not hold the apertures.
    """
    scale = find_scale(psf, pix_scale)
    image = read_image(psf.path, psf.ext)
    try:
        return measure_enclosed_light(image, [each / scale for each in aper_diams])
    except ImageError as error:
        raise error.at(str(psf)) from error


def find_scale(psf: MapRef, pix_scale: float) -> float:
    """Find the side of the pixels of a PSF in arcsec; where nothing tells it, one that is given."""
    headers = view_headers(psf.path, psf.ext)
    for header in headers:
        told = header.get("PIXELSCL")
        if isinstance(told, int | float) and told > 0:
            return float(told)
    known = pixel_scale(read_sky(psf.path, psf.ext, quiet=True), headers, None, str(psf))
    return pix_scale if known is None else known
