"""Images in units of their noise: thresholds in these, and no magnitudes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

from skyseg.engine.parameters import Parameters
from skyseg.errors import Advice, ParameterError
from skyseg.imaging import BandMaps

if TYPE_CHECKING:
    from skyseg.survey.band import BandData


def find_zero_point(maps: BandMaps) -> float:
    """Return the zero point of an image; that of noise has none, which is then not warned of."""
    return maps.zero_point if find_noise_unit(maps) is None else maps.known_zero_point


def check_zero_point(zero_point: float, name: str) -> None:
    """Check that the zero point of a band is known, by which its fluxes are in units of Jy.

    Parameters
    ----------
    zero_point : float
        AB magnitude; NaN where it is unknown.
    name : str
        What the band is called in the message.

    Raises
    ------
    ParameterError
        If it is not.
    """
    if math.isnan(zero_point):
        raise ParameterError(
            "the zero point is unknown, and so are fluxes in units of Jy",
            hint="give {zero_point_of_band}",
            where=name,
        )


def has_light(band: BandData) -> bool:
    """Tell whether a band is a stack whose image is light, and so measured as bands are.

    Parameters
    ----------
    band : BandData
        What sources are detected in.
    """
    return bool(band.members) and find_noise_unit(band.maps) is None


def settle_threshold(values: Parameters, maps: BandMaps) -> Parameters:
    """Return values whose thresholds are in the units of the image where those are of its noise."""
    unit = find_noise_unit(maps)
    if unit is None or values.thresh_type == "ABSOLUTE":
        return values
    if values.thresh_unit == "filtered":
        raise ParameterError(
            f"thresh_unit is 'filtered', and the image is {unit}: thresholds are values of it",
            hint="use the thresh_unit rms",
            where=maps.name,
        )
    return values.replace(thresh_type="ABSOLUTE")


def note_threshold(values: Parameters, maps: BandMaps) -> Advice | None:
    """Say what became of the thresholds of a parameter set; None where nothing did."""
    unit = find_noise_unit(maps)
    if unit is None or values.thresh_type == "ABSOLUTE":
        return None
    return Advice(
        f"the image is {unit}, so thresh_type is ABSOLUTE, and detect_thresh "
        f"{values.detect_thresh} is a value of the image",
        "give a parameter set with another detect_thresh if that does not suit it",
    )


def find_noise_unit(maps: BandMaps) -> str | None:
    """Say in what units of its noise an image is, where it is a stack in such; else None.

    Parameters
    ----------
    maps : BandMaps
        The band.

    Returns
    -------
    str or None
        A clause for a message.
    """
    method = str(maps.header.get("STACKBY", ""))
    if not method:
        return None
    from skyseg.engine.stacking import (
        StackMethod,
        check_stack_method,
        is_in_noise_units,
        mean_of_chi,
    )

    if method not in get_args(StackMethod) or not is_in_noise_units(check_stack_method(method)):
        return None
    count = str(maps.header.get("STACKED", "")).count(",") + 1
    if method == "chi":
        return f"chi of {count} bands, on average {mean_of_chi(count):.2f} where there is no source"
    return f"{method} of {count} bands, in units of the noise"
