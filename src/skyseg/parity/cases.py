"""An image, its error map and the settings of its extraction, as both programs are given them."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import astropy.units as u
import numpy as np
import numpy.typing as npt

from skyseg import engine
from skyseg.engine.flag_maps import FlagRows
from skyseg.engine.parameters import WeightType
from skyseg.engine.types import ErrType
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.imaging import BandMaps, MapRef
from skyseg.methods.base import Request
from skyseg.methods.parameter_sets import ParameterSet
from skyseg.methods.sextractor_files import UserFiles
from skyseg.parity.report import Input
from skyseg.survey import BandData
from skyseg.survey.band_extraction import list_inputs
from skyseg.survey.settling import fill_pixel_scale, settle, settle_diameters, settle_err_type

logger = logging.getLogger(__name__)

_UNKNOWN_ZERO_POINT: Final = 0.0  # differences of magnitudes do not depend on it

Image = npt.ArrayLike | str | Path | MapRef | BandData
Noise = npt.ArrayLike | str | Path | MapRef | None


class Case(NamedTuple):
    """An image as both programs are given it.

    Attributes
    ----------
    request : Request
        The maps, and how they are extracted.
    files : UserFiles
        Where they are from.
    inputs : tuple of Input
        What the report tells of them.
    maps : BandMaps or None
        Those of a band or of files; None for arrays.
    """

    request: Request
    files: UserFiles
    inputs: tuple[Input, ...]
    maps: BandMaps | None


@dataclass(frozen=True)
class Asked:
    """How an image is to be extracted.

    Attributes
    ----------
    chosen : ParameterSet
        The parameter set.
    err_type : {"rms_err", "wht", "none"} or None
        Where the noise comes from; None as the set says.
    aper_diams : Quantity or None
        Aperture diameters as angles; None for those of the set, else as configured.
    pix_scale : Quantity or None
        Side of a pixel.
    names : frozenset of str
        Columns that a ``.param`` file names.
    """

    chosen: ParameterSet
    err_type: ErrType | None
    aper_diams: u.Quantity | None
    pix_scale: u.Quantity | None
    names: frozenset[str]


def make_case(sci: Image, err: Noise, asked: Asked, argument: str = "sci") -> Case:
    """Put down what both programs are given of an image.

    Parameters
    ----------
    sci, err
        As for `skyseg.parity.compare_with_sextractor`.
    asked : Asked
        How it is to be extracted.
    argument : str
        What the call names the image; its error map is ``err``, or with a name before it.

    Raises
    ------
    SkysegError
        As `skyseg.parity.compare_with_sextractor` does.
    """
    if isinstance(sci, (str, Path, MapRef)):
        return _of_band(_band_of_files(sci, err, asked, argument), asked)
    if isinstance(sci, BandData):
        if err is not None:
            raise ParameterError(
                "is given with a band, which has its own", hint="leave it out",
                argument=name_noise(argument),
            )  # fmt: skip
        return _of_band(sci.maps, asked)
    return _of_arrays(sci, err, asked, argument)


def name_noise(argument: str) -> str:
    """Name the argument that has the error map of an image.

    Examples
    --------
    >>> name_noise("sci"), name_noise("measured")
    ('err', 'measured_err')
    """
    return "err" if argument == "sci" else f"{argument}_err"


def _band_of_files(sci: str | Path | MapRef, err: Any, asked: Asked, argument: str) -> BandMaps:
    err_type, _ = settle_err_type(asked.chosen.values, asked.err_type)
    if err is not None and not isinstance(err, (str, Path, MapRef)):
        raise ParameterError(
            f"is a file and {name_noise(argument)} is a {type(err).__name__}",
            hint="give two files",
            argument=argument,
        )
    if err_type == "none" and err is not None:
        raise ParameterError(
            "is given, and the noise is to be taken from the image itself",
            hint="leave it out, or give the error type that it is of, rms_err or wht",
            argument=name_noise(argument),
        )
    rms, weight = (err, None) if err_type == "rms_err" else (None, err)
    return BandMaps.from_files(sci, rms, weight, pix_scale=asked.pix_scale)


def _of_band(maps: BandMaps, asked: Asked) -> Case:
    settled = settle(
        maps, asked.chosen, asked.err_type, asked.aper_diams, asked.names, _UNKNOWN_ZERO_POINT
    )
    for note in settled.notes:
        logger.warning(note)
    noise = maps.noise_rows(settled.err_type, settled.parameters.weight_type)
    pix_scale = float(maps.pix_scale.to_value(u.arcsec))
    request = Request(
        sci=engine.as_array(maps.sci_rows()),
        err=None if noise is None else engine.as_array(noise),
        err_type=settled.err_type,
        parameters=fill_pixel_scale(settled.parameters, pix_scale),
        aper_diams=settled.aper_diams,
        pix_scale=pix_scale,
        zero_point=settled.zero_point,
        sky=maps.sky,
        unit=maps.unit,
        flags=_find_flags(maps, settled.parameters.flag_image),
        name=maps.name,
    )
    inputs = tuple(
        Input(each.role, str(each.ref), each.checksum())
        for each in list_inputs(maps, settled.err_type)
    )
    rms = _as_used(maps.err, settled.parameters.weight_type)
    own = {"rms_err": rms, "wht": maps.wht, "none": None}[settled.err_type]
    return Case(request, UserFiles(asked.chosen, maps.sci, own, maps.header), inputs, maps)


def _find_flags(maps: BandMaps, named: str | None) -> FlagRows | None:
    """Return the flag map that the set names; its file may be nowhere, as no column asks for it."""
    if named is None:
        return None
    try:
        return maps.flag_rows(MapRef.parse(named, None))
    except DataNotFoundError as error:
        logger.info("%s: no flags are compared (%s)", maps.name, error)
        return None


def _as_used(err: MapRef | None, weight_type: WeightType | None) -> MapRef | None:
    """Return a map that is used as it is on disk; the root of a variance is made in memory."""
    if err is None or (err.is_variance and weight_type != "MAP_VAR"):
        return None
    return err


def _of_arrays(sci: Any, err: Any, asked: Asked, argument: str) -> Case:
    settled_type, values = settle_err_type(asked.chosen.values, asked.err_type)
    if isinstance(err, (str, Path, MapRef)) or (err is None) != (settled_type == "none"):
        raise ParameterError(
            f"is an array and {name_noise(argument)} is not",
            hint="give two arrays of one shape",
            argument=argument,
        )
    pixel = 1.0 * u.arcsec if asked.pix_scale is None else asked.pix_scale
    scale = float(pixel.to_value(u.arcsec))
    request = Request(
        sci=engine.as_array(sci, argument),
        err=None if err is None else engine.as_array(err, name_noise(argument)),
        err_type=settled_type,
        parameters=fill_pixel_scale(values, scale),
        aper_diams=settle_diameters(values, asked.aper_diams, scale),
        pix_scale=scale,
        zero_point=(_UNKNOWN_ZERO_POINT if values.mag_zeropoint is None else values.mag_zeropoint),
        sky=None,
        name="array",
    )
    role = "ERR" if settled_type == "rms_err" else "WHT"
    maps = [("SCI", request.sci)] + ([] if request.err is None else [(role, request.err)])
    inputs = tuple(
        Input(name, "array in memory", hashlib.sha256(np.asarray(each).tobytes()).hexdigest())
        for name, each in maps
    )
    return Case(request, UserFiles(asked.chosen), inputs, None)
