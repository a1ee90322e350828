"""The session of a window, shared by its widgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from napari.components import ViewerModel
from napari.utils.notifications import show_info

from skyseg.napari_plugin.canvas.colour_image import ColourImage
from skyseg.napari_plugin.canvas.cursor_readout import show_readout
from skyseg.napari_plugin.canvas.field_switch import FieldSwitch
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.closing import ClosingGuard
from skyseg.napari_plugin.kept_by_window import find_one, keep_one
from skyseg.napari_plugin.layers.looks import LayerLooks
from skyseg.napari_plugin.notifications import tell_when_active
from skyseg.napari_plugin.preferences import (
    claim_fits_files,
    get_setting,
    offer_fits_first,
)
from skyseg.panel.display_model import Display
from skyseg.panel.session import Session

Follower = TypeVar("Follower")


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
    return find_one(viewer, Session) or _set_up(viewer)


def _set_up(viewer: ViewerModel) -> Session:
    show_readout(viewer)
    fields = FieldSwitch(viewer, show_info)
    folder = get_setting("imaging", "data_dir", "")
    outlined = get_setting("maps", "outlines", True)
    session = Session(
        data_dir=Path(folder) if folder else None,
        display=Display(label_style="contour" if outlined else "filled"),
    )
    keep_one(viewer, Session, lambda: session)
    looks = keep_one(viewer, LayerLooks, lambda: LayerLooks(viewer, session))
    fields.shown.connect(looks.show_field)
    if hasattr(viewer, "window"):
        ClosingGuard(viewer)
        draw_outlines(viewer)
        keep_one(viewer, ColourImage, lambda: ColourImage(viewer, session))
    claim_fits_files(session.archive, partial(tell_when_active, viewer))
    offer_fits_first()
    return session


def follow_once(
    viewer: ViewerModel, kind: type[Follower], make: Callable[[ViewerModel, Session], Follower]
) -> Follower:
    """Return what follows the session of a window; the first call makes it.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    kind : type
        What is wanted.
    make : callable
        Makes it, of the window and its session.
    """
    viewer = unwrap_viewer(viewer)
    return keep_one(viewer, kind, lambda: make(viewer, get_session(viewer)))


def unwrap_viewer(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer itself: napari gives widgets a proxy, which wraps all it returns."""
    own: ViewerModel = getattr(viewer, "__wrapped__", viewer)
    return own
