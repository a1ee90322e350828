"""Which settings give a band the purity that is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.assessment.advising import Recommendation, advise_maps, take_option
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.types import ErrType
from skyseg.errors import ParameterError
from skyseg.imaging import BandMaps
from skyseg.masks.bits import Bits
from skyseg.methods import parameter_sets
from skyseg.survey.band_extraction import make_recipe, make_request
from skyseg.survey.settling import settle_err_type

if TYPE_CHECKING:
    from skyseg.engine.parameters import Parameters


def advise_band(
    maps: BandMaps,
    purity: float,
    err_type: ErrType | None,
    parameters: str | Path | Parameters,
    mask: Path | None,
    exclude: Bits,
) -> Recommendation:
    """Advise by the maps of a band, with each of its error maps.

    Raises
    ------
    ParameterError
        If the parameters are those of two passes.
    SkysegError
        As `skyseg.assessment.advise` and `skyseg.BandData.segment` do.
    """
    chosen = parameter_sets.find(parameters)
    if chosen.hot is not None:
        raise ParameterError(
            f"the parameter set {chosen.name} is of two passes, and one pass is advised on",
            hint="give one of its two sets",
            where=maps.name,
        )
    own = make_recipe(maps, err_type, "skyseg", parameters, mask=mask, exclude=exclude)
    others = [each for each in maps.err_types if each not in (own.err_type, "none")]
    found: dict[ErrType, Maps] = {}
    for each in (own.err_type, *others):
        recipe = own
        if each != own.err_type:
            values = own.parameters.replace(weight_type=None)
            recipe = make_recipe(maps, each, "skyseg", values, mask=mask, exclude=exclude)
        request = make_request(maps, recipe)
        found[each] = make_maps(request.sci, request.err, each, request.name, mask=request.mask)
    advice = advise_maps(found, own.parameters, own.err_type, purity)
    values = settle_err_type(chosen.values, own.err_type)[1]
    return replace(advice, parameters=take_option(values, advice.best))
