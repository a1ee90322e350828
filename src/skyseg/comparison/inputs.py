"""What can be compared, brought to one form: a label map with its name and origin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import numpy as np

from skyseg.engine.types import AnyLabelImage
from skyseg.errors import ComparisonError, ImageError
from skyseg.imaging.celestial import settle_frame
from skyseg.imaging.label_maps import read_labels
from skyseg.imaging.reading import list_hdus, read_headers, read_wcs
from skyseg.imaging.refs import MapRef, make_ref
from skyseg.imaging.sky import log_remarks
from skyseg.methods.base import ERR_TYPE_LABELS
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS

_FORMS: Final = "give {label_maps}"


@dataclass(frozen=True)
class LabelMap:
    """One side of a comparison.

    Attributes
    ----------
    labels : array_like of integer, shape (ny, nx)
        0 for background.
    name : str
        What it is, for people.
    provenance : dict of str to str
        Where it comes from.
    wcs : astropy.wcs.WCS or None
        Celestial WCS.
    catalogue : astropy.table.Table or None
        Its catalogue, with NUMBER.
    band : object or None
        The band it was made from, which has ``load_sci``, ``load_err`` and ``err_types``.
    """

    labels: AnyLabelImage
    name: str
    provenance: dict[str, str] = field(default_factory=dict)
    wcs: WCS | None = None
    catalogue: Table | None = None
    band: Any = None

    def __post_init__(self) -> None:
        """Refuse what is not a label map."""
        if not np.issubdtype(self.labels.dtype, np.integer):
            raise ComparisonError(
                f"{self.name} holds {self.labels.dtype}, not whole numbers",
                hint="give a label map, 0 for background and a number above 0 for each source",
            )
        if len(self.labels.shape) != 2:
            raise ComparisonError(
                f"{self.name} has shape {tuple(self.labels.shape)}", hint="give a 2-D label map"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.labels.shape[0], self.labels.shape[1]


def read_label_map(source: Any, side: str) -> LabelMap:
    """Bring one side of a comparison to its one form.

    Parameters
    ----------
    source : object
        An array, (array, WCS), a path as ``"seg.fits"`` or ``"seg.fits[SEG]"``, a band,
        (band, arguments of its ``segment``), a Segmentation or Outcome, or a LabelMap,
        which stays as it is.
    side : str
        ``"a"`` or ``"b"``, the name of what has none.

    Returns
    -------
    LabelMap
        The labels, read or made.

    Raises
    ------
    ComparisonError
        If the source is none of these, or its labels are not a 2-D map of whole numbers.
    SkysegError
        If a file cannot be read or a segmentation cannot be made.
    """
    if isinstance(source, LabelMap):
        return source
    if isinstance(source, (str, Path, MapRef)):
        return _from_file(source)
    if isinstance(source, tuple) and len(source) == 2:
        first, second = source
        if isinstance(second, Mapping):
            return _from_band(first, dict(second))
        return _from_array(first, side, wcs=as_celestial(second, f"map {side}"))
    if hasattr(source, "load_seg"):
        return _from_band(source, None)
    if hasattr(source, "columns") and hasattr(source, "labels"):
        return _from_array(source.labels, side, catalogue=_table(source.columns))
    if hasattr(source, "seg") and hasattr(source, "cat"):
        return _from_array(source.seg, side, catalogue=source.cat)
    return _from_array(source, side)


def _from_array(
    array: Any, side: str, *, wcs: WCS | None = None, catalogue: Table | None = None
) -> LabelMap:
    if not (hasattr(array, "shape") and hasattr(array, "dtype")):
        try:
            array = np.asarray(array)
        except ValueError as error:
            raise ComparisonError(f"map {side} is not an array", hint=_FORMS) from error
    if array.dtype == object:
        raise ComparisonError(f"map {side} is not an array", hint=_FORMS)
    size = " x ".join(map(str, array.shape))
    provenance = {"path": "an array in memory", "shape": size, "dtype": str(array.dtype)}
    return LabelMap(array, f"map {side}", provenance, wcs, catalogue)


def _from_file(source: str | Path | MapRef) -> LabelMap:
    ref = _seg_ref(source)
    labels = read_labels(ref.path, ref.ext)
    if labels is None:
        raise ComparisonError(
            f"{ref} holds values that are not whole numbers",
            hint="give a label map, 0 for background and a number above 0 for each source",
        )
    return LabelMap(labels, str(ref), _file_provenance(ref), read_wcs(ref.path, ref.ext))


def _seg_ref(source: str | Path | MapRef) -> MapRef:
    """Take the HDU that is named, else the only one called SEG, else the only image."""
    if isinstance(source, MapRef) or str(source).endswith("]"):
        return MapRef.parse(source)
    listing = list_hdus(make_absolute(source))
    named = [hdu for hdu in listing.images if hdu.name == "SEG"]
    return make_ref(listing, named[0]) if len(named) == 1 else MapRef.parse(source)


def _from_band(band: Any, arguments: dict[str, Any] | None) -> LabelMap:
    """Take the SEG of a band; a copy is segmented, so that the band keeps its own state."""
    if not hasattr(band, "load_seg"):
        raise ComparisonError(f"{type(band).__name__} cannot be compared", hint=_FORMS)
    if arguments is not None or band.seg_path is None:
        band = band.copy()
        band.segment(**(arguments or {}))
    band = band.with_products(None)
    noise = ERR_TYPE_LABELS[band.seg_args["err_type"]]
    name = f"{band.name} {noise} {band.seg_args['method']}"
    provenance = _file_provenance(_seg_ref(band.seg_path))
    set_name = provenance.get("PARSET", "default")
    name = name if set_name == "default" else f"{name} {set_name}"
    return LabelMap(band.load_seg(), name, provenance, band.wcs, band=band)


def _file_provenance(ref: MapRef) -> dict[str, str]:
    """Path, size and checksum of a file, and what a product's header says of its making."""
    from skyseg.products.fits_files import RUN_KEY

    try:
        with ref.path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        size = ref.path.stat().st_size
    except OSError as error:
        raise ImageError(
            f"{ref} cannot be read ({error.strerror})", hint="check the file"
        ) from error
    provenance = {"path": str(ref), "size": str(size), "sha256": checksum}
    header = read_headers(ref.path, ref.ext)[0]
    if RUN_KEY not in header:
        return provenance
    wcs = read_wcs(ref.path, ref.ext, quiet=True)
    on_sky = () if wcs is None else wcs.to_header(relax=True)
    not_said = {"EXTNAME", "CHECKSUM", "DATASUM", *on_sky}
    header.strip()
    return provenance | {
        card.keyword: unquote(str(card.value))
        for card in header.cards
        if card.keyword not in not_said
    }


def as_celestial(wcs: Any, name: str) -> WCS:
    """Take a WCS that someone gives for a map; a ComparisonError where it cannot be used."""
    if not hasattr(wcs, "pixel_to_world"):
        raise ComparisonError(f"{name} comes with a {type(wcs).__name__}", hint=_FORMS)
    if not (hasattr(wcs, "has_celestial") and wcs.has_celestial):
        return wcs
    try:
        wcs, remarks = settle_frame(wcs.celestial)
    except ValueError as error:
        raise ComparisonError(
            f"{name} comes with a WCS that cannot be used ({error})", hint=_FORMS
        ) from error
    log_remarks(remarks, f"{name}")
    return wcs


def _table(columns: Mapping[str, Any]) -> Table:
    from astropy.table import Table

    return Table(dict(columns))
