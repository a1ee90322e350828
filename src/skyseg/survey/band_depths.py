"""The depths of a band: measured in empty apertures, or loaded."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.maps import make_maps
from skyseg.engine.sky_apertures import SkyApertures, measure_sky_apertures
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import Advice, ParameterError
from skyseg.imaging import BandMaps
from skyseg.masks.bits import Bits
from skyseg.products.depths import DepthNumbers, Depths, load_or_make_depths
from skyseg.products.names import SingleFile, make_depths_path
from skyseg.products.recipe import Recipe
from skyseg.survey.band_extraction import make_recipe, make_request
from skyseg.survey.forced_detection import Detection, SharedDetection

if TYPE_CHECKING:
    import astropy.units as u

    from skyseg.engine.parameters import Parameters

FEW: Final = 30
"""With fewer empty apertures depths are rough, which is said."""

_MAD_ERROR: Final = 1.17
"""Error of a scatter by the median absolute deviation of n values, in units of it / sqrt(n)."""

logger = logging.getLogger(__name__)


def settle_numbers(n_sigma: float, n_nearest: int) -> DepthNumbers:
    """Check what depths are told by; the arguments are those of `skyseg.BandData.run_depths`.

    Raises
    ------
    ParameterError
        If one is not allowed.
    """
    for name, value, least in (("n_sigma", n_sigma, 0), ("n_nearest", n_nearest, 1)):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least < value < 1e9 or (name == "n_nearest" and value % 1):
            kind = "a number above 0" if name == "n_sigma" else "a whole number of at least 2"
            raise ParameterError(f"is {value!r}", hint=f"give {kind}", argument=name)
    return DepthNumbers(float(n_sigma), int(n_nearest))


def plan_depths(
    maps: BandMaps,
    detection: Detection,
    numbers: DepthNumbers,
    *,
    err_type: ErrType | None,
    parameters: str | Path | Parameters,
    aper_diams: u.Quantity | None,
    mask: Path | None,
    exclude: Bits,
    work_dir: str | Path | None,
) -> tuple[SingleFile, Recipe]:
    """Put down what depths are made from, and where they belong.

    Raises
    ------
    SkysegError
        If an argument is not allowed, or the maps do not fit.
    """
    detection.check(maps)
    plain = make_recipe(
        maps, err_type, "skyseg", parameters, aper_diams, mask=mask, exclude=exclude
    )
    if aper_diams is None and detection.products is not None:
        plain = replace(plain, aper_diams=detection.products.recipe.aper_diams)
    recipe = detection.note(replace(plain, more=numbers.cards))
    paths = make_depths_path(
        instrument=maps.instrument,
        version=maps.version,
        survey=maps.survey,
        band=maps.band,
        detection=detection.name,
        err_type=recipe.err_type,
        suffix=detection.suffix(recipe.set_name),
        work_dir=work_dir,
    )
    return paths, recipe


def measure_depths(
    maps: BandMaps,
    shared: SharedDetection,
    numbers: DepthNumbers,
    paths: SingleFile,
    recipe: Recipe,
    *,
    overwrite: bool,
    verify: bool,
    progress: Progress,
    mapper: Mapper | None,
) -> Depths:
    """Measure the depths that `plan_depths` has put down, or load them.

    Raises
    ------
    SkysegError
        As `skyseg.BandData.run_depths` does.
    """
    start = time.perf_counter()

    def measure() -> SkyApertures:
        request = make_request(maps, recipe)
        measured = measure_sky_apertures(
            make_maps(request.sci, request.err, request.err_type, request.name, mask=request.mask),
            shared.open_labels() if mapper is None else shared.detection.open_labels(),
            [diameter / recipe.pix_scale for diameter in recipe.aper_diams],
            request.parameters,
            known=shared.sky,
            mapper=ThreadMapper() if mapper is None else mapper,
            progress=progress,
        )
        if doubt := _doubt_apertures(measured, recipe):
            logger.warning(replace(doubt, where=maps.name))
        return measured

    found = load_or_make_depths(
        paths,
        recipe,
        numbers,
        measure,
        wcs=maps.wcs,
        unit=maps.unit,
        overwrite=overwrite,
        verify=verify,
    )
    logger.info(
        "%s: depths %s in %.1f s: %s",
        maps.name,
        "made" if found.made else "loaded",
        time.perf_counter() - start,
        found.paths.cat,
    )
    return found


def _doubt_apertures(found: SkyApertures, recipe: Recipe) -> Advice | None:
    """Say which depths are rough, or that there are none."""
    if not found.covered.any():
        return Advice(
            "has no pixel with a measurement, so its depths are NaN",
            "check its maps and its mask if it should have some",
        )
    return _doubt_number([each.flux.size for each in found.apertures], recipe)


def _doubt_number(numbers: Sequence[int], recipe: Recipe) -> Advice | None:
    """Say which depths are of too few empty apertures, and how well they are known."""
    few = [
        (number, diameter)
        for number, diameter in zip(numbers, recipe.aper_diams, strict=True)
        if number < FEW
    ]
    if not few:
        return None
    told = ", ".join(f"{number} of {diameter:g} arcsec" for number, diameter in few)
    least = min(number for number, _ in few)
    known = 2.5 / math.log(10) * _MAD_ERROR / math.sqrt(max(least, 1))
    depths = f"depths to {known:.1f} mag at best" if least > 1 else "no depths"
    return Advice(
        f"few apertures have room beside the sources, {told}, which tell {depths}",
        "use smaller apertures, or take these depths as rough",
    )
