"""Regions of DS9 drawn into a mask, and found by the name of a band."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from astropy.wcs import WCS

from skyseg.errors import (
    Advice,
    AmbiguousDataError,
    DataNotFoundError,
    ParameterError,
    verbatim,
)
from skyseg.imaging.warned import catching_warnings
from skyseg.masks.bits import BIT_VALUES, MaskBit
from skyseg.writing import read_small

if TYPE_CHECKING:
    from skyseg.engine.types import LabelImage

_SUBFOLDER: Final = "manual"
_CLEAN: Final = "clean"
_STRIP: Final = 64

logger = logging.getLogger(__name__)


def find_region_file(folder: Path, band: str) -> Path | None:
    """Find the region file of a band in a folder, or in its folder ``manual``, by its name.

    Parameters
    ----------
    folder : Path
        The folder.
    band : str
        Name of the band; it stands in the file's name as a word, in either case.

    Returns
    -------
    Path or None
        Where there are several, the one whose name says ``clean``, as galfind's do; None where
        those there are of other bands.

    Raises
    ------
    DataNotFoundError
        If there is none of any band.
    AmbiguousDataError
        If there are several.

    Examples
    --------
    >>> find_region_file(Path("masks/JOF"), "F444W")  # doctest: +SKIP
    PosixPath('masks/JOF/manual/F444W_JOF_clean.reg')
    """
    word = re.compile(rf"(?<![a-z0-9+]){re.escape(band.lower())}(?![a-z0-9+])")
    places = (folder, folder / _SUBFOLDER)
    paths = sorted(path for place in places for path in place.glob("*.reg"))
    if not paths:
        raise DataNotFoundError(
            f"there is no region file in {folder}",
            hint=f"give its path, or name it as {verbatim(band)}.reg",
        )
    found = [path for path in paths if word.search(path.stem.lower())]
    clean = [path for path in found if _CLEAN in path.stem.lower()]
    chosen = clean or found
    if len(chosen) > 1:
        raise AmbiguousDataError(
            f"{', '.join(path.name for path in chosen)} in {folder} are all of {band}",
            hint="give the path of one",
        )
    return chosen[0] if chosen else None


def draw_regions(bits: LabelImage, path: Path, wcs: WCS | None) -> None:
    """Draw the regions of a DS9 file: all pixels whose centre lies in one of them.

    Each is REGION, or the bit that its text names, such as ``text={ARTEFACT}``.
    A region with a minus takes out what those before it have drawn, and what was found before.
    Points, lines and texts have no pixels, and a warning says how many there are.

    Parameters
    ----------
    bits : ndarray of int32, shape (ny, nx)
        The mask.
    path : Path
        The file, in pixels or on the sky.
    wcs : WCS or None
        Celestial WCS of the mask.

    Raises
    ------
    ParameterError
        If it is no region file, or on the sky and there is no WCS.
    """
    try:
        text = read_small(path).decode()
    except (OSError, ValueError) as error:
        raise _no_regions(path) from error
    draw_region_text(bits, text, wcs, path)


def draw_region_text(bits: LabelImage, text: str, wcs: WCS | None, path: Path) -> None:
    """Draw regions as `draw_regions` does, of a text.

    Parameters
    ----------
    bits : ndarray of int32, shape (ny, nx)
        The mask.
    text : str
        What a region file holds.
    wcs : WCS or None
        Celestial WCS of the mask.
    path : Path
        What it is called in messages.

    Raises
    ------
    ParameterError
        As `draw_regions` does.
    """
    from regions import PixCoord

    without = 0
    for region in _read(text, path):
        if not _has_area(region):
            without += 1
            continue
        shape = _to_pixels(region, wcs, path)
        try:
            low_x, high_x, low_y, high_y = shape.bounding_box.extent
        except (ValueError, OverflowError):  # a part of it is behind the image's plane
            without += 1
            continue
        ny, nx = bits.shape
        rows = range(max(round(low_y + 0.5), 0), min(round(high_y + 0.5), ny))
        columns = slice(max(round(low_x + 0.5), 0), min(round(high_x + 0.5), nx))
        if columns.start >= columns.stop:
            continue
        bit, include = _choose_bit(region), region.meta.get("include", True) in (True, 1, "+")
        shape.meta["include"] = True
        for start in range(rows.start, rows.stop, _STRIP):
            strip = slice(start, min(start + _STRIP, rows.stop))
            y, x = np.mgrid[strip, columns]
            inside = shape.contains(PixCoord(x, y))
            part = bits[strip, columns]
            part[inside] = part[inside] | bit if include else part[inside] & ~bit
    if without:
        logger.warning(
            Advice(f"{path}: {without} regions without pixels are left out", "draw shapes instead")
        )


def _read(text: str, path: Path) -> Sequence[Any]:
    from regions import Regions

    with catching_warnings():
        try:
            return list(Regions.parse(text, format="ds9"))
        except ValueError as error:
            raise _no_regions(path) from error


def _no_regions(path: Path) -> ParameterError:
    return ParameterError(f"{path} is no DS9 region file", hint="choose another")


def _choose_bit(region: Any) -> int:
    return BIT_VALUES.get(str(region.meta.get("text", "")).strip().upper(), int(MaskBit.REGION))


def _has_area(region: Any) -> bool:
    kind = type(region).__name__
    return not kind.startswith(("Point", "Line", "Text"))


def _to_pixels(region: Any, wcs: WCS | None, path: Path) -> Any:
    if not hasattr(region, "to_pixel"):
        return region
    if wcs is None:
        raise ParameterError(
            f"{path} is on the sky and the image has no WCS", hint="give regions in pixels"
        )
    return region.to_pixel(wcs)
