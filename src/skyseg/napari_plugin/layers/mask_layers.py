"""The layers of a mask: its bits, and what a person draws and paints on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Labels, Layer, Shapes
from napari.utils.colormaps import DirectLabelColormap

from skyseg.engine.types import FloatArray, LabelImage, Slices
from skyseg.masks.bits import MaskBit, spell_bits
from skyseg.napari_plugin.canvas.helper_layers import drop_helper, find_helper, put_helper
from skyseg.napari_plugin.canvas.line_width import measure_edge
from skyseg.napari_plugin.layers.layer_data import (
    describe_labels,
    make_label_levels,
    name_axes,
    place_in_world,
)
from skyseg.napari_plugin.layers.painted_part import need_part_in_view
from skyseg.panel.map_info import MapInfo
from skyseg.panel.mask_draft import CLEARS, DRAWN_BITS, Kind, MaskDraft
from skyseg.panel.mask_looks import COLOURS, N_VALUES, colour_values

MASK_LAYER: Final = "Mask"
DRAWN_LAYER: Final = "Mask drawing"
PAINTED_LAYER: Final = "Mask painting"

_OPACITY, _CLEARED, _BRUSH = 0.45, "#ffffff", 12
_PART: Final = "skyseg part"


def make_mask_layer(bits: LabelImage, info: MapInfo) -> Labels:
    """Make the layer that shows the bits of a mask in their colours, in any thread.

    Parameters
    ----------
    bits : ndarray of int32, shape (ny, nx)
        The mask.
    info : MapInfo
        The map that it lies on.
    """
    own = MapInfo("MASK", info.shape, info.wcs, info.frame, band=info.band)
    levels = make_label_levels((bits & (N_VALUES - 1)).astype(np.uint8))
    layer: Labels = Layer.create(*describe_labels(levels, MASK_LAYER, own, opacity=_OPACITY))
    layer.colormap = DirectLabelColormap(color_dict=_colours())
    names = [spell_bits(value) or "none" for value in range(N_VALUES)]
    layer.features = {"index": np.arange(N_VALUES), "bits": names}
    return layer


def show_mask(viewer: ViewerModel, layer: Labels) -> None:
    """Show the layer of a mask, in place of one that is shown."""
    shown = find_helper(viewer, MASK_LAYER)
    place = _find_place(viewer) if shown is None else viewer.layers.index(shown)
    put_helper(viewer, layer, place=place)


def hide_mask(viewer: ViewerModel) -> None:
    """Take the layer of a mask away."""
    drop_helper(viewer, MASK_LAYER)


def start_drawing(viewer: ViewerModel, info: MapInfo, kind: Kind, bit: MaskBit) -> Shapes:
    """Let an ellipse or a polygon be drawn; its colour says its bit.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    info : MapInfo
        The map that is drawn on.
    kind : {"ellipse", "polygon"}
        What is drawn.
    bit : MaskBit
        What its pixels get.
    """
    layer: Shapes | None = find_helper(viewer, DRAWN_LAYER)
    if layer is None:
        layer = Shapes(ndim=2, name=DRAWN_LAYER, face_color="transparent", **name_axes(info))
        put_helper(viewer, layer, info)
    viewer.layers.selection.active = layer
    layer.mode = f"add_{kind}"
    layer.selected_data = set()
    layer.current_edge_color = COLOURS[bit]
    layer.current_face_color = "transparent"
    layer.current_edge_width = measure_edge(viewer, 1.0)
    return layer


def start_painting(viewer: ViewerModel, info: MapInfo, bit: MaskBit | None) -> Labels:
    """Let a bit be painted on what is in view; None paints away what bits are there.

    Raises
    ------
    ParameterError
        If the map is out of view.
    """
    layer: Labels | None = find_helper(viewer, PAINTED_LAYER)
    if layer is None:
        part = need_part_in_view(viewer, info, "the map", "paint")
        shape = part[0].stop - part[0].start, part[1].stop - part[1].start
        colours: dict[int | None, Any] = {int(each): COLOURS[each] for each in DRAWN_BITS}
        colours |= {None: "transparent", 0: "transparent", CLEARS: _CLEARED}
        layer = Labels(
            np.zeros(shape, np.uint8),
            name=PAINTED_LAYER,
            colormap=DirectLabelColormap(color_dict=colours),
            metadata={_PART: part},
            **place_in_world(info, (part[0].start, part[1].start)),
        )
        put_helper(viewer, layer, info)
    viewer.layers.selection.active = layer
    layer.mode = "paint"
    layer.brush_size = _BRUSH
    layer.selected_label = CLEARS if bit is None else int(bit)
    return layer


def copy_drawing(viewer: ViewerModel, info: MapInfo) -> Callable[[MaskDraft], None]:
    """Copy what was drawn and painted, and end it.

    Returns
    -------
    callable
        Enters it in a draft, in any thread.
    """
    drawn: list[tuple[Kind, list[FloatArray], MaskBit]] = []
    painted: list[tuple[Slices, npt.NDArray[Any]]] = []
    layer: Shapes | None = find_helper(viewer, DRAWN_LAYER)
    if layer is not None:
        layer.mode = "pan_zoom"
        for kind, corners, colour in zip(
            layer.shape_type, layer.data, layer.edge_color, strict=True
        ):
            pixels = [info.to_pixel(corner)[::-1] for corner in corners]
            drawn.append(("ellipse" if kind == "ellipse" else "polygon", pixels, _find_bit(colour)))
    brushed: Labels | None = find_helper(viewer, PAINTED_LAYER)
    if brushed is not None:
        brushed.mode = "pan_zoom"
        painted.append((brushed.metadata[_PART], np.array(brushed.data)))

    def enter(draft: MaskDraft) -> None:
        for kind, corners, bit in drawn:
            draft.draw(kind, corners, bit)
        for part, pixels in painted:
            draft.paint(part, pixels)

    return enter


def clear_drawing(viewer: ViewerModel) -> None:
    """Take away what was drawn and painted."""
    for name in (DRAWN_LAYER, PAINTED_LAYER):
        drop_helper(viewer, name)


def _find_place(viewer: ViewerModel) -> int:
    """Return where a mask is put: below what is drawn on it, above all else."""
    found = (find_helper(viewer, name) for name in (DRAWN_LAYER, PAINTED_LAYER))
    drawn = (viewer.layers.index(layer) for layer in found if layer is not None)
    return min(drawn, default=len(viewer.layers))


def _find_bit(colour: Any) -> MaskBit:
    """Return the bit whose colour is the nearest."""
    values = colour_values()[[int(bit) for bit in DRAWN_BITS], :3] / 255.0
    return DRAWN_BITS[int(np.abs(values - np.asarray(colour)[:3]).sum(axis=1).argmin())]


def _colours() -> dict[int | None, Any]:
    values = colour_values() / 255.0
    found: dict[int | None, Any] = {value: values[value] for value in range(1, N_VALUES)}
    return found | {None: "transparent", 0: "transparent"}
