"""SExtractor run on a user's own files: what it reads itself, and what has to be copied for it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from astropy.io import fits
from astropy.table import QTable

from skyseg.engine.rows import as_array
from skyseg.engine.types import LabelImage, Measurements
from skyseg.errors import MethodError
from skyseg.imaging import MapRef
from skyseg.imaging.reading import opened
from skyseg.imaging.remote import is_remote
from skyseg.methods import catalogue
from skyseg.methods._sextractor import (
    SEGMENTATION_ONLY,
    choose_weight_type,
    name_unknown,
    part_settings,
    read_image,
    read_measurements,
    working_folder,
    write_files,
    write_maps,
)
from skyseg.methods._sextractor_program import Program, extract, find_program
from skyseg.methods._sextractor_settings import parse_settings
from skyseg.methods.base import Request
from skyseg.methods.columns import needs_zero_point
from skyseg.methods.parameter_sets import ParameterSet

_PLAIN_NAME: Final = re.compile(r"[\w./+~:%@-]+")  # no blank, comma or bracket, which part names
_FITS: Final = b"SIMPLE  ="
_NAMES_OF_FILES: Final = (
    "CATALOG_NAME", "CHECKIMAGE_NAME", "FILTER_NAME", "PARAMETERS_NAME", "STARNNW_NAME",
    "WEIGHT_IMAGE",
)  # fmt: skip

_COPIED: Final = "copied-"
_MEASURED: Final = "measured"
_NO_MAGNITUDE: Final = 99  # of light that is not above 0
_OF_STORAGE: Final = "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "INHERIT"
_ROUTINE: Final = (
    "CATALOG_", "CHECKIMAGE_", "MEMORY_", "PARAMETERS_NAME", "STARNNW_NAME", "VERBOSE_TYPE",
    "WRITE_XML",
)  # fmt: skip


@dataclass(frozen=True)
class UserFiles:
    """What a user has, for SExtractor to read it.

    Attributes
    ----------
    chosen : ParameterSet
        The parameter set; of a ``.sex`` file the program reads the file itself.
    sci : MapRef or None
        The image; None for an array.
    noise : MapRef or None
        The error map, where it is on disk as it is used.
    header : astropy.io.fits.Header or None
        Header of the image.
    """

    chosen: ParameterSet
    sci: MapRef | None = None
    noise: MapRef | None = None
    header: fits.Header | None = None


@dataclass(frozen=True)
class FileRun:
    """What SExtractor made of a user's files.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        Its map.
    cat : astropy.table.QTable
        Its catalogue, with the columns of the request, each of them its own: magnitudes and
        what is on the sky are not computed from its other columns.
    version : str
        Its name and version.
    given : dict of str to str
        What it was given as SCI, ERR or WHT, and parameters: the user's own file, or a copy
        and why.
    changed : dict of str to str
        Settings that went before those of the user's ``.sex`` file, but for output, columns
        and memory.
    """

    labels: LabelImage
    cat: QTable
    version: str
    given: dict[str, str]
    changed: dict[str, str]


@dataclass(frozen=True)
class _Maps:
    """Names of the maps as the program reads them, and what is said of them."""

    sci: str
    noise: str | None
    given: dict[str, str]


_Image = tuple[Request, UserFiles]


def run_on_files(request: Request, files: UserFiles, measured: _Image | None = None) -> FileRun:
    """Run SExtractor on a user's own files, as far as it can read them.

    It is given the image and the error map themselves, with their headers, unless they hold
    what it does not know (NaN, an rms of 0), are compressed, remote or no FITS, or are made in
    memory: then a copy that marks bad pixels as the method ``sextractor`` does, with the cards of
    the image. A ``.sex`` file it reads itself, in the working
    folder; only output, memory, columns, error map and what the call says go before it. Of
    another parameter set it is given the values as they are in the set.

    Parameters
    ----------
    request : Request
        The maps, and what the call, the set and the header come to. Its zero point is a
        number where a column needs one.
    files : UserFiles
        Where they are from.
    measured : tuple of Request and UserFiles, optional
        Another image, in which the program measures what it detects in the first one.

    Returns
    -------
    FileRun

    Raises
    ------
    MethodError
        If the program is not installed, fails, or runs out of its stacks.
    ImageError
        If the maps hold no good pixel.
    """
    program = find_program()
    with working_folder(request) as folder:
        _check_folder(str(folder), request)
        return _run_in(folder, program, [(request, files), *([measured] if measured else [])])


def _check_folder(name: str, request: Request) -> None:
    if not _PLAIN_NAME.fullmatch(name):
        raise MethodError(
            f"SExtractor cannot read names with blanks, commas or brackets, such as {name}",
            hint="set TMPDIR to a folder without them",
            where=request.name,
        )


def _run_in(folder: Path, program: Program, images: Sequence[_Image]) -> FileRun:
    maps = [_give_maps(folder, *images[0])]
    if len(images) > 1:
        (folder / _MEASURED).mkdir()
        maps.append(_give_maps(folder / _MEASURED, *images[1]))
    detected, measured = images[0][0], images[-1][0]
    settings = write_files(folder, program, measured, computed=True) | SEGMENTATION_ONLY
    if needs_zero_point(measured.columns or ()):
        settings["MAG_ZEROPOINT"] = repr(measured.zero_point)
    settings = {
        key: str(folder / value) if key in _NAMES_OF_FILES else value
        for key, value in settings.items()
    }
    if any(each.noise for each in maps):
        settings["WEIGHT_IMAGE"] = ",".join(each.noise or "NONE" for each in maps)
    settings["WEIGHT_TYPE"] = ",".join(choose_weight_type(each) for each, _ in images)
    chosen = images[0][1].chosen
    own = _sex_file(chosen)
    asked, unknown = part_settings(chosen.values, program)
    if own is None:
        lines = (f"{key} {value}\n" for key, value in (asked | settings).items())
        config, changed, place = folder / "run.sex", {}, folder
        config.write_text("".join(lines))
        said = f"the values of the set {chosen.name}"
    else:
        config, place, said = own, Path.cwd(), f"{own} itself"
        changed = _what_goes_before(folder, own, settings, images)
    if named := name_unknown(unknown):
        said += f", but for {', '.join(named)}, which this version does not have"
    extract(
        program, ",".join(each.sci for each in maps), str(config), changed, place, detected.name
    )
    return FileRun(
        labels=read_image(folder / "seg.fits", detected, np.int32),
        cat=catalogue.build(_read_own(folder / "cat.fits"), measured),
        version=f"SExtractor {program.version}",
        given={**_tell_given(maps), "parameters": said},
        changed={
            key: value.replace(f"{folder}/", "")
            for key, value in changed.items()
            if not key.startswith(_ROUTINE)
        },
    )


def _tell_given(maps: Sequence[_Maps]) -> dict[str, str]:
    """Return what the program was given, of two images with names for the first one's maps."""
    prefixes = ("",) if len(maps) == 1 else ("DET_", "")
    return {
        f"{prefix}{role}": text
        for prefix, each in zip(prefixes, maps, strict=True)
        for role, text in each.given.items()
    }


