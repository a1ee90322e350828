"""A catalogue for other programs: FITS, ECSV, CSV, and regions of DS9."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import numpy as np
from astropy.io import fits
from astropy.table import Column, QTable, Table

from skyseg.engine.types import Columns, FloatArray
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging.reading import read_wcs
from skyseg.products.column_values import name_values
from skyseg.products.fits_files import encode_text, make_cat_hdus
from skyseg.writing import check_free, make_absolute, whole_file

if TYPE_CHECKING:
    from astropy.wcs import WCS

ENDINGS: Final = (".fits", ".ecsv", ".csv", ".reg", ".parquet")
_DRAWN: Final = frozenset(
    ["X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "KRON_RADIUS"]
)
_LEAST_PIXELS: Final = 0.5


def export_cat(
    table: QTable, wcs: WCS | None, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a catalogue as FITS, ECSV, CSV, Parquet or regions of DS9, by the name's ending.

    Parameters
    ----------
    table : QTable
        The catalogue.
    wcs : WCS or None
        That of its pixels: with one regions are on the sky, else in pixels.
    path : path
        ``*.fits``; ``*.ecsv``; ``*.csv`` and ``*.parquet``, which have a column for each
        aperture, as `flatten` names them; or ``*.reg``, the Kron ellipses with their
        NUMBERs, of a survey's catalogue those of the detection.
    overwrite : bool, optional
        Whether to replace a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the name has another ending.
    ProductError
        If the file is there, or it cannot be written; or
        Parquet is asked for and pyarrow is not installed.
    """
    target = make_absolute(path, "path")
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise ParameterError(
            f"{target} has no known ending", hint=f"use one of {', '.join(ENDINGS)}"
        )
    check_free(target, overwrite=overwrite)
    if ending == ".fits":
        header = fits.Header((key, _as_card(value)) for key, value in table.meta.items())
        with whole_file(target) as file:
            make_cat_hdus(table, header).writeto(file, checksum=True)
        return target
    if ending == ".parquet":
        _write_parquet(table, target)
        return target
    text = _spell_regions(table, wcs) if ending == ".reg" else _spell_table(table, ending)
    with whole_file(target) as file:
        file.write(text.encode())
    return target


def find_wcs(inputs: Iterable[tuple[str, Path, int]]) -> WCS | None:
    """Find the sky of a catalogue that has no SEG map: that of the first image it was made from.

    Parameters
    ----------
    inputs : iterable of (str, Path, int)
        Role, file and HDU of what it was made from.

    Returns
    -------
    WCS or None
        None where no image is there any more, or the first one has none.
    """
    image = next(((path, ext) for role, path, ext in inputs if role == "SCI"), None)
    if image is None or not image[0].exists():
        return None
    return read_wcs(*image, quiet=True)


def _as_card(value: object) -> object:
    return encode_text(value) if isinstance(value, str) else value


def _write_parquet(table: QTable, target: Path) -> None:
    """Write a table with units and descriptions, which astropy reads back."""
    if find_spec("pyarrow") is None:
        raise ProductError(
            f"{target} cannot be written without pyarrow", hint="install skyseg[parquet]"
        )
    flat = flatten(table)
    flat.meta = {key: str(value) for key, value in table.meta.items()}
    # astropy takes a name alone, and of no file that is there
    with TemporaryDirectory() as folder, whole_file(target) as file:
        flat.write(Path(folder) / target.name, format="parquet")
        file.write((Path(folder) / target.name).read_bytes())


def _spell_table(table: QTable, ending: str) -> str:
    text = StringIO()
    if ending == ".csv":
        flatten(table).write(text, format="ascii.csv")
    else:
        table.write(text, format="ascii.ecsv")
    return text.getvalue()


