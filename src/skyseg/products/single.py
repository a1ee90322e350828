"""Products of one file: taken from disk where they fit, else made and put there whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from astropy.io import fits

from skyseg.errors import ProductError, StaleProductError, check_switch
from skyseg.products._commit import Content, commit, recover
from skyseg.products._inputs import check_not_inputs
from skyseg.products._lock import locked
from skyseg.products.column_values import find_run
from skyseg.products.fits_files import RUN_KEY, read_header
from skyseg.products.input_maps import InputMap, forget_checksums
from skyseg.products.looking import check_may_make
from skyseg.products.names import ProductFiles

Changes: TypeAlias = Callable[[fits.Header], Sequence[str]]
"""Says, by the header of what is on disk, in what it differs from what is asked for."""

Made: TypeAlias = AbstractContextManager[tuple[fits.Header, Content]]
"""A product that has been made, and is needed until it is written: its header and its file."""


def load_or_make_file(
    paths: ProductFiles,
    changes: Changes,
    make: Callable[[], Made],
    inputs: Iterable[InputMap],
    *,
    overwrite: bool = False,
    verify: bool = False,
    again: str = "{overwrite}",
    checks_pixels: bool = True,
) -> tuple[fits.Header, bool]:
    """Take the file that is on disk where it fits, else make it.

    Parameters
    ----------
    paths : ProductFiles
        Where it belongs, ``paths.cat``.
    changes : callable
        Called with the header of the file on disk; returns one clause for each difference
        between what that was made from and what is asked for.
    make : callable
        Makes it; called at most once.
    inputs : iterable of InputMap
        What it is made from.
    overwrite : bool, optional
        Make it whatever is on disk.
    verify : bool, optional
        Whether inputs are read again that ``changes`` looks at.
    again : str, optional
        What a message says to call to have it made again.
    checks_pixels : bool, optional
        Whether all of the file is read and checked before it is taken.

    Returns
    -------
    header : Header
        That of the file.
    made : bool
        Whether it was made.

    Raises
    ------
    StaleProductError
        If that on disk was made from something else; the message says what.
    ProductError
        If it cannot be read or written.
    """
    if check_switch(verify, "verify"):
        forget_checksums()
    if not check_switch(overwrite, "overwrite"):
        header = _load(paths, changes, again, checks_pixels)
        if header is not None:
            return header, False
    check_may_make(paths.cat)
    with locked(paths):
        recover(paths)
        if not overwrite:
            header = _load(paths, changes, again, checks_pixels)
            if header is not None:
                return header, False
        check_not_inputs(paths, inputs)
        with make() as (header, content):
            commit(paths, {paths.cat: content}, header[RUN_KEY])
    return header, True


def _load(
    paths: ProductFiles, changes: Changes, again: str, checks_pixels: bool
) -> fits.Header | None:
    """Return the header of the file on disk if it fits, None if there is none."""
    header = read_header(paths.cat, verify=checks_pixels)
    if header is None:
        return None
    if find_run(header) is None:
        raise ProductError(
            f"{paths.cat} does not say what it was made from",
            hint=f"remove it, or make it anew with {again}",
        )
    found = changes(header)
    if found:
        raise StaleProductError(
            f"{paths.cat} was made from something else: {'; '.join(found)}",
            hint=f"ask for what it was made from, or make it again with {again}",
            changes=found,
        )
    return header
