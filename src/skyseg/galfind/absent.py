"""What galfind has and skyseg has not, and what to use in its place."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from skyseg.errors import AbsentError, Advice, ParameterError, SkysegError, advise_name

logger = logging.getLogger(__name__)


class Absence(NamedTuple):
    """Why a name is not there.

    Attributes
    ----------
    what : str
        What skyseg does not do.
    instead : str
        What to use.
    """

    what: str
    instead: str


PSF: Final = Absence(
    "PSFs are not made, loaded or matched here",
    "match the maps elsewhere and open them as a version of their own",
)
_ALIGN: Final = Absence(
    "maps are not aligned here", "align them elsewhere, or stack them with {reproject}"
)
_SED: Final = Absence(
    "SEDs are not fitted here", "take the catalogue at phot_cat_path to galfind or EAZY"
)
_SELECTION: Final = Absence(
    "galaxies are not selected here", "select rows of Catalogue.open_cat(), a table of astropy"
)
_SURVEYS: Final = Absence("surveys are not joined here", "open each as a Data of its own")
_RENAMED: Final = "this is an older name"

OF_MODULE: Final[Mapping[str, Absence]] = {
    **dict.fromkeys(["PSF_Base", "PSF_Cutout", "Empirical_PSF"], PSF),
    **dict.fromkeys(["EAZY", "LePhare", "Bagpipes", "SED_code", "Brown_Dwarf_Fitter"], _SED),
    **dict.fromkeys(["Galaxy", "Selector", "Photometry", "Photometry_obs"], _SELECTION),
    **dict.fromkeys(["Multiple_Data", "Multiple_Catalogue"], _SURVEYS),
    **dict.fromkeys(
        ["NIRCam", "MIRI", "ACS_WFC", "WFC3_IR", "Instrument"],
        Absence("instruments are texts here", "give 'NIRCam' and the like"),
    ),
}
"""Names of the package."""

OF_HELPERS: Final = Absence("helpers are not here", "use those of numpy and astropy")
"""Functions of ``useful_funcs_austind``."""

OF_OBJECTS: Final[Mapping[str, Absence]] = {
    **dict.fromkeys(
        ["psf", "psf_homogenize", "PSF_homogenize", "psf_matched", "load_psf", "load_psfs"], PSF
    ),
    **dict.fromkeys(["sky_align", "xy_align", "check_astrometry"], _ALIGN),
    **dict.fromkeys(["fit_sed", "fit_SED", "calc_rest_UV_properties"], _SED),
    **dict.fromkeys(["select", "crop", "load_gals", "gals"], _SELECTION),
    "calc_area_depth": Absence("areas by depth are a figure here", "call plot_area_depth"),
    "filter_name": Absence(_RENAMED, "read filt_name"),
    "forced_phot_cat_path": Absence(_RENAMED, "read forced_phot_path"),
    "load_stacked_band_data_arr": Absence(
        "only the stack that sources are found in is kept", "give it as forced_phot_band"
    ),
}
"""Attributes and methods of bands, surveys and catalogues."""

NOT_YET: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(["seg_path", "seg_args"], ("was not segmented", "call {segment} first")),
    **dict.fromkeys(["mask_path", "mask_args"], ("has no mask", "call {make_mask} first")),
    **dict.fromkeys(
        ["forced_phot_path", "forced_phot_args", "phot_cat_path"],
        ("was not measured", "call {forced_phot} first"),
    ),
    **dict.fromkeys(
        ["depth_path", "depth_args", "med_depth", "mean_depth"],
        ("has no depths", "call {run_depths} first"),
    ),
    "unmasked_area": ("has no measured area", "call calc_unmasked_area first"),
    "forced_phot_band": ("has nothing that sources are found in", "call load_forced_phot_band"),
}
"""Attributes that are there once something has been done."""

_STARS: Final = ("star_mask_params", "scale_extra", "exclude_gaia_galaxies", "angle")
_GAIA: Final = ("gaia_row_lim", "gaia_row_limit")
_EDGES: Final = ("edge_value", "edge_threshold", "element")
_LAID: Final = ("scatter_size", "distance_to_mask", "region_radius_used_pix", "grid_offset_times")
_GRID: Final = ("step_size", "n_retry_box", "split_depth_min_size", "split_depths_factor")

NO_EFFECT: Final[Mapping[str, str]] = {
    **dict.fromkeys([*_STARS, *_GAIA], "stars and spikes are found in the image"),
    **dict.fromkeys(_EDGES, "edges begin where nothing is measured"),
    **dict.fromkeys(_LAID, "apertures are laid wherever there is room"),
    **dict.fromkeys([*_GRID, "n_split"], "the map of depth has cells of its own"),
    **dict.fromkeys(["n_jobs", "timed"], "all cores work already"),
    **dict.fromkeys(["coord_type", "master_cat_path"], "sources have their places"),
    **dict.fromkeys(["update", "overwrite"], "what is stale is made anew"),
    "min_flux_pc_err": "errors have no floor",
    "plot": "figures are drawn when they are asked for",
    "use_galfind_err": "noise is taken from the map that there is",
}
"""Arguments that a notebook may go on to give, and why they do nothing."""

OF_MASKS: Final = (*_STARS, *_GAIA, *_EDGES)
OF_DEPTHS: Final = (
    *_LAID, *_GRID, "n_split", "n_jobs", "timed", "coord_type", "master_cat_path", "plot",
)  # fmt: skip


def refuse(name: str, why: Absence) -> SkysegError:
    """Return the error of a name that is not there."""
    return SkysegError(_say(name, why), hint=why.instead)


def refuse_name(name: str, why: Absence) -> AbsentError:
    """Return the error of a name that is not there, where an AttributeError is expected."""
    return AbsentError(_say(name, why), hint=why.instead)


def _say(name: str, why: Absence) -> str:
    return f"galfind's {name}: {why.what}"


def refuse_attribute(owner: object, name: str) -> AbsentError:
    """Return the error of an attribute that an object has not, or not yet."""
    if name in NOT_YET:
        what, hint = NOT_YET[name]
        return AbsentError(f"{owner!r} {what}", hint=hint)
    if name in OF_OBJECTS:
        return refuse_name(name, OF_OBJECTS[name])
    return AbsentError(f"{type(owner).__name__!r} object has no attribute {name!r}")


def pass_over(call: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Say which arguments of a call do nothing here, and refuse those that nobody knows.

    Parameters
    ----------
    call : str
        What was called.
    given : iterable of str
        Names of arguments.
    known : iterable of str
        Those that may be given.

    Raises
    ------
    ParameterError
        If one is not known.
    """
    names, told = tuple(known), dict[str, list[str]]()
    for name in given:
        if name not in names:
            raise ParameterError(
                f"is no argument of {call}", hint=advise_name(name, names), argument=name
            )
        told.setdefault(NO_EFFECT[name], []).append(name)
    for why, same in told.items():
        logger.warning(Advice(f"{call}: {', '.join(same)} without effect, {why}"))