def _read_own(path: Path) -> Measurements:
    """Read the program's catalogue, with NaN for magnitudes that there are not."""
    return {
        name: np.where(values == _NO_MAGNITUDE, np.nan, values)
        if name.startswith(("MAG", "MU_"))
        else values
        for name, values in read_measurements(path).items()
    }


def _sex_file(chosen: ParameterSet) -> Path | None:
    path = Path(chosen.source)
    return path.absolute() if path.suffix == ".sex" and path.is_file() else None


def _what_goes_before(
    folder: Path, own: Path, settings: Mapping[str, str], images: Sequence[_Image]
) -> dict[str, str]:
    """Return what the program's command line has to say: no value that the file may say itself."""
    request, values = images[-1][0], images[-1][1].chosen.values
    told = {each.key: each.tokens for each in parse_settings(os.fsdecode(own.read_bytes()))}
    changed = {**settings, "WRITE_XML": "N"}
    if all(choose_weight_type(each) == of.chosen.values.weight_type for each, of in images):
        del changed["WEIGHT_TYPE"]
    if values.phot_apertures is not None and np.allclose(
        values.phot_apertures, np.array(request.aper_diams) / request.pix_scale, rtol=1e-9
    ):
        del changed["PHOT_APERTURES"]
    if values.mag_zeropoint == request.zero_point:
        changed.pop("MAG_ZEROPOINT", None)
    if values.pixel_scale is not None or request.sky is not None:
        del changed["PIXEL_SCALE"]
    kernel = Path(told.get("FILTER_NAME", ("default.conv",))[0])
    if kernel.is_file():
        del changed["FILTER_NAME"]
    elif (beside := own.parent / kernel).is_file():
        changed["FILTER_NAME"] = _readable(folder, beside)
    flags = Path(*told.get("FLAG_IMAGE", ())[:1])
    if not flags.exists() and (beside := own.parent / flags).is_file():
        changed["FLAG_IMAGE"] = _readable(folder, beside)
    return changed


