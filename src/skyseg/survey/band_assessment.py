"""How far a run of a band can be trusted: the same run on its negative, sources put into it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.assessment import Assessment, Completeness, Injection, Purity, count_negatives
from skyseg.assessment.cutouts import Cutouts
from skyseg.assessment.injecting import Light, inject, see_sources
from skyseg.assessment.injection import InjectedSources, Labels
from skyseg.assessment.profiles import Psf
from skyseg.assessment.stars import measure_psf
from skyseg.engine.mappers import Mapper
from skyseg.engine.rows import Window, as_box, as_rows
from skyseg.engine.segmentation import report_within
from skyseg.engine.types import LabelImage, Progress
from skyseg.errors import ImageError, ParameterError, SkysegError
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.reading import read_image
from skyseg.methods.base import Request
from skyseg.products import Products
from skyseg.products.recipe import Recipe
from skyseg.survey.aper_corr_cols import find_scale
from skyseg.survey.band_extraction import make_run_request
from skyseg.survey.clean_psf import follows_psf

if TYPE_CHECKING:
    from astropy.table import QTable

_LEAST_ROWS: Final = 512
_PIXELS: Final = 2**23  # of the rows of labels that are read at once
_KEPT: Final = 4
_FAINT: Final = 0.2
_AROUND: Final = (-3.0, 2.0)
_INJECTED: Final = 0.7


def assess_run(
    maps: BandMaps,
    products: Products,
    injection: Injection | None,
    progress: Progress,
    mapper: Mapper | None,
) -> Assessment:
    """Run what made the products of a band on its negative image, and on sources put into it.

    Raises
    ------
    SkysegError
        As the run itself does; or if the magnitudes or the PSF of the sources are neither
        given nor told by the catalogue.
    """
    recipe = products.recipe
    if recipe.hot is not None and injection is not None:
        raise ParameterError(
            "sources can be put into runs of one pass, and this one has two",
            hint="assess it by its negative alone, or a run of each set",
            where=maps.name,
        )
    if injection is not None and follows_psf(recipe):
        raise ParameterError(
            "sources cannot be put into runs whose CLEAN follows a PSF",
            hint="assess it by its negative alone, or a run without clean_psf",
            where=maps.name,
        )
    if injection is not None and math.isnan(recipe.zero_point):
        raise ParameterError(
            "the zero point is not known, and sources of some magnitude cannot be put in",
            hint="give {zero_point}", where=maps.name,
        )  # fmt: skip
    values = ", ".join(f"{key} {value}" for key, value in recipe.parameters.to_sextractor().items())
    settings = {"band": maps.name, **products.summary(), "values": values}
    catalogue, completeness, begin = products.load_cat(), None, 0.0
    request = make_run_request(maps.cut(recipe.part), recipe, progress, mapper=mapper)
    # before the negative: whether the sources can be put in is told by then
    if injection is not None:
        begin = _INJECTED
        seen = replace(request, progress=report_within(progress, 0.0, begin))
        completeness, told = _put_in(seen, maps.name, products, catalogue, injection, mapper)
        settings |= told
    turned = replace(request, progress=report_within(progress, begin, 1.0))
    negative = count_negatives(turned, recipe.method)
    purity = Purity.of(catalogue, negative, recipe.zero_point)
    return Assessment(maps.name, purity, completeness, settings, products.run_id)


def _put_in(
    request: Request, name: str, products: Products, catalogue: QTable, injection: Injection,
    mapper: Mapper | None,
) -> tuple[Completeness, dict[str, str]]:  # fmt: skip
    """Put sources into a band's image; return what is found, and what was put in as text."""
    recipe = products.recipe
    part = _part_of(request)
    labels = _Labels(products, part.shape[1]).read
    see = _see_cutouts if injection.kind == "cutout" else _see_profiles
    try:
        sources, lights, told = see(request, recipe, catalogue, labels, injection, part)
    except SkysegError as error:
        raise error.at(name) from error
    fates = inject(
        request, recipe.method, sources, lights, labels, seed=injection.seed, mapper=mapper
    )
    found = Completeness.of(fates, recipe.zero_point, recipe.pix_scale, part)
    return found, {
        "injected": f"{len(fates.sources)} sources in {fates.n_passes} passes",
        **told,
        "seed": str(injection.seed),
    }


_Seen = tuple[InjectedSources, Sequence[Light], dict[str, str]]


def _see_profiles(
    request: Request, recipe: Recipe, catalogue: QTable, labels: Labels, injection: Injection,
    part: Window,
) -> _Seen:  # fmt: skip
    """Draw profiles; return them, how they look, and what they are as text."""
    del labels
    mags = _choose_mags(injection, catalogue, recipe.zero_point)
    psf = _choose_psf(request, catalogue, injection)
    _check_width(psf, part, recipe.pix_scale)
    sources = injection.draw(mags, recipe.pix_scale, part)
    width = f"{_tell_psf(injection)}, FWHM {psf.fwhm * recipe.pix_scale:.3f} arcsec"
    return sources, see_sources(sources, psf), {**_tell_sources(injection, mags), "psf": width}


