"""Labels saved as a SEG map: int32 with WCS, catalogue and provenance, and never over an input."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from astropy.table import QTable
from napari.utils.notifications import show_info

from skyseg import __version__, methods
from skyseg.engine.types import LabelImage
from skyseg.errors import ProductError
from skyseg.imaging.label_maps import read_labels
from skyseg.methods.base import Outcome
from skyseg.napari_plugin.background_work import wait_for
from skyseg.napari_plugin.layers.edit import EDIT_KEY
from skyseg.napari_plugin.layers.finding import find_imaging
from skyseg.napari_plugin.layers.layer_info import KEY
from skyseg.napari_plugin.layers.unsaved import saving
from skyseg.panel.map_info import MapInfo
from skyseg.products.fits_files import encode_text, make_cat_hdus, read_map
from skyseg.products.products import Products
from skyseg.products.provenance import record
from skyseg.products.seg_files import SegFile, read_writer
from skyseg.survey import BandData
from skyseg.survey.band_extraction import make_recipe
from skyseg.survey.label_measurement import measure_band_labels
from skyseg.writing import whole_file

_WRITER = "skyseg napari"
_EDITED = "labels differ from the stored map"

_Catalogued: TypeAlias = tuple[QTable | None, fits.Header]


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
        a file that belongs to no band are measured in the imaging on whose pixels they lie.

    Raises
    ------
    ProductError
        If a file exists that was not written by this function, or it cannot
        be written.
    SkysegError
        If the maps of the band cannot be read.
    """
    file = Path(path if path.lower().endswith(".fits") else f"{path}.fits").absolute()
    _refuse_others(file)
    metadata = meta.get("metadata", {})
    known = metadata.get(KEY)
    info = known if isinstance(known, MapInfo) else None
    edit = metadata.get(EDIT_KEY)
    if edit is not None:
        info = edit.info
        painted = edit.map.copy_painted() | {edit: np.array(data)}
        read = partial(edit.map.merge, painted)
    else:
        whole = data[0] if meta.get("multiscale") else data
        read = partial(np.asarray, whole, np.int32)
    imaging = find_imaging(info) if info is not None and info.ref is not None else None
    name = str(meta.get("name", ""))
    with saving(metadata):
        lines = wait_for(lambda: _save(file, read(), info, imaging, name))
    for line in lines:
        show_info(line)
    return [str(file)]


def _save(
    file: Path, labels: LabelImage, info: MapInfo | None, imaging: BandData | None, name: str
) -> list[str]:
    """Write the file, and return what a person is told."""
    header = fits.Header()
    if info is not None and info.wcs is not None:
        header.extend(info.wcs.to_header(relax=True))
    table, more = None, fits.Header()
    notes: list[str] = []
    band = None if info is None else info.band
    if band is not None and band.products is not None:
        table, more = _describe_products(labels, band, band.products)
    elif info is not None and info.ref is not None:
        table, more = _describe_file(labels, info, imaging, notes)
    header.extend(more, update=True)
    header["WRITER"] = (_WRITER, f"skyseg {__version__}, from the layer below")
    header["LAYER"] = encode_text(name)
    _write(file, labels, header, table)
    what = "labels alone" if table is None else f"{len(table)} sources"
    return [f"{file.name} saved with {what}, in {file.parent}", *notes]


def _refuse_others(file: Path) -> None:
    """Refuse to replace a file of another program, or of the survey."""
    if file.exists() and read_writer(file) != _WRITER:
        raise ProductError(f"{file} exists and was not saved from here", hint="choose another name")


def _describe_products(labels: LabelImage, band: BandData, products: Products) -> _Catalogued:
    """Return the catalogue of the labels, and the provenance of the stored map they come from."""
    stored, header = read_map(products.paths.seg, np.int32)
    header.strip()
    for key in ("CHECKSUM", "DATASUM", "EXTNAME"):
        header.remove(key, ignore_missing=True)
    edited = not np.array_equal(stored, labels)
    header["EDITED"] = (edited, _EDITED)
    if not edited:
        return band.load_cat(), header
    table = measure_band_labels(labels, band.maps, products.recipe)
    header["NSOURCES"] = len(table)
    return table, header


def _describe_file(
    labels: LabelImage, info: MapInfo, band: BandData | None, notes: list[str]
) -> _Catalogued:
    """Return the catalogue of labels of a file, and what changed ones were measured with."""
    header = fits.Header()
    stored = None if info.ref is None else read_labels(info.ref.path, info.ref.ext)
    edited = stored is None or not np.array_equal(stored, labels)
    header["EDITED"] = (edited, _EDITED)
    if info.ref is not None and not edited:
        stored_table = SegFile.read(info.ref).load_catalogue()
        return (stored_table if info.table is None else info.table), header
    if band is None:
        notes.append("saved without a catalogue: no image is under the labels")
        return None, header
    err_type = band.err_types[0]
    if err_type == "none":
        notes.append(
            "no error map is under the labels, so the noise is taken from the image itself"
        )
    recipe = make_recipe(band.maps, err_type, "skyseg", "default", band.aper_diams)
    table = measure_band_labels(labels, band.maps, recipe)
    engine = methods.get(recipe.method).version()
    measured = Outcome(seg=None, bkg=None, cat=table, version=engine)
    header.extend(record(recipe, measured), update=True)
    return table, header


def _write(file: Path, labels: LabelImage, header: fits.Header, table: QTable | None) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(labels, header, name="SEG")])
    if table is not None:
        hdus.append(make_cat_hdus(table, fits.Header())[1])
    with whole_file(file) as stream:
        hdus.writeto(stream, checksum=True)
