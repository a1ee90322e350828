"""Which maps are label maps: told by EXTNAME, by the file's name, or by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import AnyLabelImage, BoolArray
from skyseg.imaging.names import stem
from skyseg.imaging.reading import Hdu, Listing, list_hdus, read_native_part, view_headers
from skyseg.imaging.refs import MapRef, make_ref
from skyseg.imaging.roles import get_role_names, holds_variance
from skyseg.imaging.roman import is_asdf
from skyseg.imaging.strips import map_strips
from skyseg.writing import make_absolute

LabelRole = Literal["SEG", "DQ"]

_SEG_WORDS: Final = ("SEG", "SEGM", "SEGMAP", "SEGMENTATION", "SEGIMAGE", "LABELS")
_LABEL_KINDS: Final[dict[str, LabelRole]] = {**dict.fromkeys(_SEG_WORDS, "SEG"), "DQ": "DQ"}
_SEG_NAME: Final = re.compile(rf"(.*[-_. ])?({'|'.join(_SEG_WORDS)})([-_. ].*)?", re.IGNORECASE)

_STRIP = 32  # rows that tell a map of floats from one of whole numbers
_BLOCK = 2048
_LEAST_SOURCES = 2
_LEAST_AREA = 3
_IN_ONE_PIECE = 0.7  # of the pixels: what is deblended has some that lie apart


def names_labels(path: Path) -> bool:
    """Tell whether the name of a file says that it holds labels.

    Examples
    --------
    >>> names_labels(Path("jw01_f444w_segm.fits")), names_labels(Path("segment_cat.fits"))
    (True, False)
    """
    return _SEG_NAME.fullmatch(stem(path)) is not None


def name_role(listing: Listing, hdu: Hdu) -> str:
    """Tell what an image of a file is.

    Labels are told by EXTNAME, by the name of the file, else, where nothing says that
    it is another map, by what it holds: whole numbers, mostly 0, each number above 0 on
    pixels that hang together.

    Parameters
    ----------
    listing : Listing
        What the file holds.
    hdu : Hdu
        One of its images.

    Returns
    -------
    str
        ``"SCI"``, ``"ERR"``, ``"VARIANCE"``, ``"WHT"``, ``"SEG"``, ``"DQ"``, else EXTNAME,
        else the number of the HDU.

    Raises
    ------
    ImageError
        If the file cannot be read.

    Examples
    --------
    >>> listing = list_hdus(Path("f444w_seg.fits").absolute())
    >>> name_role(listing, listing.images[0])
    'SEG'
    """
    labels = _find_label_role(listing, hdu)
    if labels is not None:
        return labels
    names, alone = get_role_names(), len(listing.images) == 1
    role = names.of_extname(hdu.kind)
    if role is None and alone:
        role = names.of_file(listing.path)
    if role == "ERR" and holds_variance(listing.path, hdu.kind):
        return "VARIANCE"
    return role or hdu.name or str(hdu.index)


def read_labels(path: Path, ext: int) -> AnyLabelImage | None:
    """Read a map of whole numbers, also one that is stored as floats.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    ndarray of int, shape (ny, nx), or None
        In native byte order, blank is 0; None where it holds other numbers.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    return _read_whole_numbers(path, ext, _as_labels)


