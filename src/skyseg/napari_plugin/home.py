"""What the widgets of one window share: its session, and the layers of its bands."""

from __future__ import annotations

import os
from collections.abc import Callable
from glob import escape
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from napari.components import ViewerModel
from napari.layers import Labels, Layer
from napari.settings import get_plugin_settings, get_settings
from napari.utils.notifications import show_error, show_info

from skyseg.errors import SkysegError
from skyseg.napari_plugin.cursor import show_position
from skyseg.napari_plugin.layers import MapInfo, info_of
from skyseg.panel.session import Session

_FITS_PATTERNS = ("*.fits", "*.fits.gz", "*.fits.fz")
_PLUGIN = "skyseg"

_sessions: WeakKeyDictionary[ViewerModel, Session] = WeakKeyDictionary()
_last_seg: WeakKeyDictionary[ViewerModel, ref[Labels]] = WeakKeyDictionary()


def session_of(viewer: ViewerModel) -> Session:
    """Return the session of a window; the first call makes it and sets the window up.

    Parameters
    ----------
    viewer : ViewerModel
        The window, or its model.

    Returns
    -------
    Session
        The same one for all widgets of the window.
    """
    viewer = own_viewer(viewer)
    if viewer not in _sessions:
        show_position(viewer)
        folder = setting("imaging", "data_dir", "")
        _sessions[viewer] = Session(data_dir=Path(folder) if folder else None)
        claim_fits(_sessions[viewer].archive)
    return _sessions[viewer]


def own_viewer(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer itself: napari gives widgets a proxy, which wraps all it returns."""
    own: ViewerModel = getattr(viewer, "__wrapped__", viewer)
    return own


def setting(group: str, name: str, default: Any) -> Any:
    """Value of a setting of ours on napari's settings page."""
    settings = get_plugin_settings()
    return getattr(getattr(settings[_PLUGIN], group), name) if _PLUGIN in settings else default


def claim_fits(archive: Path) -> None:
    """Let FITS files, and folders of the archive, open with this plugin from now on.

    Without a choice napari asks for each kind of file, as its own reader offers
    itself too. A choice that a person has made stays; a new one is told, and
    *Preferences > Skyseg* can forbid it.

    Parameters
    ----------
    archive : Path
        The archive.
    """
    if not setting("imaging", "open_fits", True):
        return
    plugins = get_settings().plugins
    folders = f"{escape(str(archive.expanduser().resolve()))}{os.sep}*{os.sep}"
    wanted = (*_FITS_PATTERNS, *([folders] if archive.is_dir() else ()))
    missing = {each: _PLUGIN for each in wanted if each not in plugins.extension2reader}
    if missing:
        plugins.extension2reader = {**plugins.extension2reader, **missing}
        show_info("FITS files open with skyseg now; see Preferences > Plugins")


def layers_with(viewer: ViewerModel, role: str) -> list[Layer]:
    """Layers that show maps of one role, the topmost first."""
    return [
        layer
        for layer in reversed(viewer.layers)
        if (info := info_of(layer)) is not None and info.role == role
    ]


def current_seg(viewer: ViewerModel) -> tuple[Labels, MapInfo] | None:
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
    key = own_viewer(viewer)
    found = [layer for layer in layers_with(viewer, "SEG") if isinstance(layer, Labels)]
    last = _last_seg[key]() if key in _last_seg else None
    wanted = (viewer.layers.selection.active, last)
    chosen = next((each for each in wanted if each in found), found[0] if found else None)
    info = info_of(chosen)
    if chosen is None or info is None:
        return None
    _last_seg[key] = ref(chosen)
    return chosen, info


def reporting(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a slot that tells errors of ours in a notification, and goes on."""

    def slot(*arguments: Any) -> None:
        try:
            function(*arguments)
        except SkysegError as error:
            show_error(str(error))

    return slot
