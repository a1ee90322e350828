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
        The window; layers that belong to no band come after the bands.
    shown : bool
        Whether the bands stand side by side or above each other.

    Raises
    ------
    ParameterError
        If bands have different numbers of layers.
    """
    groups = _by_band(viewer)
    if not shown:
        viewer.canvas.grid.enabled = False
        _name_boxes(groups, False)
        return
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
    _name_boxes(groups, True)


def _name_boxes(groups: dict[str, list[Layer]], shown: bool) -> None:
    """Write the name of its lowest layer into the box of each band."""
    for layers in groups.values():
        layers[0].name_overlay.visible = shown


def _by_band(viewer: ViewerModel) -> dict[str, list[Layer]]:
    groups: dict[str, list[Layer]] = {}
    for layer in viewer.layers:
        info = info_of(layer)
        if info is not None and info.band is not None:
            groups.setdefault(info.band.name, []).append(layer)
    return groups