def _see_cutouts(
    request: Request, recipe: Recipe, catalogue: QTable, labels: Labels, injection: Injection,
    part: Window,
) -> _Seen:  # fmt: skip
    """Cut sources out of the image; return them, how they look, and what they are as text."""
    cutouts = Cutouts.of(
        as_rows(request.sci), catalogue, labels, part, recipe.zero_point, injection.seed
    )
    bright, faint = _choose_mags(injection, catalogue, recipe.zero_point)
    if injection.mags is None:
        bright = max(bright, math.ceil(10 * cutouts.brightest) / 10)
        faint = max(bright, faint)
    drawn = injection.draw((bright, faint), recipe.pix_scale, part)
    sources, lights = cutouts.choose(drawn, injection.seed)
    used = f"{len(set(map(id, lights)))} sources of the image"
    return sources, lights, {**_tell_sources(injection, (bright, faint)), "cutouts": used}


def _tell_sources(injection: Injection, mags: tuple[float, float]) -> dict[str, str]:
    if injection.sources is not None:
        return {"kind": "a table"}
    told = {"kind": injection.kind, "magnitudes": f"{mags[0]:g} to {mags[1]:g}"}
    if injection.kind != "sersic":
        return told
    small, large = injection.sizes
    return {**told, "half-light radii": f"{small:g} to {large:g} arcsec"}


def _tell_psf(injection: Injection) -> str:
    if injection.psf is None:
        return "measured of stars"
    return "a Gaussian" if isinstance(injection.psf, int | float) else str(injection.psf)


class _Labels:
    """Labels of a run, of which the rows that were read last are kept."""

    def __init__(self, products: Products, width: int) -> None:
        self._products = products
        self._rows = max(_PIXELS // width, _LEAST_ROWS)
        self._strip = lru_cache(maxsize=_KEPT)(self._read_strip)

    def read(self, window: Window) -> LabelImage:
        """Read the labels of a part."""
        first, last = window.y0 // self._rows, (window.y1 - 1) // self._rows
        parts = []
        for number in range(first, last + 1):
            top = number * self._rows
            rows = slice(max(window.y0 - top, 0), window.y1 - top)
            parts.append(self._strip(number)[rows, window.x0 : window.x1])
        return parts[0] if first == last else np.concatenate(parts)

    def _read_strip(self, number: int) -> LabelImage:
        part = slice(number * self._rows, (number + 1) * self._rows), slice(None)
        return np.asarray(self._products.load_part("SEG", part), np.int32)


def _choose_mags(injection: Injection, catalogue: QTable, zero_point: float) -> tuple[float, float]:
    """Return the magnitudes that are asked for, or some around the limit of a catalogue.

    The limit is what a fifth of it is fainter than. NaN for sources of a table, which have theirs.
    """
    if injection.mags is not None:
        return injection.mags
    if injection.sources is not None:
        return math.nan, math.nan
    flux = np.asarray(catalogue["FLUX_AUTO"].value, np.float64)
    flux = flux[flux > 0]
    if not len(flux):
        raise ParameterError(
            "are not given, and no source of the catalogue tells them",
            hint="give the brightest and the faintest magnitude", argument="mags",
        )  # fmt: skip
    usual = round(zero_point - 2.5 * math.log10(float(np.quantile(flux, _FAINT))), 1)
    return usual + _AROUND[0], usual + _AROUND[1]


def _choose_psf(request: Request, catalogue: QTable, injection: Injection) -> Psf:
    """Make the PSF that sources are seen through."""
    given = injection.psf
    if given is None:
        table, part = catalogue.copy(), _part_of(request)
        for name, first in (("X_IMAGE", part.x0), ("Y_IMAGE", part.y0)):
            table[name] = np.asarray(table[name].value, np.float64) + first
        return measure_psf(as_rows(request.sci), table)
    if isinstance(given, int | float):
        return Psf.of_fwhm(given / request.pix_scale)
    ref = given if isinstance(given, MapRef) else MapRef.parse(given, None)
    scale = find_scale(ref, request.pix_scale) / request.pix_scale
    image = read_image(ref.path, ref.ext)
    try:
        return Psf.of_image(image, scale)
    except ImageError as error:
        raise error.at(str(ref)) from error


def _check_width(psf: Psf, part: Window, pix_scale: float) -> None:
    """Refuse a PSF that is as wide as the image."""
    if not psf.fwhm < min(part.shape):
        raise ParameterError(
            f"is {psf.fwhm * pix_scale:.3g} arcsec wide, and the image is not",
            hint="give its width in arcsec", argument="psf",
        )  # fmt: skip


def _part_of(request: Request) -> Window:
    """Return the part of a request's image whose sources are wanted."""
    ny, nx = request.sci.shape
    return Window(0, ny, 0, nx) if request.part is None else Window(
        *as_box(request.part, (ny, nx))
    )  # fmt: skip
