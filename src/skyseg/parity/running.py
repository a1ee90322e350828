"""Running the two programs on the same maps."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt

from skyseg import engine, methods
from skyseg.engine import Parameters
from skyseg.engine.flag_maps import FlagRows
from skyseg.engine.parameters import WeightType
from skyseg.engine.types import BoolImage, ErrType
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.imaging import BandMaps, MapRef, check_maps
from skyseg.methods import parameter_sets
from skyseg.methods.base import Request
from skyseg.methods.columns import AskedColumn, needs_zero_point
from skyseg.methods.param_file import load_columns
from skyseg.methods.parameter_sets import ParameterSet
from skyseg.methods.sextractor_files import UserFiles, run_on_files
from skyseg.parity.measurements import SHOWN, AskedColumns, can_compare, list_compared
from skyseg.parity.report import Input, ParityReport, ProgramResult, report_on
from skyseg.survey import BandData
from skyseg.survey.band_extraction import list_inputs
from skyseg.survey.settling import fill_pixel_scale, settle, settle_diameters, settle_err_type

logger = logging.getLogger(__name__)

_UNKNOWN_ZERO_POINT: Final = 0.0  # differences of magnitudes do not depend on it
_Case = tuple[Request, UserFiles, tuple[Input, ...]]


def compare_with_sextractor(
    sci: npt.ArrayLike | str | Path | MapRef | BandData,
    err: npt.ArrayLike | str | Path | MapRef | None = None,
    err_type: ErrType | None = None,
    parameters: str | Path | Parameters = "default",
    *,
    aper_diams: u.Quantity | None = None,
    pix_scale: u.Quantity | None = None,
    params_name: str | Path | None = None,
) -> ParityReport:
    """Run SExtractor and the embedded engine on the same maps and compare what they find.

    SExtractor reads the user's own files, a ``.sex`` file among them, as far as it can; see
    `skyseg.methods.sextractor_files.run_on_files`. The report says what was copied and why.

    Parameters
    ----------
    sci : array_like, path, MapRef or BandData
        The image: an array of shape (ny, nx), a file as ``"a.fits[SCI]"``, or a
        band, which brings its error maps.
    err : array_like, path or MapRef, optional
        For ``rms_err`` the rms of the noise, for ``wht`` a weight. It may be left
        out for a file that has HDUs named ERR or WHT, and for ``none``.
    err_type : {"rms_err", "wht", "none"}, optional
        Which of the two is used: SExtractor's MAP_RMS, MAP_WEIGHT or NONE; by default
        what the parameter set says, else ``rms_err``.
    parameters : str, Path or Parameters
        Parameter set; see `skyseg.methods.parameter_sets.find`.
    aper_diams : Quantity, optional
        Aperture diameters as angles; by default those of the parameter set, else those
        configured.
    pix_scale : Quantity, optional
        Side of a pixel of an array, 1 arcsec by default; or of files whose
        header does not say it.
    params_name : str or Path, optional
        A ``.param`` file that names the columns to compare, magnitudes and those on the sky
        among them; by default all that the engine measures itself.

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
    chosen = parameter_sets.find(parameters)
    if told := chosen.list_of_two():
        raise ParameterError(
            f"{' and '.join(told)} of the parameter set {chosen.name} has values for two images",
            hint="give one value each: one image is compared",
        )
    if chosen.hot is not None:
        raise ParameterError(
            f"the parameter set {chosen.name} has two passes, and SExtractor has one",
            hint="compare each pass by its own set",
        )
    if chosen.values.clean_psf is not None:
        raise ParameterError(
            f"the parameter set {chosen.name} has a clean_psf, and SExtractor follows none",
            hint="leave it out",
        )
    asked = load_columns(params_name)
    names = frozenset(each.name for each in asked or ())
    if isinstance(sci, (str, Path, MapRef)):
        band = _band_of_files(sci, err, settle_err_type(chosen.values, err_type)[0], pix_scale)
        case = _of_band(band, chosen, err_type, aper_diams, names)
    elif isinstance(sci, BandData):
        if err is not None:
            raise ParameterError(
                "is given with a band, which has its own", hint="leave it out", argument="err"
            )
        case = _of_band(sci.maps, chosen, err_type, aper_diams, names)
    else:
        case = _of_arrays(sci, err, chosen, err_type, aper_diams, pix_scale)
    request, files, inputs = case
    request = replace(request, columns=list_compared(request, asked))
    of_file = None if asked is None else _describe(asked, request)
    n_bad = _count_bad(request)
    program, own = run_on_files(request, files), _run("skyseg", request)
    return report_on(request, chosen.name, inputs, program, own, _detected(request), n_bad, of_file)


