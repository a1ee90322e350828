"""The edge of the engine: what a caller gives becomes what the loops take, or an error.

Images are taken in any real type and byte order, in any memory layout, masked, or as
lists of rows. They are converted here, once; what lies deeper in the engine takes
native, contiguous arrays and does not ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import BoolImage, FloatImage, LabelImage
from skyseg.errors import ImageError, Kind, ParameterError, check_kind, describe

LARGEST_DIAMETER = 1e6
"""Largest aperture in pixels, far beyond any image."""

_LARGEST = float(np.finfo(np.float32).max)


def as_pixels(value: Any, argument: str, shape: tuple[int, ...] | None = None) -> npt.NDArray[Any]:
    """Return an image of real numbers as it is: not copied, not converted.

    Parameters
    ----------
    value : array_like
        What the caller gave.
    argument : str
        Its name, for the error.
    shape : tuple of int, optional
        Shape that it has to have.

    Raises
    ------
    ImageError
        If it is no image, holds no real numbers, or has another shape.
    """
    if isinstance(value, (str, bytes, dict, set)) or value is None:
        raise ImageError(
            f"is {describe(value)}", hint="give a 2-D array of numbers", argument=argument
        )
    try:
        array: npt.NDArray[Any] = np.asanyarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ImageError(
            f"is no array ({error})", hint="give a 2-D array of numbers", argument=argument
        ) from error
    if array.dtype.kind not in "fiub":
        raise ImageError(
            f"holds values of type {array.dtype}", hint="give real numbers", argument=argument
        )
    if array.ndim != 2 or not array.size:
        raise ImageError(
            f"has shape {array.shape}", hint="give a 2-D array with pixels", argument=argument
        )
    if shape is not None and array.shape != shape:
        raise ImageError(
            f"does not fit the image of shape {shape}: it has shape {array.shape}",
            hint="give maps on the same pixels", argument=argument,
        )  # fmt: skip
    return array


def _is_masked(pixels: npt.NDArray[Any]) -> TypeGuard[np.ma.MaskedArray[Any, Any]]:
    # a plain array does without `np.ma`, which would be loaded to be asked
    return type(pixels) is not np.ndarray and isinstance(pixels, np.ma.MaskedArray)


def as_image(value: Any, argument: str, shape: tuple[int, ...] | None = None) -> FloatImage:
    """Return an image in native single precision, contiguous; masked pixels are NaN.

    See `as_pixels` for the parameters and errors.
    """
    return convert_pixels(as_pixels(value, argument, shape))


def convert_pixels(pixels: npt.NDArray[Any]) -> FloatImage:
    """Return pixels in native single precision, contiguous; masked ones are NaN."""
    with np.errstate(over="ignore"):  # what single precision does not hold is a bad pixel
        if _is_masked(pixels):
            filled = np.array(pixels.data, np.float32, order="C")
            filled[np.ma.getmaskarray(pixels)] = np.nan
            return filled
        return np.ascontiguousarray(pixels, np.float32)


def as_mask(value: Any, argument: str, shape: tuple[int, ...]) -> BoolImage:
    """Return a mask of booleans; whole numbers other than 0 are true, and so is what is masked.

    See `as_pixels` for the parameters and errors.
    """
    pixels = as_pixels(value, argument, shape)
    if pixels.dtype.kind == "f":
        raise ImageError(
            f"holds values of type {pixels.dtype}", hint="give a mask of True and False",
            argument=argument,
        )  # fmt: skip
    if _is_masked(pixels):
        pixels = pixels.filled(True)
    return np.ascontiguousarray(pixels, np.bool_)


def as_labels(value: Any, argument: str, shape: tuple[int, ...]) -> LabelImage:
    """Return a label image; what is masked is background.

    See `as_pixels` for the parameters.

    Raises
    ------
    ImageError
        If it is no image of this shape, or holds numbers that are no labels.
    """
    pixels = as_pixels(value, argument, shape)
    if _is_masked(pixels):
        pixels = pixels.filled(0)
    pixels = np.asarray(pixels)  # without a unit
    largest = np.iinfo(np.int32).max
    if pixels.dtype.kind == "f" and not (np.isfinite(pixels) & (pixels == np.round(pixels))).all():
        raise ImageError(
            "holds numbers that are not whole", hint="give whole numbers, 0 for background",
            argument=argument,
        )  # fmt: skip
    low, high = pixels.min().item(), pixels.max().item()
    if low < 0 or high > largest:
        raise ImageError(
            f"holds {low} to {high}",
            hint=f"give labels from 0 (background) to {largest}", argument=argument,
        )  # fmt: skip
    return np.ascontiguousarray(pixels, np.int32)


def as_list(
    value: Any, argument: str, dtype: type[np.generic], length: int | None = None
) -> npt.NDArray[Any]:
    """Return a list of numbers as a contiguous array of a type that holds them.

    Parameters
    ----------
    value : array_like
        What the caller gave.
    argument : str
        Its name, for the error.
    dtype : type
        Type of the numbers.
    length : int, optional
        How many there have to be.

    Raises
    ------
    ParameterError
        If it is no list of finite numbers of the type, or of another length.
    """
    array = np.asarray(value)
    wanted = np.dtype(dtype)
    if array.ndim != 1 or (length is not None and len(array) != length):
        size = "a list of numbers" if length is None else f"a list of {length} numbers"
        raise ParameterError(f"has shape {array.shape}", hint=f"give {size}", argument=argument)
    if array.dtype.kind not in ("fiu" if wanted.kind == "f" else "iu") or (
        array.dtype.kind == "f" and not np.isfinite(array).all()
    ):
        raise ParameterError(
            f"holds values of type {array.dtype} that are not all finite numbers of type {wanted}",
            hint="give such numbers", argument=argument,
        )  # fmt: skip
    return np.ascontiguousarray(array, wanted)


def as_count(value: Any, argument: str, least: int = 1, most: int = 2**31 - 1) -> int:
    """Return a whole number between two others, both allowed.

    Raises
    ------
    ParameterError
        If it is none.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        raise ParameterError(
            f"is {value!r}", hint=f"give a whole number from {least} to {most}", argument=argument
        )
    return int(value)


