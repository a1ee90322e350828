"""The purity of a run of a band, by the same run on its negative image."""

from __future__ import annotations

from skyseg.assessment.negative import Purity, count_negatives
from skyseg.engine.mappers import Mapper
from skyseg.engine.types import Progress
from skyseg.imaging import BandMaps
from skyseg.products import Products
from skyseg.survey.band_extraction import make_run_request


def assess_run(
    maps: BandMaps, products: Products, progress: Progress | None, mapper: Mapper | None
) -> Purity:
    """Run what made the products of a band on its negative image, and compare.

    Raises
    ------
    SkysegError
        As the run itself does.
    """
    recipe = products.recipe
    request = make_run_request(maps.cut(recipe.part), recipe, progress, mapper=mapper)
    negative = count_negatives(request, recipe.method)
    return Purity.of(products.load_cat(), negative, recipe.zero_point)
