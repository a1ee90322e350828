"""What a layer knows of the map that it shows, kept in its metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from napari.layers import Layer

from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import SkyFrame

KEY = "skyseg"
"""Key of a layer's metadata under which its `MapInfo` stands."""

ARRAY = "ARRAY"
"""Role of an image that a person has put into the window, who also chooses its looks."""

IN_BOXES_KEY = "skyseg_in_boxes"
"""Key under which shapes and points that are drawn in every box of a grid say how wide their lines,
or how large the points, are on the screen."""

FRAME_KEY = "skyseg_frame"
"""Key under which layers that are drawn over maps have the plane of the map they are drawn on."""

HELPER_KEY = "skyseg_helper"
"""Key under which a layer that helps to see something has the name that we know it by: a person may
have a layer of the same name, or rename ours."""

WORDS_KEY = "skyseg_words"
"""Key of that under which a difference layer says what each of its values means."""


def get_info(layer: Layer | None) -> MapInfo | None:
    """Return what a layer knows of its map; None where it is not ours."""
    info = None if layer is None else layer.metadata.get(KEY)
    return info if isinstance(info, MapInfo) else None


def list_frames(layers: Iterable[Layer]) -> list[SkyFrame]:
    """Return the frames in which layers of ours lie, each once."""
    infos = (get_info(layer) for layer in layers)
    frames = (info.frame for info in infos if info is not None and info.frame is not None)
    return list(dict.fromkeys(frames))


def get_full_map(layer: Layer) -> Any:
    """Full map of a layer, multiscale or not."""
    return layer.data[0] if layer.multiscale else layer.data
