"""Second moments of sources as columns: ellipses, and the errors of positions."""

from __future__ import annotations

import numpy as np

from skyseg.engine.shapes import Shapes
from skyseg.engine.types import Columns, FloatArray


def tabulate_moments(shapes: Shapes) -> Columns:
    """Return the second moments of sources, and their ellipses by coefficients.

    Parameters
    ----------
    shapes : Shapes
        Shapes of n sources.

    Returns
    -------
    dict of str to ndarray
        X2_IMAGE, Y2_IMAGE, XY_IMAGE, CXX_IMAGE, CYY_IMAGE, CXY_IMAGE and ELLIPTICITY, each
        of shape (n,).
    """
    # cxx cyy - cxy^2 / 4 is one over the determinant of the moments
    with np.errstate(all="ignore"):
        determinant = 1 / (shapes.cxx * shapes.cyy - shapes.cxy**2 / 4)
        ellipticity = 1 - shapes.b / shapes.a
    return {
        "X2_IMAGE": shapes.cyy * determinant,
        "Y2_IMAGE": shapes.cxx * determinant,
        "XY_IMAGE": -shapes.cxy * determinant / 2,
        "CXX_IMAGE": shapes.cxx,
        "CYY_IMAGE": shapes.cyy,
        "CXY_IMAGE": shapes.cxy,
        "ELLIPTICITY": ellipticity,
    }


def tabulate_errors(xx: FloatArray, yy: FloatArray, xy: FloatArray) -> Columns:
    """Return the errors of positions: their variances, and the ellipse of one sigma.

    Parameters
    ----------
    xx, yy, xy : ndarray of float64, shape (n,)
        Variances and covariance of the positions, in pixels squared.

    Returns
    -------
    dict of str to ndarray
        ERRX2_IMAGE, ..., ERRA_IMAGE, ..., ERRCXX_IMAGE, ..., each of shape (n,).
    """
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    theta = np.where(xx == yy, 45.0, np.degrees(np.arctan2(2 * xy, xx - yy)) / 2)
    with np.errstate(all="ignore"):
        determinant = xx * yy - xy * xy
        cxx, cyy, cxy = yy / determinant, xx / determinant, -2 * xy / determinant
    return {
        "ERRX2_IMAGE": xx,
        "ERRY2_IMAGE": yy,
        "ERRXY_IMAGE": xy,
        "ERRA_IMAGE": np.sqrt(middle + spread),
        "ERRB_IMAGE": np.sqrt(np.maximum(middle - spread, 0)),
        "ERRTHETA_IMAGE": theta,
        "ERRCXX_IMAGE": cxx,
        "ERRCYY_IMAGE": cyy,
        "ERRCXY_IMAGE": cxy,
    }
