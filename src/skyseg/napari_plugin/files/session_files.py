"""Sessions in napari: what a window shows is saved in a file, and shown again from one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import napari
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import AVAILABLE_COLORMAPS
from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from skyseg.errors import SkysegError
from skyseg.imaging.refs import MapRef
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.camera import get_place_in_view, go_to
from skyseg.napari_plugin.canvas.drawn_layers import follow_session
from skyseg.napari_plugin.canvas.side_by_side import follow_arrangement
from skyseg.napari_plugin.files.reader import read_files
from skyseg.napari_plugin.layers.band_layers import assign_bands
from skyseg.napari_plugin.layers.finding import find_current_seg, find_layers, find_shown_map
from skyseg.napari_plugin.layers.layer_data import LayerData, choose_role, name_units
from skyseg.napari_plugin.layers.layer_info import KEY, get_info
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.layers.same_shape import lay_on_images
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.panel.display_model import Display
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Place, Session
from skyseg.panel.session_file import (
    ENDING,
    SavedSession,
    read_session,
    save_session,
    take_over,
)
from skyseg.panel.shown_layers import ShownMap, update_shown
from skyseg.panel.wording import worded
from skyseg.products.names import ProductPaths

_BAND = "skyseg band"
_NEAR = 1e-3
_SESSIONS = f"Sessions (*{ENDING})"


def get_session_reader(path: str | Sequence[str]) -> Callable[[Any], list[Any]] | None:
    """Return the reader of sessions: it shows what a session's file holds in the window."""
    one = path if isinstance(path, str) else path[0] if len(path) == 1 else ""
    return _read_into_window if one.endswith(ENDING) else None


def _read_into_window(path: str | Sequence[str]) -> list[Any]:
    viewer = napari.current_viewer()
    open_session(viewer, path if isinstance(path, str) else path[0])
    return [(None,)]


def ask_and_save(viewer: ViewerModel | None = None) -> None:
    """Save the session of a window; asks for the name of the file."""
    window = unwrap_viewer(viewer or napari.current_viewer())
    path = QFileDialog.getSaveFileName(None, "Save session", "", _SESSIONS)[0]
    if path:
        report_errors(save_window)(window, path)


def ask_and_open(viewer: ViewerModel | None = None) -> None:
    """Show a session in a window; asks for the file."""
    window = unwrap_viewer(viewer or napari.current_viewer())
    path = QFileDialog.getOpenFileName(None, "Open session", "", _SESSIONS)[0]
    if path:
        report_errors(open_session)(window, path)


def save_window(viewer: ViewerModel, path: str | Path) -> Path:
    """Save the session of a window with the maps that it shows and what is in view.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    path : str or Path
        The file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ProductError
        If it cannot be written.
    """
    session = get_session(viewer)
    shown, left_out = list_shown(viewer)
    session.layers = update_shown((), shown)
    info = find_shown_map(viewer)
    if info is not None:
        in_view = get_place_in_view(viewer, info)
        if session.region is None or not _fits(in_view, session.region):
            session.region = in_view
    file = save_session(session, path)
    note = f"; not in it, as they are in no file: {', '.join(left_out)}" if left_out else ""
    show_info(f"the session is in {file}{note}")
    return file


def _fits(in_view: Place, region: Place) -> bool:
    """Tell whether a view is the one that going to a region gives, whatever the window's form."""
    if in_view.frame != region.frame:
        return False
    by = min(in_view.width / region.width, in_view.height / region.height)
    degrees = 3600.0 if region.frame == "sky" else 1.0
    off = max(abs(in_view.x - region.x), abs(in_view.y - region.y)) * degrees
    return abs(by - 1) < _NEAR and off < _NEAR * max(region.width, region.height)


def list_shown(viewer: ViewerModel) -> tuple[list[ShownMap], list[str]]:
    """List the maps of a window that lie in files, from the lowest, and names of the others."""
    shown, left_out = [], []
    current = find_current_seg(viewer)
    for layer in viewer.layers:
        info = get_info(layer)
        if info is None or not isinstance(layer, (Image, Labels)):
            continue
        ref = info.find_file()
        if ref is None:
            left_out.append(layer.name)
            continue
        is_active = current is not None and layer is current[0]
        shown.append(_describe(layer, info, ref, is_active=is_active))
    return shown, left_out


