"""What can be compared, brought to one form: a label map with its name and origin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.comparison.overlaps import Labels
from skyseg.errors import ComparisonError, ImageError
from skyseg.imaging.reading import list_hdus, opened, read_headers, read_image, read_wcs
from skyseg.imaging.refs import MapRef, ref_of
from skyseg.imaging.zero_points import unit_text
from skyseg.methods.catalogue import known_unit
from skyseg.products.provenance import RUN_KEY

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.units import UnitBase
    from astropy.wcs import WCS

FloatImage = npt.NDArray[np.floating[Any]]

_FORMS: Final = (
    "give a 2-D array of whole numbers, (array, WCS), a path, a band, (band, arguments of "
    "segment) or a Segmentation"
)


@dataclass(frozen=True)
class Photometry:
    """An image in which sources are measured.

    Attributes
    ----------
    sci : ndarray of float, shape (ny, nx)
        Science image, background not counted.
    err : ndarray of float, shape (ny, nx), or None
        Its rms error.
    unit : astropy.units.UnitBase or None
        Unit of both; None where it is not known.
    """

    sci: FloatImage
    err: FloatImage | None
    unit: UnitBase | None


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
        The band it was made from, which has ``load_sci`` and ``load_err``.
    """

    labels: Labels
    name: str
    provenance: dict[str, str] = field(default_factory=dict)
    wcs: WCS | None = None
    catalogue: Table | None = None
    band: Any = None

    def __post_init__(self) -> None:
        """Refuse what is not a label map."""
        if not np.issubdtype(self.labels.dtype, np.integer):
            raise ComparisonError(
                f"{self.name} holds {self.labels.dtype}, not whole numbers; give a label map, "
                "0 for background and a number above 0 for each source"
            )
        if len(self.labels.shape) != 2:
            raise ComparisonError(
                f"{self.name} has shape {tuple(self.labels.shape)}; give a 2-D label map"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.labels.shape[0], self.labels.shape[1]


def read_side(source: Any, side: str) -> LabelMap:
    """Bring one side of a comparison to its one form.

    Parameters
    ----------
    source : object
        An array, (array, WCS), a path as ``"seg.fits"`` or ``"seg.fits[SEG]"``, a band,
        (band, arguments of its ``segment``), or a Segmentation or Outcome.
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
    if isinstance(source, (str, Path, MapRef)):
        return _from_file(source)
    if isinstance(source, tuple) and len(source) == 2:
        first, second = source
        if isinstance(second, Mapping):
            return _from_band(first, dict(second))
        return _from_array(first, side, wcs=_celestial(second, side))
    if hasattr(source, "load_seg"):
        return _from_band(source, None)
    if hasattr(source, "columns") and hasattr(source, "labels"):
        return _from_array(source.labels, side, catalogue=_table(source.columns))
    if hasattr(source, "seg") and hasattr(source, "cat"):
        return _from_array(source.seg, side, catalogue=source.cat)
    return _from_array(source, side)


def read_photometry(sci: Any, err: Any, side: LabelMap) -> Photometry | None:
    """Find the image in which both sides are measured.

    Parameters
    ----------
    sci, err : array_like, Quantity, path or None
        What the user gives; None takes the maps of the band of ``side``.
    side : LabelMap
        The side whose grid the comparison is made on.

    Returns
    -------
    Photometry or None
        None where there is no science image.

    Raises
    ------
    ComparisonError
        If the shapes differ, or errors are given without an image.
    """
    band_unit = None
    if sci is None and side.band is not None:
        sci, band_unit = side.band.load_sci(), known_unit(side.band.unit)
        err = side.band.load_err() if err is None else err
    if sci is None:
        if err is not None:
            raise ComparisonError("err is given without sci; give the science image too")
        return None
    sci, sci_unit = _image(sci, "sci", side.shape)
    if err is not None:
        err, err_unit = _image(err, "err", side.shape)
        err = _in_unit_of_sci(err, err_unit, sci_unit)
    return Photometry(sci, err, band_unit if sci_unit is None else sci_unit)


def _from_array(
    array: Any, side: str, *, wcs: WCS | None = None, catalogue: Table | None = None
) -> LabelMap:
    if not (hasattr(array, "shape") and hasattr(array, "dtype")):
        try:
            array = np.asarray(array)
        except ValueError as error:
            raise ComparisonError(f"map {side} is not an array; {_FORMS}") from error
    if array.dtype == object:
        raise ComparisonError(f"map {side} is not an array; {_FORMS}")
    size = " x ".join(map(str, array.shape))
    provenance = {"path": "an array in memory", "shape": size, "dtype": str(array.dtype)}
    return LabelMap(array, f"map {side}", provenance, wcs, catalogue)


def _from_file(source: str | Path | MapRef) -> LabelMap:
    ref = _seg_ref(source)
    with opened(ref.path) as hdus:
        data = hdus[ref.ext].data
        labels = np.array(data, dtype=data.dtype.newbyteorder("="))
    labels = labels.reshape(labels.shape[-2:])
    return LabelMap(labels, str(ref), _file_provenance(ref), read_wcs(ref.path, ref.ext))


def _seg_ref(source: str | Path | MapRef) -> MapRef:
    """Take the HDU that is named, else the only one called SEG, else the only image."""
    if isinstance(source, MapRef) or str(source).endswith("]"):
        return MapRef.parse(source)
    listing = list_hdus(Path(source).expanduser().absolute())
    named = [hdu for hdu in listing.images if hdu.name == "SEG"]
    return ref_of(listing, named[0]) if len(named) == 1 else MapRef.parse(source)


def _from_band(band: Any, arguments: dict[str, Any] | None) -> LabelMap:
    """Take the SEG of a band; a copy is segmented, so that the band keeps its own state."""
    if not hasattr(band, "load_seg"):
        raise ComparisonError(f"{type(band).__name__} cannot be compared; {_FORMS}")
    if arguments is not None or band.seg_path is None:
        band = band.copy()
        band.segment(**(arguments or {}))
    name = f"{band.name} {band.seg_args['err_type']} {band.seg_args['method']}"
    provenance = _file_provenance(_seg_ref(band.seg_path))
    set_name = provenance.get("PARSET", "default")
    name = name if set_name == "default" else f"{name} {set_name}"
    return LabelMap(band.load_seg(), name, provenance, band.wcs, band.load_cat(), band)


def _file_provenance(ref: MapRef) -> dict[str, str]:
    """Path, size and checksum of a file, and what a product's header says of its making."""
    try:
        with ref.path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        size = ref.path.stat().st_size
    except OSError as error:
        raise ImageError(f"{ref} cannot be read ({error.strerror}); check the file") from error
    provenance = {"path": str(ref), "size": str(size), "sha256": checksum}
    header = read_headers(ref.path, ref.ext)[0]
    if RUN_KEY not in header:
        return provenance
    wcs = read_wcs(ref.path, ref.ext)
    not_said = {"EXTNAME", "CHECKSUM", "DATASUM", *(wcs.to_header(relax=True) if wcs else ())}
    header.strip()
    return provenance | {
        card.keyword: str(card.value) for card in header.cards if card.keyword not in not_said
    }


def _image(source: Any, name: str, shape: tuple[int, int]) -> tuple[FloatImage, UnitBase | None]:
    """Pixels and unit of an array, a Quantity or a file."""
    unit = None
    if isinstance(source, (str, Path, MapRef)):
        ref = MapRef.parse(source, "ERR" if name == "err" else "SCI")
        image: FloatImage = read_image(ref.path, ref.ext)
        unit = known_unit(unit_text(read_headers(ref.path, ref.ext)))
    elif hasattr(source, "unit") and hasattr(source, "value"):
        image, unit = source.value, source.unit
    else:
        image = source
    if tuple(image.shape) != shape:
        raise ComparisonError(
            f"{name} has shape {tuple(image.shape)} and the label maps are compared on "
            f"{shape}; give {name} on that grid"
        )
    return image, unit


def _in_unit_of_sci(
    err: FloatImage, err_unit: UnitBase | None, sci_unit: UnitBase | None
) -> FloatImage:
    if err_unit is None or sci_unit is None or err_unit == sci_unit:
        return err
    if not err_unit.is_equivalent(sci_unit):
        raise ComparisonError(
            f"err is in {err_unit} and sci in {sci_unit}; give both in one unit"
        )
    return err * err_unit.to(sci_unit)


def _celestial(wcs: Any, side: str) -> WCS:
    if not hasattr(wcs, "pixel_to_world"):
        raise ComparisonError(f"map {side} comes with a {type(wcs).__name__}; {_FORMS}")
    return wcs


def _table(columns: Mapping[str, Any]) -> Table:
    from astropy.table import Table

    return Table(dict(columns))
