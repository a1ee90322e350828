"""Selected sources as files: a table, and regions for DS9."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg.engine.types import Columns
from skyseg.errors import ProductError
from skyseg.imaging.reading import list_hdus
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.writing import whole_file

_DRAWN: Final = frozenset(
    ["X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "KRON_RADIUS"]
)
_LEAST_PIXELS = 0.5


def write_table(catalogue: Catalogue, numbers: tuple[int, ...], path: Path) -> None:
    """Write rows of a catalogue as FITS or ECSV, by the ending of the name.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : tuple of int
        The sources.
    path : Path
        ``*.fits`` or ``*.ecsv``; an existing file is replaced.

    Raises
    ------
    ProductError
        If the name has another ending, it holds an image, or it cannot be written.
    """
    rows = catalogue.table[catalogue.find_rows(numbers)]
    if path.suffix.lower() == ".fits":
        if path.exists() and list_hdus(path).images:
            raise ProductError(f"{path} exists and holds an image", hint="choose another name")
        with whole_file(path) as file:
            rows.write(file, format="fits")
    elif path.suffix.lower() == ".ecsv":
        text = StringIO()
        rows.write(text, format="ascii.ecsv")
        with whole_file(path) as file:
            file.write(text.getvalue().encode())
    else:
        raise ProductError(f"{path} has no known ending", hint="use .fits or .ecsv")


def write_regions(
    catalogue: Catalogue, numbers: tuple[int, ...], info: MapInfo, path: Path
) -> None:
    """Write the Kron ellipses of sources as a DS9 region file, their NUMBERs as text.

    The lines are written here: a region object takes 3 ms, so that those of a deep
    field would take minutes.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : tuple of int
        The sources.
    info : MapInfo
        Their map: with a WCS the regions are on the sky, else in pixels.
    path : Path
        ``*.reg``; an existing file is replaced.

    Raises
    ------
    ProductError
        If the name has another ending, or it cannot be written.
    """
    if path.suffix.lower() != ".reg":
        raise ProductError(f"{path} has no known ending", hint="use .reg")
    lacking = sorted(_DRAWN - catalogue.columns.keys())
    if lacking:
        raise ProductError(
            f"the catalogue has no {', '.join(lacking)}, of which regions are drawn",
            hint="segment with a list of columns that has them",
        )
    rows = catalogue.find_rows(numbers)
    columns = {name: values[rows] for name, values in catalogue.columns.items()}
    lines = ["# Region file format: DS9", "image" if info.wcs is None else "icrs"]
    lines += _ellipses_in_pixels(columns) if info.wcs is None else _ellipses(columns, info.wcs)
    with whole_file(path) as file:
        file.write("\n".join([*lines, ""]).encode())


def _ellipses_in_pixels(columns: Columns) -> list[str]:
    a, b = _semi_axes(columns)
    places = (columns["X_IMAGE"], columns["Y_IMAGE"], a, b, columns["THETA_IMAGE"])
    return [
        f"ellipse({x:.3f},{y:.3f},{a:.3f},{b:.3f},{angle:.2f}) # text={{{number}}}"
        for x, y, a, b, angle, number in zip(*places, columns["NUMBER"], strict=True)
    ]


def _ellipses(columns: Columns, wcs: WCS) -> list[str]:
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


def _semi_axes(columns: Columns) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    a, b = (
        np.maximum(columns["KRON_RADIUS"] * columns[name], _LEAST_PIXELS)
        for name in ("A_IMAGE", "B_IMAGE")
    )
    return a, b


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
