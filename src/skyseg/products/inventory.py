"""The runs whose products lie on disk: listed, and removed."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from skyseg.errors import ProductError
from skyseg.products._commit import recover
from skyseg.products._lock import locked
from skyseg.products.column_values import find_run
from skyseg.products.fits_files import read_header
from skyseg.products.kinds import KINDS, StoredRun, find_kind, read_run
from skyseg.products.names import ProductFiles, cannot_write


def list_runs(
    work_dir: str | Path | None = None,
    survey: str | None = None,
    version: str | None = None,
    kinds: Collection[str] = tuple(KINDS),
) -> tuple[StoredRun, ...]:
    """List the runs whose products lie in a folder; no file is opened.

    Parameters
    ----------
    work_dir : str or Path, optional
        The folder; by default as configured.
    survey, version : str, optional
        Those wanted; all by default.
    kinds : collection of str, optional
        Those of `skyseg.products.kinds.KINDS` that are wanted; all by default.

    Returns
    -------
    tuple of StoredRun
        By survey, version, kind, instrument and file.

    Raises
    ------
    ImageError
        If a folder cannot be read.
    ParameterError
        If there is no such kind.
    """
    found = []
    for kind in map(find_kind, kinds):
        for root, method in kind.find_roots(work_dir).items():
            files = kind.find_files(root, survey, version)
            found += [run for path in files if (run := read_run(path, (kind,), method))]
    order = {name: number for number, name in enumerate(KINDS)}
    return tuple(
        sorted(
            found, key=lambda run: (
                run.survey, run.version, order[run.kind], run.instrument, run.file,
            ),
        )
    )  # fmt: skip


def remove_run(run: StoredRun) -> None:
    """Remove the products of a run, under their lock, and folders that are empty then.

    Journals of edits stay.

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
        for folder in (paths.folder, *paths.folder.parents):
            folder.rmdir()
            if folder == run.root:
                break


def check_own(paths: ProductFiles) -> None:
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
            f"{next(iter(paths))} and the files with it are of several runs",
            hint="make them again with {overwrite_segment}, or remove them by hand",
        )
