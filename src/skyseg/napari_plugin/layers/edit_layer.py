"""Painting on a SEG map: a plain layer of what is in view, and numbers for new sources."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers.edit import EDIT_KEY, Edit, EditedMap
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.layers.painted_part import make_part_layer, need_part_in_view

_EDITS_KEY = "skyseg_edits"


def add_edit_layer(viewer: ViewerModel) -> Labels:
    """Add a layer with the part of the SEG map that is in view, to paint on.

    A layer of several scales cannot be painted on. When the new layer is saved,
    the whole map with all its painted parts is. A number that is new in the part and
    taken in the rest of the map is changed to a free one.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    Labels
        The new layer, which is active.

    Raises
    ------
    ParameterError
        If there is no SEG layer, or it is out of view.
    """
    target = find_current_seg(viewer)
    if target is None:
        raise ParameterError("there is no segmentation map to edit", hint="segment a band first")
    layer, info = target
    part = need_part_in_view(viewer, info, layer.name, "edit")
    edited = layer.metadata.setdefault(_EDITS_KEY, EditedMap(get_full_map(layer), info))
    painted = edited.merge(part=part)
    before = np.array(get_full_map(layer)[part], np.int32)
    metadata = {EDIT_KEY: Edit(edited, part, before)}
    new = make_part_layer(painted, part, info, f"{layer.name} edit", metadata)
    new.selected_label = edited.find_free_label()
    edited.add(new)
    new.events.selected_label.connect(partial(_keep_free, new, edited))
    viewer.layers.append(new)
    viewer.layers.selection.active = new
    viewer.layers.events.removed.connect(lambda event: edited.drop(event.value))
    return new


def _keep_free(layer: Labels, edited: EditedMap, event: Any = None) -> None:
    """Choose a free number in place of one that a source outside of the part has.

    napari's "new label" knows the largest number of the part alone.
    """
    number = int(layer.selected_label)
    own = layer.metadata[EDIT_KEY].before
    if edited.is_taken(number) and number not in own and number not in layer.data:
        layer.selected_label = edited.find_free_label()
