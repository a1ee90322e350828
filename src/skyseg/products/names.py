"""Where products lie and what they are called."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from skyseg import methods
from skyseg.engine.types import ErrType, Slices
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging.names import check_name
from skyseg.methods.base import WEIGHT_TYPES
from skyseg.methods.own_folders import OWN_FOLDERS
from skyseg.settings import config
from skyseg.writing import find_remedy, make_absolute

# file systems take 255; temporary files and SEG maps have longer names than the catalogue
_LONGEST_NAME: Final = 220
_DECIMALS: Final = 4
"""Those of an aperture diameter in arcsec that a name has at most."""

_EDITED: Final = "_edited"
_ERR_TYPES: Final = "|".join(WEIGHT_TYPES)
_OF_ERR_TYPES: Final = re.compile(rf"((?:{_ERR_TYPES})(?:\+(?:{_ERR_TYPES}))*)(?:_|$)")
_PART: Final = re.compile(r"_x(\d+)-(\d+)_y(\d+)-(\d+)$")


class ProductFiles(Protocol):
    """The files of one run, which are written and locked together."""

    @property
    def cat(self) -> Path:
        """The file after which messages and locks are named."""
        ...

    @property
    def folder(self) -> Path:
        """The folder in which all lie."""
        ...

    def __iter__(self) -> Iterator[Path]: ...


@dataclass(frozen=True)
class SingleFile:
    """The only file of a run that makes one: a catalogue, depths, a mask or a stack.

    Attributes
    ----------
    cat : Path
        The file.
    work_dir : Path or None
        The folder that was asked for; None where it is that of the settings.
    """

    cat: Path
    work_dir: Path | None = None

    def __iter__(self) -> Iterator[Path]:
        return iter((self.cat,))

    @property
    def folder(self) -> Path:
        """The folder in which it lies."""
        return self.cat.parent


@dataclass(frozen=True)
class ProductPaths:
    """The three files of one run.

    Attributes
    ----------
    seg, bkg, cat : Path
        SEG map, BKG map and catalogue.
    work_dir : Path or None
        The folder that was asked for; None where it is that of the settings.
    """

    seg: Path
    bkg: Path
    cat: Path
    work_dir: Path | None = None

    def __iter__(self) -> Iterator[Path]:
        return iter((self.seg, self.bkg, self.cat))

    @classmethod
    def of_seg(cls, seg: Path) -> ProductPaths:
        """Return the three files of the run that a SEG map is of.

        Examples
        --------
        >>> ProductPaths.of_seg(Path("JOF_seg.fits")).cat.name
        'JOF.fits'
        """
        stem = seg.name.removesuffix("_seg.fits")
        return cls(seg, seg.with_name(f"{stem}_bkg.fits"), seg.with_name(f"{stem}.fits"))

    @classmethod
    def of_file(cls, path: Path) -> ProductPaths:
        """Return the three files of the run that any of them is of.

        Examples
        --------
        >>> ProductPaths.of_file(Path("JOF.fits")).seg.name
        'JOF_seg.fits'
        >>> ProductPaths.of_file(Path("JOF_bkg.fits")).seg.name
        'JOF_seg.fits'
        """
        stem = path.name.removesuffix(".fits").removesuffix("_seg").removesuffix("_bkg")
        return cls.of_seg(path.with_name(f"{stem}_seg.fits"))

    @property
    def folder(self) -> Path:
        """The folder in which all three lie."""
        return self.cat.parent

    @property
    def journal(self) -> Path:
        """The file of the edits of the map, beside it.

        Examples
        --------
        >>> ProductPaths.of_seg(Path("JOF_seg.fits")).journal.name
        'JOF_edits.json'
        """
        return self.cat.with_name(f"{self.cat.stem}_edits.json")

    @property
    def edited(self) -> ProductPaths:
        """The three files of the edited map, beside those of the run.

        Examples
        --------
        >>> ProductPaths.of_seg(Path("JOF_seg.fits")).edited.cat.name
        'JOF_edited.fits'
        """
        return self.of_seg(self.seg.with_name(f"{self.cat.stem}{_EDITED}_seg.fits"))


def find_root(method: str, work_dir: str | Path | None = None) -> Path:
    """Folder under which a method's products lie.

    Parameters
    ----------
    method : str
        One of `skyseg.methods.names`.
    work_dir : str or Path, optional
        Folder for the products of all methods; by default as configured.

    Raises
    ------
    MethodError
        If there is no such method, or it is broken.

    Examples
    --------
    >>> find_root("skyseg") == config.work_dir / "skyseg"
    True
    >>> find_root("sextractor", "/w").as_posix()
    '/w/SExtractor'
    """
    folder, setting = _folder_of(method)
    if work_dir is not None:
        return make_absolute(work_dir, "work_dir") / folder
    return Path(getattr(config, setting)) if setting else config.work_dir / folder


@cache
def _folder_of(method: str) -> tuple[str, str | None]:
    """Name of a method's folder, and of the setting for it; see `skyseg.methods.base.Method`.

    Those of skyseg's own methods are known without loading them.
    """
    if methods.is_own(method):
        return OWN_FOLDERS.get(method, (method, None))
    found = methods.get(method)
    return getattr(found, "folder", method), getattr(found, "folder_setting", None)


def make_paths(
    *,
    method: str,
    instrument: str,
    version: str,
    survey: str,
    band: str,
    err_type: ErrType,
    set_name: str = "default",
    part: Slices | None = None,
    edited: bool = False,
    work_dir: str | Path | None = None,
) -> ProductPaths:
    """Return the paths of a band's products.

    Parameters
    ----------
    method : str
        Segmentation method.
    instrument, version, survey, band : str
        What the band is.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    set_name : str
        Name of the parameter set; ``default`` adds nothing to the names.
    part : tuple of slice, optional
        The part of the image that they are of; its columns and rows, counted from 1,
        stand in the names.
    edited : bool, optional
        Whether they are those of the edited map.
    work_dir : str or Path, optional
        Folder for the products of all methods; by default as configured.

    Raises
    ------
    ParameterError
        If a name holds a path separator or is too long for a file, or with a set of that
        name the catalogue would have the file name of another set's map.

    Examples
    --------
    >>> paths = make_paths(method="skyseg", instrument="NIRCam", version="v11", survey="JOF",
    ...     band="F444W", err_type="rms_err")
    >>> paths.seg.name, paths.folder.parent.name
    ('JOF_F444W_F444W_sel_cat_v11_seg.fits', 'MAP_RMS')
    """
    parts = {
        "method": method,
        "instrument": instrument,
        "version": version,
        "survey": survey,
        "band": band,
        "parameter set": set_name,
    }
    for kind, name in parts.items():
        check_name(kind, name)
    if _PART.search(f"_{set_name}"):
        raise ParameterError(
            f"{set_name!r} cannot be the name of a parameter set, because it ends as the names "
            "of products of a region do",
            hint="give it another name",
        )
    if f"_{set_name}".lower().endswith(("_seg", "_bkg")):
        raise ParameterError(
            f"{set_name!r} cannot be the name of a parameter set, because its catalogue would "
            "have the name of a map",
            hint="give it another name",
        )
    if f"_{set_name}".lower().endswith(_EDITED):
        raise ParameterError(
            f"{set_name!r} cannot be the name of a parameter set, because it ends as the names "
            "of edited maps do",
            hint="give it another name",
        )
    root = find_root(method, work_dir)
    folder = root / instrument / version / survey / WEIGHT_TYPES[err_type] / "segmentation"
    suffix = ("" if set_name == "default" else f"_{set_name}") + _spell_part(part)
    suffix += _EDITED if edited else ""
    stem = f"{survey}_{band}_{band}_sel_cat_{version}{suffix}"
    _check_length(folder / f"{stem}.fits")
    return ProductPaths(
        folder / f"{stem}_seg.fits",
        folder / f"{stem}_bkg.fits",
        folder / f"{stem}.fits",
        None if work_dir is None else make_absolute(work_dir),
    )


def make_map_path(
    kind: Literal["mask", "stack"],
    *,
    instrument: str,
    version: str,
    survey: str,
    band: str,
    work_dir: str | Path | None = None,
) -> SingleFile:
    """Return the path of a mask or of a stack.

    Parameters
    ----------
    kind : {"mask", "stack"}
        What it is.
    instrument, version, survey, band : str
        What the band, or the stack, is.
    work_dir : str or Path, optional
        Folder for products; by default as configured.

    Raises
    ------
    ParameterError
        If a name holds a path separator or is too long for a file.

    Examples
    --------
    >>> make_map_path("mask", instrument="NIRCam", version="v11", survey="JOF", band="F444W",
    ...     work_dir="/w").cat.as_posix()
    '/w/masks/NIRCam/v11/JOF/JOF_F444W_v11_mask.fits'
    """
    parts = {"instrument": instrument, "version": version, "survey": survey, "band": band}
    for each, name in parts.items():
        check_name(each, name)
    folder = find_work_dir(work_dir) / f"{kind}s" / instrument / version / survey
    path = folder / f"{survey}_{band}_{version}_{kind}.fits"
    _check_length(path)
    return SingleFile(path, None if work_dir is None else make_absolute(work_dir))


def make_forced_path(
    *,
    instrument: str,
    version: str,
    survey: str,
    band: str,
    detection: str,
    err_type: ErrType,
    suffix: str = "",
    work_dir: str | Path | None = None,
) -> SingleFile:
    """Return the path of the catalogue of sources of one band, or map, measured in another band.

    Parameters
    ----------
    instrument, version, survey, band : str
        What the measured band is.
    detection : str
        What the sources were detected in.
    err_type : {"rms_err", "wht", "none"}
        Where the noise of the measured band comes from.
    suffix : str
        What tells the parameter set and the run of the detection, if they are not the usual
        ones.
    work_dir : str or Path, optional
        Folder for the products of all methods; by default as configured.

    Raises
    ------
    ParameterError
        If a name holds a path separator or is too long for a file.

    Examples
    --------
    >>> path = make_forced_path(instrument="NIRCam", version="v11", survey="JOF", band="F115W",
    ...     detection="F444W", err_type="rms_err")
    >>> path.cat.name, path.folder.name
    ('JOF_F115W_F444W_sel_cat_v11.fits', 'forced_phot')
    """
    parts = {"instrument": instrument, "version": version, "survey": survey, "band": band}
    for kind, name in (parts | {"detection": detection}).items():
        check_name(kind, name)
    root = find_root("skyseg", work_dir)
    folder = root / instrument / version / survey / WEIGHT_TYPES[err_type] / "forced_phot"
    end = f"_{suffix}" if suffix else ""
    path = folder / f"{survey}_{band}_{detection}_sel_cat_{version}{end}.fits"
    _check_length(path)
    return SingleFile(path, None if work_dir is None else make_absolute(work_dir))


def make_depths_path(
    *,
    instrument: str,
    version: str,
    survey: str,
    band: str,
    detection: str,
    err_type: ErrType,
    suffix: str = "",
    work_dir: str | Path | None = None,
) -> SingleFile:
    """Return the path of the depths of a band.

    Parameters
    ----------
    instrument, version, survey, band : str
        What the band is.
    detection : str
        What the sources were detected in that empty apertures avoid.
    err_type, suffix, work_dir
        As for `make_forced_path`.

    Raises
    ------
    ParameterError
        If a name holds a path separator or is too long for a file.

    Examples
    --------
    >>> path = make_depths_path(instrument="NIRCam", version="v11", survey="JOF", band="F115W",
    ...     detection="F444W", err_type="rms_err")
    >>> path.cat.name, path.folder.name
    ('JOF_F115W_F444W_v11_depths.fits', 'depths')
    """
    forced = make_forced_path(
        instrument=instrument, version=version, survey=survey, band=band, detection=detection,
        err_type=err_type, suffix=suffix, work_dir=work_dir,
    )  # fmt: skip
    end = f"_{suffix}" if suffix else ""
    name = f"{survey}_{band}_{detection}_{version}{end}_depths.fits"
    return SingleFile(forced.folder.with_name("depths") / name, forced.work_dir)


def make_survey_cat_path(
    *,
    instruments: Collection[str],
    version: str,
    survey: str,
    detection: str,
    aper_diams: Sequence[float],
    suffix: str = "",
    work_dir: str | Path | None = None,
) -> SingleFile:
    """Return the path of the catalogue of all bands of a survey, as galfind's.

    Parameters
    ----------
    instruments : collection of str
        Those of the bands.
    version, survey : str
        What the bands are of.
    detection : str
        What the sources were detected in.
    aper_diams : sequence of float
        Aperture diameters in arcsec.
    suffix : str
        What tells the error type and the parameter set of the bands, and the run of the
        detection, if they are not the usual ones.
    work_dir : str or Path, optional
        Folder for products; by default as configured.

    Raises
    ------
    ParameterError
        If a name holds a path separator or is too long for a file.

    Examples
    --------
    >>> make_survey_cat_path(instruments=["NIRCam", "ACS_WFC"], version="v11", survey="JOF",
    ...     detection="F444W", aper_diams=[0.32, 0.5], work_dir="/w").cat.as_posix()
    '/w/Catalogues/v11/ACS_WFC+NIRCam/JOF/(0.32,0.50)as/JOF_MASTER_Sel-F444W_v11.fits'
    """
    parts = {"version": version, "survey": survey, "detection": detection}
    for kind, name in [*parts.items(), *(("instrument", each) for each in instruments)]:
        check_name(kind, name)
    diameters = f"({','.join(map(_spell_diameter, aper_diams))})as"
    camera = "+".join(sorted(set(instruments)))
    folder = find_work_dir(work_dir) / "Catalogues" / version / camera / survey / diameters
    end = f"_{suffix}" if suffix else ""
    path = folder / f"{survey}_MASTER_Sel-{detection}_{version}{end}.fits"
    _check_length(path)
    return SingleFile(path, None if work_dir is None else make_absolute(work_dir))


def _spell_diameter(arcsec: float) -> str:
    """Spell a diameter with two decimals, or as many as it needs.

    Examples
    --------
    >>> _spell_diameter(0.5), _spell_diameter(0.321), _spell_diameter(5 * 0.03)
    ('0.50', '0.321', '0.15')
    """
    whole, decimals = f"{arcsec:.{_DECIMALS}f}".split(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def find_work_dir(work_dir: str | Path | None = None) -> Path:
    """Return the folder of products: the one that is asked for, or the configured one."""
    return Path(config.work_dir) if work_dir is None else make_absolute(work_dir, "work_dir")


def _check_length(path: Path) -> None:
    if max(len(os.fsencode(part)) for part in (*path.parts[:-1], path.stem)) > _LONGEST_NAME:
        raise ParameterError(
            f"{path} has a name of more than {_LONGEST_NAME} bytes",
            hint="give shorter names, or another folder with {work_dir}",
        )


def _spell_part(part: Slices | None) -> str:
    if part is None:
        return ""
    rows, columns = part
    return f"_x{columns.start + 1}-{columns.stop}_y{rows.start + 1}-{rows.stop}"


class Suffix(NamedTuple):
    """What names of products end in.

    Attributes
    ----------
    set_name : str
        Name of the parameter set.
    region : str
        Columns and rows, from 1; empty where it is the whole image.
    edited : bool
        Whether the map is an edited one.
    """

    set_name: str
    region: str
    edited: bool


def split_suffix(suffix: str) -> Suffix:
    """Tell parameter set, region and whether it is edited from what names of products end in.

    Parameters
    ----------
    suffix : str
        What stands after the version, without the first ``_``.

    Returns
    -------
    Suffix

    Examples
    --------
    >>> split_suffix("crowded_x501-700_y1-90")
    Suffix(set_name='crowded', region='[501:700,1:90]', edited=False)
    >>> split_suffix(""), split_suffix("edited").edited
    (Suffix(set_name='default', region='', edited=False), True)
    """
    edited = f"_{suffix}".endswith(_EDITED)
    whole = f"_{suffix}".removesuffix(_EDITED)
    found = _PART.search(whole)
    region = "" if found is None else "[{}:{},{}:{}]".format(*found.groups())
    named = whole if found is None else whole[: found.start()]
    return Suffix(named[1:] or "default", region, edited)


def join_err_type(err_type: str, suffix: str) -> str:
    """Put an error type before what a name ends in; the usual one only where that begins as one.

    Parameters
    ----------
    err_type : str
        Where the noise comes from; several are joined by ``+``.
    suffix : str
        What the name ends in besides, without the first ``_``.

    Examples
    --------
    >>> join_err_type("wht", "deep"), join_err_type("rms_err", "deep"), join_err_type("wht", "")
    ('wht_deep', 'deep', 'wht')
    >>> join_err_type("rms_err", "wht")  # a parameter set of that name
    'rms_err_wht'
    """
    is_told = err_type != "rms_err" or _OF_ERR_TYPES.match(suffix)
    return "_".join(filter(None, [err_type if is_told else "", suffix]))


def split_err_type(suffix: str) -> tuple[str, str]:
    """Tell the error type from the rest of what `join_err_type` has put together.

    Examples
    --------
    >>> split_err_type("wht_deep"), split_err_type("deep"), split_err_type("rms_err_wht")
    (('wht', 'deep'), ('rms_err', 'deep'), ('rms_err', 'wht'))
    """
    found = _OF_ERR_TYPES.match(suffix)
    return ("rms_err", suffix) if found is None else (found[1], suffix[found.end() :])


def say_made_by(noise: str, method: str, set_name: str) -> str:
    """Say what products were made by; the default method and parameter set are not named.

    The method is named nevertheless where the parameter set has the name of a method.

    Examples
    --------
    >>> say_made_by("wht", "skyseg", "default"), say_made_by("wht", "sextractor", "crowded")
    ('wht', 'wht sextractor crowded')
    >>> say_made_by("wht", "skyseg", "sextractor")
    'wht skyseg sextractor'
    """
    ours = method == "skyseg" and set_name not in methods.names()
    words = (noise, "" if ours else method, "" if set_name == "default" else set_name)
    return " ".join(filter(None, words))


def former_paths(paths: ProductPaths) -> ProductPaths:
    """Return where products of the embedded engine lay when it was the method ``sep``.

    Examples
    --------
    >>> folder = Path("work/skyseg/NIRCam/v11/JOF/MAP_RMS/segmentation")
    >>> now = ProductPaths(folder / "a_seg.fits", folder / "a_bkg.fits", folder / "a.fits")
    >>> former_paths(now).cat.as_posix()
    'work/sep/NIRCam/v11/JOF/MAP_RMS/segmentation/a.fits'
    """
    root = paths.folder.parents[4]
    folder = root.with_name("sep") / paths.folder.relative_to(root)
    return ProductPaths(*(folder / path.name for path in paths))


def cannot_write(folder: Path, error: OSError) -> ProductError:
    """Say that a folder of products cannot be written to, and what to do."""
    reason = error.strerror or str(error)
    return ProductError(
        f"{folder} cannot be written to ({reason})",
        hint=find_remedy(error, "give another folder with {work_dir}"),
    )


def cannot_read(path: Path, error: OSError) -> ProductError:
    """Say that a product, or the folder of products, cannot be read, and what to do."""
    return ProductError(
        f"{path} cannot be read ({error.strerror or error})",
        hint="check it and its permissions, or give another folder with {work_dir}",
    )


def exists(path: Path) -> bool:
    """Tell whether there is a file or folder.

    Raises
    ------
    ProductError
        If that cannot be told: a folder above it may not be searched, or the disk fails.
    """
    try:
        return path.exists()
    except OSError as error:
        raise cannot_read(path, error) from error
