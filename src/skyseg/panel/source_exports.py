"""Sources as files: a table, labels, and regions for DS9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Final

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Column, Table

from skyseg import __version__
from skyseg.engine.types import AnyLabelImage, IntArray
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging.reading import list_hdus
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_columns import SourceColumn, list_columns
from skyseg.products.cat_exports import spell_ellipses
from skyseg.products.fits_files import encode_text
from skyseg.products.seg_files import read_writer
from skyseg.writing import whole_file

Numbers = Sequence[int] | IntArray
"""NUMBERs of sources."""

_WRITER: Final = ", sources of a viewer"


def describe_origin(info: MapInfo | None, name: str, filter_text: str) -> dict[str, str]:
    """Say where sources that are written come from, as cards of a FITS header.

    Parameters
    ----------
    info : MapInfo or None
        Their map.
    name : str
        What the map is called.
    filter_text : str
        The filter that was in force; may be empty.

    Returns
    -------
    dict of str to str
        ``SEGMAP``, ``CATALOG`` and ``RUNID`` where they are known, ``FILTER`` where there is
        one, and ``WRITER``.
    """
    products = None if info is None or info.band is None else info.band.products
    origin = {"SEGMAP": name}
    if products is not None:
        paths = products.paths
        origin = {
            "SEGMAP": str(paths.seg),
            "CATALOG": str(paths.cat),
            "RUNID": products.run_id or "",
        }
    elif info is not None and info.ref is not None:
        origin = {"SEGMAP": str(info.ref)}
    if filter_text:
        origin["FILTER"] = filter_text
    origin["WRITER"] = f"skyseg {__version__}{_WRITER}"
    return {key: encode_text(text) for key, text in origin.items()}


def write_table(
    catalogue: Catalogue,
    numbers: Numbers,
    path: Path,
    *,
    columns: Sequence[SourceColumn] = (),
    origin: Mapping[str, str] | None = None,
) -> None:
    """Write rows of a catalogue as FITS, ECSV or CSV, by the ending of the name.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : sequence of int
        The sources, in the order in which they are written.
    path : Path
        ``*.fits``, ``*.ecsv``, or ``*.csv``, which has one column for each aperture; an
        existing file is replaced.
    columns : sequence of SourceColumn, optional
        The columns of a CSV file; all that the catalogue has unless told.
    origin : mapping of str to str, optional
        Where they come from, for the header of FITS and ECSV.

    Raises
    ------
    ParameterError
        If the name has another ending.
    ProductError
        If it holds an image, or it cannot be written.

    Examples
    --------
    >>> write_table(catalogue, (3, 9), Path("few.csv"))
    """
    ending = path.suffix.lower()
    if ending not in (".fits", ".ecsv", ".csv"):
        raise ParameterError(f"{path} has no known ending", hint="use .fits, .ecsv or .csv")
    if path.exists() and ending == ".fits" and list_hdus(path).images:
        raise ProductError(f"{path} exists and holds an image", hint="choose another name")
    if ending == ".csv":
        rows: Table = flatten(catalogue, numbers, columns)
    else:
        rows = catalogue.table[catalogue.find_rows(numbers)]
        rows.meta = {**rows.meta, **(origin or {})}
    if ending == ".fits":
        with whole_file(path) as file:
            rows.write(file, format="fits")
        return
    text = StringIO()
    rows.write(text, format="ascii.ecsv" if ending == ".ecsv" else "ascii.csv")
    with whole_file(path) as file:
        file.write(text.getvalue().encode())


def flatten(catalogue: Catalogue, numbers: Numbers, columns: Sequence[SourceColumn] = ()) -> Table:
    """Give rows of a catalogue as a table with one value a cell.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : sequence of int
        The sources.
    columns : sequence of SourceColumn, optional
        The columns, under their plain names; all that the catalogue has unless told.

    Returns
    -------
    astropy.table.Table
        Columns with units and descriptions.
    """
    rows = catalogue.find_rows(numbers)
    flat = Table()
    for column in columns or list_columns(catalogue.table, {}):
        values = column.take(catalogue.columns)[rows]
        flat[column.plain] = Column(values, unit=column.unit or None, description=column.about)
    return flat


def keep_labels(labels: AnyLabelImage, numbers: Numbers) -> AnyLabelImage:
    """Return a map that holds some sources alone, in the type of the map.

    Examples
    --------
    >>> keep_labels(np.array([[1, 2, 2, 3]]), (2, 3)).tolist()
    [[0, 2, 2, 3]]
    """
    array = np.asarray(labels)
    kept: AnyLabelImage = np.where(np.isin(array, numbers), array, array.dtype.type(0))
    return kept


def write_labels(
    labels: AnyLabelImage,
    numbers: Numbers,
    info: MapInfo,
    path: Path,
    *,
    origin: Mapping[str, str] | None = None,
) -> None:
    """Write a map that holds some sources alone, with the WCS of theirs.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        Their map.
    numbers : sequence of int
        The sources.
    info : MapInfo
        What is known of the map.
    path : Path
        ``*.fits``.
    origin : mapping of str to str, optional
        Where they come from.

    Raises
    ------
    ParameterError
        If the name has another ending.
    ProductError
        If a file is there that was not written by this
        function, or it cannot be written.
    """
    if path.suffix.lower() != ".fits":
        raise ParameterError(f"{path} has no known ending", hint="use .fits")
    if path.exists() and not read_writer(path).endswith(_WRITER):
        raise ProductError(f"{path} exists and was not saved so", hint="choose another name")
    header = fits.Header() if info.wcs is None else info.wcs.to_header(relax=True)
    header.update(origin or describe_origin(info, "", ""))
    kept = keep_labels(labels, numbers)
    packed = fits.CompImageHDU(np.asarray(kept, np.int32), header, name="SEG")
    with whole_file(path) as file:
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(file, checksum=True)


def write_regions(catalogue: Catalogue, numbers: Numbers, info: MapInfo, path: Path) -> None:
    """Write the Kron ellipses of sources as a DS9 region file, their NUMBERs as text.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : sequence of int
        The sources.
    info : MapInfo
        Their map: with a WCS the regions are on the sky, else in pixels.
    path : Path
        ``*.reg``; an existing file is replaced.

    Raises
    ------
    ParameterError
        If the name has another ending.
    ProductError
        If it cannot be written.
    """
    if path.suffix.lower() != ".reg":
        raise ParameterError(f"{path} has no known ending", hint="use .reg")
    rows = catalogue.find_rows(numbers)
    columns = {name: values[rows] for name, values in catalogue.columns.items()}
    text = spell_ellipses(columns, info.wcs)
    with whole_file(path) as file:
        file.write(text.encode())


def format_skycoord(position: SkyCoord) -> str:
    """Write positions as Python that makes them again.

    Examples
    --------
    >>> format_skycoord(SkyCoord([34.30212], [-5.110486], unit="deg"))
    'SkyCoord(34.302120, -5.110486, unit="deg")'
    """
    ra, dec = np.atleast_1d(position.icrs.ra.deg), np.atleast_1d(position.icrs.dec.deg)
    texts = [", ".join(f"{value:.6f}" for value in values) for values in (ra, dec)]
    if len(ra) > 1:
        texts = [f"[{text}]" for text in texts]
    return f'SkyCoord({texts[0]}, {texts[1]}, unit="deg")'