def _describe(layer: Image | Labels, info: MapInfo, ref: MapRef, *, is_active: bool) -> ShownMap:
    form: dict[str, Any] = {"outlined": layer.contour > 0} if isinstance(layer, Labels) else {}
    if isinstance(layer, Image):
        low, high = layer.contrast_limits
        form["limits"] = float(low), float(high)
        if layer.colormap.name in AVAILABLE_COLORMAPS:
            form["colormap"] = layer.colormap.name
    return ShownMap(
        path=ref.path,
        ext=ref.ext,
        role=info.role,
        band=layer.metadata.get(_BAND, "") if info.band is None else info.band.band,
        name=layer.name,
        visible=layer.visible,
        opacity=float(layer.opacity),
        active=is_active,
        **form,
    )


def open_session(viewer: ViewerModel, path: str | Path) -> None:
    """Show a session in a window, in place of the maps of files that it shows.

    The maps are read in a thread; what is no longer there is told in a notification.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    path : str or Path
        The session's file.

    Raises
    ------
    SkysegError
        If the file is no session.
    """
    saved = read_session(path)
    session = get_session(viewer)
    keep_arranged(viewer)
    follow_session(viewer)
    follow_arrangement(viewer)
    session.side_by_side = False
    for layer in list(viewer.layers):
        info = get_info(layer)
        if info is not None and info.find_file() is not None:
            viewer.layers.remove(layer)
    later = {"region": None, "side_by_side": False}
    take_over(session, saved.session.model_copy(update=later))
    run_in_thread(
        viewer.window._qt_window if hasattr(viewer, "window") else QObject(),
        partial(_read_maps, saved.session.layers),
        partial(_show, viewer, session, saved),
    )


def _read_maps(layers: Sequence[ShownMap]) -> tuple[list[tuple[LayerData, ShownMap]], list[str]]:
    """Read maps in one frame, each file once, and say which cannot be read."""
    wanted = {(shown.path.resolve(), shown.ext): shown for shown in layers}
    frames: list[Any] = []
    read: dict[tuple[Path, int], LayerData] = {}
    notes = []
    for path in dict.fromkeys(shown.path for shown in layers):
        try:
            for data in read_files([path], frames):
                ref = data[1]["metadata"][KEY].ref
                read[ref.path.resolve(), ref.ext] = data
        except SkysegError as error:
            notes.append(worded(error))
    notes += lay_on_images(read.values())
    return [(read[key], shown) for key, shown in wanted.items() if key in read], notes


def _show(
    viewer: ViewerModel,
    session: Session,
    saved: SavedSession,
    found: tuple[list[tuple[LayerData, ShownMap]], list[str]],
) -> None:
    maps, unread = found
    active: Layer | None = None
    for (data, arguments, kind), shown in maps:
        told = {"name": shown.name or arguments["name"], "visible": shown.visible}
        layer = Layer.create(data, arguments | told, kind)
        if layer.visible:
            name_units(viewer.layers, layer.metadata[KEY])
        viewer.layers.append(layer)
        _style(layer, shown, session.display)
        active = layer if shown.active else active
    if active is None:
        active = next((each for each in find_layers(viewer, "SEG") if each.visible), None)
    if active is not None:
        viewer.layers.selection.active = active
    if session.survey:
        report_errors(lambda: assign_bands(viewer, session.data()))()
    session.side_by_side = saved.session.side_by_side
    info, region = find_shown_map(viewer), saved.session.region
    if region is None or info is None:
        viewer.fit_to_view()
    else:
        report_errors(go_to)(viewer, info, region)
        session.region = region
    notes = [*saved.notes, *unread, *_tell_edits(shown for _, shown in maps)]
    if notes:
        show_warning("\n".join(notes))


def _tell_edits(maps: Iterable[ShownMap]) -> list[str]:
    """Say which SEG maps of runs have edits; of a file they are not those of its run."""
    return [
        f"{shown.name} has edits, which are shown once it is run in Segment"
        for shown in maps
        if shown.role == "SEG" and ProductPaths.of_seg(shown.path).journal.exists()
    ]


def _style(layer: Layer, shown: ShownMap, display: Display) -> None:
    layer.opacity = shown.opacity
    layer.metadata[_BAND] = shown.band
    if isinstance(layer, Labels):
        layer.contour = int(shown.outlined)
    elif shown.limits is not None:
        if display.scale_of(choose_role(layer.metadata[KEY])).cuts == "by hand":
            layer.contrast_limits = shown.limits
        if shown.colormap:
            layer.colormap = shown.colormap
