"""What a Gaussian window around a source says of it: place, light, spread, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.engine._moments import tabulate_ellipse
from skyseg.engine.types import Columns

if TYPE_CHECKING:
    from skyseg.engine._photometry import Photometry

_PIXEL_VARIANCE: Final = 1 / 12
MOMENTS: Final = frozenset(
    f"{error}{name}WIN_IMAGE"
    for error in ("", "ERR")
    for name in ("X2", "Y2", "XY", "A", "B", "THETA", "CXX", "CYY", "CXY")
)
"""Columns that need second moments."""

WINDOWED: Final = MOMENTS | frozenset([
    "XWIN_IMAGE", "YWIN_IMAGE", "FLUX_WIN", "FLUXERR_WIN", "SNR_WIN", "NITER_WIN",
])  # fmt: skip
"""All columns of the window."""


# light beyond what its type holds, or none, has no spread that is a number
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def window_columns(photometry: Photometry) -> Columns:
    """Turn the sums in the window into columns, as SExtractor defines them.

    Parameters
    ----------
    photometry : Photometry
        Of m sources.

    Returns
    -------
    dict of str to ndarray
        Each of shape (m,); pixels counted from 1, degrees. Moments are NaN where the
        window holds no light.

    Notes
    -----
    See the SExtractor manual, "Windowed positional parameters". The place of a pixel has
    itself an uncertainty, of the twelfth of its area, in the errors of the centre.
    """
    light = np.where(photometry.win > 0, photometry.win, np.nan)
    noise = np.sqrt(photometry.win_variance)
    snr = np.where(noise > 0, photometry.win / noise, np.nan)
    xx, yy, xy = (
        each / light for each in (photometry.win_xx, photometry.win_yy, photometry.win_xy)
    )
    within = photometry.win_variance * _PIXEL_VARIANCE
    sums = photometry.win_error_xx + within, photometry.win_error_yy + within
    error_xx, error_yy, error_xy = (
        4 * each / light**2 for each in (*sums, photometry.win_error_xy)
    )  # fmt: skip
    return {
        "XWIN_IMAGE": photometry.win_x + 1,
        "YWIN_IMAGE": photometry.win_y + 1,
        "FLUX_WIN": photometry.win,
        "FLUXERR_WIN": noise,
        "SNR_WIN": snr,
        "NITER_WIN": photometry.win_steps.astype(np.int32),
        **tabulate_ellipse(xx, yy, xy, after="WIN"),
        **tabulate_ellipse(error_xx, error_yy, error_xy, before="ERR", after="WIN"),
    }
