"""Masks on disk: one map of bits a band, with what it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

import astropy.units as u
import numpy as np
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.engine.types import LabelImage
from skyseg.errors import ParameterError, verbatim
from skyseg.masks.bits import ABOUT, MaskBit
from skyseg.masks.star_lists import StarList
from skyseg.methods.filled import with_unit
from skyseg.products._commit import Content
from skyseg.products._packing import PackedMap, pack_rows
from skyseg.products._table_file import pack_table
from skyseg.products.fits_files import (
    N_EXTENSIONS_KEY,
    RUN_KEY,
    encode_text,
    read_catalogue,
    read_header,
    read_map,
)
from skyseg.products.input_maps import InputMap, find_input_changes, record_inputs, taking_checksums
from skyseg.products.names import SingleFile
from skyseg.products.provenance import begin_header, find_text_changes, sign
from skyseg.products.single import load_or_make_file

_NAME: Final = "MASK"
_BIT_KEY: Final = "MASKBIT"
_STARS: Final = "STARS"


@dataclass(frozen=True, kw_only=True)
class MaskRecipe:
    """What a mask is asked to be made of.

    Attributes
    ----------
    settings : mapping of str to str
        What decides its bits, the inputs apart, as text by FITS keys.
    inputs : tuple of InputMap
        The files read.
    stars : StarList or None
        Those that a person gave, which are kept beside the bits.
    """

    settings: Mapping[str, str]
    inputs: tuple[InputMap, ...]
    stars: StarList | None = None


def load_or_make_mask(
    paths: SingleFile,
    recipe: MaskRecipe,
    make: Callable[[], tuple[LabelImage, Mapping[str, float]]],
    *,
    wcs: WCS | None = None,
    overwrite: bool = False,
) -> bool:
    """Take the mask that is on disk where it fits, else make it.

    Parameters
    ----------
    paths : SingleFile
        Where it belongs.
    recipe : MaskRecipe
        What it must have been made from.
    make : callable
        Makes it; called at most once. Returns its bits, and numbers worth keeping.
    wcs : WCS, optional
        Celestial WCS of the band.
    overwrite : bool, optional
        Make it whatever is on disk.

    Returns
    -------
    bool
        Whether it was made.

    Raises
    ------
    StaleProductError
        If that on disk was made from something else; the message says what.
    ProductError
        If it cannot be read or written.
    """

    @contextmanager
    def draw() -> Iterator[tuple[fits.Header, Content]]:
        with taking_checksums(recipe.inputs):
            bits, facts = make()
        header = _record(recipe, bits, facts)
        image_header = fits.Header() if wcs is None else wcs.to_header(relax=True)
        image_header.extend(header, update=True)
        packed = PackedMap((bits.shape[0], bits.shape[1]), 32, None, paths.folder)
        try:
            packed.add(pack_rows(bits))
            yield header, partial(_write, packed, image_header, recipe.stars)
        finally:
            packed.close()

    return load_or_make_file(
        paths, partial(_find_changes, recipe), draw, recipe.inputs, overwrite=overwrite
    )[1]


def find_mask(path: Path, *, stack: str = "") -> Path:
    """Return the file of a mask that somebody names, having looked what it is.

    Parameters
    ----------
    path : Path
        The file.
    stack : str, optional
        The stack that it would be of, which is masked only where it is named.

    Raises
    ------
    ParameterError
        If it is no mask that skyseg made.
    ProductError
        If it cannot be read.
    """
    header = read_header(path)
    if header is None:
        make = f"{{make_mask}} {{of_band}} {verbatim(stack)}" if stack else "{make_mask}"
        raise ParameterError(
            f"is {str(path)!r}, which does not exist",
            hint=f"call {make} first, with the same {{work_dir}}", argument="mask",
        )  # fmt: skip
    if header.get("EXTNAME") != _NAME or f"{_BIT_KEY}0" not in header:
        raise ParameterError(
            f"is {str(path)!r}, which does not say what its bits are",
            hint="make a mask of it with {make_mask}", argument="mask",
        )  # fmt: skip
    return path


def read_mask(path: Path) -> tuple[LabelImage, fits.Header]:
    """Read a mask.

    Returns
    -------
    bits : ndarray of int32, shape (ny, nx)
        See `skyseg.masks.bits.MaskBit`.
    header : Header
        With its bits, settings and inputs.

    Raises
    ------
    ProductError
        If it cannot be read, is damaged, or is no mask.
    """
    return read_map(path, np.int32)


def read_mask_stars(path: Path) -> QTable:
    """Read the list of stars that a mask was made of.

    Raises
    ------
    ProductError
        If the file cannot be read, or holds none.
    """
    return read_catalogue(path, name=_STARS)


def _write(
    packed: PackedMap, header: fits.Header, stars: StarList | None, stream: IO[bytes]
) -> None:
    packed.write_to(_NAME, header, stream)
    if stars is not None:
        run = fits.Header({RUN_KEY: header[RUN_KEY]})
        stream.write(pack_table(_tabulate(stars), run, _STARS))


def _tabulate(stars: StarList) -> QTable:
    table = QTable()
    table["RA"] = with_unit(stars.ra, u.deg, "right ascension, ICRS")
    table["DEC"] = with_unit(stars.dec, u.deg, "declination, ICRS")
    table["MAG"] = with_unit(stars.mag, u.mag, "AB mag in the band")
    return table


def _find_changes(recipe: MaskRecipe, header: fits.Header) -> list[str]:
    found = find_text_changes(header, recipe.settings, str.lower)
    return [*found, *find_input_changes(header, recipe.inputs)]


def _record(recipe: MaskRecipe, bits: LabelImage, facts: Mapping[str, float]) -> fits.Header:
    header = begin_header()
    if recipe.stars is not None:
        header[N_EXTENSIONS_KEY] = (2, "extensions of this file")
    for number, bit in enumerate(MaskBit):
        header[f"{_BIT_KEY}{number}"] = (str(bit.name), f"{int(bit)}: {ABOUT[bit]}")
    header["NMASKED"] = (int(np.count_nonzero(bits)), "pixels with any bit")
    header.update(facts)
    for key, value in recipe.settings.items():
        header[key] = encode_text(value)
    record_inputs(header, recipe.inputs)
    sign(header)
    return header
