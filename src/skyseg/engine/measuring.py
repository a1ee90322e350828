"""The catalogue's columns: everything that is measured of each source."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_diameters, as_image, as_instance, as_number
from skyseg.engine._gaussian_window import WINDOWED, window_columns
from skyseg.engine._isophotes import CENTROIDS, LEVEL_AREAS, measure_isophotes
from skyseg.engine._local_sky import Frames, measure_frames
from skyseg.engine._moments import tabulate_errors, tabulate_moments
from skyseg.engine._photometry import PETRO, Photometry, measure_apertures
from skyseg.engine._scene import Scene, mask_variance
from skyseg.engine.background import Mesh, interpolate_level
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.flag_maps import FLAG_COLUMNS
from skyseg.engine.flags import Flag
from skyseg.engine.image_levels import ImageLevels
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.sources import Sources, as_sources
from skyseg.engine.thresholding import choose_analysis
from skyseg.engine.types import Columns, FloatArray, FloatImage, IntArray
from skyseg.errors import ImageError, ParameterError, advise_name

USUAL_MEASUREMENTS: Final = frozenset([
    "NUMBER", "X_IMAGE", "Y_IMAGE", "FLUX_APER", "FLUXERR_APER", "FLUX_AUTO", "FLUXERR_AUTO",
    "FLUX_BEST", "FLUXERR_BEST", "FLUX_ISO", "FLUXERR_ISO", "KRON_RADIUS", "FLUX_RADIUS",
    "FWHM_IMAGE", "SNR_WIN", "ELONGATION", "THETA_IMAGE", "A_IMAGE", "B_IMAGE", "FLAGS",
    "ISOAREA_IMAGE", "ISOAREAF_IMAGE", "XMIN_IMAGE", "YMIN_IMAGE", "XMAX_IMAGE", "YMAX_IMAGE",
])  # fmt: skip
"""What is measured where nothing else is asked for."""

MEASUREMENTS: Final = USUAL_MEASUREMENTS.union(
    LEVEL_AREAS, CENTROIDS, PETRO, WINDOWED, FLAG_COLUMNS,
    ["X2_IMAGE", "Y2_IMAGE", "XY_IMAGE", "CXX_IMAGE", "CYY_IMAGE", "CXY_IMAGE", "ELLIPTICITY"],
    ["FLUX_MAX", "THRESHOLD", "ANALYSIS_THRESHOLD", "FLUX_ISOCOR", "FLUXERR_ISOCOR", "BACKGROUND"],
)  # fmt: skip
"""All that can be measured, by SExtractor's names; ANALYSIS_THRESHOLD is the lowest of a source."""

_OWN_FLAGS = int(Flag.MERGED | Flag.CROWDED)


def measure(
    image: npt.ArrayLike, variance: npt.ArrayLike, sources: Sources, parameters: Parameters,
    aper_diams: tuple[float, ...], noise: float,
) -> Columns:  # fmt: skip
    """Measure all sources that CLEAN left.

    Parameters
    ----------
    image, variance : array_like, shape (ny, nx)
        Image without its sky, and variance, with bad pixels filled.
    sources : Sources
        The sources.
    parameters : Parameters
        The extraction parameters. With ``back_type`` AUTO ``satur_level`` counts from the
        sky, of which nothing is known here.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    noise : float
        Global noise of the image, which ``gain`` refers to.

    Returns
    -------
    dict of str to ndarray
        SExtractor's columns in its units (pixels counted from 1, degrees, the
        unit of the image), each of shape (m,) in the order of NUMBER; FLUX_APER
        and FLUXERR_APER of shape (m, number of apertures), FLUX_RADIUS of shape
        (m, k) where ``phot_fluxfrac`` has k > 1 parts. Errors come from ``variance``.

    Raises
    ------
    ImageError
        If image or variance is no image, or differs in shape from that of the sources, or
        a variance is below 0.
    ParameterError
        If the sources are none or do not fit together, a diameter is not a number above
        0 and up to 1e6, or the noise is not above 0.
    """
    found = as_sources(sources, "sources")
    spread = as_image(variance, "variance", found.shape)
    if (spread < 0).any():
        raise ImageError(
            "holds values below 0", hint="give the square of an error", argument="variance"
        )
    as_instance(parameters, Parameters, "parameters")
    sigma = as_number(noise, "noise")
    sky = parameters.back_value if parameters.back_type == "MANUAL" else 0.0
    levels = ImageLevels(choose_analysis(parameters, sigma, weighted=True), sigma, sky)
    return measure_sources(
        as_image(image, "image", found.shape), spread, found, parameters,
        levels, as_diameters(aper_diams), USUAL_MEASUREMENTS,
    )  # fmt: skip


