"""The simulated survey, as napari's sample data."""

from __future__ import annotations

import napari
from platformdirs import user_cache_path

from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.layers.layer_data import LayerData
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.session import ALL_BANDS
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
    viewer = napari.current_viewer()
    if viewer is not None:
        get_session(viewer).update(
            {
                "data_dir": sample.directory,
                "survey": sample.survey,
                "version": sample.version,
                "instruments": (),
                "band": ALL_BANDS,
            }
        )
    return read_paths([str(path) for path in sample.images.values()])
