"""What is asked for: from which maps, by which method, with which values, as FITS cards."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from skyseg.engine.edition import ENGINE_EDITION
from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType, Slices
from skyseg.imaging.header_levels import HeaderLevel
from skyseg.imaging.refs import MapRef
from skyseg.methods.columns import AskedColumn
from skyseg.methods.hot_pass import HotPass
from skyseg.products.edit_cards import MadeEdits
from skyseg.products.input_maps import Card, InputMap

EMBEDDED_ENGINE = "skyseg"
DETECTION_KEY: Final = "DETRUN"
"""RUNID of the detection whose sources were measured."""

COLUMNS_KEY = "COLUMNS"
USUAL_COLUMNS = "default"
NONE = "none"
"""What is not there, in a header."""

_PART_KEY = "REGION"
_EXCLUDE_KEY = "EXCLUDE"
_EDITION_KEY = "EDITION"
SETTING_LABELS = {
    "METHOD": "method",
    "ERRTYPE": "err_type",
    "APERDIAM": "aper_diams",
    "PIXSCALE": "pix_scale",
    "MAGZERO": "zero_point",
    COLUMNS_KEY: "params_name",
    _PART_KEY: "region",
    _EXCLUDE_KEY: "exclude",
    _EDITION_KEY: "edition of the engine",
    DETECTION_KEY: "run of the detection",
    "DETBAND": "detection",
}
"""What settings are called whose keys are no names of parameters."""


@dataclass(frozen=True)
class DetectionRun:
    """The run that detected the sources which are measured in other maps.

    Attributes
    ----------
    name : str
        What they were detected in.
    run : str
        RUNID of its products; ``"none"`` for a map that has none.
    hot : HotPass or None
        Its second pass, for a run in two.
    """

    name: str
    run: str
    hot: HotPass | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is asked for: from which maps, by which method, with which values.

    Attributes
    ----------
    method : str
        Segmentation method.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    set_name : str
        Name of the parameter set.
    parameters : Parameters
        Its values.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    pix_scale : float
        Side of a pixel in arcsec.
    zero_point : float
        AB magnitude of one unit of the image; NaN where unknown.
    inputs : tuple of InputMap
        The maps read: SCI, then the error map, the flag map and the mask, where there are any.
    asked : str, Path or Parameters
        The parameter set as it was given: its name, its file or its values.
    from_header : tuple of HeaderLevel
        Parameters whose values are those of cards of the SCI header.
    columns : tuple of AskedColumn or None
        The columns of the catalogue; None for the usual ones.
    params_name : str, Path or None
        The file of the columns, as it was given.
    flag_image : str, Path, MapRef or None
        The flag map, as it was given.
    mask : Path or None
        The mask of the band, one that `skyseg.BandData.mask` made.
    exclude : tuple of str
        Names of the mask's bits whose pixels are excluded from detection.
    part : tuple of slice or None
        The part of the maps that is segmented; None for all.
    detection : DetectionRun or None
        The run whose sources are measured; None where sources are detected.
    hot : HotPass or None
        The second pass, for a run in two.
    more : tuple of (str, str)
        What else decides what comes out, as text by FITS keys.
    edits : MadeEdits or None
        The edits of the map, or of that whose sources are measured; None where it is as the
        method made it.
    """

    method: str
    err_type: ErrType
    set_name: str
    parameters: Parameters
    aper_diams: tuple[float, ...]
    pix_scale: float
    zero_point: float
    inputs: tuple[InputMap, ...]
    asked: str | Path | Parameters
    from_header: tuple[HeaderLevel, ...] = ()
    columns: tuple[AskedColumn, ...] | None = None
    params_name: str | Path | None = None
    flag_image: str | Path | MapRef | None = None
    mask: Path | None = None
    exclude: tuple[str, ...] = ()
    part: Slices | None = None
    detection: DetectionRun | None = None
    hot: HotPass | None = None
    more: tuple[tuple[str, str], ...] = ()
    edits: MadeEdits | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `skyseg.BandData.segment` that ask for the same."""
        import astropy.units as u

        return {
            "err_type": self.err_type,
            "method": self.method,
            "parameters": self.asked,
            "aper_diams": u.Quantity(self.aper_diams, u.arcsec),
            "params_name": self.params_name,
            "flag_image": self.flag_image,
            "mask": self.mask or False,
            "exclude": self.exclude if self.mask else "all",
            "region": self.part,
            "edits": False if self.edits is None else self.edits.asked,
        }


def list_settings(recipe: Recipe) -> list[Card]:
    """List the cards of everything that decides what comes out, the inputs apart."""
    unknown = math.isnan(recipe.zero_point)
    origins = {each.parameter: f"from the card {each.card} of SCI" for each in recipe.from_header}
    return [
        ("METHOD", recipe.method, "segmentation method"),
        *_edition_cards(recipe),
        *_detection_cards(recipe),
        ("ERRTYPE", recipe.err_type, "error map used"),
        ("APERDIAM", " ".join(map(repr, recipe.aper_diams)), "[arcsec] aperture diameters"),
        ("PIXSCALE", recipe.pix_scale, "[arcsec] side of a pixel"),
        (COLUMNS_KEY, _spell_columns(recipe.columns), ""),
        (
            _PART_KEY,
            "all" if recipe.part is None else spell_part(recipe.part),
            "columns and rows of SCI, from 1",
        ),
        (_EXCLUDE_KEY, _spell_excluded(recipe), "bits of MASK that are excluded"),
        ("MAGZERO", "unknown" if unknown else recipe.zero_point, "[mag] AB zero point"),
        *((key, value, "") for key, value in recipe.more),
        *(
            (
                f"HIERARCH {name.upper()}",
                spell_value(getattr(recipe.parameters, name)),
                origins.get(name, ""),
            )
            for name in Parameters.names()
        ),
        *_hot_cards(recipe.hot),
    ]


def list_told(recipe: Recipe) -> list[Card]:
    """List the cards that tell of the detection what its RUNID stands for."""
    return [] if recipe.detection is None else _hot_cards(recipe.detection.hot)


def _hot_cards(hot: HotPass | None) -> list[Card]:
    """Cards of the second pass, none where there is one pass."""
    if hot is None:
        return []
    inside = "child" if hot.children else "cold"
    return [
        ("HIERARCH HOT_INSIDE", inside, "what a hot source inside a cold one is"),
        *(
            (f"HIERARCH HOT_{name.upper()}", spell_value(getattr(hot.parameters, name)), "")
            for name in Parameters.names()
        ),
    ]


def _edition_cards(recipe: Recipe) -> list[Card]:
    """Card of what the embedded engine makes of the same settings, by other methods none."""
    if recipe.method != EMBEDDED_ENGINE:
        return []
    return [(_EDITION_KEY, ENGINE_EDITION, "edition of the engine")]


def _detection_cards(recipe: Recipe) -> list[Card]:
    if recipe.detection is None:
        return []
    return [
        (DETECTION_KEY, recipe.detection.run, "RUNID of the detection"),
        ("DETBAND", recipe.detection.name, "what was detected in"),
    ]


def _spell_columns(columns: tuple[AskedColumn, ...] | None) -> str:
    return USUAL_COLUMNS if columns is None else " ".join(map(str, columns))


def _spell_excluded(recipe: Recipe) -> str:
    return NONE if recipe.mask is None else " ".join(recipe.exclude) or "nothing"


def spell_part(part: Slices | None) -> str:
    """Write a part of an image as FITS does: columns and rows, counted from 1, both ends included.

    None is written ``"all"``.

    Examples
    --------
    >>> spell_part((slice(0, 90), slice(500, 700)))
    '[501:700,1:90]'
    """
    if part is None:
        return "all"
    rows, columns = part
    return f"[{columns.start + 1}:{columns.stop},{rows.start + 1}:{rows.stop}]"


def is_of_part(header: Mapping[str, Any]) -> bool:
    """Tell by its header whether a product is of a part of its image."""
    return bool(header.get(_PART_KEY, spell_part(None)) != spell_part(None))


def spell_value(value: Any) -> Any:
    """Return the value of a parameter as the headers of products have it."""
    if value is None:
        return NONE
    if isinstance(value, Kernel):
        return f"{value.name} {hashlib.sha256(repr(value).encode()).hexdigest()[:16]}"
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else ",".join(map(repr, value))
    return value


UNRECORDED = {
    COLUMNS_KEY: USUAL_COLUMNS,
    _PART_KEY: "all",
    _EXCLUDE_KEY: NONE,
    _EDITION_KEY: 1,
    **{
        f"HIERARCH {name.upper()}": spell_value(Parameters.describe(name).default)
        for name in (
            *(
                "thresh_type",
                "thresh_unit",
                "weight_type",
                "rescale_weights",
                "weight_gain",
                "weight_thresh",
            ),
            *(
                "clean_psf",
                "flag_image",
                "flag_type",
                "phot_apertures",
                "phot_petroparams",
                "satur_key",
            ),
            *("mag_zeropoint", "gain_key", "pixel_scale", "back_filtthresh", "back_pearson"),
            *("backphoto_type", "backphoto_thick"),
        )
    },
}
"""What a product was made with whose header is older than a parameter."""