def as_measurements(columns: Any) -> frozenset[str]:
    """Return names of measurements that somebody wants, NUMBER among them.

    Raises
    ------
    ParameterError
        If they are no names, or one is none of `MEASUREMENTS`.
    """
    if isinstance(columns, str) or not isinstance(columns, Collection):
        raise ParameterError(
            f"is {columns!r}", hint="give a list of MEASUREMENTS", argument="columns"
        )
    for name in columns:
        if not isinstance(name, str) or name not in MEASUREMENTS:
            raise ParameterError(
                f"has {name!r}", hint=advise_name(str(name), MEASUREMENTS), argument="columns"
            )
    return frozenset(["NUMBER", *columns])


def measure_sources(
    image: FloatImage, variance: FloatImage, sources: Sources, parameters: Parameters,
    levels: ImageLevels, aper_diams: tuple[float, ...], columns: frozenset[str],
    highest_variance: float = float(BAD_VARIANCE), filtered: FloatImage | None = None,
) -> Columns:  # fmt: skip
    """Measure all sources that CLEAN left, apertures below a variance; see `measure`.

    The filtered image and the sky are needed for what is unusual alone.
    """
    everything = np.arange(len(sources.flags))
    pixels = sources.runs.list_pixels(sources.shape, everything)
    light, spread = image.ravel()[pixels.index], variance.ravel()[pixels.index]
    if filtered is not None:
        pixels = replace(pixels, value=filtered.ravel()[pixels.index])
    measure = partial(
        measure_isophotes, light, spread, pixels, sources.shapes, parameters, levels
    )  # fmt: skip
    sky = np.zeros(len(pixels))
    if parameters.backphoto_type == "LOCAL":
        whole = Window(0, sources.shape[0], 0, sources.shape[1])
        frames = Frames.around(sources, measure(sky, frozenset()), everything)
        freed = sources.freed_in(whole).draw()
        sky = measure_frames(image, variance, freed, whole, frames, parameters)
    iso = measure(sky, columns)
    iso |= {"footprint": pixels.area, "sky": sky}
    scene = Scene(
        image, mask_variance(variance, highest_variance), sources.draw_owners(), (0, 0),
        sources.shape,
    )  # fmt: skip
    kept = sources.kept
    photometry = measure_apertures(
        scene, sources.number[kept], sources.shapes.take(kept), sky[kept], parameters,
        aper_diams, levels.noise, columns,
    )  # fmt: skip
    return make_columns(sources, iso, photometry, levels.mesh, columns)


