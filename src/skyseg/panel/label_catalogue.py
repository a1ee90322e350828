"""Any SEG map that is shown: its catalogue, stored or of its pixels alone, and its image."""

from __future__ import annotations

from typing import Any

import numpy as np

from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.products.seg_files import SegFile, list_sources
from skyseg.survey import BandData


def load_catalogue(info: MapInfo, labels: Any) -> Catalogue:
    """Read the catalogue of a SEG map.

    Parameters
    ----------
    info : MapInfo
        What is known of the map.
    labels : array_like of int, shape (ny, nx)
        Its pixels.

    Returns
    -------
    Catalogue
        The one measured here, else that of the band's products, else the one that is
        stored with the file, else `skyseg.products.seg_files.list_sources`.

    Raises
    ------
    SkysegError
        If a catalogue is there and cannot be read.
    """
    if info.table is not None:
        return Catalogue(info.table)
    if info.band is not None and info.band.products is not None:
        return Catalogue(info.band.load_places())
    stored = None if info.ref is None else SegFile.read(info.ref).load_catalogue()
    if stored is None:
        return Catalogue(list_sources(np.asarray(labels), info.wcs))
    return Catalogue(stored)


def has_stored_catalogue(info: MapInfo) -> bool:
    """Tell whether a SEG map comes with a catalogue, so that it need not be measured.

    Raises
    ------
    SkysegError
        If a catalogue is there and cannot be read.
    """
    if info.band is not None and info.band.products is not None:
        return True
    return info.ref is not None and SegFile.read(info.ref).has_catalogue


def name_seg_file(seg: SegFile) -> str:
    """Name a SEG map of skyseg that was opened as a file as one that is shown by a run.

    Examples
    --------
    >>> name_seg_file(SegFile.read(MapRef.parse("f444w_seg.fits", None)))
    'JOF F444W SEG rms_err'
    """
    return " ".join(filter(None, (seg.survey, seg.band, "SEG", seg.made_by)))


def open_band(seg: SegFile) -> BandData | None:
    """Open the image that a SEG map was made from, with its noise; None where it is not there.

    Raises
    ------
    SkysegError
        If a map is there and cannot be used.
    """
    maps = seg.maps
    if "SCI" not in maps:
        return None
    names = (seg.survey or None, seg.version or None, seg.band or None)
    return BandData.from_files(maps["SCI"], maps.get("ERR"), maps.get("WHT"), *names)
