"""The imaging in a window on whose pixels a label map lies."""

from __future__ import annotations

import napari
import numpy as np

from skyseg.napari_plugin.layers import MapInfo, info_of
from skyseg.survey import BandData

_ROLES = ("SCI", "ERR", "WHT")
_TOLERANCE = 0.1


def imaging_beneath(labels: MapInfo) -> BandData | None:
    """Return the band that a label map of no band can be measured in.

    Parameters
    ----------
    labels : MapInfo
        The label map; its layer is in the window that was active last.

    Returns
    -------
    BandData or None
        The topmost SCI map in the window that has the shape and, where the labels
        have a WCS, the place of the labels, with its ERR and WHT maps; None
        where there is no such map with a noise map.
    """
    viewer = napari.current_viewer()
    infos = [info_of(layer) for layer in viewer.layers] if viewer is not None else []
    if labels not in infos:
        return None
    found: dict[str, MapInfo] = {}
    for info in infos:
        if info is not None and info.role in _ROLES and _same_pixels(labels, info):
            found[info.role] = info
    sci = found.get("SCI")
    if sci is None:
        return None
    band = sci.band or _from_files(found)
    return None if band is None or (band.err is None and band.wht is None) else band


def _from_files(found: dict[str, MapInfo]) -> BandData | None:
    refs = {role: info.ref for role, info in found.items() if info.ref is not None}
    return (
        BandData.from_files(refs["SCI"], refs.get("ERR"), refs.get("WHT"))
        if "SCI" in refs
        else None
    )


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
