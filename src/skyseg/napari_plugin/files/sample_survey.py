"""The simulated survey, as napari's sample data."""

from __future__ import annotations

from platformdirs import user_cache_path

from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.layers.layer_data import LayerData
from skyseg.samples import make_survey


def sample_survey() -> list[LayerData]:
    """Make the simulated survey in the user's cache, or find it there, and read its bands.

    The widgets of the window look at it from then on.

    Returns
    -------
    list of tuple
        Data, arguments and type of each layer.
    """
    sample = make_survey(user_cache_path("skyseg") / "samples")
    return read_paths([str(path) for path in sample.images.values()])