def _give_maps(folder: Path, request: Request, files: UserFiles) -> _Maps:
    """Choose between files and copies, and write the copies."""
    has_values = bool(np.isfinite(as_array(request.sci)).all())
    why = {"SCI": _why_copied(files.sci) or ("" if has_values else "it holds NaN")}
    refs, copies = {"SCI": files.sci}, {"SCI": "sci.fits"}
    role = "WHT" if request.err_type == "wht" else "ERR"
    if request.err is not None:
        beside_extension = not why["SCI"] and files.sci is not None and files.sci.ext > 0
        refs[role], copies[role] = files.noise, "err.fits"
        why[role] = (
            _why_copied(files.noise)
            or ("" if _is_understood(request) else "it marks bad pixels in other ways")
            or ("" if has_values else "it has to mark the bad pixels of the image")
            or _why_not_beside(files.noise, beside_extension=beside_extension)
        )
    if any(why.values()):
        write_maps(folder, request, _header_of_copy(files))
    names = {
        each: str(folder / copies[each]) if why[each] or ref is None else _name_of(folder, ref)
        for each, ref in refs.items()
    }
    given = {each: _told(ref, why[each], names[each]) for each, ref in refs.items()}
    return _Maps(names["SCI"], names.get(role), given)


def _is_understood(request: Request) -> bool:
    """Tell whether the program knows the bad pixels of an error map as they are marked."""
    assert request.err is not None
    err = as_array(request.err)
    return bool(np.isfinite(err).all() and (request.err_type == "wht" or (err > 0).all()))


def _why_not_beside(noise: MapRef | None, *, beside_extension: bool) -> str:
    if noise is None or noise.ext == 0 or beside_extension:
        return ""
    return "the program reads no extension beside a plain image"


def _told(ref: MapRef | None, why: str, name: str) -> str:
    if why:
        return f"a copy: {why}"
    is_copy = Path(name).name.startswith(_COPIED)
    return f"{ref}, copied as it is: no link to it can be made" if is_copy else f"{ref} itself"


def _why_copied(ref: MapRef | None) -> str:
    """Say why the program cannot read a map itself; empty where it can."""
    if ref is None:
        return "it is made in memory"
    if is_remote(ref.path):
        return "it is remote"
    with ref.path.open("rb") as stream:
        if stream.read(len(_FITS)) != _FITS:
            return "it is no plain FITS file"
    with opened(ref.path) as hdus:
        hdu = hdus[ref.ext]
        if isinstance(hdu, fits.CompImageHDU):
            return "it is compressed"
        return "" if hdu.header["NAXIS"] == 2 else "it has more than two axes"


def _name_of(folder: Path, ref: MapRef) -> str:
    """Name a map as the program reads it."""
    return f"{_readable(folder, ref.path)}[{ref.ext}]"


def _readable(folder: Path, path: Path) -> str:
    """Name a file by its path, or by a link, else a copy, where the program would part that."""
    path = path.absolute()
    if _PLAIN_NAME.fullmatch(str(path)):
        return str(path)
    name = f"{len(list(folder.iterdir()))}{path.suffix}"
    link = folder / f"link-{name}"
    try:
        link.symlink_to(path)
    except OSError:  # as Windows refuses it to most
        return str(shutil.copyfile(path, folder / f"{_COPIED}{name}"))
    return str(link)


def _header_of_copy(files: UserFiles) -> fits.Header:
    """Return the cards of the image, without those that say how its pixels are stored."""
    if files.header is None:
        return fits.Header()
    header = files.header.copy(strip=True)
    for key in _OF_STORAGE:
        header.remove(key, ignore_missing=True)
    return header
