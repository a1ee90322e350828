"""The simulated survey, as napari's sample data."""

from __future__ import annotations

from platformdirs import user_cache_path

from skyseg.napari_plugin.layers import LayerData
from skyseg.napari_plugin.reader import read_paths
from skyseg.samples import make_survey


def sample_survey() -> list[LayerData]:
    """Make the simulated survey in the user's cache, or find it there, and read its bands.

    Returns
    -------
    list of tuple
        Data, arguments and type of each layer.
    """
    survey = make_survey(user_cache_path("skyseg") / "samples")
    return read_paths([str(path) for path in survey.images.values()])
