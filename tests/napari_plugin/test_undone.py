"""Labels that are undone after they were saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.layers.unsaved import list_unsaved, watch_painting

SEG = "UDS-B F444W SEG rms_err"


def edit(model: ViewerModel, box: tuple[int, int, int, int]) -> Labels:
    model.layers.selection.active = model.layers[SEG]
    info = get_info(model.layers[SEG])
    assert info is not None
    go_to_box(model, info, box)
    return add_edit_layer(model)


def save(layer: Labels, path: Path) -> None:
    data, meta, _ = layer.as_layer_data_tuple()
    write_labels(str(path), data, meta)


def test_what_is_undone_after_it_was_saved_is_unsaved(model: ViewerModel, tmp_path: Path) -> None:
    watch_painting(model)
    plain = model.add_labels(np.zeros((9, 9), np.int32), name="mine")
    for layer in (plain, edit(model, (100, 120, 100, 120))):
        layer.paint((5, 5), 7)
        save(layer, tmp_path / f"{layer.name[:4]}.fits")
        layer.refresh()
        assert list_unsaved(model) == []
        layer.undo()
        assert list_unsaved(model) == [layer]
        save(layer, tmp_path / f"{layer.name[:4]}.fits")
        assert list_unsaved(model) == []
        layer.redo()
        assert list_unsaved(model) == [layer]
        save(layer, tmp_path / f"{layer.name[:4]}.fits")
