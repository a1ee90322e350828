"""Files that are viewed: the session that looks at them, so that the panel segments them."""

from __future__ import annotations

from pathlib import Path

from skyseg.errors import SkysegError
from skyseg.imaging import MapRef
from skyseg.imaging.zero_points import check_zero_point
from skyseg.panel.chosen_files import ChosenFiles
from skyseg.panel.label_catalogue import open_band
from skyseg.panel.opened_files import follow_files
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.products.seg_files import SegFile
from skyseg.survey import BandData, Data

Source = str | Path | MapRef


def open_file(
    source: Source,
    err: Source | None = None,
    wht: Source | None = None,
    zero_point: float | None = None,
) -> tuple[Session, BandData]:
    """Open an image: as its band where it lies in an archive, else with the maps that are given.

    Raises
    ------
    SkysegError
        As `skyseg.BandData.from_files` does.
    """
    sci = MapRef.parse(source)
    if err is None and wht is None and zero_point is None:
        found = _open_in_archive(sci)
        if found is not None:
            return found
    magnitude = check_zero_point(zero_point)
    chosen = ChosenFiles(
        sci=str(sci),
        err="" if err is None else str(MapRef.parse(err, "ERR")),
        wht="" if wht is None else str(MapRef.parse(wht, "WHT")),
        zero_point="" if magnitude is None else repr(float(magnitude)),
    )
    session = Session(files=chosen)
    (band,) = session.bands()
    return session, band


def open_imaging(seg: SegFile) -> tuple[Session, BandData] | None:
    """Open the image that labels were made from; None where it is not there any more."""
    band = open_band(seg)
    if band is None or band.shape != seg.ref.shape:
        return None
    return _open_in_archive(band.sci) or (Session.of(Data([band])), band)


def _open_in_archive(sci: MapRef) -> tuple[Session, BandData] | None:
    session = Session()
    try:
        follow_files(session, [sci.path])
        if session.files is not None or session.band == ALL_BANDS:
            return None
        (band,) = session.bands()
    except SkysegError:  # the archive has something that is wrong, and not this file
        return None
    return (session, band) if band.sci == sci else None
