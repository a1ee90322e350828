"""A parity report as FITS."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from astropy.io import fits
from astropy.table import Table

from skyseg.parity.agreement import Difference
from skyseg.products.fits_files import encode_text, make_cat_hdus
from skyseg.writing import check_free, whole_file

if TYPE_CHECKING:
    from skyseg.parity.report import Input, ParityReport


def write(report: ParityReport, path: Path, *, overwrite: bool) -> Path:
    """Write a parity report.

    Parameters
    ----------
    report : ParityReport
        What to write.
    path : Path
        The file.
    overwrite : bool
        Whether to replace a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ProductError
        If the file is there already, or cannot be written.
    """
    check_free(path, overwrite=overwrite)
    with whole_file(path) as file:
        make_hdus(report).writeto(file)
    return path


def make_hdus(report: ParityReport) -> fits.HDUList:
    """Make a parity report into FITS.

    Parameters
    ----------
    report : ParityReport
        The report.

    Returns
    -------
    astropy.io.fits.HDUList
        A header that says what was compared and what came out; DIFF (uint8, the
        classes in its header); SOURCES; MEASUREMENTS.
    """
    sky = fits.Header() if report.wcs is None else report.wcs.to_header(relax=True)
    diff = fits.CompImageHDU(report.difference_map, sky, name="DIFF")
    for each in Difference:
        diff.header[f"CLASS{each.value}"] = each.name.lower().replace("_", " ")
    return fits.HDUList(
        [fits.PrimaryHDU(header=_header(report)), diff, _sources(report), _measurements(report)]
    )


def _header(report: ParityReport) -> fits.Header:
    header = fits.Header()
    header["CREATOR"] = (report.versions["skyseg"], "what wrote this file")
    header["SEXVERS"] = (encode_text(report.versions["sextractor"]), "what it is compared with")
    header["OBJECT"] = (encode_text(report.name), "what the maps are")
    header["ERRTYPE"] = (report.err_type, "error map used")
    header["PARSET"] = (encode_text(report.set_name), "name of the parameter set")
    header["APERDIAM"] = (" ".join(map(repr, report.aper_diams)), "[arcsec] aperture diameters")
    header["PIXSCALE"] = (report.pix_scale, "[arcsec] side of a pixel")
    header["NBAD"] = (report.n_bad, "number of bad pixels")
    if (measured := report.measured) is not None:
        header["MEASURED"] = (encode_text(measured.name), "what sources are measured in")
        header["MEASERRT"] = (measured.err_type, "error map used of it")
        header["MEASNBAD"] = (measured.n_bad, "number of its bad pixels")
    for number, each in enumerate(_list_inputs(report), start=1):
        header[f"IN{number}ROLE"] = (each.role, "an input map")
        header[f"IN{number}PATH"] = encode_text(each.name)
        header[f"IN{number}SHA"] = each.sha256
    for number, (role, text) in enumerate(report.given.items(), start=1):
        header[f"READ{number}"] = encode_text(f"{role} {text}")
    for number, (key, value) in enumerate(report.changed.items(), start=1):
        header[f"BEFORE{number}"] = encode_text(f"{key} {value}")
    if report.asked is not None:
        header["COLUMNS"] = encode_text(" ".join(report.asked.columns))
        header["LEFTOUT"] = (encode_text(" ".join(report.asked.left_out)), "columns not compared")
        if report.asked.zero_point is not None:
            header["MAGZERO"] = (report.asked.zero_point, "[mag] AB, given to both programs")
    for flag in report.flags:
        header[f"FLAG{flag.bit}"] = (flag.differ, f"sources that differ: {flag.name}")
    values = report.parameters.to_sextractor() | {"MEMORY_BUFSIZE": str(report.shape[0])}
    numbers = asdict(report.agreement) | {
        "matched": report.n_matched, "flags_equal": report.flags_equal,
    }  # fmt: skip
    for key, value in (values | {key.upper(): value for key, value in numbers.items()}).items():
        written = encode_text(value) if isinstance(value, str) else value
        header[f"HIERARCH {key}" if len(key) > 8 else key] = written
    return header


def _list_inputs(report: ParityReport) -> list[Input]:
    """List the maps; those of an image that is only detected in have names of their own."""
    if report.measured is None:
        return list(report.inputs)
    detected = [replace(each, role=f"DET_{each.role}") for each in report.inputs]
    return [*detected, *report.measured.inputs]


def _sources(report: ParityReport) -> fits.BinTableHDU:
    hdu = make_cat_hdus(report.table, fits.Header())[1]
    hdu.name = "SOURCES"
    return hdu


def _measurements(report: ParityReport) -> fits.BinTableHDU:
    rows = [
        {
            "sources": which,
            **asdict(each),
            "aperture": each.aperture or float("nan"),
            "part": each.part or float("nan"),
        }
        for which, side in (("isolated", report.isolated), ("matched", report.matched))
        for each in side
    ]
    hdu = fits.table_to_hdu(Table(rows))
    hdu.name = "MEASUREMENTS"
    return hdu