def _describe(asked: tuple[AskedColumn, ...], request: Request) -> AskedColumns:
    """Put down what a ``.param`` file asks for."""
    compared = [each for each in asked if each.name in SHOWN or can_compare(each.name, request)]
    return AskedColumns(
        columns=tuple(map(str, compared)),
        left_out=tuple(
            each.name for each in asked if each not in compared and each.name != "NUMBER"
        ),
        zero_point=request.zero_point if needs_zero_point(compared) else None,
    )


def _count_bad(request: Request) -> int:
    sci = np.asarray(request.sci)
    if request.err is None:
        return int(np.count_nonzero(engine.mark_bad_pixels(sci, None, "none")))
    return check_maps(sci, np.asarray(request.err), request.err_type, request.name)


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
    if err_type == "none" and err is not None:
        raise ParameterError(
            "is given, and the noise is to be taken from the image itself",
            hint="leave it out, or give the error type that it is of, rms_err or wht",
            argument="err",
        )
    rms, weight = (err, None) if err_type == "rms_err" else (None, err)
    return BandMaps.from_files(sci, rms, weight, pix_scale=pix_scale)


def _of_band(
    maps: BandMaps, chosen: ParameterSet, err_type: ErrType | None,
    aper_diams: u.Quantity | None, names: frozenset[str],
) -> _Case:  # fmt: skip
    settled = settle(maps, chosen, err_type, aper_diams, names, _UNKNOWN_ZERO_POINT)
    for note in settled.notes:
        logger.warning(note)
    noise = maps.noise_rows(settled.err_type, settled.parameters.weight_type)
    pix_scale = float(maps.pix_scale.to_value(u.arcsec))
    request = Request(
        sci=engine.as_array(maps.sci_rows()),
        err=None if noise is None else engine.as_array(noise),
        err_type=settled.err_type,
        parameters=fill_pixel_scale(settled.parameters, pix_scale),
        aper_diams=settled.aper_diams,
        pix_scale=pix_scale,
        zero_point=settled.zero_point,
        sky=maps.sky,
        unit=maps.unit,
        flags=_find_flags(maps, settled.parameters.flag_image),
        name=maps.name,
    )
    inputs = tuple(
        Input(each.role, str(each.ref), each.checksum())
        for each in list_inputs(maps, settled.err_type)
    )
    rms = _as_used(maps.err, settled.parameters.weight_type)
    own = {"rms_err": rms, "wht": maps.wht, "none": None}[settled.err_type]
    return request, UserFiles(chosen, maps.sci, own, maps.header), inputs


def _find_flags(maps: BandMaps, named: str | None) -> FlagRows | None:
    """Return the flag map that the set names; its file may be nowhere, as no column asks for it."""
    if named is None:
        return None
    try:
        return maps.flag_rows(MapRef.parse(named, None))
    except DataNotFoundError as error:
        logger.info("%s: no flags are compared (%s)", maps.name, error)
        return None


def _as_used(err: MapRef | None, weight_type: WeightType | None) -> MapRef | None:
    """Return a map that is used as it is on disk; the root of a variance is made in memory."""
    if err is None or (err.is_variance and weight_type != "MAP_VAR"):
        return None
    return err


def _of_arrays(
    sci: Any, err: Any, chosen: ParameterSet, err_type: ErrType | None,
    aper_diams: u.Quantity | None, pix_scale: u.Quantity | None,
) -> _Case:  # fmt: skip
    settled_type, values = settle_err_type(chosen.values, err_type)
    if isinstance(err, (str, Path, MapRef)) or (err is None) != (settled_type == "none"):
        raise ParameterError(
            "is an array and err is not", hint="give two arrays of one shape", argument="sci"
        )
    pixel = 1.0 * u.arcsec if pix_scale is None else pix_scale
    scale = float(pixel.to_value(u.arcsec))
    request = Request(
        sci=engine.as_array(sci, "sci"),
        err=None if err is None else engine.as_array(err, "err"),
        err_type=settled_type,
        parameters=fill_pixel_scale(values, scale),
        aper_diams=settle_diameters(values, aper_diams, pixel),
        pix_scale=scale,
        zero_point=(_UNKNOWN_ZERO_POINT if values.mag_zeropoint is None else values.mag_zeropoint),
        sky=None,
        name="array",
    )
    role = "ERR" if settled_type == "rms_err" else "WHT"
    maps = [("SCI", request.sci)] + ([] if request.err is None else [(role, request.err)])
    return (
        request,
        UserFiles(chosen),
        tuple(
            Input(name, "array in memory", hashlib.sha256(np.asarray(each).tobytes()).hexdigest())
            for name, each in maps
        ),
    )


def _detected(request: Request) -> BoolImage:
    """Pixels above the threshold, those of detections that are too small among them."""
    maps = engine.make_maps(request.sci, request.err, request.err_type)
    prepared = engine.prepare_image(maps, request.parameters)
    ny, nx = request.sci.shape
    whole = engine.Window(0, ny, 0, nx)
    filtered, threshold = prepared.filter(*prepared.read(whole), whole)
    return filtered > threshold
