"""Which settings give a band the purity that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.assessment.advising import Recommendation, advise_maps
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.types import ErrType
from skyseg.imaging import BandMaps
from skyseg.masks.bits import Bits
from skyseg.survey.band_extraction import make_recipe, make_request

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
    SkysegError
        As `skyseg.assessment.advise` and `skyseg.BandData.segment` do.
    """
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
    return advise_maps(found, own.parameters, own.err_type, purity)
