"""Layers of a window by what they show: by role, the current SEG map, the imaging of labels."""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

import napari
import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from skyseg.imaging.companions import find_noise_beside
from skyseg.imaging.refs import MapRef
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.viewer_session import unwrap_viewer
from skyseg.panel.label_catalogue import open_band
from skyseg.panel.map_info import MapInfo
from skyseg.products.seg_files import SegFile
from skyseg.survey import BandData

_IMAGING = {"SCI": "SCI", "ERR": "ERR", "VARIANCE": "ERR", "WHT": "WHT"}
_TOLERANCE = 0.1

_last_seg: WeakKeyDictionary[ViewerModel, ref[Labels]] = WeakKeyDictionary()


def find_layers(viewer: ViewerModel, role: str) -> list[Layer]:
    """Layers that show maps of one role, the topmost first."""
    return [
        layer
        for layer in reversed(viewer.layers)
        if (info := get_info(layer)) is not None and info.role == role
    ]


def find_current_seg(viewer: ViewerModel) -> tuple[Labels, MapInfo] | None:
    """Return the SEG layer that is worked with: the one that was active last, else the topmost.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    layer : Labels
    info : MapInfo
        What it shows. None instead of both where there is no SEG layer.
    """
    key = unwrap_viewer(viewer)
    found = [layer for layer in find_layers(viewer, "SEG") if isinstance(layer, Labels)]
    last = _last_seg[key]() if key in _last_seg else None
    wanted = (viewer.layers.selection.active, last)
    chosen = next((each for each in wanted if each in found), found[0] if found else None)
    info = get_info(chosen)
    if chosen is None or info is None:
        return None
    _last_seg[key] = ref(chosen)
    return chosen, info


def find_shown_map(viewer: ViewerModel) -> MapInfo | None:
    """Return the map that places refer to: the SEG map, else the topmost visible map.

    A SEG map of a field that is not shown does not count.
    """
    shown = [
        info
        for layer in reversed(viewer.layers)
        if layer.visible and isinstance(layer, (Image, Labels)) and (info := get_info(layer))
    ]
    target = find_current_seg(viewer)
    if target is not None and (not shown or any(each.frame == target[1].frame for each in shown)):
        return target[1]
    return shown[0] if shown else None


def list_band_maps(viewer: ViewerModel) -> frozenset[tuple[BandData, str]]:
    """Bands and roles of the layers of a window."""
    infos = (get_info(layer) for layer in viewer.layers)
    return frozenset((info.band, info.role) for info in infos if info and info.band)


def find_imaging(labels: MapInfo, viewer: ViewerModel | None = None) -> BandData | None:
    """Return the band in which a label map that belongs to no band can be measured.

    Parameters
    ----------
    labels : MapInfo
        The label map.
    viewer : ViewerModel, optional
        The window that it is in; by default the one that was active last.

    Returns
    -------
    BandData or None
        The topmost SCI map in the window that has the shape and, where the labels
        have a WCS, the place of the labels, with its ERR and WHT maps, if any. Without
        one, the maps that the labels were made from, if they are still there; None where
        there is no such map.
    """
    viewer = napari.current_viewer() if viewer is None else viewer
    infos = [get_info(layer) for layer in viewer.layers] if viewer is not None else []
    if labels not in infos:
        return None
    maps: dict[str, MapInfo] = {}
    for info in infos:
        role = None if info is None else _IMAGING.get(info.role)
        if info is not None and role is not None and _same_pixels(labels, info):
            maps[role] = info
    sci = maps.get("SCI")
    if sci is not None:
        return sci.band or _open_band(maps)
    band = None if labels.ref is None else open_band(SegFile.read(labels.ref))
    return band if band is not None and band.shape == labels.shape else None


def list_open_maps(viewer: ViewerModel) -> dict[str, str]:
    """List the images of a window that lie in files: by layer, ``path[HDU]``; topmost first."""
    found: dict[str, str] = {}
    for layer in reversed(viewer.layers):
        info = get_info(layer)
        ref = None if info is None else _find_ref(info)
        if isinstance(layer, Image) and ref is not None:
            found[layer.name] = str(ref)
    return found


def _find_ref(info: MapInfo) -> MapRef | None:
    if info.ref is not None or info.band is None:
        return info.ref
    return {"SCI": info.band.sci, "ERR": info.band.err, "WHT": info.band.wht}.get(info.role)


def _open_band(maps: dict[str, MapInfo]) -> BandData | None:
    """Open the maps of files, with those of the noise that lie beside SCI."""
    refs = {role: info.ref for role, info in maps.items() if info.ref is not None}
    if "SCI" not in refs:
        return None
    refs = find_noise_beside(refs["SCI"]) | refs
    return BandData.from_files(refs["SCI"], refs.get("ERR"), refs.get("WHT"))


def _same_pixels(labels: MapInfo, other: MapInfo) -> bool:
    if labels.shape != other.shape:
        return False
    if labels.wcs is None:
        return True
    if other.frame != labels.frame:
        return False
    ny, nx = labels.shape
    corners = np.array([[0, 0, 1], [0, nx, 1], [ny, 0, 1], [ny, nx, 1]]).T
    off = labels.matrix @ corners - other.matrix @ corners
    return bool(np.abs(off).max() < _TOLERANCE * labels.scale)
