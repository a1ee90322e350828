"""An archive of imaging: ``{data}/{facility}/{survey}/{instrument}/{version}/{scale}mas/``."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from skyseg.errors import (
    Advice,
    AmbiguousDataError,
    DataNotFoundError,
    ImageError,
    SkysegError,
    verbatim,
)
from skyseg.imaging.bands import identify_band
from skyseg.imaging.faults import system_told
from skyseg.imaging.instruments import Instrument
from skyseg.imaging.label_maps import names_labels
from skyseg.imaging.names import Role, is_map_name
from skyseg.imaging.reading import Listing, list_hdus, view_headers
from skyseg.imaging.refs import MapRef, find_only_image, list_roles, make_ref
from skyseg.imaging.roles import RoleNames, get_role_names

SCALE_FOLDER = re.compile(r"(?P<mas>\d+(\.\d+)?)mas")
"""How the folder of a pixel scale is called, such as ``30mas``."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BandFiles:
    """Where the maps of one band are.

    Attributes
    ----------
    band : str
        Name of the band.
    sci : MapRef
        The science image.
    err, wht : MapRef or None
        The rms of its noise and its inverse variance, as far as they are there.
    """

    band: str
    sci: MapRef
    err: MapRef | None
    wht: MapRef | None


@dataclass(frozen=True)
class FolderBands:
    """The bands in a folder.

    Attributes
    ----------
    bands : tuple of BandFiles
        In the order of their names.
    lost : mapping of str to SkysegError
        Bands of which a file cannot be read, and why.
    """

    bands: tuple[BandFiles, ...]
    lost: Mapping[str, SkysegError]


def list_instruments(
    data_dir: Path, survey: str, version_dir: str, known: Mapping[str, Instrument]
) -> list[Instrument]:
    """Find the instruments that a version of a survey has imaging of.

    Parameters
    ----------
    data_dir : Path
        The archive.
    survey : str
        Name of the survey.
    version_dir : str
        Folder of the version.
    known : mapping of str to Instrument
        Instruments that are looked for.

    Returns
    -------
    list of Instrument

    Raises
    ------
    DataNotFoundError
        If the survey or the version does not exist; the message lists those
        that do.
    """
    check_archive(data_dir)
    having = [each for each in known.values() if _is_folder(_folder(data_dir, survey, each))]
    if not having:
        surveys = {name for each in known.values() for name in _surveys(data_dir, each)}
        raise DataNotFoundError(
            f"there is no survey {survey!r} in {data_dir}", hint=f"there {_list(surveys)}"
        )
    found = [each for each in having if _is_folder(_folder(data_dir, survey, each) / version_dir)]
    if not found:
        versions = {
            name for each in having for name in list_folders(_folder(data_dir, survey, each))
        }
        raise DataNotFoundError(
            f"survey {survey} has no version {version_dir!r} in {data_dir}",
            hint=f"there {_list(versions)}",
        )
    return found


def find_folder(
    data_dir: Path, survey: str, version_dir: str, instrument: Instrument, scale: float | None
) -> tuple[Path, float]:
    """Find the folder of the imaging of one instrument.

    Parameters
    ----------
    data_dir : Path
        The archive.
    survey : str
        Name of the survey.
    version_dir : str
        Folder of the version.
    instrument : Instrument
        The instrument.
    scale : float or None
        Pixel scale in arcsec; None takes the only one.

    Returns
    -------
    folder : Path
        The folder with the files.
    scale : float
        Its pixel scale in arcsec.

    Raises
    ------
    DataNotFoundError
        If survey, instrument, version or pixel scale do not exist; the message
        lists those that do.
    AmbiguousDataError
        If there are several pixel scales and none is chosen.
    """
    check_archive(data_dir)
    folder = _folder(data_dir, survey, instrument)
    if not _is_folder(folder.parent):
        raise DataNotFoundError(
            f"there is no survey {survey!r} in {folder.parent.parent}",
            hint=f"there {_list(_surveys(data_dir, instrument))}",
        )
    if not _is_folder(folder):
        raise DataNotFoundError(
            f"survey {survey} has no {instrument.name} imaging in {folder.parent}",
            hint=f"there {_list(list_folders(folder.parent))}",
        )
    version = folder / version_dir
    if not _is_folder(version):
        raise DataNotFoundError(
            f"survey {survey} has no version {version_dir!r} in {folder}",
            hint=f"there {_list(list_folders(folder))}",
        )
    return _scale_folder(version, scale)


def _scale_folder(version: Path, scale: float | None) -> tuple[Path, float]:
    matches = {name: SCALE_FOLDER.fullmatch(name) for name in list_folders(version)}
    scales = {name: float(match["mas"]) / 1000 for name, match in matches.items() if match}
    fitting = [
        name for name in scales if scale is None or math.isclose(scales[name], scale, rel_tol=1e-6)
    ]
    if len(fitting) > 1:
        raise AmbiguousDataError(
            f"{version} has imaging of several pixel scales, {', '.join(fitting)}",
            hint="choose with {pix_scales}",
        )
    if not fitting:
        wanted = "of a pixel scale, such as 30mas" if scale is None else f"{1000 * scale:g}mas"
        raise DataNotFoundError(f"{version} has no folder {wanted}", hint=f"there {_list(scales)}")
    return version / fitting[0], scales[fitting[0]]


