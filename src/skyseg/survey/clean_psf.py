"""The PSF that CLEAN follows: given and turned as the image's stars are, or stacked of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from skyseg.engine.maps import as_psf
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import as_rows
from skyseg.engine.types import FloatImage
from skyseg.engine.wings import MEASURED
from skyseg.errors import DataNotFoundError, ImageError, ParameterError
from skyseg.imaging import MapRef
from skyseg.imaging.reading import read_image
from skyseg.methods.base import Request
from skyseg.products.input_maps import InputMap
from skyseg.products.recipe import Recipe

_SAME_PIXELS: Final = 0.01
_DIGITS: Final = 2


def find_psf(parameters: Parameters) -> tuple[InputMap, ...]:
    """Look up the PSF that CLEAN is to follow, if one is named.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ParameterError
        If there is no CLEAN to follow it.
    """
    if parameters.clean_psf is None:
        return ()
    if not parameters.clean:
        raise ParameterError(
            "clean_psf is given, and clean is False",
            hint="set clean to True, or leave clean_psf out",
        )
    if parameters.clean_psf == MEASURED:
        return ()
    try:
        return (InputMap.of("PSF", MapRef.parse(parameters.clean_psf, None)),)
    except DataNotFoundError as error:
        raise DataNotFoundError(
            error.what, hint=f"correct the path, or give {MEASURED!r} for the PSF of the stars"
        ) from error


def read_psf(ref: MapRef, pix_scale: float) -> FloatImage:
    """Read the image of a PSF, whose pixels must be those of the image.

    Raises
    ------
    ImageError
        If they are not, it cannot be read, or has no light.
    """
    from skyseg.survey.aper_corr_cols import find_scale

    scale = find_scale(ref, pix_scale)
    if abs(scale / pix_scale - 1) > _SAME_PIXELS:
        raise ImageError(
            f"has pixels of {scale:.4g} arcsec, and the image of {pix_scale:.4g}",
            hint="give one on the pixels of the image", where=str(ref),
        )  # fmt: skip
    image = read_image(ref.path, ref.ext)
    try:
        return as_psf(image)
    except ImageError as error:
        raise error.at(str(ref)) from error


def follows_psf(recipe: Recipe) -> bool:
    """Tell whether the CLEAN of a run follows a PSF."""
    given = any(each.role == "PSF" for each in recipe.inputs)
    return given or recipe.parameters.clean_psf is not None


def follow_stars(request: Request, name: str) -> tuple[Request, dict[str, Any]]:
    """Turn the PSF of a request as the stars of its image are, or stack these.

    Parameters
    ----------
    request : Request
        What is asked for.
    name : str
        Of the band, for the error.

    Returns
    -------
    request : Request
        The same, with that PSF.
    facts : dict
        The angle in degrees, if a PSF was given; else of how many stars it is, and how many
        pixels it reaches.

    Raises
    ------
    ImageError
        If a PSF is to be measured, and there are too few stars.
    """
    if request.parameters.clean_psf == MEASURED:
        from skyseg.engine.psf_stack import stack_stars

        try:
            psf, n_stars = stack_stars(as_rows(request.sci))
        except ImageError as error:
            raise error.at(name) from error
        return replace(request, psf=psf), {"psf_star": n_stars, "psf_far": psf.shape[0] // 2}
    if request.psf is None:
        return request, {}
    from skyseg.engine.psf_angle import fit_angle, turn

    angle = fit_angle(as_rows(request.sci), request.psf)
    turned = turn(request.psf, angle) if angle else request.psf
    return replace(request, psf=turned), {"psf_turn": round(angle, _DIGITS)}
