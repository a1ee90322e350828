"""The catalogue's columns: everything that is measured of each source."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine.flags import Flag
from skyseg.engine.isophotes import isophotal
from skyseg.engine.parameters import Parameters
from skyseg.engine.photometry import (
    Scene,
    aperture_photometry,
    kron_photometry,
    light_radii,
    windowed_snr,
)
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

_OWN_FLAGS = int(Flag.MERGED | Flag.CROWDED)


def measure(
    image: FloatImage, variance: FloatImage, sources: Sources, parameters: Parameters,
    aper_diams: tuple[float, ...], noise: float,
) -> Columns:  # fmt: skip
    """Measure all sources that CLEAN left.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Image and variance with bad pixels filled.
    sources : Sources
        The sources.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    noise : float
        Global noise of the image, which ``gain`` refers to.

    Returns
    -------
    dict of str to ndarray
        SExtractor's columns in its units (pixels counted from 1, degrees, the
        unit of the image), each of shape (m,) in the order of NUMBER; FLUX_APER
        and FLUXERR_APER of shape (m, number of apertures). Errors come from
        ``variance``.
    """
    kept = sources.kept
    shapes = Shapes(*(getattr(sources.shapes, item.name)[kept] for item in fields(Shapes)))
    scene = Scene(image, variance, sources.owners())
    numbers = sources.number[kept]
    iso = _isophotal_with_eaten(image, variance, sources, parameters, noise)
    aper, aper_error, flags = aperture_photometry(
        scene, numbers, shapes, aper_diams, parameters, noise
    )
    auto, auto_error, kron, kron_flags = kron_photometry(scene, numbers, shapes, parameters, noise)
    radius, half_light, radius_flags = light_radii(scene, numbers, shapes, auto, parameters)
    snr, window_flags = windowed_snr(scene, numbers, shapes, half_light, parameters, noise)
    flags |= iso["flags"] | kron_flags | radius_flags | window_flags
    crowded = (flags & int(Flag.CROWDED)) != 0
    corrected, corrected_error = _corrected_isophotal(
        iso["flux"], iso["variance"], iso["footprint"], shapes.threshold
    )
    return {
        "NUMBER": numbers.astype(np.int32),
        "X_IMAGE": shapes.x + 1,
        "Y_IMAGE": shapes.y + 1,
        "FLUX_APER": aper,
        "FLUXERR_APER": aper_error,
        "FLUX_AUTO": auto,
        "FLUXERR_AUTO": auto_error,
        "FLUX_BEST": np.where(crowded, corrected, auto),
        "FLUXERR_BEST": np.where(crowded, corrected_error, auto_error),
        "FLUX_ISO": iso["flux"],
        "FLUXERR_ISO": np.sqrt(iso["variance"]),
        "KRON_RADIUS": kron,
        "FLUX_RADIUS": radius,
        "FWHM_IMAGE": iso["fwhm"],
        "SNR_WIN": snr,
        "ELONGATION": shapes.a / shapes.b,
        "THETA_IMAGE": shapes.theta,
        "A_IMAGE": shapes.a,
        "B_IMAGE": shapes.b,
        "FLAGS": flags.astype(np.int16),
        "ISOAREA_IMAGE": iso["area"].astype(np.int32),
        "ISOAREAF_IMAGE": iso["footprint"].astype(np.int32),
        "XMIN_IMAGE": (iso["xmin"] + 1).astype(np.int32),
        "YMIN_IMAGE": (iso["ymin"] + 1).astype(np.int32),
        "XMAX_IMAGE": (iso["xmax"] + 1).astype(np.int32),
        "YMAX_IMAGE": (iso["ymax"] + 1).astype(np.int32),
    }


def _isophotal_with_eaten(
    image: FloatImage, variance: FloatImage, sources: Sources, parameters: Parameters, noise: float
) -> Columns:
    """Isophotal measurements of the kept sources; light, area and box hold what they ate."""
    own = isophotal(image, variance, sources.pixels, sources.shapes, parameters, noise)
    kept, eater = sources.kept, sources.eater
    eaten = np.flatnonzero(eater != np.arange(len(eater)))
    out: Columns = {name: np.array(values) for name, values in own.items()}
    out["footprint"] = sources.pixels.area.copy()
    for name in ("flux", "variance", "footprint"):
        np.add.at(out[name], eater[eaten], out[name][eaten])
    for name in ("xmin", "ymin"):
        np.minimum.at(out[name], eater[eaten], out[name][eaten])
    for name in ("xmax", "ymax"):
        np.maximum.at(out[name], eater[eaten], out[name][eaten])
    out["flags"] |= np.where(sources.split, int(Flag.MERGED), 0)
    np.bitwise_or.at(out["flags"], eater[eaten], out["flags"][eaten] & ~_OWN_FLAGS)
    return {name: values[kept] for name, values in out.items()}


def _corrected_isophotal(
    flux: FloatArray, variance: FloatArray, area: IntArray, threshold: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Isophotal flux corrected for the wings of a Gaussian (Maddox et al. 1990; ISOCOR)."""
    positive = flux > 0
    safe = np.where(positive, flux, 1.0)
    part = np.where(positive, np.clip(area * threshold / safe, 0.0, 1.0), 0.0)
    corrected = flux / (1.0 - 0.196099 * part - 0.751208 * part**2)
    relative = variance / safe**2
    spread = part * np.sqrt(relative + 1.0 / area)
    spread = 0.196099 * spread + 0.751208 * 2 * part * spread
    error = np.where(positive, np.sqrt(relative + spread**2) * flux, np.sqrt(variance))
    return corrected, error
