"""The image in which the sources of both sides are measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.engine.types import AnyFloatImage
from skyseg.errors import ComparisonError
from skyseg.imaging.quality import err_from_variance
from skyseg.imaging.reading import read_image, view_headers
from skyseg.imaging.refs import MapRef
from skyseg.imaging.units import read_unit
from skyseg.imaging.zero_points import unit_text

if TYPE_CHECKING:
    from astropy.units import UnitBase


@dataclass(frozen=True)
class FluxImage:
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

    sci: AnyFloatImage
    err: AnyFloatImage | None
    unit: UnitBase | None


def read_photometry(sci: Any, err: Any, band: Any, shape: tuple[int, int]) -> FluxImage | None:
    """Find the image in which both sides are measured.

    Parameters
    ----------
    sci, err : array_like, Quantity, path or None
        What the user gives.
    band : object or None
        A band on the grid of the comparison, whose maps serve where ``sci`` is None.
    shape : tuple of int
        Shape of that grid.

    Returns
    -------
    FluxImage or None
        None where there is no science image.

    Raises
    ------
    ComparisonError
        If the shapes or units do not fit, or errors are given without an image.
    """
    band_unit = None
    if sci is None and band is not None:
        sci, band_unit = band.load_sci(), read_unit(band.unit)
        has_err = "rms_err" in band.err_types
        err = band.load_err() if err is None and has_err else err
    if sci is None:
        if err is not None:
            raise ComparisonError(
                "is given without sci", hint="give the science image too", argument="err"
            )
        return None
    sci, sci_unit = _image(sci, "sci", shape)
    if err is not None:
        err, err_unit = _image(err, "err", shape)
        err = _in_unit_of_sci(err, err_unit, sci_unit)
    return FluxImage(sci, err, band_unit if sci_unit is None else sci_unit)


def _image(source: Any, name: str, shape: tuple[int, int]) -> tuple[AnyFloatImage, UnitBase | None]:
    """Pixels and unit of an array, a Quantity or a file."""
    unit = None
    if isinstance(source, (str, Path, MapRef)):
        ref = MapRef.parse(source, "ERR" if name == "err" else "SCI")
        image: AnyFloatImage = read_image(ref.path, ref.ext)
        if name == "err" and ref.is_variance:
            # its unit is the square of that of the image, if it tells one
            image = err_from_variance(image)
        else:
            unit = read_unit(unit_text(view_headers(ref.path, ref.ext)))
    elif hasattr(source, "unit") and hasattr(source, "value"):
        image, unit = source.value, source.unit
    else:
        image = source
    if tuple(image.shape) != shape:
        raise ComparisonError(
            f"{name} has shape {tuple(image.shape)} and the label maps are compared on {shape}",
            hint=f"give {name} on that grid",
        )
    return image, unit


def _in_unit_of_sci(
    err: AnyFloatImage, err_unit: UnitBase | None, sci_unit: UnitBase | None
) -> AnyFloatImage:
    if err_unit is None or sci_unit is None or err_unit == sci_unit:
        return err
    if not err_unit.is_equivalent(sci_unit):
        raise ComparisonError(
            f"is in {err_unit} and sci in {sci_unit}", hint="give both in one unit", argument="err"
        )
    factor: float = err_unit.to(sci_unit)
    return err * factor