def make_columns(
    sources: Sources, isophotes: Columns, photometry: Photometry, mesh: Mesh | None,
    columns: frozenset[str],
) -> Columns:  # fmt: skip
    """Put the columns of the catalogue together.

    Parameters
    ----------
    sources : Sources
        All n sources, of which CLEAN left m.
    isophotes : dict of str to ndarray
        `skyseg.engine._isophotes.measure_isophotes` of all n, and their ``footprint``,
        the number of their pixels.
    photometry : Photometry
        Of the m sources that are left, in the order of their numbers.
    mesh : Mesh or None
        The sky, for BACKGROUND.
    columns : frozenset of str
        Those that are wanted.

    Returns
    -------
    dict of str to ndarray
        See `measure`.
    """
    kept = sources.kept
    shapes = sources.shapes.take(kept)
    iso = _add_absorbed(sources, isophotes)
    flags = photometry.flags | iso["flags"]
    crowded = (flags & int(Flag.CROWDED)) != 0
    corrected, corrected_error = _correct_isophotal(
        iso["flux"], iso["variance"], iso["footprint"], shapes.threshold
    )
    measured: Columns = {
        "NUMBER": sources.number[kept].astype(np.int32),
        "X_IMAGE": shapes.x + 1,
        "Y_IMAGE": shapes.y + 1,
        "FLUX_APER": photometry.aper,
        "FLUXERR_APER": photometry.aper_error,
        "FLUX_AUTO": photometry.auto,
        "FLUXERR_AUTO": photometry.auto_error,
        "FLUX_BEST": np.where(crowded, corrected, photometry.auto),
        "FLUXERR_BEST": np.where(crowded, corrected_error, photometry.auto_error),
        "FLUX_ISO": iso["flux"],
        "FLUXERR_ISO": np.sqrt(iso["variance"]),
        "KRON_RADIUS": photometry.kron,
        "FLUX_PETRO": photometry.petro,
        "FLUXERR_PETRO": photometry.petro_error,
        "PETRO_RADIUS": photometry.petro_radius,
        "FLUX_RADIUS": _as_column(photometry.radius),
        "FWHM_IMAGE": iso["fwhm"],
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
        "FLUX_MAX": iso["peak"],
        "THRESHOLD": shapes.threshold,
        "ANALYSIS_THRESHOLD": iso["lowest"],
        "FLUX_ISOCOR": corrected,
        "FLUXERR_ISOCOR": corrected_error,
        **tabulate_moments(shapes),
    }
    if mesh is not None:
        measured["BACKGROUND"] = interpolate_level(mesh, shapes.x, shapes.y) + iso["sky"]
    if "levels" in iso:
        measured |= zip(LEVEL_AREAS, iso["levels"].T.astype(np.int32), strict=True)
    if "covariance" in iso:
        measured["XPEAK_IMAGE"] = (iso["x_peak"] + 1).astype(np.int32)
        measured["YPEAK_IMAGE"] = (iso["y_peak"] + 1).astype(np.int32)
        measured |= tabulate_errors(iso["x_variance"], iso["y_variance"], iso["covariance"])
    if not columns.isdisjoint(WINDOWED):
        measured |= window_columns(photometry, shapes, measured)
    return {name: values for name, values in measured.items() if name in columns}


def _as_column(values: FloatArray) -> FloatArray:
    """Return values, shape (m, k), as a column: shape (m,) where there is one for each source."""
    return values[:, 0] if values.shape[1] == 1 else values


def _add_absorbed(sources: Sources, isophotes: Columns) -> Columns:
    """Isophotal measurements of the kept sources; sums and extremes hold what they absorbed."""
    kept, absorber = sources.kept, sources.absorber
    absorbed = np.flatnonzero(absorber != np.arange(len(absorber)))
    out: Columns = {name: np.array(values) for name, values in isophotes.items()}
    for name in ("flux", "variance", "footprint"):
        np.add.at(out[name], absorber[absorbed], out[name][absorbed])
    for name in ("xmin", "ymin"):
        np.minimum.at(out[name], absorber[absorbed], out[name][absorbed])
    for name in ("xmax", "ymax", "peak"):
        np.maximum.at(out[name], absorber[absorbed], out[name][absorbed])
    if "x_peak" in out:
        _move_peaks(out, sources.shapes.peak, absorbed, absorber[absorbed])
    out["flags"] |= sources.flags
    np.bitwise_or.at(out["flags"], absorber[absorbed], out["flags"][absorbed] & ~_OWN_FLAGS)
    return {name: values[kept] for name, values in out.items()}


def _move_peaks(isophotes: Columns, peak: FloatArray, absorbed: IntArray, by: IntArray) -> None:
    """Give a source the brightest filtered pixel of what it absorbed, where that is brighter."""
    highest = peak.copy()
    np.maximum.at(highest, by, peak[absorbed])
    wins = (peak[absorbed] == highest[by]) & (highest[by] > peak[by])
    for name in ("x_peak", "y_peak"):
        isophotes[name][by[wins]] = isophotes[name][absorbed[wins]]


def _correct_isophotal(
    flux: FloatArray, variance: FloatArray, area: IntArray, threshold: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Isophotal flux corrected for the wings of a Gaussian (Maddox et al. 1990; ISOCOR)."""
    # light and variance beyond what their type holds have no error that is a number
    with np.errstate(over="ignore", invalid="ignore"):
        positive = flux > 0
        safe = np.where(positive, flux, 1.0)
        part = np.where(positive, np.clip(area * threshold / safe, 0.0, 1.0), 0.0)
        corrected = flux / (1.0 - 0.196099 * part - 0.751208 * part**2)
        relative = variance / safe**2
        spread = part * np.sqrt(relative + 1.0 / area)
        spread = 0.196099 * spread + 0.751208 * 2 * part * spread
        error = np.where(positive, np.sqrt(relative + spread**2) * flux, np.sqrt(variance))
    return corrected, error
