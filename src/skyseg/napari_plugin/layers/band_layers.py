"""The layers of a band: SCI, SEG, and ERR, WHT and BKG where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari.components import ViewerModel
from napari.layers import Labels, Layer

from skyseg.display.fits_maps import open_levels
from skyseg.display.pyramids import make_image_pyramid
from skyseg.errors import ProductError
from skyseg.napari_plugin.layers.layer_data import (
    describe_image,
    describe_labels,
    make_label_levels,
    name_units,
)
from skyseg.napari_plugin.layers.layer_info import KEY, get_info
from skyseg.napari_plugin.layers.unsaved import is_edited
from skyseg.panel.map_info import MapInfo
from skyseg.panel.naming import name_map
from skyseg.panel.session import MapRole
from skyseg.panel.sky_frame import SkyFrame, choose_frame
from skyseg.survey import BandData

_ORDER: tuple[MapRole, ...] = ("WHT", "ERR", "BKG", "SCI", "SEG")
_FROM_DISK: tuple[MapRole, ...] = ("SCI", "ERR", "WHT")
_RANKS: dict[str, int] = {role: rank for rank, role in enumerate(_ORDER)}


def read_layers(
    band: BandData,
    roles: Sequence[MapRole],
    frames: list[SkyFrame],
    shown: frozenset[tuple[BandData, str]] = frozenset(),
    *,
    outlined: bool,
) -> Iterator[Layer]:
    """Read maps of a band as layers, from the lowest to the topmost.

    It may run in any thread; only `put_layer` belongs to the window's own.

    Parameters
    ----------
    band : BandData
        The band, with its products.
    roles : sequence of str
        The maps; ERR and WHT are left out of a band without an error map.
    frames : list of SkyFrame
        Those in use; see `skyseg.panel.sky_frame.choose_frame`.
    shown : frozenset of tuple
        Bands and roles of the layers of the window; SCI, ERR and WHT of these
        are not read again.
    outlined : bool
        Whether SEG is shown as outlines.

    Yields
    ------
    Layer
        One for each map, as soon as it is read.

    Raises
    ------
    SkysegError
        If a map cannot be read.
    """
    frame = choose_frame(band.wcs, band.shape, frames)
    for role in (role for role in _ORDER if role in roles):
        if role in _FROM_DISK and (band, role) in shown:
            continue
        if role in ("ERR", "WHT") and "rms_err" not in band.err_types:
            continue
        name = name_map(band, role)
        info = MapInfo(role, band.shape, band.wcs, frame, _unit(band, role), band)
        if role == "SEG":
            yield _seg_layer(band, name, info, outlined)
        else:
            levels = _levels(band, role)
            yield Layer.create(*describe_image(levels, name, info, visible=role == "SCI"))


def _seg_layer(band: BandData, name: str, info: MapInfo, outlined: bool) -> Labels:
    layer: Labels = Layer.create(*describe_labels(make_label_levels(band.load_seg()), name, info))
    if outlined:
        layer.contour, layer.opacity = 1, 1.0
    return layer


def put_layer(viewer: ViewerModel, layer: Layer) -> None:
    """Add a layer of a band above its others, which then know its run; one that it replaces goes.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    layer : Layer
        As `read_layers` gives it.
    """
    info = get_info(layer)
    assert info is not None
    if layer.visible:
        name_units(viewer.layers, info)
    for old in _same(viewer, layer.name, info):
        viewer.layers.remove(old)
    viewer.layers.insert(_find_index(viewer, info), layer)
    if info.role == "SEG":
        _tell_run(viewer, info)


def _tell_run(viewer: ViewerModel, new: MapInfo) -> None:
    """Let the maps that a run was made from belong to the band with that run's products."""
    for layer in viewer.layers:
        info = get_info(layer)
        if info is not None and info.band == new.band and info.role in _FROM_DISK:
            layer.metadata[KEY] = replace(info, band=new.band)


def drop_replaced(viewer: ViewerModel) -> list[str]:
    """Remove maps that are not those on disk any more, and return their names.

    A map that a person edits stays.
    """
    found = [layer for layer in viewer.layers if _is_replaced(layer)]
    for layer in found:
        viewer.layers.remove(layer)
    return [layer.name for layer in found]


def assign_bands(viewer: ViewerModel, bands: Iterable[BandData]) -> None:
    """Let layers that were opened from files belong to the bands of those files.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    bands : iterable of BandData
        The bands of a survey.
    """
    maps: dict[tuple[Path, int], tuple[BandData, str]] = {}
    for band in bands:
        for role, ref in (("SCI", band.sci), ("ERR", band.err), ("WHT", band.wht)):
            if ref is not None:
                maps[ref.path.resolve(), ref.ext] = band, role
    for layer in viewer.layers:
        info = get_info(layer)
        if info is None or info.band is not None or info.ref is None:
            continue
        found = maps.get((info.ref.path.resolve(), info.ref.ext))
        if found is not None:
            layer.metadata[KEY] = replace(info, band=found[0], role=found[1])


def _is_replaced(layer: Layer) -> bool:
    info = get_info(layer)
    products = None if info is None or info.band is None else info.band.products
    if info is None or products is None or info.role not in ("SEG", "BKG") or is_edited(layer):
        return False
    with suppress(ProductError):  # what cannot be looked at is seen on
        return products.is_replaced("SEG" if info.role == "SEG" else "BKG")
    return False


def _same(viewer: ViewerModel, name: str, new: MapInfo) -> list[Layer]:
    return [
        layer
        for layer in viewer.layers
        if (old := get_info(layer)) is not None
        and ((layer.name == name and old.band == new.band) or _was_opened(layer, old, new))
    ]


def _was_opened(layer: Layer, old: MapInfo, new: MapInfo) -> bool:
    """Tell whether a layer is the same SEG map opened as a file, and nobody edits it."""
    if old.ref is None or not old.role == new.role == "SEG" or is_edited(layer):
        return False
    file = new.find_file()
    return file is not None and (file.path.resolve(), file.ext) == (
        old.ref.path.resolve(),
        old.ref.ext,
    )


def _find_index(viewer: ViewerModel, info: MapInfo) -> int:
    """Index of a new layer: among those of its band, in the order of roles; else the topmost."""
    ranks = [
        (number, _RANKS[other.role])
        for number, layer in enumerate(viewer.layers)
        if (other := get_info(layer)) and other.band == info.band and other.role in _RANKS
    ]
    below = [number for number, rank in ranks if rank <= _RANKS[info.role]]
    if below:
        return max(below) + 1
    return ranks[0][0] if ranks else len(viewer.layers)


def _levels(band: BandData, role: MapRole) -> list[Any]:
    if role == "BKG":
        return list(make_image_pyramid(band.load_bkg()))
    ref = {"SCI": band.sci, "ERR": band.err, "WHT": band.wht}[role]
    if ref is not None and not (role == "ERR" and ref.is_variance):
        return open_levels(ref.path, ref.ext)
    return list(make_image_pyramid(band.load_err() if role == "ERR" else band.load_wht()))


def _unit(band: BandData, role: MapRole) -> str:
    return "" if role in ("WHT", "SEG") else band.unit
