"""From a band's maps to what a method extracts from them."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from skyseg import methods
from skyseg.engine.flag_maps import FLAG_COLUMNS
from skyseg.engine.masking import COLUMN_PREFIX, Mask
from skyseg.engine.parameters import WeightType
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import Advice, ParameterError, ProductError
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.names import Role
from skyseg.imaging.noise import check_noise, check_scale
from skyseg.masks.bits import BIT_VALUES, Bits, parse_bits, parse_excluded, spell_bits
from skyseg.methods import parameter_sets
from skyseg.methods.base import Outcome, Request
from skyseg.methods.columns import COLUMNS, AskedColumn
from skyseg.methods.hot_pass import HotPass
from skyseg.methods.noise_facts import doubt_request
from skyseg.methods.param_file import load_columns
from skyseg.products import Products
from skyseg.products.input_maps import InputMap
from skyseg.products.recipe import Recipe
from skyseg.survey.clean_psf import find_psf, follow_stars, read_psf
from skyseg.survey.settling import fill_pixel_scale, settle, settle_hot

if TYPE_CHECKING:
    import astropy.units as u

    from skyseg.engine import Canvas, Mapper, Rows
    from skyseg.engine.parameters import Parameters

_OTHER: Final[dict[ErrType, ErrType]] = {"rms_err": "wht", "wht": "rms_err"}

_ALONE: Final = "the region was segmented as an image of its own, with its own background and edges"

logger = logging.getLogger(__name__)


def list_inputs(maps: BandMaps, err_type: ErrType) -> tuple[InputMap, ...]:
    """Look up the maps that an extraction reads: SCI and the one its noise comes from, if any."""
    sci = InputMap.of("SCI", maps.sci)
    if err_type == "none":
        return (sci,)
    wanted: tuple[tuple[Role, MapRef | None], ...] = ("ERR", maps.err), ("WHT", maps.wht)
    order = wanted if err_type == "rms_err" else wanted[::-1]
    noise = [InputMap.of(role, ref) for role, ref in order if ref is not None]
    return (sci, *noise[:1])


def make_recipe(
    maps: BandMaps,
    err_type: ErrType | None,
    method: str,
    parameters: str | Path | Parameters,
    aper_diams: u.Quantity | None = None,
    params_name: str | Path | None = None,
    flag_image: str | Path | MapRef | None = None,
    mask: Path | None = None,
    exclude: Bits = "all",
    *,
    of_another: bool = False,
) -> Recipe:
    """Check arguments of `skyseg.BandData.segment`, and put down what they ask for.

    Parameters
    ----------
    maps : BandMaps
        The band.
    err_type, method, parameters, aper_diams, params_name, flag_image, exclude
        As for `skyseg.BandData.segment`.
    mask : Path, optional
        The mask, one that `skyseg.BandData.mask` made.
    of_another : bool, optional
        Whether the sources are those of another image, for which a set may have other values.

    Returns
    -------
    Recipe

    Raises
    ------
    SkysegError
        If an argument is not allowed, or the band has no such error map.
    """
    methods.check(method)
    chosen = parameter_sets.find(parameters)
    if of_another:
        chosen = chosen.of_measured()
    columns = load_columns(chosen.columns if params_name is None else params_name)
    settled = settle(maps, chosen, err_type, aper_diams, _list_measured(method, columns))
    for note in settled.notes:
        logger.warning(note)
    masks = _find_mask(mask, flag_image, columns)
    flags = () if masks else _find_flags(flag_image, settled.parameters, columns, maps.name)
    psf = () if of_another else find_psf(settled.parameters)
    excluded = parse_excluded(exclude, has_mask=mask is not None)
    return Recipe(
        method=method,
        err_type=settled.err_type,
        set_name=chosen.name,
        parameters=settled.parameters.replace(
            flag_image=None, clean_psf=None if of_another or psf else settled.parameters.clean_psf
        ),
        aper_diams=settled.aper_diams,
        pix_scale=maps.pix_scale_arcsec,
        zero_point=settled.zero_point,
        inputs=(*list_inputs(maps, settled.err_type), *flags, *masks, *psf),
        asked=parameters,
        from_header=settled.from_header,
        columns=columns,
        params_name=params_name,
        flag_image=flag_image,
        mask=mask,
        exclude=tuple(spell_bits(excluded).split()) if masks else (),
        part=maps.part,
        hot=settle_hot(maps, chosen, settled.err_type),
    )


def _list_measured(method: str, columns: tuple[AskedColumn, ...] | None) -> frozenset[str]:
    """List the columns that are asked for and not left empty."""
    if columns is None:
        names = frozenset(column.name for column in COLUMNS)
    else:
        names = frozenset(column.name for column in columns)
    return names if method == "sextractor" else names - {"CLASS_STAR"}


def _find_flags(
    flag_image: str | Path | MapRef | None,
    parameters: Parameters,
    columns: tuple[AskedColumn, ...] | None,
    name: str,
) -> tuple[InputMap, ...]:
    """Look up the flag map, if one is given, or asked for and named by the parameters.

    One that no column needs is not read, and a warning says so.

    Raises
    ------
    ParameterError
        If a column needs one and there is none.
    """
    wanted = [each.name for each in columns or () if each.name in FLAG_COLUMNS]
    if flag_image is not None and columns is not None and not wanted:
        logger.warning(
            Advice(
                f"the flag map {flag_image} is not read: no column that is asked for needs it",
                f"ask for {' or '.join(sorted(FLAG_COLUMNS))} as well",
                where=name,
            )
        )
        return ()
    given = parameters.flag_image if flag_image is None and wanted else flag_image
    if given is not None:
        return (InputMap.of("FLAG", MapRef.parse(given, None)),)
    if wanted:
        raise ParameterError(
            f"{wanted[0]} needs a flag map", hint="give {flag_image}, or leave the column out"
        )
    return ()


def _find_mask(
    mask: Path | None,
    flag_image: str | Path | MapRef | None,
    columns: tuple[AskedColumn, ...] | None,
) -> tuple[InputMap, ...]:
    """Look up the mask, if one is given.

    Raises
    ------
    ParameterError
        If a flag map is given too, or a column needs a mask and there is none.
    """
    if mask is None:
        for each in columns or ():
            if each.name.startswith(COLUMN_PREFIX):
                raise ParameterError(
                    f"{each.name} needs a mask", hint="give {mask}, or leave the column out"
                )
        return ()
    if flag_image is not None:
        raise ParameterError(
            "and a mask are given, and IMAFLAGS_ISO is made of one of them",
            hint="leave it out, or make the mask of it with {make_mask}",
            argument="flag_image",
        )
    return (InputMap.of("MASK", MapRef.parse(mask, None)),)


def check_segmented(products: Products | None, name: str) -> Products:
    """Return the products of a band's last run.

    Raises
    ------
    ProductError
        If the band, which is called so, has not been segmented.
    """
    if products is None:
        raise ProductError(f"{name} has not been segmented", hint="call {segment} first")
    return products


def make_request(maps: BandMaps, recipe: Recipe) -> Request:
    """Put together what a method is given of a band.

    Parameters
    ----------
    maps : BandMaps
        The band.
    recipe : Recipe
        Error type, parameters, apertures and zero point.

    Raises
    ------
    DataNotFoundError
        If the band has no error map.
    """
    files = " and ".join(dict.fromkeys(str(each.ref) for each in recipe.inputs))
    for level in recipe.from_header:
        key = "gain_key" if level.parameter == "gain" else "satur_key"
        hint = f"name a card that is not there as {key} if the parameter is to count"
        logger.warning(Advice(str(level), hint, where=maps.name))
    return Request(
        sci=maps.sci_rows(),
        err=maps.noise_rows(
            recipe.err_type, recipe.parameters.weight_type, any_scale=_is_scaled(recipe.parameters)
        ),
        err_type=recipe.err_type,
        parameters=fill_pixel_scale(recipe.parameters, recipe.pix_scale),
        aper_diams=recipe.aper_diams,
        pix_scale=recipe.pix_scale,
        zero_point=recipe.zero_point,
        sky=maps.sky,
        unit=maps.unit,
        columns=recipe.columns,
        flags=next(
            (maps.flag_rows(each.ref) for each in recipe.inputs if each.role == "FLAG"), None
        ),
        mask=next(
            (
                Mask(maps.flag_rows(each.ref), BIT_VALUES, int(parse_bits(recipe.exclude)))
                for each in recipe.inputs
                if each.role == "MASK"
            ),
            None,
        ),
        psf=next(
            (read_psf(each.ref, recipe.pix_scale) for each in recipe.inputs if each.role == "PSF"),
            None,
        ),
        hot=_with_pixel_scale(recipe.hot, recipe.pix_scale),
        name=f"{maps.name} {recipe.err_type} ({files})",
    )


def _with_pixel_scale(hot: HotPass | None, pix_scale: float) -> HotPass | None:
    return hot and replace(hot, parameters=fill_pixel_scale(hot.parameters, pix_scale))


def make_run_request(
    maps: BandMaps,
    recipe: Recipe,
    progress: Progress | None = None,
    canvas: Canvas | None = None,
    mapper: Mapper | None = None,
) -> Request:
    """Put together a run: of a part by the whole maps, where the method takes parts.

    Parameters
    ----------
    maps, recipe, progress, canvas, mapper
        As for `extract`.

    Raises
    ------
    SkysegError
        As `make_request` does.
    """
    return _make_run_request(maps, recipe, progress, canvas, mapper)[0]


def _make_run_request(
    maps: BandMaps, recipe: Recipe, progress: Progress | None, canvas: Canvas | None,
    mapper: Mapper | None,
) -> tuple[Request, dict[str, Any]]:  # fmt: skip
    """Put together a run, with facts of the PSF that it follows."""
    takes_parts = getattr(methods.get(recipe.method), "takes_parts", False)
    in_whole = maps.part is not None and takes_parts and recipe.hot is None
    request, facts = follow_stars(
        make_request(maps.cut(None) if in_whole else maps, recipe), maps.name
    )
    part = maps.part if in_whole else None
    return replace(
        request, sky=maps.sky, part=part, progress=progress, canvas=canvas, mapper=mapper
    ), facts


def extract(
    maps: BandMaps,
    recipe: Recipe,
    progress: Progress | None = None,
    canvas: Canvas | None = None,
    mapper: Mapper | None = None,
) -> Outcome:
    """Run a method on the maps of a band.

    Parameters
    ----------
    maps : BandMaps
        The band.
    recipe : Recipe
        Method, error type and parameters.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.
    canvas : Canvas, optional
        Where the method may put SEG and BKG row by row.
    mapper : Mapper, optional
        How a method that works in strips has them worked.

    Returns
    -------
    Outcome
        SEG, BKG and catalogue.

    Raises
    ------
    ImageError
        If the maps cannot be used, or their noise is beyond the 32-bit numbers of a method
        that does not take maps of any scale.
    DataNotFoundError
        If the band has no error map.
    MethodError
        If the method is not installed or fails.
    """
    method = methods.get(recipe.method)
    if mapper is not None and not getattr(method, "uses_mapper", False):
        logger.warning(
            Advice(
                f"the method {recipe.method!r} runs on this machine, and not on the cluster",
                "use the method 'skyseg' on a cluster",
                where=maps.name,
            )
        )
    request, told = _make_run_request(maps, recipe, progress, canvas, mapper)
    if recipe.err_type != "none" and not getattr(method, "any_scale", False):
        given, noise = _find_noise(maps, recipe.err_type)
        check_scale(maps.sci_rows(), noise, given, maps.name)
    doubt = doubt_noise(maps, recipe.err_type, recipe.parameters.weight_type)
    if doubt is not None:
        logger.warning(doubt)
    outcome = _in_unit_of_map(methods.run(recipe.method, request), request)
    outcome = outcome.but(facts=outcome.facts | told)
    for said in doubt_request(outcome.facts, request):
        logger.warning(replace(said, where=maps.name))
    if n_bad := outcome.facts.get("n_bad", 0):
        logger.info("%s: %d of %d pixels are bad", maps.name, n_bad, math.prod(maps.shape))
    if maps.part is not None and request.part is None:
        return outcome.but(caveats=(*outcome.caveats, _ALONE))
    return outcome


def _is_scaled(parameters: Parameters) -> bool:
    """Tell whether the image's own noise sets the scale of weights, and nothing else does."""
    return parameters.rescale_weights and parameters.weight_thresh is None


