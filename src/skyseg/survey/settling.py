"""What a parameter set, the arguments of a call and an image come to where all say something."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.engine.parameters import ERR_TYPE_OF, Parameters
from skyseg.engine.types import ErrType, check_err_type
from skyseg.errors import Advice, DataNotFoundError, ParameterError, check_each_once
from skyseg.imaging import BandMaps
from skyseg.imaging.header_levels import HeaderLevel, apply_header_levels
from skyseg.imaging.remote import is_remote
from skyseg.methods.base import WEIGHT_TYPES
from skyseg.methods.hot_pass import HotPass
from skyseg.methods.parameter_sets import ParameterSet
from skyseg.settings import config
from skyseg.survey.noise_units import find_zero_point, note_threshold, settle_threshold
from skyseg.writing import is_file

if TYPE_CHECKING:
    import astropy.units as u

_SAME_SCALE: Final = 1e-3
_OF_PIXEL_SCALE: Final = frozenset(["MU_MAX", "MU_THRESHOLD", "CLASS_STAR"])


@dataclass(frozen=True)
class Settled:
    """What an extraction of a band is done with.

    Attributes
    ----------
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    parameters : Parameters
        The set's values without what stands below; gain and saturation level as in
        the header.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    zero_point : float
        AB magnitude of one unit of the image; NaN where unknown.
    from_header : tuple of HeaderLevel
        Parameters whose values are those of cards of the header.
    notes : tuple of Advice
        What took the place of something that differs.
    """

    err_type: ErrType
    parameters: Parameters
    aper_diams: tuple[float, ...]
    zero_point: float
    from_header: tuple[HeaderLevel, ...]
    notes: tuple[Advice, ...]


def settle(
    maps: BandMaps,
    chosen: ParameterSet,
    err_type: ErrType | None = None,
    aper_diams: u.Quantity | None = None,
    columns: Collection[str] = (),
    unknown_zero_point: float = math.nan,
) -> Settled:
    """Settle what an extraction of a band is done with.

    What the call gives goes before the set, as on SExtractor's command line, and the
    set before the image.

    Parameters
    ----------
    maps : BandMaps
        The band.
    chosen : ParameterSet
        The parameter set.
    err_type : {"rms_err", "wht", "none"}, optional
        By default that of the set's ``weight_type``, else ``"rms_err"``.
    aper_diams : Quantity, optional
        By default the set's ``phot_apertures``, else those configured.
    columns : collection of str
        What is asked for: whether the pixel scale changes a number.
    unknown_zero_point : float
        The zero point where none is known; NaN is warned of.

    Raises
    ------
    ParameterError
        If an argument is not allowed.
    DataNotFoundError
        If the set asks for an error map and the band has none.
    """
    settled_type, values = settle_err_type(chosen.values, err_type)
    if err_type is None:
        _check_told_map(chosen, settled_type, maps)
    rest, from_header = apply_header_levels(values, maps.header)
    rest = settle_threshold(rest.replace(phot_apertures=None, mag_zeropoint=None), maps)
    zero_point = values.mag_zeropoint
    if zero_point is None or maps.given_zero_point is not None:
        unknown = math.isnan(maps.known_zero_point) and not math.isnan(unknown_zero_point)
        zero_point = unknown_zero_point if unknown else find_zero_point(maps)
    notes = (
        _note_weight_type(chosen.values, settled_type),
        _note_weight(settled_type, maps),
        _note_zero_point(values, maps),
        _note_pixel_scale(values, maps.pix_scale_arcsec, columns),
        _note_header_file(chosen, maps.sci.path),
        _note_two_images(chosen),
        note_threshold(values, maps),
    )
    return Settled(
        err_type=settled_type,
        parameters=rest,
        aper_diams=settle_diameters(values, aper_diams, maps.pix_scale_arcsec),
        zero_point=zero_point,
        from_header=from_header,
        notes=tuple(replace(note, where=maps.name) for note in notes if note is not None),
    )


def _check_told_map(chosen: ParameterSet, settled: ErrType, maps: BandMaps) -> None:
    """Refuse a set that asks for an error map where there is none."""
    told = chosen.values.weight_type
    if told is None or settled in maps.err_types:
        return
    named = "" if chosen.source == "values" else f" {chosen.name} ({chosen.source})"
    raise DataNotFoundError(
        f"the parameter set{named} has weight_type {told}, and {maps.name} has neither an ERR "
        "nor a WHT map",
        hint=f"give {'{wht}' if settled == 'wht' else '{err}'}, or take the noise from the image "
        "itself with {err_type_none}",
    )


def settle_err_type(values: Parameters, err_type: ErrType | None) -> tuple[ErrType, Parameters]:
    """Settle where the noise comes from.

    Parameters
    ----------
    values : Parameters
        The set's values.
    err_type : {"rms_err", "wht", "none"} or None
        What the call says; it goes before ``weight_type``.

    Returns
    -------
    err_type : {"rms_err", "wht", "none"}
        As called, else as ``weight_type`` says, else ``"rms_err"``.
    values : Parameters
        With a ``weight_type`` only where it says more than the error type.

    Raises
    ------
    ParameterError
        If there is no such error type.

    Examples
    --------
    >>> settle_err_type(Parameters(weight_type="MAP_WEIGHT"), None)[0]
    'wht'
    """
    told = values.weight_type
    by_set = "rms_err" if told is None else ERR_TYPE_OF[told]
    settled = by_set if err_type is None else check_err_type(err_type)
    if told is not None and (settled != by_set or told == WEIGHT_TYPES[by_set]):
        values = values.replace(weight_type=None)
    return settled, values


def fill_pixel_scale(values: Parameters, pix_scale: float) -> Parameters:
    """Return values whose pixel scale is known: that of the image, in arcsec, where they have none.

    Examples
    --------
    >>> fill_pixel_scale(Parameters(), 0.03).pixel_scale
    0.03
    """
    return values if values.pixel_scale is not None else values.replace(pixel_scale=pix_scale)


def settle_parameters(maps: BandMaps, values: Parameters, err_type: ErrType) -> Parameters:
    """Return the values that the engine is given where a band is extracted with others.

    Parameters
    ----------
    maps : BandMaps
        The band: its header has gain and saturation level, and the pixel scale.
    values : Parameters
        Those of a parameter set.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    """
    rest, _ = apply_header_levels(settle_err_type(values, err_type)[1], maps.header)
    rest = settle_threshold(rest, maps)
    return fill_pixel_scale(rest, maps.pix_scale_arcsec)


def settle_hot(maps: BandMaps, chosen: ParameterSet, err_type: ErrType) -> HotPass | None:
    """Return the second pass of a set that has one, settled as the first one is.

    Parameters
    ----------
    maps : BandMaps
        The band.
    chosen : ParameterSet
        The parameter set.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    """
    if chosen.hot is None:
        return None
    rest, _ = apply_header_levels(settle_err_type(chosen.hot.parameters, err_type)[1], maps.header)
    rest = settle_threshold(
        rest.replace(phot_apertures=None, mag_zeropoint=None, flag_image=None, clean_psf=None),
        maps,
    )
    return replace(chosen.hot, parameters=rest)


def settle_diameters(
    values: Parameters, given: u.Quantity | None, pix_scale: float
) -> tuple[float, ...]:
    """Settle the aperture diameters in arcsec: as given, else by the set, else as configured.

    Parameters
    ----------
    values : Parameters
        The set's values.
    given : Quantity or None
        What the call says.
    pix_scale : float
        Side of a pixel in arcsec.

    Raises
    ------
    ParameterError
        If they are no angles, not positive and finite, or the call has one twice.

    Examples
    --------
    >>> settle_diameters(Parameters(phot_apertures=5), None, 0.1)
    (0.5,)
    """
    of_set = () if values.phot_apertures is None else values.phot_apertures
    in_set = tuple(float(each) for each in np.multiply(of_set, pix_scale))
    if given is None:
        return in_set or config.aper_diams
    diameters = _as_angles(given)  # a .sex file may have one twice, and a run of it once more
    return diameters if diameters == in_set else check_each_once(diameters, "aper_diams")


def _note_weight_type(values: Parameters, settled: ErrType) -> Advice | None:
    told = values.weight_type
    if told is None or ERR_TYPE_OF[told] == settled:
        return None
    return Advice(
        f"weight_type {told} of the parameter set is passed over: the call says {settled}",
        "leave the error type out of the call if the set is to say it",
    )


def _note_zero_point(values: Parameters, maps: BandMaps) -> Advice | None:
    told, own = values.mag_zeropoint, maps.known_zero_point
    if told is None or math.isnan(own) or own == told:
        return None
    of_set, of_image = f"mag_zeropoint {told:g} of the parameter set", f"{own:.6g}"
    if maps.given_zero_point is not None:
        return Advice(f"{of_set} is passed over: the call says {of_image}")
    return Advice(
        f"{of_set} stands for the zero point of the image, {of_image}",
        "give {zero_point} if the image's is right",
    )


def _note_pixel_scale(
    values: Parameters, own: float, columns: Collection[str]
) -> Advice | None:  # fmt: skip
    told = values.pixel_scale
    if told is None or abs(told / own - 1) < _SAME_SCALE:
        return None
    thresholds = ("detect_thresh", "analysis_thresh")
    changed = [name for name in thresholds if isinstance(getattr(values, name), tuple)]
    changed += _OF_PIXEL_SCALE.intersection(columns)
    if not changed:
        return None
    return Advice(
        f"pixel_scale {told:g} of the parameter set stands for that of the image, {own:.5g} "
        f"arcsec, in {' and '.join(sorted(changed))}",
        "write PIXEL_SCALE 0 in a .sex file if the image's is right",
    )


def _note_header_file(chosen: ParameterSet, image: Path) -> Advice | None:
    if not chosen.header_suffix or is_remote(image):
        return None
    beside = Path(f"{image.with_suffix('')}{chosen.header_suffix}")
    if beside == image or not is_file(beside):
        return None
    return Advice(
        f"{beside} is not read, and SExtractor would take its cards before those of the image",
        "write them into the image's header",
    )


def _note_weight(settled: ErrType, maps: BandMaps) -> Advice | None:
    if settled != "wht" or maps.wht is not None or maps.err is None:
        return None
    return Advice("there is no WHT map, so the weight is 1 / ERR^2", "give {wht} if there is one")


def _note_two_images(chosen: ParameterSet) -> Advice | None:
    told = chosen.list_of_two()
    if not told:
        return None
    return Advice(
        f"{' and '.join(told)} of the parameter set {chosen.name} have a second value, for an "
        "image that these sources are measured in: here the first one counts, while SExtractor "
        "uses the second one even where it is given this image alone",
        "measure the other image by perform_forced_phot, or give one value",
    )


def in_arcsec(aper_diams: u.Quantity) -> tuple[float, ...]:
    """Aperture diameters in arcsec, checked.

    Raises
    ------
    ParameterError
        If they are no angles, not positive and finite, or one is there twice.

    Examples
    --------
    >>> import astropy.units as u
    >>> in_arcsec([0.5, 1] * u.arcsec)
    (0.5, 1.0)
    """
    return check_each_once(_as_angles(aper_diams), "aper_diams")


def _as_angles(aper_diams: u.Quantity) -> tuple[float, ...]:
    """Return angles in arcsec that can be diameters; an error tells of them as they were given."""
    import astropy.units as u

    try:
        values = u.Quantity(aper_diams).to_value(u.arcsec)
    except (TypeError, u.UnitConversionError) as error:
        raise ParameterError(
            f"is {aper_diams!r}",
            hint="it must be angles such as [0.32, 0.5]{in_arcsec}",
            argument="aper_diams",
        ) from error
    diameters = np.atleast_1d(np.asarray(values, np.float64)).ravel()
    if not diameters.size or not np.all(np.isfinite(diameters) & (diameters > 0)):
        raise ParameterError(
            f"is {aper_diams}",
            hint="every diameter must be positive and finite",
            argument="aper_diams",
        )
    return tuple(float(value) for value in diameters)
