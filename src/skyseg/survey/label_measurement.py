"""Given labels measured in the maps of a band, as a catalogue."""

from __future__ import annotations

from astropy.table import QTable

from skyseg.engine.labelled import measure_labels
from skyseg.engine.rows import as_array
from skyseg.engine.types import LabelImage
from skyseg.imaging import BandMaps
from skyseg.methods import catalogue
from skyseg.products.recipe import Recipe
from skyseg.survey.band_extraction import make_request


def measure_band_labels(labels: LabelImage, maps: BandMaps, recipe: Recipe) -> QTable:
    """Measure labels, such as those of an edited SEG map, in the maps of a band.

    Parameters
    ----------
    labels : ndarray of int32, shape (ny, nx)
        The labels; 0 is no source.
    maps : BandMaps
        The maps of the band.
    recipe : Recipe
        Error type, parameters, apertures and zero point.

    Returns
    -------
    QTable
        The catalogue.

    Raises
    ------
    SkysegError
        If the maps cannot be read, or do not have the shape of the labels.
    """
    request = make_request(maps, recipe)
    columns = measure_labels(
        as_array(request.sci),
        None if request.err is None else as_array(request.err),
        recipe.err_type,
        labels,
        request.parameters,
        catalogue.list_circles(request),
        columns=catalogue.list_measurements(request),
        flags=request.flags,
        mask=request.mask,
    )
    return catalogue.build(columns, request)
