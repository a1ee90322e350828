"""A comparison as files: FITS, ECSV, and regions for DS9."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable, Table

from skyseg import __version__
from skyseg.comparison.changes import DESCRIPTIONS
from skyseg.comparison.classes import KIND_COLOURS, KINDS, LEGEND, Kind
from skyseg.errors import ComparisonError, ParameterError
from skyseg.methods.column_units import spell_unit
from skyseg.products.fits_files import encode_text
from skyseg.writing import check_free, whole_file

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from regions import Region, Regions

    from skyseg.comparison.result import Comparison

_STEP_PIXELS: Final = 0.5


def write(comparison: Comparison, path: Path, *, overwrite: bool) -> Path:
    """Write a comparison as FITS or ECSV, by the ending of the name.

    Parameters
    ----------
    comparison : Comparison
        What to write.
    path : Path
        ``*.fits`` or ``*.ecsv``.
    overwrite : bool
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
        If the file is there already, or it cannot
        be written.
    """
    ending = path.suffix.lower()
    if ending not in (".fits", ".ecsv"):
        raise ParameterError(f"{path} has no known ending", hint="use .fits or .ecsv")
    check_free(path, overwrite=overwrite)
    with whole_file(path) as file:
        if ending == ".fits":
            make_hdus(comparison).writeto(file)
        else:
            file.write(_ecsv(comparison).encode())
    return path


def make_hdus(comparison: Comparison) -> fits.HDUList:
    """Make a comparison into FITS.

    Parameters
    ----------
    comparison : Comparison
        The comparison.

    Returns
    -------
    astropy.io.fits.HDUList
        DIFF (uint8, the classes in its header), SEG_B (map b in the numbers of a),
        CHANGES (the table) and PROVENANCE (side, key and value).
    """
    wcs = comparison.a.wcs
    sky = fits.Header() if wcs is None else wcs.to_header(relax=True)
    diff = fits.CompImageHDU(comparison.difference_map, sky, name="DIFF")
    for entry in LEGEND:
        diff.header[f"CLASS{entry.value.value}"] = entry.text
    columns = [_fits_column(column) for column in comparison.table.itercols()]
    changes = fits.BinTableHDU.from_columns(columns, name="CHANGES")
    for number, text in enumerate(DESCRIPTIONS.values(), start=1):
        changes.header[f"TCOMM{number}"] = text
    rows = [
        (side, key, encode_text(value))
        for side, record in tell_provenance(comparison).items()
        for key, value in record.items()
    ]
    record_hdu = fits.table_to_hdu(
        Table(rows=rows, names=["side", "key", "value"], dtype=[str] * 3)
    )
    record_hdu.name = "PROVENANCE"
    return fits.HDUList([fits.PrimaryHDU(), diff, _label_hdu(comparison, sky), changes, record_hdu])


def tell_provenance(comparison: Comparison) -> dict[str, dict[str, str]]:
    """Tell what was compared, by what, and what came out in short.

    Parameters
    ----------
    comparison : Comparison
        What to tell of.

    Returns
    -------
    dict of dict of str
        ``a`` and ``b``, the origin of the sides, and ``comparison``.
    """
    notes = {f"note {number}": note for number, note in enumerate(comparison.notes, start=1)}
    return {
        "a": {"name": comparison.a.name, **comparison.a.provenance},
        "b": {"name": comparison.b.name, **comparison.b.provenance},
        "comparison": {
            "creator": f"skyseg {__version__}",
            **{key: repr(value) for key, value in vars(comparison.agreement).items()},
            **notes,
        },
    }


def to_regions(comparison: Comparison, kinds: Collection[Kind]) -> Regions:
    """Make the bounding boxes of rows of the table into regions.

    Parameters
    ----------
    comparison : Comparison
        Whose table.
    kinds : collection of str
        The kinds wanted.

    Returns
    -------
    regions.Regions
        Rectangles on the sky where there is a WCS, else in pixels.

    Raises
    ------
    ComparisonError
        If a kind is not known.
    """
    from regions import Regions

    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ComparisonError(f"kind {unknown[0]!r} is not known", hint=f"use {', '.join(KINDS)}")
    table = comparison.table[np.isin(np.asarray(comparison.table["kind"]), list(kinds))]
    wcs = comparison.a.wcs
    shapes = _pixel_boxes(table) if wcs is None else _sky_boxes(table, wcs)
    regions = []
    for shape, kind, text in zip(shapes, table["kind"], _texts(table), strict=True):
        shape.meta["text"] = text
        shape.visual["color"] = KIND_COLOURS[kind]
        regions.append(shape)
    return Regions(regions)


def _ecsv(comparison: Comparison) -> str:
    from io import StringIO

    table = comparison.table.copy(copy_data=False)
    table.meta.update(tell_provenance(comparison))
    text = StringIO()
    table.write(text, format="ascii.ecsv")
    return text.getvalue()


def _fits_column(column: Any) -> fits.Column:
    """Give a column as FITS: text, lists of labels, or numbers with their unit."""
    values = np.asarray(getattr(column, "value", column))
    formats = {"O": "PK()", "U": f"{max(map(len, KINDS))}A", "i": "K", "f": "D"}
    unit = spell_unit(column.info.unit)
    return fits.Column(column.info.name, formats[values.dtype.kind], unit=unit, array=values)


def _label_hdu(comparison: Comparison, sky: fits.Header) -> Any:
    """Compressed where FITS can: not for int64."""
    labels = comparison.relabelled_b
    if labels.dtype == np.int64:
        return fits.ImageHDU(labels, sky, name="SEG_B")
    return fits.CompImageHDU(labels, sky, name="SEG_B")


def _texts(table: QTable) -> list[str]:
    """Give the kind and the labels on either side: ``split 12 > 12 31``."""
    return [
        f"{kind} {' '.join(map(str, a))} > {' '.join(map(str, b))}".replace("  ", " ").strip()
        for kind, a, b in zip(table["kind"], table["labels_a"], table["labels_b"], strict=True)
    ]


def _boxes(table: QTable) -> tuple[Any, Any, Any, Any]:
    """Centre (x, y), width and height in pixels."""
    x_min, x_max, y_min, y_max = (
        np.asarray(table[name], dtype=np.float64) for name in ("x_min", "x_max", "y_min", "y_max")
    )
    return (x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min + 1, y_max - y_min + 1


def _pixel_boxes(table: QTable) -> Iterator[Region]:
    from regions import PixCoord, RectanglePixelRegion

    for x, y, width, height in zip(*_boxes(table), strict=True):
        yield RectanglePixelRegion(PixCoord(x, y), width=width, height=height)


def _sky_boxes(table: QTable, wcs: WCS) -> Iterator[Region]:
    """Rectangles of the size and direction that the pixels have at each centre.

    The conversion that the regions package offers takes milliseconds for each.
    """
    from regions import RectangleSkyRegion

    x, y, width, height = _boxes(table)
    centre = SkyCoord(wcs.pixel_to_world(x, y))
    along_x, along_y = (
        wcs.pixel_to_world(x + dx, y + dy) for dx, dy in ((_STEP_PIXELS, 0), (0, _STEP_PIXELS))
    )
    widths = (width * centre.separation(along_x) / _STEP_PIXELS).to(u.arcsec)
    heights = (height * centre.separation(along_y) / _STEP_PIXELS).to(u.arcsec)
    angles = (centre.position_angle(along_y)).to(u.deg)
    for row in range(len(table)):
        yield RectangleSkyRegion(centre[row], widths[row], heights[row], angles[row])
