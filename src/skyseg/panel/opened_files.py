"""What is chosen follows the files that a person opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.errors import SkysegError
from skyseg.imaging.contents import Imaging, find_imaging
from skyseg.imaging.instruments import known_instruments
from skyseg.panel.chosen_files import choose_files
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.settings import config

if TYPE_CHECKING:
    from skyseg.survey import BandData


def follow_files(session: Session, files: Sequence[Path]) -> None:
    """Choose the imaging that files are of, so that a run segments what was opened.

    Archive, survey, version, instrument and band become those of the files; of several
    surveys those of the last file. Files that lie in no archive are chosen as such.

    Parameters
    ----------
    session : Session
        Whose choice it is.
    files : sequence of Path
        The files, in the order in which they are shown.

    Examples
    --------
    >>> session = Session()
    >>> follow_files(session, [Path("f444w_i2d.fits")])
    >>> session.files.sci.startswith("f444w_i2d.fits")
    True
    """
    known = known_instruments(config.facilities)
    places = [(file, find_imaging(file, known)) for file in files]
    if not places:
        return
    last = places[-1][1]
    if last is None:
        alone = tuple(file for file, place in places if place is None)
        session.update({"files": choose_files(alone, session.files), "band": ALL_BANDS})
        return
    archive, imaging = last
    same = [file for file, place in places if place and _is_same(place, last)]
    instruments = {place[1].instrument for _, place in places if place and _is_same(place, last)}
    session.update(
        {
            "files": None,
            "data_dir": archive,
            "survey": imaging.survey,
            "version": imaging.version,
            "instruments": tuple(instruments) if len(instruments) == 1 else (),
            "band": ALL_BANDS,
        }
    )
    keys = find_keys(session, same)
    session.band = keys[0] if len(keys) == 1 else ALL_BANDS


def find_keys(session: Session, files: Iterable[Path]) -> list[str]:
    """Return the keys of the bands of the chosen survey that files are maps of.

    Examples
    --------
    >>> find_keys(Session(survey="JOF", version="v11"), [Path("/elsewhere/f444w.fits")])
    []
    """
    try:
        data = session.data()
    except SkysegError:  # which the panel says
        return []
    wanted = {file.resolve() for file in files}
    return [key for key in data.keys() if wanted & _list_files(data[key])]  # noqa: SIM118


def _list_files(band: BandData) -> set[Path]:
    return {ref.path.resolve() for ref in (band.sci, band.err, band.wht) if ref is not None}


def _is_same(place: tuple[Path, Imaging], other: tuple[Path, Imaging]) -> bool:
    """Tell whether imaging is of one survey and version in one archive."""
    first, second = ((folder, each.survey, each.version) for folder, each in (place, other))
    return first == second