def find_bands(folder: Path, instrument: Instrument, names: RoleNames | None = None) -> FolderBands:
    """Find the bands in a folder and the roles of its files.

    Roles come from EXTNAME in files of several images, else from the names of
    files, else from the EXTNAME of the only image. Files without a role are
    left out, and with parts of names given for SCI, files with SCI that have none
    of them. A variance is left out where there is an rms. A file that cannot be read
    takes the band of its name with it, and no other.

    Parameters
    ----------
    folder : Path
        A folder with FITS files, plain or compressed.
    instrument : Instrument
        Whose bands they are of.
    names : RoleNames, optional
        The names that tell roles; by default those of the settings.

    Returns
    -------
    FolderBands

    Raises
    ------
    DataNotFoundError
        If there is no map, or a band has no SCI.
    AmbiguousDataError
        If a band has several maps of one role, or the band of a file cannot be
        told.
    ImageError
        If the folder cannot be read.
    """
    with system_told(folder):
        files = sorted(path for path in folder.iterdir() if is_map_name(path) and path.is_file())
    names = names or get_role_names()
    maps: dict[str, dict[Role, list[MapRef]]] = {}
    lost: dict[str, SkysegError] = {}
    for path in files:
        try:
            roles = _roles(list_hdus(path), names)
        except (ImageError, DataNotFoundError) as error:
            _lose(path, error, instrument, lost)
            continue
        for role, refs in roles.items():
            for ref in refs:
                maps.setdefault(_band(ref, instrument), {}).setdefault(role, []).append(ref)
    if not maps and not lost:
        raise DataNotFoundError(
            f"{folder} has no map of a known role among its {len(files)} FITS files",
            hint=f"give maps {verbatim(names.describe())}; or name yours with {{role_names}}",
        )
    found = (_chosen(band, maps[band], folder) for band in sorted(maps.keys() - lost.keys()))
    return FolderBands(tuple(found), lost)


def _lose(
    path: Path, error: SkysegError, instrument: Instrument, lost: dict[str, SkysegError]
) -> None:
    """Note the band of a file that cannot be read, and say that it is left out."""
    band = identify_band([], path, instrument)
    if band is not None:
        lost.setdefault(band, error)
    what = f"{error.what}, so {'it' if band is None else band} is left out"
    logger.warning(Advice(what, error.hint))


def _roles(listing: Listing, names: RoleNames) -> dict[Role, list[MapRef]]:
    by_extname = list_roles(listing, names)
    if len(listing.images) > 1 and by_extname:
        return {} if "SCI" in by_extname and names.passes_over(listing.path) else by_extname
    role = names.of_file(listing.path)
    if role is not None:
        return {role: [make_ref(listing, find_only_image(listing))]}
    if names_labels(listing.path):
        return {}
    if not by_extname:
        logger.info(
            Advice(
                f"{listing.path} is left out, for nothing tells its role",
                f"give it {verbatim(names.describe())}",
            )
        )
    return by_extname


def _band(ref: MapRef, instrument: Instrument) -> str:
    band = identify_band(view_headers(ref.path, ref.ext), ref.path, instrument)
    if band is None:
        raise AmbiguousDataError(
            f"{ref} tells no band of {instrument.name}",
            hint="write FILTER into its header or the band into its name",
        )
    return band


def _chosen(band: str, maps: Mapping[Role, list[MapRef]], folder: Path) -> BandFiles:
    maps = {role: _without_variances(refs) for role, refs in maps.items()}
    for role, refs in maps.items():
        if len(refs) > 1:
            raise AmbiguousDataError(
                f"{band} has several {role} maps, {', '.join(map(str, refs))}",
                hint="leave one there, or name the maps with {from_files}",
            )
    if "SCI" not in maps:
        others = ", ".join(str(ref) for refs in maps.values() for ref in refs)
        raise DataNotFoundError(
            f"{band} has no SCI map in {folder}, only {others}",
            hint="put one there or remove these",
        )
    first = {role: refs[0] for role, refs in maps.items()}
    return BandFiles(band, first["SCI"], first.get("ERR"), first.get("WHT"))


def _without_variances(refs: list[MapRef]) -> list[MapRef]:
    return [ref for ref in refs if not ref.is_variance] or refs


def find_archive(file: Path, survey: str, instrument: str) -> Path | None:
    """Return the archive that a file of a survey lies in; None where it lies elsewhere.

    Examples
    --------
    >>> find_archive(Path("/data/jwst/JOF/NIRCam/v11/30mas/f444w_i2d.fits"), "JOF", "NIRCam").name
    'data'
    """
    folders = file.parents
    if len(folders) < 6 or (folders[3].name, folders[2].name) != (survey, instrument):
        return None
    return folders[5]


def check_archive(data_dir: Path) -> None:
    """Check that there is an archive.

    Raises
    ------
    DataNotFoundError
        If there is no such folder.
    ImageError
        If it cannot be looked at.
    """
    if not _is_folder(data_dir):
        raise DataNotFoundError(
            f"there is no data directory {data_dir}",
            hint="give {data_dir}, or set SKYSEG_DATA_DIR, or data_dir in skyseg.toml",
        )


def _folder(data_dir: Path, survey: str, instrument: Instrument) -> Path:
    return data_dir / instrument.facility.lower() / survey / instrument.name


def _surveys(data_dir: Path, instrument: Instrument) -> list[str]:
    root = data_dir / instrument.facility.lower()
    return [name for name in list_folders(root) if _is_folder(root / name / instrument.name)]


def list_folders(folder: Path) -> list[str]:
    """List the names of the folders in a folder; none where it does not exist.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    if not _is_folder(folder):
        return []
    with system_told(folder):
        return sorted(path.name for path in folder.iterdir() if path.is_dir())


def _is_folder(path: Path) -> bool:
    with system_told(path):
        return path.is_dir()


def _list(names: Iterable[str]) -> str:
    ordered = sorted(names)
    verb = "is" if len(ordered) == 1 else "are"
    return f"{verb} {verbatim(', '.join(ordered)) or 'none'}"
