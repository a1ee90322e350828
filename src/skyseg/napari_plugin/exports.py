"""Selected sources as files: a table, and regions for DS9."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord

from skyseg.errors import ProductError
from skyseg.napari_plugin.catalogues import Catalogue
from skyseg.napari_plugin.layers import MapInfo
from skyseg.writing import whole_file

if TYPE_CHECKING:
    from regions import Regions

_FEWEST_PIXELS = 1.0


def write_table(catalogue: Catalogue, numbers: tuple[int, ...], path: Path) -> None:
    """Write rows of a catalogue as FITS or ECSV, by the ending of the name.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : tuple of int
        The sources.
    path : Path
        ``*.fits`` or ``*.ecsv``; a file that is there is replaced.

    Raises
    ------
    ProductError
        If the name has another ending, or it cannot be written.
    """
    rows = catalogue.table[catalogue.rows(numbers)]
    if path.suffix.lower() == ".fits":
        with whole_file(path) as file:
            rows.write(file, format="fits")
    elif path.suffix.lower() == ".ecsv":
        text = StringIO()
        rows.write(text, format="ascii.ecsv")
        with whole_file(path) as file:
            file.write(text.getvalue().encode())
    else:
        raise ProductError(f"{path} has no known ending; use .fits or .ecsv")


def write_regions(
    catalogue: Catalogue, numbers: tuple[int, ...], info: MapInfo, path: Path
) -> None:
    """Write the Kron ellipses of sources as a DS9 region file.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    numbers : tuple of int
        The sources.
    info : MapInfo
        Their map: with a WCS the regions are on the sky, else in pixels.
    path : Path
        The file; one that is there is replaced.

    Raises
    ------
    ProductError
        If it cannot be written.
    """
    text = to_regions(catalogue, numbers, info).serialize(format="ds9")
    with whole_file(path) as file:
        file.write(text.encode())


def to_regions(catalogue: Catalogue, numbers: tuple[int, ...], info: MapInfo) -> Regions:
    """Return the Kron ellipses of sources as regions, with their NUMBERs as text."""
    from regions import EllipsePixelRegion, PixCoord, Regions

    found = []
    columns = catalogue.columns
    for number, row in zip(numbers, catalogue.rows(numbers), strict=True):
        kron = float(columns["KRON_RADIUS"][row])
        width, height = (
            max(2 * kron * float(columns[name][row]), _FEWEST_PIXELS)
            for name in ("A_IMAGE", "B_IMAGE")
        )
        centre = PixCoord(columns["X_IMAGE"][row] - 1, columns["Y_IMAGE"][row] - 1)
        angle = float(columns["THETA_IMAGE"][row]) * u.deg
        region: Any = EllipsePixelRegion(centre, width, height, angle)
        if info.wcs is not None:
            region = region.to_sky(info.wcs)
        region.meta["text"] = str(number)
        found.append(region)
    return Regions(found)


def as_skycoord(position: SkyCoord) -> str:
    """Write positions as Python that makes them again.

    Examples
    --------
    >>> as_skycoord(SkyCoord([34.30212], [-5.110486], unit="deg"))
    'SkyCoord(34.302120, -5.110486, unit="deg")'
    """
    ra, dec = np.atleast_1d(position.icrs.ra.deg), np.atleast_1d(position.icrs.dec.deg)
    texts = [", ".join(f"{value:.6f}" for value in values) for values in (ra, dec)]
    if len(ra) > 1:
        texts = [f"[{text}]" for text in texts]
    return f'SkyCoord({texts[0]}, {texts[1]}, unit="deg")'
