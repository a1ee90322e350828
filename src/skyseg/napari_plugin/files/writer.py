"""Labels saved as a SEG map: int32 with WCS, catalogue and provenance, and never over an input."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from napari.utils.notifications import show_info

from skyseg.display.fits_maps import read_integers
from skyseg.engine import Parameters
from skyseg.engine.labelled import measure_labels
from skyseg.engine.types import ErrType
from skyseg.errors import ProductError
from skyseg.methods import catalogue
from skyseg.methods._skyseg import EmbeddedMethod
from skyseg.methods.base import Outcome, Request
from skyseg.methods.parameter_sets import load as load_parameters
from skyseg.napari_plugin.layers.edit_layer import EDIT_KEY
from skyseg.napari_plugin.layers.finding import find_imaging
from skyseg.napari_plugin.layers.layer_info import KEY
from skyseg.panel.map_info import MapInfo
from skyseg.products.fits_files import make_cat_hdus, read_map
from skyseg.products.provenance import record
from skyseg.survey import BandData
from skyseg.survey.band_extraction import in_arcsec, make_recipe
from skyseg.writing import whole_file

_WRITER = "skyseg napari"
_EDITED = "labels differ from the stored map"


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as FITS.

    Parameters
    ----------
    path : str
        The file; ``.fits`` is added where it is missing.
    data : ndarray of int, or sequence of them
        The labels, of one scale or of several.
    meta : dict
        The layer's arguments and metadata, as napari gives them.

    Returns
    -------
    list of str
        The file. It holds SEG (int32, with the WCS) and OBJECTS, the catalogue,
        where the band is known: the stored one, or, for labels that differ from
        the stored map (``EDITED`` is true), one measured anew. Changed labels of
        a file that belongs to no band are measured in the imaging beneath them.

    Raises
    ------
    ProductError
        If a file is there that was not written by this function, or it cannot
        be written.
    SkysegError
        If the maps of the band cannot be read.
    """
    file = Path(path if path.lower().endswith(".fits") else f"{path}.fits").absolute()
    _refuse_others(file)
    metadata = meta.get("metadata", {})
    edit = metadata.get(EDIT_KEY)
    info = metadata.get(KEY)
    labels = np.asarray(data[0] if meta.get("multiscale") else data).astype(np.int32)
    if edit is not None:
        labels, info = edit.merged(labels), edit.info
    band = info.band if isinstance(info, MapInfo) else None
    header = fits.Header()
    if isinstance(info, MapInfo) and info.wcs is not None:
        header.extend(info.wcs.to_header(relax=True))
    table = None
    if band is not None and band.seg_path is not None:
        table, more = _catalogue(labels, band, band.seg_path)
        header.extend(more, update=True)
    elif isinstance(info, MapInfo) and info.ref is not None:
        stored = read_integers(info.ref.path, info.ref.ext)
        edited = stored is None or not np.array_equal(stored, labels)
        header["EDITED"] = (edited, _EDITED)
        if edited:
            table, more = _catalogue_beneath(labels, info)
            header.extend(more, update=True)
    header["WRITER"] = (_WRITER, f"skyseg {version('skyseg')}, from the layer below")
    header["LAYER"] = str(meta.get("name", "")).encode("ascii", "replace").decode()
    _write(file, labels, header, table)
    return [str(file)]


def _refuse_others(file: Path) -> None:
    """Refuse to replace what another program, or the survey, has put there."""
    if not file.exists():
        return
    try:
        ours = fits.getval(file, "WRITER", extname="SEG") == _WRITER
    except (OSError, KeyError, IndexError):
        ours = False
    if not ours:
        raise ProductError(f"{file} is there and was not saved from here; choose another name")


def _catalogue(
    labels: npt.NDArray[np.int32], band: BandData, path: Path
) -> tuple[QTable, fits.Header]:
    """Catalogue of the labels, and the provenance of the stored map they come from."""
    stored, header = read_map(path, np.int32)
    header.strip()
    for key in ("CHECKSUM", "DATASUM", "EXTNAME"):
        header.remove(key, ignore_missing=True)
    edited = not np.array_equal(stored, labels)
    header["EDITED"] = (edited, _EDITED)
    if not edited:
        return band.load_cat(), header
    arguments = band.seg_args or {}
    parameters = load_parameters(arguments["parameters"])[1]
    table = _measured(labels, band, arguments["err_type"], parameters, arguments["aper_diams"])
    header["NSOURCES"] = len(table)
    return table, header


def _catalogue_beneath(
    labels: npt.NDArray[np.int32], info: MapInfo
) -> tuple[QTable | None, fits.Header]:
    """Catalogue of labels in the imaging beneath them, and what they were measured with."""
    band = find_imaging(info)
    if band is None:
        show_info("saved without a catalogue: no image with a noise map lies beneath the labels")
        return None, fits.Header()
    recipe = make_recipe(band.maps, "rms_err", "skyseg", "default", band.aper_diams)
    table = _measured(labels, band, "rms_err", recipe.parameters, band.aper_diams)
    measured = Outcome(seg=None, bkg=None, cat=table, version=EmbeddedMethod().version(), facts={})
    return table, record(recipe, measured)


def _measured(
    labels: npt.NDArray[np.int32],
    band: BandData,
    err_type: ErrType,
    parameters: Parameters,
    aper_diams: u.Quantity,
) -> QTable:
    """Measure labels in the maps of a band."""
    diameters = in_arcsec(aper_diams)
    sci = band.load_sci()
    err = band.load_err() if err_type == "rms_err" else band.load_wht()
    request = Request(
        sci=sci,
        err=err,
        err_type=err_type,
        parameters=parameters,
        aper_diams=diameters,
        pix_scale=float(band.pix_scale.to_value(u.arcsec)),
        zero_point=band.zero_point,
        wcs=band.wcs,
        unit=band.unit,
        name=band.name,
    )
    in_pixels = tuple(diameter / request.pix_scale for diameter in diameters)
    columns = measure_labels(sci, err, err_type, labels, parameters, in_pixels)
    return catalogue.build(columns, request)


def _write(
    file: Path, labels: npt.NDArray[np.int32], header: fits.Header, table: QTable | None
) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(labels, header, name="SEG")])
    if table is not None:
        hdus.append(make_cat_hdus(table, fits.Header())[1])
    with whole_file(file) as stream:
        hdus.writeto(stream, checksum=True)
