"""From what a person has - files, arrays, bands, a survey - to a viewer of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyseg.comparison import Comparison
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.imaging import MapRef
from skyseg.imaging.label_maps import find_labels
from skyseg.imaging.names import stem
from skyseg.imaging.reading import read_wcs
from skyseg.methods import parameter_sets
from skyseg.notebook._array_band import ArrayBand
from skyseg.notebook._file_sessions import open_file, open_imaging
from skyseg.notebook._key_checks import check_bands
from skyseg.notebook._seg_sources import read_sources
from skyseg.notebook._session_files import choose_shown, find_bands
from skyseg.notebook._side_panel import EXTS
from skyseg.notebook.viewer import Viewer
from skyseg.panel.session import Session
from skyseg.panel.session_file import is_session_file, read_session, take_over
from skyseg.products.seg_files import SegFile
from skyseg.survey import BandData, Data
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS

    from skyseg.engine.types import ErrType


def open_viewer(
    source: Any = None,
    seg: Any = None,
    *,
    ext: str = "SCI",
    err_type: ErrType | None = None,
    bands: Sequence[str] | None = None,
    wcs: WCS | None = None,
    cat: Table | None = None,
    comparison: Comparison | None = None,
    err: str | Path | MapRef | None = None,
    wht: str | Path | MapRef | None = None,
    zero_point: float | None = None,
) -> Viewer:
    """Make a viewer; the arguments are those of `skyseg.view`."""
    asked = ext.upper()
    if asked not in (*EXTS, "SEG"):
        raise ParameterError(
            f"is {ext!r}", hint=f"it must be one of {', '.join(EXTS)}, SEG", argument="ext"
        )
    shown_ext = "SCI" if asked == "SEG" else asked
    session = None
    of_file = {"err": err, "wht": wht, "zero_point": zero_point}
    if is_session_file(source):
        _refuse("a session", **of_file, seg=seg, cat=cat, bands=bands, wcs=wcs, err_type=err_type)
        return _view_saved(source)
    if isinstance(source, (str, Path, MapRef)) and not Path(str(source)).is_dir():
        labels = None if seg is not None else find_labels(source)
        if labels is not None:
            _refuse("labels", **of_file, bands=bands, wcs=wcs)
            return _view_labels(SegFile.read(labels), cat, comparison)
        session, source = open_file(source, err, wht, zero_point)
    else:
        _refuse("what is no file", **of_file)
    if cat is not None and seg is None:
        raise ParameterError("is the catalogue of seg", hint="give both", argument="cat")
    if source is None or isinstance(source, (str, Path, Data)):
        _refuse("a survey", seg=seg, wcs=wcs)
        viewer = _view_survey(_open_session(source), shown_ext, err_type, bands)
    elif isinstance(source, BandData):
        _refuse("a band or a file", bands=bands, wcs=wcs)
        viewer = _view_band(source, seg, cat, shown_ext, err_type, session)
    else:
        other_map = None if shown_ext == "SCI" else ext
        _refuse("an array", ext=other_map, err_type=err_type, bands=bands)
        viewer = _view_array(source, seg, cat, wcs)
    viewer.comparison = comparison
    if asked == "SEG":
        _show_seg(viewer)
    return viewer


def _refuse(kind: str, **arguments: Any) -> None:
    """Refuse arguments that say nothing of what is viewed."""
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise ParameterError(
            f"cannot be chosen for {kind}", hint="leave it out", argument=", ".join(given)
        )


def _show_seg(viewer: Viewer) -> None:
    """Fill the labels, so that they are what is seen."""
    if viewer.active.sources is None:
        raise ParameterError(
            f"{viewer.active.band.name} has no SEG map to show",
            hint="segment it first, or give err_type",
        )
    viewer.label_style, viewer.opacity = "filled", 1.0


def _open_session(source: str | Path | Data | None) -> Session:
    if isinstance(source, Data):
        return Session.of(source)
    session = Session() if source is None else Session(data_dir=make_absolute(source, "source"))
    found = session.imaging()
    if not found:
        raise DataNotFoundError(
            f"{session.archive} holds no survey",
            hint="give a file, an array, a band, or an archive",
        )
    session.update({"survey": found[0].survey, "version": found[0].version})
    return session


def _view_survey(
    session: Session, ext: str, err_type: ErrType | None, bands: Sequence[str] | None
) -> Viewer:
    data = session.data()
    keys = data.keys()
    shown = keys[:1] if bands is None else list(check_bands(bands, keys))
    if len(shown) == 1:  # what is run is what is seen
        session.band = shown[0]
    found = dict(zip(keys, data, strict=True))
    if err_type is not None:
        found |= {key: found[key].with_products(err_type) for key in shown if key in found}
    if shown and shown[0] in found:
        _adopt(session, found[shown[0]])
    return Viewer(session, found, shown, ext=ext)


def _adopt(session: Session, band: BandData) -> None:
    """Let a session choose what the products of a band were made with."""
    if band.seg_args is None:
        return
    asked = band.seg_args["parameters"]
    found = parameter_sets.find(asked)
    chosen = {key: band.seg_args[key] for key in ("err_type", "method")}
    if found.hot is not None:
        chosen["parameter_set"] = str(asked)
    elif found.name in parameter_sets.names():
        chosen["parameter_set"] = found.name
    session.update({**chosen, "parameters": found.values})


def _view_band(
    band: BandData,
    seg: Any,
    cat: Table | None,
    ext: str,
    err_type: ErrType | None,
    session: Session | None = None,
) -> Viewer:
    shown = band.with_products(err_type)
    if session is None:
        session = Session.of(Data([shown]))
    _adopt(session, shown)
    sources = None if seg is None else read_sources(seg, cat, shown)
    data = session.data()
    bands = {
        key: shown if each == band else each for key, each in zip(data.keys(), data, strict=True)
    }
    key = next(key for key, each in bands.items() if each is shown)
    return Viewer(session, bands, [key], ext=ext, sources=sources)


def _view_array(image: Any, seg: Any, cat: Table | None, wcs: WCS | None) -> Viewer:
    band = ArrayBand.of(image, wcs)
    sources = None if seg is None else read_sources(seg, cat, band)
    return Viewer(Session(), {band.name: band}, [band.name], sources=sources, panel=False)


def _view_labels(seg: SegFile, cat: Table | None, comparison: Comparison | None) -> Viewer:
    """Show labels over the image that they were made from, else alone."""
    found = open_imaging(seg)
    if found is not None:
        session, band = found
        viewer = _view_band(band, seg.ref, cat, "SCI", None, session)
    else:
        wcs = read_wcs(seg.ref.path, seg.ref.ext)
        empty = ArrayBand.of(np.zeros(seg.ref.shape), wcs, stem(seg.ref.path))
        sources = read_sources(seg.ref, cat, empty)
        viewer = Viewer(Session(), {empty.name: empty}, [empty.name], sources=sources, panel=False)
        _show_seg(viewer)
    viewer.comparison = comparison
    return viewer


def _view_saved(path: str | Path) -> Viewer:
    """Show what a session's file holds."""
    saved = read_session(path)
    session = Session()
    take_over(session, saved.session.model_copy(update={"region": None, "selected": ()}))
    bands, notes = find_bands(session, saved.notes)
    shown = choose_shown(session, bands)
    viewer = Viewer(session, bands, shown, panel=bool(session.survey or session.files))
    viewer.kept.restore(saved, (*saved.notes, *notes))
    return viewer