def flatten(table: QTable) -> Table:
    """Give a catalogue as a table with one value a cell.

    Parameters
    ----------
    table : QTable
        The catalogue.

    Returns
    -------
    astropy.table.Table
        A column with several values a row is one for each, ``MAG_APER_0.32arcsec`` where its
        ``meta`` says the apertures and none is there twice, else ``MAG_APER_0``, counted from 0.

    Examples
    --------
    >>> few = QTable({"NUMBER": [1], "MAG_APER": [[24.0, 23.5]]}, meta={"APERDIAM": "0.32 1.0"})
    >>> flatten(few).colnames
    ['NUMBER', 'MAG_APER_0.32arcsec', 'MAG_APER_1arcsec']
    """
    flat = Table()
    for name in table.colnames:
        column = table[name]
        values, unit = np.asarray(getattr(column, "value", column)), column.info.unit
        about = column.info.description
        if values.ndim == 1:
            flat[name] = Column(values, unit=unit, description=about)
            continue
        parts: Sequence[str] = name_values(name, values, table.meta)
        if len(set(parts)) < values.shape[1]:
            parts = [str(number) for number in range(values.shape[1])]
        for place, of in enumerate(parts):
            flat[f"{name}_{of}"] = Column(values[:, place], unit=unit, description=about)
    return flat


def _spell_regions(table: QTable, wcs: WCS | None) -> str:
    of_detection = f"KRON_RADIUS_{unquote(str(table.meta.get('DETBAND', '')))}"
    if "KRON_RADIUS" not in table.colnames and of_detection in table.colnames:
        table = table.copy(copy_data=False)
        table["KRON_RADIUS"] = table[of_detection]
    columns = {
        name: np.asarray(getattr(table[name], "value", table[name]))
        for name in table.colnames
        if name in (*_DRAWN, "NUMBER")
    }
    return spell_ellipses(columns, wcs)


def spell_ellipses(columns: Columns, wcs: WCS | None) -> str:
    """Write a DS9 region file of the Kron ellipses of sources.

    The lines are written here: a region object takes 3 ms, so that those of a deep
    field would take minutes.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        NUMBER, X_IMAGE, Y_IMAGE, A_IMAGE, B_IMAGE, THETA_IMAGE, KRON_RADIUS in pixels and
        degrees.
    wcs : WCS or None
        With one the ellipses are on the sky, else in pixels.

    Raises
    ------
    ProductError
        If a column is not there.
    """
    lacking = sorted(_DRAWN - columns.keys())
    if lacking:
        raise ProductError(
            f"the catalogue has no {', '.join(lacking)}, of which regions are drawn",
            hint="segment with a list of columns that has them",
        )
    head = ["# Region file format: DS9", "image" if wcs is None else "icrs"]
    lines = _in_pixels(columns) if wcs is None else _on_sky(columns, wcs)
    return "\n".join([*head, *lines, ""])


def _in_pixels(columns: Columns) -> list[str]:
    a, b = _semi_axes(columns)
    places = (columns["X_IMAGE"], columns["Y_IMAGE"], a, b, columns["THETA_IMAGE"])
    return [
        f"ellipse({x:.3f},{y:.3f},{a:.3f},{b:.3f},{angle:.2f}) # text={{{number}}}"
        for x, y, a, b, angle, number in zip(*places, columns["NUMBER"], strict=True)
    ]


def _on_sky(columns: Columns, wcs: WCS) -> list[str]:
    """Ellipses on the sky: pixel scale and north are those at each source."""
    x, y = columns["X_IMAGE"] - 1, columns["Y_IMAGE"] - 1
    theta = np.radians(columns["THETA_IMAGE"])
    centres = wcs.pixel_to_world(x, y).icrs
    along = wcs.pixel_to_world(x + np.cos(theta), y + np.sin(theta)).icrs
    across = wcs.pixel_to_world(x - np.sin(theta), y + np.cos(theta)).icrs
    a, b = _semi_axes(columns)
    places = (
        *(centres.ra.deg, centres.dec.deg),
        *(a * centres.separation(along).arcsec, b * centres.separation(across).arcsec),
        (centres.position_angle(along).deg + 90) % 360,
    )
    return [
        f'ellipse({ra:.8f},{dec:.8f},{a:.4f}",{b:.4f}",{angle:.2f}) # text={{{number}}}'
        for ra, dec, a, b, angle, number in zip(*places, columns["NUMBER"], strict=True)
    ]


def _semi_axes(columns: Columns) -> tuple[FloatArray, FloatArray]:
    a, b = (
        np.maximum(columns["KRON_RADIUS"] * columns[name], _LEAST_PIXELS)
        for name in ("A_IMAGE", "B_IMAGE")
    )
    return a, b
