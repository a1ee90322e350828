"""Whether products on disk are what was written, of one run, and of maps that are as they were."""

from __future__ import annotations

import numpy as np
from astropy.io import fits
from astropy.table import QTable

from skyseg.engine.types import LabelImage
from skyseg.errors import ProductError
from skyseg.products._commit import is_pending
from skyseg.products.column_values import find_run
from skyseg.products.fits_files import (
    forget_verified,
    read_catalogue,
    read_header,
    read_map,
)
from skyseg.products.input_maps import find_input_faults
from skyseg.products.names import ProductFiles, ProductPaths
from skyseg.products.provenance import N_SOURCES_KEY


def find_faults(paths: ProductFiles) -> tuple[str, ...]:
    """Say what is wrong with products on disk; all files are read to their end.

    Parameters
    ----------
    paths : ProductFiles
        The files of one run, such as ``band.products.paths``, or the only one of a mask, a
        stack, depths or a catalogue.

    Returns
    -------
    tuple of str
        One clause for each fault; empty where checksums, the RUNID of all files, the labels
        and the NUMBERs, and the SHA-256 of the maps that were read are as they should be. Of
        segmentations without provenance the labels alone are checked.

    Examples
    --------
    >>> find_faults(band.products.paths)
    ()
    """
    forget_verified()
    found = ["what an interrupted run left is beside it"] if is_pending(paths) else []
    headers: list[fits.Header] = []
    for path in paths:
        try:
            header = read_header(path, verify=True)
        except ProductError as error:
            found.append(error.what)
            continue
        if header is None:
            found.append(f"{path.name} does not exist")
        else:
            headers.append(header)
    if len(headers) < len(tuple(paths)):
        return tuple(found)
    runs = {find_run(header) for header in headers}
    if len(runs) > 1:
        return (*found, "the three files are of different runs")
    if not isinstance(paths, ProductPaths):
        return (*found, *_find_faults_of_file(headers[0]))
    try:
        labels, cat = read_map(paths.seg, np.int32)[0], read_catalogue(paths.cat)
        read_map(paths.bkg, np.float32)
    except ProductError as error:
        return (*found, error.what)
    found += _compare(labels, cat, headers[0].get(N_SOURCES_KEY))
    return (*found, *find_input_faults(headers[0]))


def _find_faults_of_file(header: fits.Header) -> list[str]:
    """Say what is wrong with a product of one file, whose checksums have been looked at."""
    if find_run(header) is None:
        return ["it does not say that skyseg made it"]
    found = []
    n_sources, n_rows = header.get(N_SOURCES_KEY), header.get("NAXIS2")
    if header.get("XTENSION") == "BINTABLE" and n_sources not in (None, n_rows):
        found.append(f"the catalogue has {n_rows} rows of {n_sources}")
    return [*found, *find_input_faults(header)]


def _compare(labels: LabelImage, cat: QTable, n_sources: int | None) -> list[str]:
    found = []
    if n_sources is not None and n_sources != len(cat):
        found.append(f"the catalogue has {len(cat)} rows of {n_sources}")
    if "NUMBER" in cat.colnames:
        drawn, listed = np.unique(labels[labels != 0]), np.asarray(cat["NUMBER"])
        if missing := np.setdiff1d(drawn, listed).size:
            found.append(f"{missing} labels of SEG are not in the catalogue")
        if missing := np.setdiff1d(listed, drawn).size:
            found.append(f"{missing} sources of the catalogue are not in SEG")
    return found
