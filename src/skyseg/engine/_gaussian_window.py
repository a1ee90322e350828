"""What a Gaussian window around a source says of it: place, light, spread, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.engine._moments import tabulate_ellipse, tabulate_moments
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import Columns, FloatArray, IntArray

if TYPE_CHECKING:
    from skyseg.engine._photometry import Photometry

_PIXEL_VARIANCE: Final = 1 / 12
_THIN: Final = _PIXEL_VARIANCE**2
_SHAPE: Final = ("X2", "Y2", "XY", "A", "B", "THETA", "CXX", "CYY", "CXY")
WINDOW_ERRORS: Final = frozenset(f"ERR{name}WIN_IMAGE" for name in _SHAPE)
"""Columns of the centre's errors."""

MOMENTS: Final = WINDOW_ERRORS.union(
    (f"{name}WIN_IMAGE" for name in _SHAPE), ["XWIN_IMAGE", "YWIN_IMAGE", "FLAGS_WIN"]
)
"""Columns that need second moments, if only to know whether the window is to be trusted."""

WINDOWED: Final = MOMENTS | frozenset(["FLUX_WIN", "FLUXERR_WIN", "SNR_WIN", "NITER_WIN"])
"""All columns of the window."""


# light beyond what its type holds, or none, has no spread that is a number
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def window_columns(photometry: Photometry, shapes: Shapes, errors: Columns) -> Columns:
    """Turn the sums in the window into columns, as SExtractor defines them.

    Parameters
    ----------
    photometry : Photometry
        Of m sources.
    shapes : Shapes
        Their shapes.
    errors : dict of str to ndarray
        ERRX2_IMAGE, ERRY2_IMAGE and ERRXY_IMAGE, where `WINDOW_ERRORS` are wanted.

    Returns
    -------
    dict of str to ndarray
        Each of shape (m,); pixels counted from 1, degrees.

    Notes
    -----
    See the SExtractor manual, "Windowed positional parameters". The place of a pixel has
    itself an uncertainty, of the twelfth of its area, in the errors of the centre, and in
    moments that are those of a line.

    Where the window is not to be trusted (FLAGS_WIN) place, moments and errors are those of
    the isophote. It is where a moment is that of no ellipse, there is no light, or the centre
    left the isophotal ellipse, by more than a pixel along both axes.
    """
    light, noise = photometry.win, np.sqrt(photometry.win_variance)
    snr = np.where(noise > 0, light / noise, np.nan)
    xx, yy, xy = (
        each / light for each in (photometry.win_xx, photometry.win_yy, photometry.win_xy)
    )
    flags = _find_doubts(photometry, shapes, xx, yy, xy)
    thin = np.where(xx * yy - xy * xy < _THIN, _PIXEL_VARIANCE, 0.0)
    within = photometry.win_variance * _PIXEL_VARIANCE
    sums = photometry.win_error_xx + within, photometry.win_error_yy + within
    error_xx, error_yy, error_xy = (
        4 * each / light**2 for each in (*sums, photometry.win_error_xy)
    )  # fmt: skip
    isophotal = {"X_IMAGE": shapes.x + 1, "Y_IMAGE": shapes.y + 1}
    isophotal |= tabulate_moments(shapes) | errors

    def trusted(values: FloatArray, name: str) -> FloatArray:
        return np.where(flags == 0, values, isophotal.get(name, np.nan))

    xx, yy = trusted(xx + thin, "X2_IMAGE"), trusted(yy + thin, "Y2_IMAGE")
    xy = trusted(xy, "XY_IMAGE")
    error_xx, error_yy = trusted(error_xx, "ERRX2_IMAGE"), trusted(error_yy, "ERRY2_IMAGE")
    error_xy = trusted(error_xy, "ERRXY_IMAGE")
    return {
        "XWIN_IMAGE": trusted(photometry.win_x + 1, "X_IMAGE"),
        "YWIN_IMAGE": trusted(photometry.win_y + 1, "Y_IMAGE"),
        "FLUX_WIN": light,
        "FLUXERR_WIN": noise,
        "SNR_WIN": snr,
        "NITER_WIN": photometry.win_steps.astype(np.int32),
        "FLAGS_WIN": flags,
        **tabulate_ellipse(xx, yy, xy, after="WIN"),
        **tabulate_ellipse(error_xx, error_yy, error_xy, before="ERR", after="WIN"),
    }


def _find_doubts(
    photometry: Photometry, shapes: Shapes, xx: FloatArray, yy: FloatArray, xy: FloatArray
) -> IntArray:
    """Find whether windows of some moments are not to be trusted, and why."""
    dx, dy = photometry.win_x - shapes.x, photometry.win_y - shapes.y
    radius2 = shapes.cxx * dx * dx + shapes.cyy * dy * dy + shapes.cxy * dx * dy
    is_far = (np.minimum(np.abs(dx), np.abs(dy)) > 1) & (radius2 > 1)
    is_dark = ~(photometry.win > 0)
    flags = np.zeros(len(dx), np.int64)
    for bit, doubt in enumerate([xx * yy - xy * xy < 0, (xx < 0) | (yy < 0), is_dark, is_far]):
        flags |= doubt.astype(np.int64) << bit
    return flags
