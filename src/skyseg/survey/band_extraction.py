"""From a band's maps to what a method extracts from them."""

from __future__ import annotations

import logging

import astropy.units as u
import numpy as np

from skyseg import methods
from skyseg.errors import ParameterError
from skyseg.imaging import BandMaps, MapRef, check_maps
from skyseg.imaging.names import Role
from skyseg.methods.base import ErrType, Outcome, Progress, Request
from skyseg.products.provenance import Recipe, Source

logger = logging.getLogger(__name__)


def inputs_of(maps: BandMaps, err_type: ErrType) -> tuple[Source, ...]:
    """Look up the maps that an extraction reads: SCI and the one its noise comes from."""
    wanted: tuple[tuple[Role, MapRef | None], ...] = ("ERR", maps.err), ("WHT", maps.wht)
    order = wanted if err_type == "rms_err" else wanted[::-1]
    noise = [Source.of(role, ref) for role, ref in order if ref is not None]
    return (Source.of("SCI", maps.sci), *noise[:1])


def extract(maps: BandMaps, recipe: Recipe, progress: Progress | None = None) -> Outcome:
    """Read the maps of a band and run the method on them.

    Parameters
    ----------
    maps : BandMaps
        The band.
    recipe : Recipe
        Method, error type and parameters.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.

    Returns
    -------
    Outcome
        SEG, BKG and catalogue.

    Raises
    ------
    ImageError
        If the maps cannot be used.
    DataNotFoundError
        If the band has no error map.
    MethodError
        If the method is not installed or fails.
    """
    sci = maps.load_sci()
    err = maps.load_err() if recipe.err_type == "rms_err" else maps.load_wht()
    n_bad = check_maps(sci, err, recipe.err_type, maps.name)
    if n_bad:
        logger.info("%s: %d of %d pixels are bad", maps.name, n_bad, sci.size)
    request = Request(
        sci=sci,
        err=err,
        err_type=recipe.err_type,
        parameters=recipe.parameters,
        aper_diams=recipe.aper_diams,
        pix_scale=recipe.pix_scale,
        zero_point=recipe.zero_point,
        wcs=maps.wcs,
        unit=maps.unit,
        name=f"{maps.name} {recipe.err_type}",
        progress=progress,
    )
    return methods.get(recipe.method).run(request)


def in_arcsec(aper_diams: u.Quantity) -> tuple[float, ...]:
    """Aperture diameters in arcsec, checked.

    Raises
    ------
    ParameterError
        If they are no angles, or not positive and finite.

    Examples
    --------
    >>> in_arcsec([0.5, 1] * u.arcsec)
    (0.5, 1.0)
    """
    try:
        diameters = np.atleast_1d(u.Quantity(aper_diams).to_value(u.arcsec)).ravel()
    except (TypeError, u.UnitConversionError) as error:
        raise ParameterError(
            f"aper_diams is {aper_diams!r}; it must be angles such as [0.32, 0.5] * u.arcsec"
        ) from error
    if not diameters.size or not np.all(np.isfinite(diameters) & (diameters > 0)):
        raise ParameterError(
            f"aper_diams is {aper_diams}; every diameter must be positive and finite"
        )
    return tuple(float(value) for value in diameters)