def as_number(value: Any, argument: str, least: float = 0.0, *, allowed: bool = False) -> float:
    """Return a finite number above another one, which may itself be ``allowed``.

    Raises
    ------
    ParameterError
        If it is none.
    """
    number = value.item() if isinstance(value, (np.integer, np.floating)) else value
    real = isinstance(number, (int, float)) and not isinstance(number, bool)
    if not real or not least <= number <= _LARGEST or (number == least and not allowed):
        limit = f"of at least {least:g}" if allowed else f"above {least:g}"
        raise ParameterError(
            f"is {value!r}", hint=f"give a finite number {limit}", argument=argument
        )
    return float(number)


def as_single(number: float) -> float:
    """Round a number to single precision, in which pixels are compared with it."""
    return float(np.float32(number))


def as_diameters(value: Any, argument: str = "aper_diams") -> tuple[float, ...]:
    """Return diameters of apertures in pixels.

    Raises
    ------
    ParameterError
        If one is not a number above 0 and up to 1e6.
    """
    if (
        isinstance(value, (str, bytes, dict))
        or not isinstance(value, Iterable)
        or getattr(value, "ndim", 1) == 0
    ):
        raise ParameterError(
            f"is {describe(value)}", hint="give a list of diameters in pixels", argument=argument
        )
    diameters = tuple(as_number(diameter, argument) for diameter in value)
    if max(diameters, default=0.0) > LARGEST_DIAMETER:
        raise ParameterError(
            f"holds {max(diameters):g}", hint=f"give diameters up to {LARGEST_DIAMETER:g} pixels",
            argument=argument,
        )  # fmt: skip
    return diameters


def as_shape(value: Any, argument: str) -> tuple[int, int]:
    """Return the shape of an image that has pixels.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if not isinstance(value, tuple) or len(value) != 2:
        raise ParameterError(
            f"is {value!r}", hint="give the two numbers (ny, nx)", argument=argument
        )
    return as_count(value[0], argument), as_count(value[1], argument)


def as_mapper(value: Any) -> Any:
    """Return what applies a function to tasks; see `check_callable`."""
    return check_callable(value, "mapper", "give map, a ThreadMapper or a DaskMapper")


def as_progress(value: Callable[[float, str], Any] | None) -> Callable[[float, str], Any]:
    """Return what is told of the part that is done; what does nothing, for None."""
    if value is None:
        return lambda part, what: None
    return check_callable(value, "progress", "give a function of the part done and a text")


def check_callable(value: Kind, argument: str, hint: str) -> Kind:
    """Return a function.

    Raises
    ------
    ParameterError
        If it cannot be called.
    """
    if not callable(value):
        raise ParameterError(f"is {describe(value)}", hint=hint, argument=argument)
    return value


def as_instance(value: Any, kind: type[Kind], argument: str) -> Kind:
    """Return a value of one of the engine's types.

    Raises
    ------
    ParameterError
        If it is of another.
    """
    return check_kind(value, kind, argument, f"give a {kind.__name__}")
