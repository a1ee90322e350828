"""Running the two programs on the same maps."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import numpy.typing as npt

from skyseg import engine, methods
from skyseg.engine import Parameters
from skyseg.engine.types import BoolImage, ErrType, FloatImage, check_err_type
from skyseg.errors import ParameterError
from skyseg.imaging import BandMaps, MapRef, check_maps
from skyseg.imaging.header_levels import apply_header_levels
from skyseg.methods import parameter_sets
from skyseg.methods.base import Request
from skyseg.parity.report import Input, ParityReport, ProgramResult, report_on
from skyseg.settings import config
from skyseg.survey import BandData
from skyseg.survey.band_extraction import list_inputs
from skyseg.survey.settling import fill_pixel_scale, in_arcsec


def compare_with_sextractor(
    sci: npt.ArrayLike | str | Path | MapRef | BandData,
    err: npt.ArrayLike | str | Path | MapRef | None = None,
    err_type: ErrType = "rms_err",
    parameters: str | Path | Parameters = "default",
    *,
    aper_diams: u.Quantity | None = None,
    pix_scale: u.Quantity | None = None,
) -> ParityReport:
    """Run SExtractor and the embedded engine on the same maps and compare what they find.

    Parameters
    ----------
    sci : array_like, path, MapRef or BandData
        The image: an array of shape (ny, nx), a file as ``"a.fits[SCI]"``, or a
        band, which brings its error maps.
    err : array_like, path or MapRef, optional
        For ``rms_err`` the rms of the noise, for ``wht`` a weight. It may be left
        out for a file that has HDUs named ERR or WHT.
    err_type : {"rms_err", "wht"}
        Which of the two is used: SExtractor's MAP_RMS or MAP_WEIGHT.
    parameters : str, Path or Parameters
        Parameter set; see `skyseg.methods.parameter_sets.load`.
    aper_diams : Quantity, optional
        Aperture diameters as angles; those configured by default.
    pix_scale : Quantity, optional
        Side of a pixel of an array, 1 arcsec by default; or of files whose
        header does not say it.

    Returns
    -------
    ParityReport
        Its text is to be read; its ``write`` makes a FITS file.

    Raises
    ------
    ParameterError
        If arguments do not go together or a value is not allowed.
    ImageError
        If the maps cannot be used.
    MethodError
        If SExtractor is not installed or fails.

    Examples
    --------
    >>> found = compare_with_sextractor("sci.fits", "wht.fits", "wht")
    >>> found.agreement.foreground_differ
    0
    """
    if check_err_type(err_type) == "none":
        raise ParameterError(
            "is 'none', and the two are compared with an error map",
            hint="use 'rms_err' or 'wht'",
            argument="err_type",
        )
    set_name, values = parameter_sets.load(parameters)
    diameters = in_arcsec(config.aper_diams * u.arcsec if aper_diams is None else aper_diams)
    facts: dict[str, Any] = {"parameters": values, "aper_diams": diameters, "err_type": err_type}
    if isinstance(sci, (str, Path, MapRef)):
        band = _band_of_files(sci, err, err_type, pix_scale)
        request, inputs = _of_band(band, facts)
    elif isinstance(sci, BandData):
        if err is not None:
            raise ParameterError(
                "is given with a band, which has its own", hint="leave it out", argument="err"
            )
        request, inputs = _of_band(sci.maps, facts)
    else:
        request, inputs = _of_arrays(sci, err, pix_scale, facts)
    known = fill_pixel_scale(request.parameters, request.pix_scale)
    request = replace(request, parameters=known)
    sci, err = np.asarray(request.sci), np.asarray(request.err)
    n_bad = check_maps(sci, err, err_type, request.name)
    sextractor, own = _run("sextractor", request), _run("skyseg", request)
    detected = _detected(sci, err, request)
    return report_on(request, set_name, inputs, sextractor, own, detected, n_bad)


def _run(method: str, request: Request) -> ProgramResult:
    outcome = methods.run(method, request)
    assert outcome.seg is not None
    return ProgramResult(outcome.seg, outcome.cat, outcome.version)


def _band_of_files(
    sci: str | Path | MapRef, err: Any, err_type: ErrType, pix_scale: u.Quantity | None
) -> BandMaps:
    if err is not None and not isinstance(err, (str, Path, MapRef)):
        raise ParameterError(
            f"is a file and err is a {type(err).__name__}", hint="give two files", argument="sci"
        )
    rms, weight = (err, None) if err_type == "rms_err" else (None, err)
    return BandMaps.from_files(sci, rms, weight, pix_scale=pix_scale)


def _of_band(band: BandMaps, facts: dict[str, Any]) -> tuple[Request, tuple[Input, ...]]:
    sources = list_inputs(band, facts["err_type"])
    values, _ = apply_header_levels(facts["parameters"], band.header)
    noise = band.noise_rows(facts["err_type"])
    assert noise is not None
    request = Request(
        sci=engine.as_array(band.sci_rows()),
        err=engine.as_array(noise),
        pix_scale=float(band.pix_scale.to_value(u.arcsec)),
        zero_point=math.nan,
        wcs=band.wcs,
        unit=band.unit,
        name=band.name,
        **facts | {"parameters": values},
    )
    return request, tuple(Input(each.role, str(each.ref), each.checksum()) for each in sources)


def _of_arrays(
    sci: Any, err: Any, pix_scale: u.Quantity | None, facts: dict[str, Any]
) -> tuple[Request, tuple[Input, ...]]:
    if err is None or isinstance(err, (str, Path, MapRef)):
        raise ParameterError(
            "is an array and err is not", hint="give two arrays of one shape", argument="sci"
        )
    maps = engine.as_array(sci, "sci"), engine.as_array(err, "err")
    scale = 1.0 * u.arcsec if pix_scale is None else pix_scale
    roles = "SCI", "ERR" if facts["err_type"] == "rms_err" else "WHT"
    request = Request(
        sci=maps[0],
        err=maps[1],
        pix_scale=float(scale.to_value(u.arcsec)),
        zero_point=math.nan,
        wcs=None,
        name="array",
        **facts,
    )
    return request, tuple(
        Input(role, "array in memory", hashlib.sha256(each.tobytes()).hexdigest())
        for role, each in zip(roles, maps, strict=True)
    )


def _detected(sci: FloatImage, err: FloatImage, request: Request) -> BoolImage:
    """Pixels above the threshold, those of detections that are too small among them."""
    maps = engine.make_maps(sci, err, request.err_type)
    prepared = engine.prepare_image(maps, request.parameters)
    whole = engine.Window(0, sci.shape[0], 0, sci.shape[1])
    filtered, threshold = prepared.filter(*prepared.read(whole))
    return filtered > threshold
