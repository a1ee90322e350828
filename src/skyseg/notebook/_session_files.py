"""Sessions in a notebook: what a viewer shows is saved in a file, and shown again from one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.errors import DataNotFoundError, SkysegError
from skyseg.imaging.refs import MapRef
from skyseg.notebook._label_sources import LabelSources
from skyseg.notebook._seg_sources import read_sources
from skyseg.notebook._source_drawer import find_seg
from skyseg.panel.session import Session
from skyseg.panel.session_file import SavedSession, read_session, save_session, take_over
from skyseg.panel.shown_layers import ShownMap, update_shown
from skyseg.panel.wording import worded
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas

logger = logging.getLogger(__name__)


class ViewerSession:
    """Saves the session of a viewer, and shows saved ones in it.

    What a viewer was opened with and nobody has changed is saved as it was, also what only
    napari can show.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._opened: tuple[ShownMap, ...] = ()
        self._bands: tuple[str, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the session.

        Raises
        ------
        ProductError
            If it cannot be written.
        """
        session, bands = self._viewer.session, tuple(self._viewer.bands)
        opened = {shown.key: shown for shown in self._opened}
        now = {shown.key: shown for shown in _list_shown(self._viewer)}
        changed = [each for key, each in now.items() if opened.get(key) != each]
        changed += [
            each.model_copy(update={"visible": False})
            for key, each in opened.items()
            if key not in now
        ]
        before = {shown.key: shown for shown in session.layers}
        session.layers = update_shown(
            session.layers, [_change(before.get(each.key), each) for each in changed]
        )
        if bands != self._bands:
            session.side_by_side = len(bands) > 1
        self._opened, self._bands = tuple(now.values()), bands
        return save_session(session, path)

    def show(self, path: str | Path) -> tuple[str, ...]:
        """Show a saved session in the viewer.

        Returns
        -------
        tuple of str
            What is no longer there, a sentence each.

        Raises
        ------
        SkysegError
            If it is no session, or holds no map that can be shown.
        """
        saved = read_session(path)
        find_bands(saved.session, saved.notes)
        viewer, session = self._viewer, self._viewer.session
        take_over(session, saved.session.model_copy(update={"region": None, "selected": ()}))
        bands, found = find_bands(session, saved.notes)
        viewer.use_bands(bands)
        viewer.bands = choose_shown(saved.session, bands)
        return self.restore(saved, (*saved.notes, *found))

    def restore(self, saved: SavedSession, notes: Sequence[str]) -> tuple[str, ...]:
        """Show maps, selection and place of a saved session, whose bands are shown already."""
        viewer, session = self._viewer, saved.session
        sources, unread = _read_labels(session, viewer.canvases)
        viewer.seg_maps.give(sources)
        viewer.show_products()
        limits = {shown.key: shown.limits for shown in session.layers}
        for canvas in viewer.canvases:
            ref = _find_map(canvas)
            saved_limits = None if ref is None else limits.get((ref.path, ref.ext, canvas.ext))
            if saved_limits is not None:
                canvas.limits = saved_limits
        take_over(viewer.session, session)
        viewer.session.region = session.region  # where a selected source is not
        self._opened, self._bands = tuple(_list_shown(viewer)), tuple(viewer.bands)
        viewer.differences.compare_files(session.compared)
        told = (*notes, *unread)
        for note in told:
            logger.warning("%s", note)
        return told


def find_bands(session: Session, missing: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Open the bands of a saved session: those of its survey, else of the files that it shows.

    Parameters
    ----------
    session : Session
        The session.
    missing : sequence of str
        What is known to be missing, for the error.

    Returns
    -------
    bands : dict of BandData
        By key.
    notes : tuple of str
        What cannot be opened, a sentence each.

    Raises
    ------
    DataNotFoundError
        If there is none.
    """
    notes: list[str] = []
    if session.survey or session.files is not None:
        try:
            data = session.data()
            return dict(zip(data.keys(), data, strict=True)), ()
        except SkysegError as error:
            notes.append(worded(error))
    bands: dict[str, Any] = {}
    for shown in session.layers:
        if shown.role == "SCI":
            try:
                band = BandData.from_files(MapRef(shown.path, shown.ext))
            except SkysegError as error:
                notes.append(worded(error))
                continue
            bands[shown.band or band.band] = band
    if not bands:
        why = "; ".join((*missing, *notes)) or "it names no survey and no image"
        raise DataNotFoundError(
            f"the session holds no image that can be shown: {why}",
            hint="bring the files back, or open another session",
        )
    return bands, tuple(notes)


def choose_shown(session: Session, bands: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of the bands whose image was seen; the first one where none was."""
    seen = [
        key
        for key, band in bands.items()
        if any(
            shown.visible and shown.role == "SCI" and shown.path == band.sci.path
            for shown in session.layers
        )
    ]
    return tuple(seen) or (next(iter(bands)),)


def _read_labels(
    session: Session, canvases: Sequence[BandCanvas]
) -> tuple[list[tuple[Any, LabelSources]], list[str]]:
    """Read the topmost SEG map that was seen over each band."""
    sources: list[tuple[Any, LabelSources]] = []
    notes = []
    for canvas in canvases:
        band: Any = canvas.band
        for shown in reversed(session.layers):
            fits = shown.band == band.band or not shown.band
            if shown.role != "SEG" or not shown.visible or not fits:
                continue
            try:
                found = read_sources(MapRef(shown.path, shown.ext), None, band)
            except SkysegError as error:
                notes.append(worded(error))
                continue
            sources.append((band, found))
            break
    return sources, notes


def _list_shown(viewer: ViewHost) -> list[ShownMap]:
    """List the maps of files that the canvases show."""
    found = []
    for canvas in viewer.canvases:
        key = canvas.band.band if isinstance(canvas.band, BandData) else ""
        maps = (canvas.ext, _find_map(canvas)), ("SEG", find_seg(canvas))
        for role, ref in maps:
            if ref is None:
                continue
            form: dict[str, Any] = {"limits": canvas.limits}
            if role == "SEG":
                form = {
                    "opacity": canvas.opacity,
                    "outlined": canvas.label_style == "contour",
                    "visible": canvas.label_style != "off",
                }
            found.append(ShownMap(path=ref.path, ext=ref.ext, role=role, band=key, **form))
    return found


def _change(before: ShownMap | None, now: ShownMap) -> ShownMap:
    """Return a map as it is now, with what only the one of before knows."""
    if before is None:
        return now
    kept = {"name": before.name, "colormap": before.colormap, "active": before.active}
    return now.model_copy(update=kept)


def _find_map(canvas: BandCanvas) -> MapRef | None:
    band = canvas.band
    if not isinstance(band, BandData):
        return None
    return {"SCI": band.sci, "ERR": band.err, "WHT": band.wht}.get(canvas.ext)