def read_small_labels(path: Path, ext: int) -> AnyLabelImage | None:
    """Read a map of whole numbers as `read_labels` does, in the smallest type that holds them.

    Up to 65535 labels take half the memory of int32. They are read as small ones, so that
    the map is never there in a larger type.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    ndarray of int, shape (ny, nx), or None
        Unsigned where that is smaller than the type that is stored and no number is below 0.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    return _read_whole_numbers(path, ext, _as_small_labels)


def find_labels(source: str | Path | MapRef) -> MapRef | None:
    """Find the label map that a text names.

    Parameters
    ----------
    source : str, Path or MapRef
        As for `MapRef.parse`.

    Returns
    -------
    MapRef or None
        The HDU that is named, if it holds labels. Where none is named, the first that
        holds labels, if no image is beside it. None where another map is named.

    Raises
    ------
    SkysegError
        If the file cannot be read, or has no such HDU.

    Examples
    --------
    >>> find_labels("sci.fits") is None
    True
    """
    if isinstance(source, MapRef) or str(source).endswith("]"):
        ref = MapRef.parse(source, None)
        listing = list_hdus(ref.path)
        return ref if name_role(listing, listing.hdus[ref.ext]) == "SEG" else None
    listing = list_hdus(make_absolute(source))
    roles = {name_role(listing, hdu): hdu for hdu in reversed(listing.images)}
    return make_ref(listing, roles["SEG"]) if "SEG" in roles and "SCI" not in roles else None


def _read_whole_numbers(
    path: Path, ext: int, change: Callable[[npt.NDArray[Any]], AnyLabelImage | None]
) -> AnyLabelImage | None:
    shape = () if is_asdf(path) else list_hdus(path).hdus[ext].shape[-2:]
    if len(shape) < 2:
        return None
    found: AnyLabelImage = np.empty(shape, np.uint8)
    for rows, part in map_strips(path, ext, change):
        if part is None:
            return None
        kind = part.dtype if rows.start == 0 else np.promote_types(found.dtype, part.dtype)
        if kind != found.dtype:
            wider: AnyLabelImage = np.empty(shape, kind)
            wider[: rows.start] = found[: rows.start]
            found = wider
        found[rows] = part
    return found


def _as_labels(pixels: npt.NDArray[Any]) -> AnyLabelImage | None:
    return pixels if pixels.dtype.kind in "iu" else _as_whole_numbers(pixels)


def _as_small_labels(pixels: npt.NDArray[Any]) -> AnyLabelImage | None:
    labels = _as_labels(pixels)
    return None if labels is None else shrink_labels(labels)


def shrink_labels(labels: AnyLabelImage) -> AnyLabelImage:
    """Return labels in the smallest unsigned type that holds them; where none is, as they are.

    Examples
    --------
    >>> shrink_labels(np.array([0, 300])).dtype
    dtype('uint16')
    """
    smallest = np.min_scalar_type(int(labels.max(initial=0)))
    if smallest.itemsize < labels.itemsize and labels.min(initial=0) >= 0:
        return labels.astype(smallest)
    return labels


def _find_label_role(listing: Listing, hdu: Hdu) -> LabelRole | None:
    path, alone = listing.path, len(listing.images) == 1
    if is_asdf(path):
        return None
    if hdu.kind in _LABEL_KINDS:
        return _LABEL_KINDS[hdu.kind] if _are_whole(path, hdu) else None
    names = get_role_names()
    told = names.of_extname(hdu.kind)
    if told not in (None, "SCI"):
        return None
    if alone and names_labels(path):
        return "SEG" if _are_whole(path, hdu) else None
    if alone and names.of_file(path) is not None:
        return None
    # programs copy the header of the image, EXTNAME too, into their map of whole numbers
    if (told == "SCI" and not _has_integers(path, hdu)) or not _are_whole(path, hdu):
        return None
    return "SEG" if _look_like_sources(_read_block(path, hdu)) else None


def _has_integers(path: Path, hdu: Hdu) -> bool:
    header = view_headers(path, hdu.index)[0]
    return bool(header["BITPIX"] > 0 and header.get("BSCALE", 1) == 1)


def _are_whole(path: Path, hdu: Hdu) -> bool:
    """Tell by a few rows whether a map holds whole numbers from 0, blank ones apart."""
    middle = hdu.shape[-2] // 2
    rows = slice(middle, middle + _STRIP)
    return _as_whole_numbers(read_native_part(path, hdu.index, rows, slice(None))) is not None


def _read_block(path: Path, hdu: Hdu) -> AnyLabelImage | None:
    """Read the middle of a map, as labels."""
    rows, columns = (
        slice(max(0, (length - _BLOCK) // 2), min(length, (length + _BLOCK) // 2))
        for length in hdu.shape[-2:]
    )
    return _as_whole_numbers(read_native_part(path, hdu.index, rows, columns))


def _as_whole_numbers(pixels: npt.NDArray[Any]) -> AnyLabelImage | None:
    """Return whole numbers from 0 as integers, blank as 0; None where there are others."""
    if pixels.dtype.kind in "iu":
        return pixels if pixels.size == 0 or int(pixels.min()) >= 0 else None
    known = np.nan_to_num(pixels, nan=0.0, posinf=-1.0, neginf=-1.0)
    highest = float(known.max(initial=0))
    if known.min(initial=0) < 0 or highest > np.iinfo(np.int64).max // 2:
        return None
    dtype = np.int32 if highest <= np.iinfo(np.int32).max else np.int64
    whole = known.astype(dtype)
    return whole if np.array_equal(whole, known) else None


def _look_like_sources(labels: AnyLabelImage | None) -> bool:
    """Tell labels from counts, masks and flags: most is 0, and of each number most is one piece."""
    from skimage.measure import label

    if labels is None or 2 * np.count_nonzero(labels) > labels.size:
        return False
    pieces = label(labels, background=0, connectivity=2)
    on: BoolArray = pieces > 0
    areas = np.bincount(pieces[on])
    number_of = np.zeros(areas.size, labels.dtype)
    number_of[pieces[on]] = labels[on]
    numbers, which = np.unique(number_of[1:], return_inverse=True)
    largest = np.zeros(numbers.size, areas.dtype)
    np.maximum.at(largest, which, areas[1:])
    n_pixels = int(areas.sum())
    return bool(
        numbers.size >= _LEAST_SOURCES
        and n_pixels >= _LEAST_AREA * numbers.size
        and largest.sum() >= _IN_ONE_PIECE * n_pixels
    )
