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
    return tabulate_ellipse(xx, yy, xy, "ERR")


def tabulate_ellipse(
    xx: FloatArray, yy: FloatArray, xy: FloatArray, before: str = "", after: str = ""
) -> Columns:
    """Return second moments, the axes and the angle of their ellipse, and its coefficients.

    Parameters
    ----------
    xx, yy, xy : ndarray of float64, shape (n,)
        Second moments, in pixels squared.
    before, after : str
        What stands around X2, Y2, A, ... in the names, before _IMAGE.

    Returns
    -------
    dict of str to ndarray
        Each of shape (n,), in pixels and degrees.
    """
    with np.errstate(all="ignore"):
        middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        theta = np.where(xx == yy, 45.0, np.degrees(np.arctan2(2 * xy, xx - yy)) / 2)
        determinant = xx * yy - xy * xy
        cxx, cyy, cxy = yy / determinant, xx / determinant, -2 * xy / determinant
        a, b = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0))
    values = {
        "X2": xx, "Y2": yy, "XY": xy, "A": a, "B": b, "THETA": theta, "CXX": cxx, "CYY": cyy,
        "CXY": cxy,
    }  # fmt: skip
    return {f"{before}{name}{after}_IMAGE": value for name, value in values.items()}
