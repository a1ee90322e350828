"""What an archive offers: the surveys, versions and instruments that lie in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skyseg.errors import ImageError
from skyseg.imaging.archive import SCALE_FOLDER, list_folders
from skyseg.imaging.faults import system_told
from skyseg.imaging.instruments import Instrument


@dataclass(frozen=True, order=True)
class Imaging:
    """Imaging of one survey by one instrument, in one version.

    Attributes
    ----------
    survey, version, instrument : str
        Names, as `skyseg.Data.from_survey_version` takes them.
    """

    survey: str
    version: str
    instrument: str


def find_imaging(file: Path, known: Mapping[str, Instrument]) -> tuple[Path, Imaging] | None:
    """Return the archive that a file lies in, and what imaging it is of; no file is opened.

    Parameters
    ----------
    file : Path
        A file, or the name of one.
    known : mapping of str to Instrument
        Instruments that are looked for.

    Returns
    -------
    archive : Path
    imaging : Imaging
        None instead of both where it lies in no archive.

    Examples
    --------
    >>> find_imaging(Path("f444w.fits"), {}) is None
    True
    """
    folders = file.absolute().parents
    if len(folders) < 6 or not SCALE_FOLDER.fullmatch(folders[0].name):
        return None
    instrument = known.get(folders[2].name)
    if instrument is None or folders[4].name != instrument.facility.lower():
        return None
    return folders[5], Imaging(folders[3].name, folders[1].name, instrument.name)


def list_imaging(data_dir: Path, known: Mapping[str, Instrument]) -> tuple[Imaging, ...]:
    """List the imaging of an archive by its folders; no file is opened.

    Parameters
    ----------
    data_dir : Path
        The archive.
    known : mapping of str to Instrument
        Instruments that are looked for.

    Returns
    -------
    tuple of Imaging
        Sorted; empty where the folder does not exist.

    Examples
    --------
    >>> list_imaging(Path("no such folder"), {})
    ()
    """
    with system_told(data_dir):
        found = {
            Imaging(folder.parents[2].name, folder.parent.name, instrument.name)
            for instrument in known.values()
            for folder in (data_dir / instrument.facility.lower()).glob(
                f"*/{instrument.name}/*/*mas"
            )
            if folder.is_dir()
        }
    return tuple(sorted(found))


def find_unreadable(data_dir: Path, known: Mapping[str, Instrument]) -> tuple[ImageError, ...]:
    """Find the folders of an archive that cannot be read, whose imaging is not listed.

    Parameters
    ----------
    data_dir : Path
        The archive.
    known : mapping of str to Instrument
        Instruments that are looked for.

    Returns
    -------
    tuple of ImageError
        One for each folder.

    Examples
    --------
    >>> find_unreadable(Path("no such folder"), {})
    ()
    """
    found: dict[Path, ImageError] = {}

    def list_in(folder: Path) -> list[str]:
        try:
            return list_folders(folder)
        except ImageError as error:
            found[folder] = error
            return []

    for instrument in known.values():
        facility = data_dir / instrument.facility.lower()
        for survey in list_in(facility):
            folder = facility / survey / instrument.name
            for version in list_in(folder):
                list_in(folder / version)
    return tuple(found.values())
