"""What assessments found, as one file: an HTML page, or the tables as FITS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from astropy.io import fits
from astropy.table import QTable, Table

from skyseg.errors import ParameterError
from skyseg.writing import check_free, make_absolute, whole_file

if TYPE_CHECKING:
    from skyseg.assessment.assessed import Assessment

ENDINGS: Final = (".html", ".fits")


def write(
    assessments: Sequence[Assessment], path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write what the assessments of bands found into one file.

    Parameters
    ----------
    assessments : sequence of Assessment
        Those of the bands.
    path : path
        ``*.html``: a page with figures and tables, which needs no other file. ``*.fits``: all
        tables; EXTVER counts the bands, whose names are in BAND. What is not ASCII is
        percent-encoded there and in the settings.
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
        If the file is there, or it cannot be written.
    """
    target = check_report(path, overwrite=overwrite)
    if target.suffix.lower() == ".fits":
        hdus = fits.HDUList([fits.PrimaryHDU()])
        for number, each in enumerate(assessments, 1):
            hdus += list(_make_hdus(each, number))
        with whole_file(target) as file:
            hdus.writeto(file, checksum=True)
        return target
    from skyseg import __version__
    from skyseg.plotting.assessment_page import make_page

    page = make_page(assessments, __version__)
    with whole_file(target) as file:
        file.write(page.encode())
    return target


def check_report(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where a report is written.

    Raises
    ------
    ParameterError
        If the name has another ending.
    ProductError
        If the file is there.
    """
    target = make_absolute(path, "path")
    if target.suffix.lower() not in ENDINGS:
        raise ParameterError(
            f"{target} has no known ending", hint=f"use one of {', '.join(ENDINGS)}"
        )
    check_free(target, overwrite=overwrite)
    return target


def _make_hdus(found: Assessment, number: int) -> Iterator[fits.BinTableHDU]:
    """Make the tables of a band."""
    from skyseg.products.fits_files import encode_text

    settings = [tuple(map(encode_text, each)) for each in found.settings.items()]
    tables: dict[str, Table] = {"SETTINGS": Table(rows=settings, names=("NAME", "VALUE"))}
    for name in ("snr", "mag", "area"):
        tables[f"PURITY_BY_{name.upper()}"] = getattr(found.purity, f"by_{name}")
    if found.completeness is not None:
        for name in ("mag", "size", "sb", "place"):
            tables[f"COMPLETENESS_BY_{name.upper()}"] = getattr(found.completeness, f"by_{name}")
        tables["INJECTED"] = found.completeness.sources
    for name, table in tables.items():
        hdu = fits.table_to_hdu(QTable(table))
        hdu.name, hdu.ver = name, number
        hdu.header["BAND"] = encode_text(found.name)
        yield hdu
