"""The decision to load or to make: what is on disk, and whether it is what is asked for."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from astropy.io import fits

from skyseg import methods
from skyseg.engine.mappers import Mapper
from skyseg.errors import Advice, MethodError, ProductError, StaleProductError
from skyseg.imaging.sky import Sky
from skyseg.methods.base import Outcome
from skyseg.products._commit import Content, commit, is_pending, recover, settle
from skyseg.products._inputs import check_not_inputs
from skyseg.products._lock import locked, locked_if_free, may_write
from skyseg.products._packing import PackedCanvas
from skyseg.products._spread import parts_folder
from skyseg.products._table_file import pack_cat
from skyseg.products.column_values import find_run
from skyseg.products.fits_files import RUN_KEY, read_header
from skyseg.products.input_maps import forget_checksums, taking_checksums
from skyseg.products.looking import check_may_make
from skyseg.products.names import ProductPaths, former_paths
from skyseg.products.products import Products
from skyseg.products.provenance import (
    N_BAD_KEY,
    N_SOURCES_KEY,
    VERSION_KEY,
    find_changes,
    is_of_former_name,
    record,
    tell_history,
)
from skyseg.products.recipe import Recipe

Headers = dict[Path, fits.Header]

_LOOKS: Final = 5

logger = logging.getLogger(__name__)


class ForeignProductWarning(UserWarning):
    """A product without provenance was loaded: it says not what it was made from."""


def load_or_make(
    paths: ProductPaths,
    recipe: Recipe,
    make: Callable[[PackedCanvas], Outcome],
    *,
    shape: tuple[int, int],
    sky: Sky | None = None,
    unit: str = "",
    overwrite: bool = False,
    verify: bool = False,
    mapper: Mapper | None = None,
) -> Products:
    """Take the products that are on disk where they fit, else make them.

    Parameters
    ----------
    paths : ProductPaths
        Where they belong.
    recipe : Recipe
        What they must have been made from.
    make : callable
        Makes them; called at most once, with a canvas that takes SEG and BKG
        row by row.
    shape : tuple of int
        Shape (ny, nx) of the maps.
    sky : Sky, optional
        Where the pixels of the maps lie on the sky.
    unit : str, optional
        Unit of the background.
    overwrite : bool, optional
        Make them whatever is on disk.
    verify : bool, optional
        Read the inputs again and compare them by their checksums, even where size and time
        are as recorded.
    mapper : Mapper, optional
        Who draws the maps in other processes, which write them if they see the folder, and
        takes the checksums of the inputs.

    Returns
    -------
    Products
        What is on disk now.

    Raises
    ------
    StaleProductError
        If those on disk were made from something else; the message says what.
    ProductError
        If they cannot be read or written.

    Warns
    -----
    ForeignProductWarning
        If those on disk have no provenance (galfind's own) and are taken. A
        warning, not a log line, so that a notebook shows it where it happens.
    """
    if verify:
        forget_checksums()
    if not overwrite:
        found = _load_at_once(paths, recipe, shape, verify)
        if found is not None:
            return found
    check_may_make(paths.seg)
    with locked(paths):
        recover(paths)
        found = None if overwrite else _load(paths, _headers(paths), recipe, shape, verify)
        if found is not None:
            return found
        if recipe.method == "skyseg" and not overwrite:
            _point_to_former(paths)
        return _made(paths, recipe, make, shape, sky, unit, mapper)


def _load_at_once(
    paths: ProductPaths, recipe: Recipe, shape: tuple[int, int], verify: bool
) -> Products | None:
    """Products that are one set, whatever other processes do beside them; else None.

    Those who may not write can do no more than wait until they are.
    """
    pending, headers = is_pending(paths), _headers(paths)
    if headers and not _settled(headers) and not may_write(paths):
        settle(paths)
        headers = _headers(paths)
        if not _settled(headers):
            raise ProductError(
                f"{paths.cat} and the maps with it are not of one run",
                hint="have somebody call {segment} who may write there, or give another folder "
                "with {work_dir}",
            )
    if not _settled(headers):
        return None
    try:
        found = _load(paths, headers, recipe, shape, verify)
    except StaleProductError:
        if not pending:
            raise
        # what fits may be on its way
        settle(paths)
        headers = _headers(paths)
        return _load(paths, headers, recipe, shape, verify) if _settled(headers) else None
    if pending and found is not None:
        with suppress(ProductError), locked_if_free(paths) as is_ours:
            if is_ours:
                recover(paths)
    return found


def _point_to_former(paths: ProductPaths) -> None:
    """Say where the embedded engine made these products when it was called ``sep``."""
    former = former_paths(paths)
    header = read_header(former.cat)
    if header is not None and is_of_former_name(header):
        logger.warning(
            Advice(
                f"{former.cat} and the files with it were made by the embedded engine, which "
                "was called 'sep' and is now 'skyseg', in an older edition, and are not used",
                "remove them if nobody needs them",
            ),
        )


def _made(
    paths: ProductPaths,
    recipe: Recipe,
    make: Callable[[PackedCanvas], Outcome],
    shape: tuple[int, int],
    sky: Sky | None,
    unit: str,
    mapper: Mapper | None,
) -> Products:
    """Make products and write them; the lock must be held."""
    check_not_inputs(paths, recipe.inputs)
    with ExitStack() as stack:
        with taking_checksums(recipe.inputs, mapper):
            parts = None if mapper is None else stack.enter_context(parts_folder(paths.seg))
            canvas = stack.enter_context(PackedCanvas(shape, paths.folder, parts, mapper))
            outcome = make(canvas)
        canvas.take(outcome.seg, outcome.bkg)
        if not canvas.is_whole:
            raise MethodError(
                f"the method {recipe.method!r} left SEG or BKG incomplete",
                hint="give both as arrays, or draw all rows on the canvas",
            )
        header = record(recipe, outcome)
        commit(paths, _contents(paths, outcome, canvas, header, sky, unit), header[RUN_KEY])
    return _products(paths, recipe, header, made=True)


def _contents(
    paths: ProductPaths,
    outcome: Outcome,
    canvas: PackedCanvas,
    header: fits.Header,
    sky: Sky | None,
    unit: str,
) -> dict[Path, Content]:
    image_header = fits.Header() if sky is None else sky.make_header()
    image_header.extend(header, update=True)
    bkg_header = image_header.copy()
    if unit:
        bkg_header["BUNIT"] = unit
    return {
        paths.seg: partial(canvas.seg.write_to, "SEG", image_header),
        paths.bkg: partial(canvas.bkg.write_to, "BKG", bkg_header),
        paths.cat: pack_cat(outcome.given_cat, header),
    }


def _headers(paths: ProductPaths) -> Headers:
    """Headers of those products that are on disk, each file checked to its end.

    Another look is taken where a run came between the first file and the last.
    """
    headers: Headers = {}
    for _ in range(_LOOKS):
        found = ((path, read_header(path, verify=True)) for path in paths)
        headers = {path: header for path, header in found if header is not None}
        if len(headers) < 3 or _settled(headers):
            break
    return headers


def _origins(headers: Headers) -> set[str | None]:
    """Return the runs that products come from; None stands for those without provenance."""
    return {find_run(header) for header in headers.values()}


def _settled(headers: Headers) -> bool:
    """Tell whether products are one set, so that no process can be at work on them."""
    origins = _origins(headers)
    return len(origins) == 1 and (None in origins or len(headers) == 3)


def _load(
    paths: ProductPaths, headers: Headers, recipe: Recipe, shape: tuple[int, int], verify: bool
) -> Products | None:
    """Products on disk if they are there and whole; None where they have to be made."""
    if not headers:
        return None
    origins = _origins(headers)
    if origins == {None} and paths.seg in headers:
        return _load_foreign(paths, recipe, headers, shape)
    if None in origins:
        foreign = next(path for path, header in headers.items() if find_run(header) is None)
        raise ProductError(
            f"{foreign} does not belong to the other products in its folder",
            hint="remove it, or replace all of them with " + _again(recipe),
        )
    if len(headers) < 3 or len(origins) > 1 or not _are_in_place(paths, headers):
        logger.warning("%s and the maps with it are not whole: made again", paths.cat)
        return None
    header = headers[paths.cat]
    if recipe.method == "sep" and is_of_former_name(header):
        raise StaleProductError(
            f"{paths.seg} was made by the embedded engine, which was called 'sep' and is now "
            "the method 'skyseg', and not by the library sep",
            hint="replace these files with " + _again(recipe),
        )
    differences = find_changes(header, recipe, verify=verify)
    if differences:
        raise StaleProductError(
            f"{paths.seg} was made from something else: {'; '.join(differences)}",
            hint=f"ask for what it was made from, or make it again with {_again(recipe)}",
            changes=differences,
        )
    _tell_other_version(paths, header, recipe)
    return _products(paths, recipe, header, made=False)


def _again(recipe: Recipe) -> str:
    """Return what makes products again; many commands need them, whose overwrite is of others."""
    return "{overwrite_segment}" if recipe.edits is None else "{overwrite_edits}"


def _are_in_place(paths: ProductPaths, headers: Headers) -> bool:
    """Tell whether each file holds what its name says."""
    return [headers[path].get("EXTNAME") for path in paths] == ["SEG", "BKG", "OBJECTS"]


def _tell_other_version(paths: ProductPaths, header: fits.Header, recipe: Recipe) -> None:
    """Say where another version of a program is installed than the one that made products.

    The embedded engine has its edition in place of that.
    """
    if recipe.method == "skyseg":
        return
    with suppress(MethodError):  # what is loaded need not be installed any more
        installed = methods.get(recipe.method).version()
        made_by = unquote(str(header.get(VERSION_KEY, "")))
        if installed != made_by:
            what = f"{paths.seg} was made by {made_by}, and {installed} is installed"
            logger.warning(Advice(what, f"{_again(recipe)} makes it again"))


def _products(paths: ProductPaths, recipe: Recipe, header: fits.Header, *, made: bool) -> Products:
    return Products(
        paths=paths,
        recipe=recipe,
        made=made,
        n_sources=int(header[N_SOURCES_KEY]),
        n_bad=header.get(N_BAD_KEY),
        history=tell_history(header),
        run_id=header[RUN_KEY],
    )


def _load_foreign(
    paths: ProductPaths, recipe: Recipe, headers: Headers, shape: tuple[int, int]
) -> Products:
    seg = headers[paths.seg]
    found = (seg.get("NAXIS2"), seg.get("NAXIS1"))
    if found != shape:
        raise StaleProductError(
            f"{paths.seg} has shape {found} and the image {shape}",
            hint="remove it, or make it again with " + _again(recipe),
        )
    told = Advice(
        f"{paths.seg} does not say what it was made from",
        f"it is taken as it is, and {_again(recipe)} makes it anew",
    )
    warnings.warn(ForeignProductWarning(told), stacklevel=6)
    rows = headers[paths.cat].get("NAXIS2") if paths.cat in headers else None
    return Products(
        paths=paths,
        recipe=recipe,
        made=False,
        n_sources=rows,
        n_bad=None,
        history="",
        run_id=None,
    )
