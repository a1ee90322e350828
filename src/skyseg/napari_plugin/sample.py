"""The simulated survey, as napari's sample data."""

from __future__ import annotations

import napari
from platformdirs import user_cache_path

from skyseg.napari_plugin.home import session_of
from skyseg.napari_plugin.layers import LayerData
from skyseg.napari_plugin.reader import read_paths
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
        session_of(viewer).update(
            {
                "data_dir": sample.directory,
                "survey": sample.survey,
                "version": sample.version,
                "instruments": (),
                "band": ALL_BANDS,
            }
        )
    return read_paths([str(path) for path in sample.images.values()])