def _in_unit_of_map(outcome: Outcome, request: Request) -> Outcome:
    """Return an outcome whose factor of the weights is of these as they are in the file."""
    exponent = getattr(request.err, "exponent", 0)
    if not exponent or "weight_factor" not in outcome.facts:
        return outcome
    sign = 1 if request.err_type == "wht" else -1
    factor = outcome.facts["weight_factor"] * 2.0 ** (sign * exponent // 2)
    return outcome.but(facts={**outcome.facts, "weight_factor": factor})


def doubt_noise(
    maps: BandMaps, err_type: ErrType, weight_type: WeightType | None = None
) -> Advice | None:
    """Say why the error map of a band is hardly what it is taken for, from a few blocks of it.

    Parameters
    ----------
    maps : BandMaps
        The band.
    err_type : {"rms_err", "wht", "none"}
        Error type that is made of it; for ``none`` there is nothing to check.
    weight_type : str, optional
        What the parameters say that the map holds; nor for ``"MAP_VAR"``, whose scale is free.

    Returns
    -------
    Advice or None
        None where nothing speaks against it.

    Raises
    ------
    ImageError
        If a map cannot be read.
    DataNotFoundError
        If the band has no error map.
    """
    if err_type == "none" or (weight_type == "MAP_VAR" and maps.err is not None):
        return None
    given, noise = _find_noise(maps, err_type)
    return check_noise(maps.sci_rows(), noise, given, err_type, maps.name)


def _find_noise(maps: BandMaps, err_type: ErrType) -> tuple[ErrType, Rows]:
    """Return the error map that a band has for an error type, and of which kind it is."""
    is_there = {"rms_err": maps.err is not None, "wht": maps.wht is not None}
    given = err_type if is_there[err_type] else _OTHER[err_type]
    return given, maps.err_rows() if given == "rms_err" else maps.wht_rows()
