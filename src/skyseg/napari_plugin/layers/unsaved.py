"""Labels that a person has painted on and not saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref
from zlib import crc32

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer

from skyseg.napari_plugin.layers.edit import EDIT_KEY
from skyseg.panel.editing import EditSession

JOURNAL_KEY = "skyseg_journal"
"""Key of the metadata of a layer of which all that is painted on it enters a journal."""

_unsaved: WeakSet[Labels] = WeakSet()
_saved: WeakKeyDictionary[Labels, int] = WeakKeyDictionary()
_journals: WeakKeyDictionary[Layer, ref[EditSession]] = WeakKeyDictionary()


def watch_painting(viewer: ViewerModel) -> None:
    """Notice what is painted on the labels of a window, from now on."""
    for layer in viewer.layers:
        _watch(layer)
    viewer.layers.events.inserted.connect(lambda event: _watch(event.value))


def list_unsaved(viewer: ViewerModel) -> list[Labels]:
    """List the layers of a window with painted labels that no file has, the lowest first.

    Layers on which parts of one map are painted are saved together, so one stands for all.
    """
    found = [layer for layer in viewer.layers if isinstance(layer, Labels) and layer in _unsaved]
    return list({id(_find_whole(layer.metadata)): layer for layer in found}.values())


def keep_journal(layer: Labels, edit: EditSession) -> None:
    """Let all that is painted on a layer be that of a journal, and the layer edited as that is."""
    layer.metadata[JOURNAL_KEY] = True
    _journals[layer] = ref(edit)


def find_journal(layer: Layer) -> EditSession | None:
    """Return the edits whose journal takes what is painted on a layer; None where there are none.

    They live as long as the layer, also where it was removed from its window meanwhile.
    """
    return _journals[layer]() if layer in _journals else None


def is_edited(layer: Layer) -> bool:
    """Tell whether labels are edited, or were painted on and are in no file.

    Labels whose journal has no edit are not.
    """
    journal = find_journal(layer)
    if journal is not None and not journal.edits:
        return False
    return layer in _unsaved or bool({EDIT_KEY, JOURNAL_KEY} & layer.metadata.keys())


@contextmanager
def saving(metadata: Mapping[str, Any]) -> Iterator[None]:
    """Count what is painted as saved, unless that fails; what is painted meanwhile is not.

    Parameters
    ----------
    metadata : mapping
        That of the layer that is saved.
    """
    whole = _find_whole(metadata)
    ours = [layer for layer in _unsaved if _find_whole(layer.metadata) is whole]
    _unsaved.difference_update(ours)
    _saved.update({layer: _digest(layer) for layer in ours})
    try:
        yield
    except BaseException:
        _unsaved.update(ours)
        raise


def _watch(layer: Layer) -> None:
    if isinstance(layer, Labels):
        layer.events.paint.connect(partial(_note, layer))
        layer.events.set_data.connect(partial(_note_others, layer))


def _note(layer: Labels, event: Any = None) -> None:
    if JOURNAL_KEY not in layer.metadata:
        _unsaved.add(layer)


def _note_others(layer: Labels, event: Any = None) -> None:
    """Notice labels that are not those that were saved any more, as after an undo."""
    if layer in _saved and layer not in _unsaved and _digest(layer) != _saved[layer]:
        _note(layer)


def _digest(layer: Labels) -> int:
    labels = layer.data[0] if layer.multiscale else layer.data
    return crc32(np.ascontiguousarray(labels).data)


def _find_whole(metadata: Mapping[str, Any]) -> object:
    """Return what is saved as one: the map that is edited, else the layer by its metadata."""
    edit = metadata.get(EDIT_KEY)
    return metadata if edit is None else edit.map
