"""The runs whose products lie on disk: listed, and removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.errors import MethodError, ProductError
from skyseg.imaging.faults import system_told
from skyseg.methods.base import WEIGHT_TYPES
from skyseg.products._commit import recover
from skyseg.products._lock import locked
from skyseg.products.column_values import find_run
from skyseg.products.fits_files import read_header
from skyseg.products.names import ProductPaths, cannot_write, find_root, split_suffix

_ERR_TYPES: Final[dict[str, ErrType]] = {folder: err for err, folder in WEIGHT_TYPES.items()}
_DEPTH: Final = "*/*/*/*/segmentation/*_seg.fits"


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """The products of one run on disk, as their names tell of them.

    Attributes
    ----------
    paths : ProductPaths
        The three files.
    method, instrument, version, survey, band : str
        What they are of.
    err_type : {"rms_err", "wht", "none"}
        Where the noise came from.
    parameters : str
        Name of the parameter set.
    region : str or None
        Columns and rows, from 1; None for all.
    edited : bool
        Whether the map is an edited one.
    """

    paths: ProductPaths
    method: str
    instrument: str
    version: str
    survey: str
    band: str
    err_type: ErrType
    parameters: str
    region: str | None
    edited: bool = False

    @property
    def size(self) -> int:
        """Size of the files in bytes."""
        return sum(path.stat().st_size for path in self.paths if path.is_file())


def list_runs(
    work_dir: str | Path | None = None, survey: str | None = None, version: str | None = None
) -> tuple[StoredRun, ...]:
    """List the runs whose products lie in a folder; no file is opened.

    Parameters
    ----------
    work_dir : str or Path, optional
        The folder; by default as configured.
    survey, version : str, optional
        Those wanted; all by default.

    Returns
    -------
    tuple of StoredRun
        By survey, version, instrument, band and file.

    Raises
    ------
    ImageError
        If a folder cannot be read.
    """
    found = []
    for method in methods.names():
        with suppress(MethodError):  # a broken one has no folder
            root = find_root(method, work_dir)
            with system_told(root):
                found += [each for each in _list_in(root, method) if _is_of(each, survey, version)]
    return tuple(
        sorted(found, key=lambda run: (run.survey, run.version, run.instrument, run.paths.seg))
    )


def _is_of(run: StoredRun, survey: str | None, version: str | None) -> bool:
    return survey in (None, run.survey) and version in (None, run.version)


def _list_in(root: Path, method: str) -> Iterator[StoredRun]:
    for seg in root.glob(_DEPTH):
        instrument, version, survey, kind = seg.relative_to(root).parts[:4]
        err_type = _ERR_TYPES.get(kind)
        # the band stands twice, as in galfind's names of what is measured where it was found
        named = re.fullmatch(
            rf"{re.escape(survey)}_(?P<band>.+)_(?P=band)_sel_cat_{re.escape(version)}"
            r"(_(?P<suffix>.+))?_seg\.fits",
            seg.name,
        )
        if err_type is None or named is None:
            continue
        parameters, region, edited = split_suffix(named["suffix"] or "")
        yield StoredRun(
            paths=ProductPaths.of_seg(seg),
            method=method,
            instrument=instrument,
            version=version,
            survey=survey,
            band=named["band"],
            err_type=err_type,
            parameters=parameters,
            region=region or None,
            edited=edited,
        )


def remove_run(run: StoredRun) -> None:
    """Remove the products of a run, under their lock, and folders that are empty then.

    Raises
    ------
    ProductError
        If a file is not by skyseg, or is of another run than the others, or cannot be removed;
        then nothing is.
    """
    paths = run.paths
    with locked(paths):
        recover(paths)
        check_own(paths)
        try:
            for path in paths:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(paths.folder, error) from error
    with suppress(OSError):
        for folder in (paths.folder, *paths.folder.parents[:5]):
            folder.rmdir()


def check_own(paths: ProductPaths) -> None:
    """Check that products are those of one run of skyseg.

    Raises
    ------
    ProductError
        If one says not what it was made from, or they are of several runs.
    """
    headers = {path: read_header(path) for path in paths}
    runs = {path: find_run(header) for path, header in headers.items() if header is not None}
    for path, run in runs.items():
        if run is None:
            raise ProductError(
                f"{path} does not say that skyseg made it", hint="remove it by hand if it is yours"
            )
    if len(set(runs.values())) > 1:
        raise ProductError(
            f"{paths.seg} and the files with it are of several runs",
            hint="make them again with {overwrite_segment}, or remove them by hand",
        )
