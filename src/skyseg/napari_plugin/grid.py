"""All bands side by side, each with its own maps, looking at the same place."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer

from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers import info_of


def show_grid(viewer: ViewerModel, shown: bool) -> None:
    """Show each band in a box of its own; all boxes look at the same part of the sky.

    Parameters
    ----------
    viewer : ViewerModel
        The window; layers that belong to no band are hidden in the grid.
    shown : bool
        Whether the bands stand side by side or above each other.

    Raises
    ------
    ParameterError
        If bands have different numbers of layers.
    """
    if not shown:
        viewer.canvas.grid.enabled = False
        return
    groups = _by_band(viewer)
    counts = {band: len(layers) for band, layers in groups.items()}
    if len(counts) < 2 or len(set(counts.values())) > 1:
        listed = ", ".join(f"{band} {number}" for band, number in counts.items()) or "none"
        raise ParameterError(
            f"side by side needs bands with the same number of layers each ({listed}); "
            "run all bands, or remove layers"
        )
    ordered = [layer for layers in groups.values() for layer in layers]
    for place, layer in enumerate(ordered):
        viewer.layers.move(viewer.layers.index(layer), place)
    viewer.canvas.grid.stride = len(ordered) // len(groups)
    viewer.canvas.grid.enabled = True


def _by_band(viewer: ViewerModel) -> dict[str, list[Layer]]:
    groups: dict[str, list[Layer]] = {}
    for layer in viewer.layers:
        info = info_of(layer)
        if info is not None and info.band is not None:
            groups.setdefault(info.band.name, []).append(layer)
    return groups
