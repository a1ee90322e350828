"""The kinds of products that skyseg writes, and what the name of a file tells of one."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.errors import MethodError, ParameterError, advise_name
from skyseg.imaging.faults import system_told
from skyseg.methods.base import WEIGHT_TYPES
from skyseg.products.names import (
    ProductFiles,
    ProductPaths,
    SingleFile,
    find_root,
    find_work_dir,
    split_err_type,
    split_suffix,
)

_ERR_TYPES: Final[dict[str, ErrType]] = {folder: err for err, folder in WEIGHT_TYPES.items()}
_DETECTION_RUN: Final = re.compile(r"(?:^|_)det-")


@dataclass(frozen=True)
class Kind:
    """A kind of product: where its files lie, and what they are called.

    Attributes
    ----------
    name : str
        The verb that makes it: one of `KINDS`.
    folder : str
        Under which folder of products it lies; empty for those of the methods.
    places : str
        Folders below that, as a pattern of `pathlib.Path.glob`; ``{survey}`` and
        ``{version}`` stand for those wanted.
    named : str
        Regular expression of the path below that; the groups are attributes of `StoredRun`.
    """

    name: str
    folder: str
    places: str
    named: str

    @property
    def depth(self) -> int:
        """How many folders there are from the first to the file."""
        return self.places.count("/")

    def find_roots(self, work_dir: str | Path | None) -> dict[Path, str | None]:
        """Return the folders under which such products lie, and the method of those in each."""
        if self.folder:
            return {find_work_dir(work_dir) / self.folder: None}
        roots: dict[Path, str | None] = {}
        for method in methods.names() if self.name == "segment" else ["skyseg"]:
            with suppress(MethodError):  # a broken one has no folder
                roots[find_root(method, work_dir)] = method
        return roots

    def find_files(self, root: Path, survey: str | None, version: str | None) -> Iterator[Path]:
        """Find files that lie where such products do; no file is opened.

        Raises
        ------
        ImageError
            If a folder cannot be read.
        """
        wanted = {"survey": survey, "version": version}
        named = {key: "*" if each is None else glob.escape(each) for key, each in wanted.items()}
        with system_told(root):
            yield from root.glob(self.places.format(**named))

    def read_name(self, path: Path) -> dict[str, Any] | None:
        """Return what the path of a file tells of it; None where it is not of this kind."""
        tail = "/".join(path.absolute().parts[-self.depth - 1 :])
        found = re.fullmatch(self.named, tail)
        return None if found is None else found.groupdict()


_MAP_PLACES: Final = "*/{version}/{survey}/"
_MAP_FOLDERS: Final = r"(?P<instrument>[^/]+)/(?P<version>[^/]+)/(?P<survey>[^/]+)/"
_METHOD_PLACES: Final = _MAP_PLACES + "*/"
_METHOD_FOLDERS: Final = _MAP_FOLDERS + rf"(?P<weights>{'|'.join(_ERR_TYPES)})/"
_SUFFIX: Final = r"(_(?P<suffix>.+))?"

_ALL: Final = (
    Kind(
        "mask", "masks", _MAP_PLACES + "*_mask.fits",
        _MAP_FOLDERS + r"(?P=survey)_(?P<band>.+)_(?P=version)_mask\.fits",
    ),
    Kind(
        "stack", "stacks", _MAP_PLACES + "*_stack.fits",
        _MAP_FOLDERS + r"(?P=survey)_(?P<band>.+)_(?P=version)_stack\.fits",
    ),
    Kind(
        # the band stands twice, as in galfind's names of what is measured where it was found
        "segment", "", _METHOD_PLACES + "segmentation/*_seg.fits",
        _METHOD_FOLDERS + r"segmentation/(?P=survey)_(?P<band>.+)_(?P=band)_sel_cat_(?P=version)"
        + _SUFFIX + r"_seg\.fits",
    ),
    Kind(
        "phot", "", _METHOD_PLACES + "forced_phot/*.fits",
        _METHOD_FOLDERS + r"forced_phot/(?P=survey)_(?P<band>.+?)_(?P<detection>.+?)_sel_cat_"
        r"(?P=version)" + _SUFFIX + r"\.fits",
    ),
    Kind(
        "depths", "", _METHOD_PLACES + "depths/*_depths.fits",
        _METHOD_FOLDERS + r"depths/(?P=survey)_(?P<band>.+?)_(?P<detection>.+?)_(?P=version)"
        + _SUFFIX + r"_depths\.fits",
    ),
    Kind(
        "catalogue", "Catalogues", "{version}/*/{survey}/*/*.fits",
        r"(?P<version>[^/]+)/(?P<instrument>[^/]+)/(?P<survey>[^/]+)/\([^/]*\)as/"
        r"(?P=survey)_MASTER_Sel-(?P<detection>.+)_(?P=version)" + _SUFFIX + r"\.fits",
    ),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in _ALL}
"""All kinds of products, by the verb that makes them, in the order in which they are made."""


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """The products of one run on disk, as their names tell of them.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    paths : ProductFiles
        Its files.
    root : Path
        The folder under which such products lie.
    instrument, version, survey : str
        What they are of.
    band : str or None
        The band, or stack; None for the catalogue of all bands.
    method : str or None
        What made a segmentation, or measured; None of a mask and a stack.
    detection : str or None
        What the sources were detected in that are measured or avoided, with what tells its run
        from the usual one; None for what has no sources of another image.
    err_type : {"rms_err", "wht", "none"} or None
        Where the noise came from; None of a mask, a stack, and where bands have several.
    parameters : str or None
        Name of the parameter set.
    region : str or None
        Columns and rows, from 1; None for all.
    edited : bool
        Whether the map is an edited one, or the sources are those of one.
    """

    kind: str
    paths: ProductFiles
    root: Path
    instrument: str
    version: str
    survey: str
    band: str | None = None
    method: str | None = None
    detection: str | None = None
    err_type: ErrType | None = None
    parameters: str | None = None
    region: str | None = None
    edited: bool = False

    @property
    def file(self) -> Path:
        """The file that it is named by: the SEG map of a segmentation, else the only one."""
        return next(iter(self.paths))

    @property
    def size(self) -> int:
        """Size of the files in bytes."""
        return sum(path.stat().st_size for path in self.paths if path.is_file())


def find_kind(name: str) -> Kind:
    """Return the kind of products of a name.

    Raises
    ------
    ParameterError
        If there is none.

    Examples
    --------
    >>> find_kind("mask").folder
    'masks'
    """
    if name not in KINDS:
        raise ParameterError(f"is {name!r}", hint=advise_name(name, KINDS), argument="kind")
    return KINDS[name]


def read_run(
    path: Path, kinds: tuple[Kind, ...] = _ALL, method: str | None = None
) -> StoredRun | None:
    """Return the run whose first file lies there, by its place and name; None where none does.

    Parameters
    ----------
    path : Path
        The file.
    kinds : tuple of Kind, optional
        Those that it may be of.
    method : str, optional
        Method of segmentations; by default that of the folder.

    Examples
    --------
    >>> found = read_run(Path("work/masks/NIRCam/v11/JOF/JOF_F444W_v11_mask.fits"))
    >>> found.kind, found.band, read_run(Path("JOF_F444W_v11_mask.fits"))
    ('mask', 'F444W', None)
    """
    for kind in kinds:
        told = kind.read_name(path)
        if told is not None:
            return _make_run(kind, path, told, method)
    return None


def _make_run(kind: Kind, path: Path, told: dict[str, Any], method: str | None) -> StoredRun:
    weights, suffix = told.pop("weights", None), told.pop("suffix", None) or ""
    more: dict[str, Any] = {"err_type": None if weights is None else _ERR_TYPES[weights]}
    paths: ProductFiles = SingleFile(path)
    if kind.name == "segment":
        paths = ProductPaths.of_seg(path)
        set_name, region, edited = split_suffix(suffix)
        more |= {
            "method": method, "parameters": set_name, "region": region or None, "edited": edited,
        }  # fmt: skip
    elif weights is not None or kind.name == "catalogue":
        if weights is None:
            err_type, suffix = split_err_type(suffix)
            more["err_type"] = err_type if err_type in WEIGHT_TYPES else None
        set_name, *words = _DETECTION_RUN.split(suffix)
        more |= {"method": "skyseg", "parameters": set_name or "default"}
        if words:
            more |= {
                "detection": f"{told.pop('detection')} ({', '.join(words)})",
                "edited": words[-1] == "edited",
            }
    return StoredRun(
        kind=kind.name, paths=paths, root=path.absolute().parents[kind.depth], **told, **more
    )
