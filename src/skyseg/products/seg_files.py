"""SEG maps that lie anywhere, of skyseg and of others: what they are of, and their sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote

import astropy.units as u
import numpy as np
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.engine.types import AnyLabelImage
from skyseg.errors import AmbiguousDataError, ProductError, SkysegError
from skyseg.imaging.bands import choose_instrument, identify_band
from skyseg.imaging.contents import find_imaging
from skyseg.imaging.instruments import known_instruments
from skyseg.imaging.label_maps import read_labels
from skyseg.imaging.names import stem
from skyseg.imaging.reading import list_hdus, opened, view_headers
from skyseg.imaging.refs import MapRef
from skyseg.methods.columns import find_column
from skyseg.methods.filled import with_unit
from skyseg.products.column_values import find_run
from skyseg.products.edit_cards import COUNT_KEY
from skyseg.products.fits_files import (
    RUN_KEY,
    OtherRunError,
    make_table,
    read_catalogue,
    read_columns,
)
from skyseg.products.input_maps import InputRole, list_named_inputs
from skyseg.products.names import ProductPaths, say_made_by
from skyseg.products.places import add_places, find_places
from skyseg.settings import config

MEASURED_KEY: Final = "MEASURED"
"""Of labels without a stored catalogue: whether the sources of a table were measured since."""

_NAME: Final = re.compile(
    r"(?P<survey>.+?)_(?P<band>.+)_(?P=band)_sel_cat_(?P<version>.+?)(?:_(?P<set>.+))?_seg"
)
_MADE_BY: Final = ("ERRTYPE", "METHOD", "PARSET")
_LISTED: Final = (
    *("NUMBER", "X_IMAGE", "Y_IMAGE", "ALPHA_J2000", "DELTA_J2000", "ISOAREAF_IMAGE"),
    *("XMIN_IMAGE", "YMIN_IMAGE", "XMAX_IMAGE", "YMAX_IMAGE"),
)


@dataclass(frozen=True)
class SegFile:
    """A SEG map on disk.

    Attributes
    ----------
    ref : MapRef
        Where it is.
    survey, version, band : str
        What it is of, by the name that skyseg gives; under another name they are those of
        the image that it was made from, empty where that tells none.
    maps : mapping of str to MapRef
        The maps that it was made from, by role, as far as they are still there.
    run_id : str or None
        RUNID of a map of skyseg that nobody has edited.
    made_by : str
        Error type of a map of skyseg, method and parameter set where they are not the default
        ones, and whether it was edited; empty for others.
    """

    ref: MapRef
    survey: str = ""
    version: str = ""
    band: str = ""
    maps: Mapping[InputRole, MapRef] = field(default_factory=dict)
    run_id: str | None = None
    made_by: str = ""

    @classmethod
    def read(cls, ref: MapRef) -> Self:
        """Read what the header and the name of a SEG map tell.

        Raises
        ------
        ImageError
            If the file cannot be read.

        Examples
        --------
        >>> SegFile.read(MapRef.parse("f444w_seg.fits", None)).band
        'F444W'
        """
        header = view_headers(ref.path, ref.ext)[0]
        if find_run(header) is None:
            return cls(ref)
        found = {
            role: MapRef.parse(f"{path}[{ext}]", None)
            for role, path, ext in list_named_inputs(header)
            if path.is_file()
        }
        run = None if header.get("EDITED", False) else header[RUN_KEY]
        named = _NAME.fullmatch(stem(ref.path))
        names = named.groups()[:3] if named else _name_imaging(found)
        made_by = say_made_by(*(unquote(str(header.get(key, ""))) for key in _MADE_BY))
        edited = header.get("EDITED", False) or header.get(COUNT_KEY, 0)
        made_by = " ".join(filter(None, (made_by, "edited" if edited else "")))
        return cls(ref, names[0], names[2], names[1], found, run, made_by)

    def load_catalogue(self) -> QTable | None:
        """Read its catalogue: OBJECTS in the same file, else the one of the same run beside it.

        Returns
        -------
        QTable or None
            With positions and boxes of all sources; None where there is no catalogue.

        Raises
        ------
        SkysegError
            If a file is there and cannot be read.
        """
        table = self._read_catalogue()
        return None if table is None else add_places(table, self._load_labels)

    @property
    def has_catalogue(self) -> bool:
        """Whether there is what `load_catalogue` reads."""
        return self._read_catalogue() is not None

    def _read_catalogue(self) -> QTable | None:
        table = _read_objects(self.ref.path)
        if table is None and self.run_id is not None:
            table = _read_beside(ProductPaths.of_seg(self.ref.path).cat, self.run_id)
        return table

    def _load_labels(self) -> Any:
        labels = read_labels(self.ref.path, self.ref.ext)
        if labels is None:
            raise ProductError(f"{self.ref} holds values that are no labels", hint="give another")
        return labels


def list_sources(
    labels: AnyLabelImage, wcs: WCS | None = None, corner: tuple[int, int] = (0, 0)
) -> QTable:
    """List the sources of a label map by their pixels alone: nothing is measured.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        0 is no source.
    wcs : astropy.wcs.WCS, optional
        Its celestial WCS.
    corner : tuple of int, optional
        Row and column at which the labels begin, where they are a part of a map.

    Returns
    -------
    QTable
        NUMBER, the mean place of the pixels, their number, and the box that holds them;
        with a WCS the place on the sky.

    Examples
    --------
    >>> list_sources(np.array([[0, 7, 7]]))["XMAX_IMAGE"].value.tolist()
    [3]
    """
    known = None
    if labels.max(initial=0) > labels.size:
        on = labels > 0
        known, places_of = np.unique(labels[on], return_inverse=True)
        labels = np.zeros(labels.shape, np.int64)
        labels[on] = places_of + 1
    places = find_places(labels, corner)
    numbers = np.flatnonzero(places["ISOAREAF_IMAGE"])
    columns = {name: values[numbers] for name, values in places.items()}
    columns["NUMBER"] = (numbers if known is None else known[numbers - 1]).astype(np.int64)
    if wcs is not None and numbers.size:
        sky = wcs.pixel_to_world(columns["X_IMAGE"] - 1, columns["Y_IMAGE"] - 1).icrs
        columns |= {"ALPHA_J2000": sky.ra.deg, "DELTA_J2000": sky.dec.deg}
    table = QTable(meta={MEASURED_KEY: False})
    for name in (each for each in _LISTED if each in columns):
        unit = find_column(name).unit
        about = "Number of its pixels" if name == "ISOAREAF_IMAGE" else find_column(name).about
        table[name] = with_unit(columns[name], u.Unit(unit) if unit else None, about)
    return table


def read_writer(path: Path) -> str:
    """Return the card WRITER of the SEG map in a file; empty where no such can be read."""
    try:
        found = next((hdu.index for hdu in list_hdus(path).hdus if hdu.name == "SEG"), None)
        return "" if found is None else str(view_headers(path, found)[0].get("WRITER", ""))
    except SkysegError:
        return ""


def _name_imaging(maps: Mapping[InputRole, MapRef]) -> tuple[str, str, str]:
    """Survey, band and version of the image that a map was made from."""
    known = known_instruments(config.facilities)
    found = find_imaging(maps["SCI"].path, known) if "SCI" in maps else None
    survey, version = ("", "") if found is None else (found[1].survey, found[1].version)
    return survey, _find_band(maps), version


def _find_band(maps: Mapping[InputRole, MapRef]) -> str:
    if "SCI" not in maps:
        return ""
    path, headers = maps["SCI"].path, view_headers(maps["SCI"].path, maps["SCI"].ext)
    instrument = choose_instrument(headers, path, known_instruments(config.facilities))
    try:
        return identify_band(headers, path, instrument) or ""
    except AmbiguousDataError:
        return ""


def _read_objects(path: Path) -> QTable | None:
    with opened(path) as hdus:
        tables = (hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU))
        fitting = (read_columns(hdu) for hdu in tables if "NUMBER" in hdu.columns.names)
        stored = next(fitting, None)
    return None if stored is None else make_table(*stored)


def _read_beside(path: Path, run: str) -> QTable | None:
    try:
        return read_catalogue(path, run=run) if path.is_file() else None
    except OtherRunError:
        return None
