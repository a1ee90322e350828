"""The session of a window, shared by its widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from napari.components import ViewerModel
from napari.utils.notifications import show_info

from skyseg.napari_plugin.canvas.colour_image import ColourImage
from skyseg.napari_plugin.canvas.cursor_readout import show_readout
from skyseg.napari_plugin.canvas.field_switch import FieldSwitch
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.closing import ClosingGuard
from skyseg.napari_plugin.layers.looks import LayerLooks
from skyseg.napari_plugin.preferences import (
    claim_fits_files,
    get_setting,
    offer_fits_first,
)
from skyseg.panel.display_model import Display
from skyseg.panel.session import Session

Follower = TypeVar("Follower")

_sessions: WeakKeyDictionary[ViewerModel, Session] = WeakKeyDictionary()
_colour_images: WeakKeyDictionary[ViewerModel, ColourImage] = WeakKeyDictionary()
_looks: WeakKeyDictionary[ViewerModel, LayerLooks] = WeakKeyDictionary()


def get_session(viewer: ViewerModel) -> Session:
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
    viewer = unwrap_viewer(viewer)
    if viewer not in _sessions:
        show_readout(viewer)
        FieldSwitch(viewer, show_info)
        folder = get_setting("imaging", "data_dir", "")
        outlined = get_setting("maps", "outlines", True)
        _sessions[viewer] = Session(
            data_dir=Path(folder) if folder else None,
            display=Display(label_style="contour" if outlined else "filled"),
        )
        _looks[viewer] = LayerLooks(viewer, _sessions[viewer])
        if hasattr(viewer, "window"):
            ClosingGuard(viewer)
            draw_outlines(viewer)
            _colour_images[viewer] = ColourImage(viewer, _sessions[viewer])
        claim_fits_files(_sessions[viewer].archive)
        offer_fits_first()
    return _sessions[viewer]


def follow_once(
    known: WeakKeyDictionary[ViewerModel, Follower], viewer: ViewerModel,
    kind: Callable[[ViewerModel, Session], Follower],
) -> Follower:  # fmt: skip
    """Return what follows the session of a window; the first call makes it.

    Parameters
    ----------
    known : mapping
        What follows the sessions of windows so far.
    viewer : ViewerModel
        The window.
    kind : callable
        Makes it, of the window and its session.
    """
    viewer = unwrap_viewer(viewer)
    if viewer not in known:
        known[viewer] = kind(viewer, get_session(viewer))
    return known[viewer]


def unwrap_viewer(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer itself: napari gives widgets a proxy, which wraps all it returns."""
    own: ViewerModel = getattr(viewer, "__wrapped__", viewer)
    return own
