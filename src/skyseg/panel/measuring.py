"""Labels of any origin measured in the image that lies under them, for a process of its own."""

from __future__ import annotations

import logging

import numpy as np
from astropy.table import QTable

from skyseg.engine.parameters import Parameters
from skyseg.engine.types import AnyLabelImage, Progress
from skyseg.errors import Advice, ParameterError
from skyseg.imaging.label_maps import read_labels
from skyseg.imaging.refs import MapRef
from skyseg.products.seg_files import MEASURED_KEY
from skyseg.survey import BandData
from skyseg.survey.band_extraction import make_recipe
from skyseg.survey.label_measurement import measure_band_labels

_LARGEST = np.iinfo(np.int32).max

logger = logging.getLogger(__name__)


def measure_in_image(
    tell: Progress,
    labels: AnyLabelImage | MapRef,
    band: BandData,
    parameters: str | Parameters = "default",
) -> QTable:
    """Measure labels of any origin; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of the work that is done, and what comes next.
    labels : ndarray of int, shape (ny, nx), or MapRef
        The labels, or where they are; 0 is no source.
    band : BandData
        The image, on the same pixels. Its noise is taken from the error map that it has,
        else from the image, and a warning says so.
    parameters : str or Parameters, optional
        What is chosen of the panel: a parameter set by name, or values.

    Returns
    -------
    QTable
        The catalogue, with a row for each label.

    Raises
    ------
    ParameterError
        If a label is larger than a catalogue's NUMBER can be.
    SkysegError
        If the image cannot be used.
    """
    if isinstance(labels, MapRef):
        tell(0.0, f"reading {labels.path.name}")
        labels = _read(labels)
    if labels.size and int(labels.max()) > _LARGEST:
        raise ParameterError(
            f"the labels go up to {labels.max()}", hint=f"give labels up to {_LARGEST}"
        )
    err_type = band.err_types[0]
    if err_type == "none":
        what = "no error map is there, so the noise is taken from the image itself"
        logger.warning(Advice(what, "give one beside the image if there is one", where=band.name))
    tell(0.2, f"measuring labels in {band.name}")
    recipe = make_recipe(band.maps, err_type, "skyseg", parameters, band.aper_diams)
    table = measure_band_labels(labels.astype(np.int32), band.maps, recipe)
    table.meta[MEASURED_KEY] = True
    tell(1.0, f"{len(table)} sources")
    return table


def _read(ref: MapRef) -> AnyLabelImage:
    labels = read_labels(ref.path, ref.ext)
    if labels is None:
        raise ParameterError(f"{ref} holds values that are no labels", hint="open a label map")
    return labels
