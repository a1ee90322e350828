"""From the pixels of a catalogue to its columns on the sky."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import FloatArray, Measurements

if TYPE_CHECKING:
    from skyseg.imaging.sky import Sky

_PLACES: Final = {"": "{}_IMAGE", "PEAK": "{}PEAK_IMAGE", "WIN": "{}WIN_IMAGE"}


def find_on_sky(
    wanted: Collection[str], measured: Measurements, sky: Sky
) -> dict[str, npt.NDArray[np.float64]]:
    """Compute columns on the sky from those in pixels.

    Parameters
    ----------
    wanted : collection of str
        Names of the columns that are needed; others may come as well.
    measured : mapping of str to ndarray
        What was measured, in pixels counted from 1.
    sky : Sky
        Where the pixels of the image lie.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        Degrees, and degrees squared.
    """
    found: dict[str, npt.NDArray[np.float64]] = {}
    for infix, place in _PLACES.items():
        names = place.format("X"), place.format("Y")
        if not set(names) <= measured.keys():
            continue
        x, y = (measured[name].astype(np.float64) - 1 for name in names)
        frame = _LocalFrame(sky, x, y)
        found |= _find_places(infix, frame, wanted)
        found |= _find_shapes(infix, frame, wanted, measured)
    return found


class _LocalFrame:
    """The world around some pixels, which are counted from 0."""

    def __init__(self, sky: Sky, x: FloatArray, y: FloatArray) -> None:
        self.sky, self.x, self.y = sky, x, y
        self.world = sky.find_world(x, y)

    @property
    def longitude(self) -> FloatArray:
        """Longitude in degrees, in the frame of the image."""
        return np.asarray(self.world[self.sky.longitude])

    @property
    def latitude(self) -> FloatArray:
        """Latitude in degrees, in the frame of the image."""
        return np.asarray(self.world[1 - self.sky.longitude])

    def jacobian(self) -> FloatArray:
        """Degrees on the sky along each world axis per pixel along each axis, shape (2, 2, n)."""
        out = np.empty((2, 2, len(self.x)))
        for axis, (dx, dy) in enumerate(((0.5, 0.0), (0.0, 0.5))):
            after = self.sky.find_world(self.x + dx, self.y + dy)
            before = self.sky.find_world(self.x - dx, self.y - dy)
            out[:, axis] = np.subtract(after, before)
        turned = out[self.sky.longitude]
        turned[:] = ((turned + 180) % 360 - 180) * np.cos(np.radians(self.latitude))
        return out

    def angle_of_north(self) -> FloatArray:
        """Position angle of the frame's north on the ICRS, in degrees."""
        import astropy.units as u

        here = self.sky.wcs.pixel_to_world(self.x, self.y)
        north = here.directional_offset_by(0 * u.deg, 1 * u.arcsec)
        return np.asarray(here.icrs.position_angle(north.icrs).deg)


def _find_places(
    infix: str, frame: _LocalFrame, wanted: Collection[str]
) -> dict[str, npt.NDArray[np.float64]]:
    """Positions of one kind."""
    found = {
        f"X{infix}_WORLD": frame.world[0],
        f"Y{infix}_WORLD": frame.world[1],
        f"ALPHA{infix}_SKY": frame.longitude,
        f"DELTA{infix}_SKY": frame.latitude,
    }
    names = f"ALPHA{infix}_J2000", f"DELTA{infix}_J2000"
    if not set(names).isdisjoint(wanted):
        found |= dict(zip(names, frame.sky.find_icrs(frame.x, frame.y), strict=True))
    return found


def _find_shapes(
    infix: str, frame: _LocalFrame, wanted: Collection[str], measured: Measurements
) -> dict[str, npt.NDArray[np.float64]]:
    """Ellipses, areas and widths at positions of one kind."""
    ends = "_WORLD", f"THETA{infix}_SKY", f"THETA{infix}_J2000"
    if not any(name.endswith(ends) for name in wanted):
        return {}
    jacobian = frame.jacobian()
    found: dict[str, npt.NDArray[np.float64]] = {}
    for error in ("", "ERR"):
        names = [f"{error}{each}{infix}" for each in ("X2", "Y2", "XY")]
        if all(f"{name}_IMAGE" in measured for name in names):
            moments = transform_moments(
                jacobian, *(np.asarray(measured[f"{name}_IMAGE"], np.float64) for name in names)
            )
            found |= {f"{name}_WORLD": each for name, each in zip(names, moments, strict=True)}
            found |= _find_axes(error, infix, frame, moments)
    if not infix:
        area = np.abs(jacobian[0, 0] * jacobian[1, 1] - jacobian[0, 1] * jacobian[1, 0])
        for name, factor in (("ISOAREA", area), ("ISOAREAF", area), ("FWHM", np.sqrt(area))):
            if f"{name}_IMAGE" in measured:
                found[f"{name}_WORLD"] = measured[f"{name}_IMAGE"] * factor
    return found


def transform_moments(
    jacobian: FloatArray, xx: FloatArray, yy: FloatArray, xy: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Take second moments from pixels to the world, as SExtractor 2.25 does.

    Parameters
    ----------
    jacobian : ndarray of float64, shape (2, 2, n)
        World along each axis per pixel along each axis.
    xx, yy, xy : ndarray, shape (n,)
        Moments in pixels squared.

    Returns
    -------
    xx, yy, xy : ndarray of float64, shape (n,)
        Moments along the world axes.

    Notes
    -----
    In the variances the program counts the mixed term once, where the transformation of a
    covariance has it twice. Where world axes lie along those of the pixels there is none.
    """
    (a, b), (c, d) = jacobian
    return (
        a * a * xx + b * b * yy + a * b * xy,
        c * c * xx + d * d * yy + c * d * xy,
        a * c * xx + b * d * yy + (a * d + b * c) * xy,
    )


def _find_axes(
    error: str, infix: str, frame: _LocalFrame, moments: tuple[FloatArray, FloatArray, FloatArray]
) -> dict[str, npt.NDArray[np.float64]]:
    """Axes and angles of an ellipse on the sky."""
    xx, yy, xy = moments
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    theta = np.where(xx == yy, 45.0, np.degrees(np.arctan2(2 * xy, xx - yy)) / 2)
    from_north = 90 - theta if frame.sky.longitude == 0 else theta
    return {
        f"{error}A{infix}_WORLD": np.sqrt(middle + spread),
        f"{error}B{infix}_WORLD": np.sqrt(np.maximum(middle - spread, 0)),
        f"{error}THETA{infix}_WORLD": theta,
        f"{error}THETA{infix}_SKY": _fold(from_north),
        f"{error}THETA{infix}_J2000": _fold(from_north + frame.angle_of_north()),
    }


def _fold(angle: FloatArray) -> FloatArray:
    """Return the angle of an axis between -90 and 90 degrees."""
    return (angle + 90) % 180 - 90
