"""Running the two programs on the same maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import astropy.units as u
import numpy as np

from skyseg import engine, methods
from skyseg.engine import Parameters
from skyseg.engine.detected import detect_labels
from skyseg.engine.forced import measure_detected
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import BoolImage, ErrType, check_err_type
from skyseg.errors import DataNotFoundError, ImageError, ParameterError
from skyseg.imaging import check_maps
from skyseg.methods import catalogue, parameter_sets
from skyseg.methods.base import Request
from skyseg.methods.columns import AskedColumn, needs_zero_point
from skyseg.methods.known_shapes import find_known_shapes
from skyseg.methods.param_file import load_columns
from skyseg.methods.parameter_sets import ParameterSet
from skyseg.methods.sextractor_files import run_on_files
from skyseg.parity.cases import Asked, Case, Image, Noise, make_case
from skyseg.parity.measurements import SHOWN, AskedColumns, can_compare, list_compared
from skyseg.parity.report import MeasuredImage, ParityReport, ProgramResult, report_on
from skyseg.survey.forced_detection import check_measured_grid


def compare_with_sextractor(
    sci: Image,
    err: Noise = None,
    err_type: ErrType | None = None,
    parameters: str | Path | Parameters = "default",
    *,
    aper_diams: u.Quantity | None = None,
    pix_scale: u.Quantity | None = None,
    measured: Image | None = None,
    measured_err: Noise = None,
    measured_err_type: ErrType | None = None,
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
    measured : array_like, path, MapRef or BandData, optional
        Another image on the same pixels: both programs detect in the first and measure there,
        SExtractor with two images. A ``.sex`` file may have two values of a setting then.
    measured_err : array_like, path or MapRef, optional
        Its error map, as ``err`` is that of the first.
    measured_err_type : {"rms_err", "wht", "none"}, optional
        Which it is; by default what the parameter set says of a second image, else ``rms_err``.
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
        If the maps cannot be used, or the second image is not on the pixels of the first.
    MethodError
        If SExtractor is not installed or fails.

    Examples
    --------
    >>> found = compare_with_sextractor("sci.fits", "wht.fits", "wht")
    >>> found.agreement.foreground_differ
    0
    >>> found = compare_with_sextractor(
    ...     "sci.fits", "wht.fits", "wht", measured="f444w.fits", measured_err_type="rms_err"
    ... )
    >>> found.measured.err_type
    'rms_err'
    """
    chosen = _find_set(parameters, of_two=measured is not None)
    columns = load_columns(params_name)
    names = frozenset(each.name for each in columns or ())
    asked = Asked(replace(chosen, measuring=None), err_type, aper_diams, pix_scale, names)
    case = make_case(sci, err, asked)
    if measured is None:
        _refuse_alone(measured_err=measured_err, measured_err_type=measured_err_type)
        case = _with_columns(case, columns)
        found, image = case, None
        program, own = run_on_files(case.request, case.files), _run(case.request)
    else:
        asked = replace(asked, chosen=chosen.of_measured(), err_type=measured_err_type)
        found = _with_columns(_make_measured(measured, measured_err, asked), columns)
        _check_grid(case, found)
        image = MeasuredImage(
            found.request.name, found.inputs, _count_bad(found.request), found.request.err_type,
            found.request.parameters,
        )  # fmt: skip
        program = run_on_files(case.request, case.files, (found.request, found.files))
        own = _run_two(case.request, found.request)
    of_file = None if columns is None else _describe(columns, found.request)
    return report_on(
        case.request, chosen.name, case.inputs, program, own, _detected(case.request),
        _count_bad(case.request), of_file, image,
    )  # fmt: skip


def _find_set(parameters: str | Path | Parameters, *, of_two: bool) -> ParameterSet:
    """Find a parameter set that both programs can follow."""
    chosen = parameter_sets.find(parameters)
    if not of_two and (told := chosen.list_of_two()):
        raise ParameterError(
            f"{' and '.join(told)} of the parameter set {chosen.name} has values for two images",
            hint="give {measured}, or one value each: one image is compared",
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
    if chosen.values.thresh_unit == "filtered":
        raise ParameterError(
            f"the parameter set {chosen.name} has thresh_unit 'filtered', and SExtractor has "
            "thresholds in rms alone",
            hint="give thresholds in rms",
        )
    return chosen


def _refuse_alone(**given: object) -> None:
    """Refuse what is said of a second image that there is none of."""
    for argument, value in given.items():
        if value is not None:
            raise ParameterError(
                "is given without a second image", hint="give {measured} too", argument=argument
            )


def _make_measured(measured: Image, err: Noise, asked: Asked) -> Case:
    """Put down what both programs are given of the second image; errors name its arguments."""
    if asked.err_type is not None:
        check_err_type(asked.err_type, "measured_err_type")
    try:
        return make_case(measured, err, asked, "measured")
    except DataNotFoundError as error:
        hint = error.hint.replace("{err_type_none}", "{measured_err_type_none}")
        raise DataNotFoundError(error.what, hint=hint, where=error.where) from error


def _with_columns(case: Case, asked: tuple[AskedColumn, ...] | None) -> Case:
    columns = list_compared(case.request, asked)
    return case._replace(request=replace(case.request, columns=columns))


def _check_grid(case: Case, measured: Case) -> None:
    """Check that both images lie on the same pixels."""
    if case.maps is not None and measured.maps is not None:
        check_measured_grid(case.maps, measured.maps)
    elif case.maps is not measured.maps:
        raise ParameterError(
            "is an array and the other image is not, or the other way round",
            hint="give two arrays, or two files or bands",
            argument="measured",
        )
    elif case.request.shape != measured.request.shape:
        raise ImageError(
            f"has shape {measured.request.shape} and the image that is detected in "
            f"{case.request.shape}",
            hint="give maps on the same pixels",
            argument="measured",
        )


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


def _run(request: Request) -> ProgramResult:
    outcome = methods.run("skyseg", request)
    assert outcome.seg is not None
    return ProgramResult(outcome.seg, outcome.cat, outcome.version)


def _run_two(request: Request, measured: Request) -> ProgramResult:
    """Detect in one image and measure in another, as forced photometry does."""
    found, mapper = _run(request), ThreadMapper()
    wanted = catalogue.list_measurements(measured) | {"FLAGS"}
    numbers = np.asarray(found.cat["NUMBER"], np.int64)
    detected = detect_labels(
        _make_maps(request), found.labels, request.parameters,
        known=find_known_shapes(found.cat, numbers), columns=wanted, mapper=mapper,
    )  # fmt: skip
    columns = measure_detected(
        _make_maps(measured), detected, measured.parameters, catalogue.list_circles(measured),
        columns=wanted, mapper=mapper,
    ).columns  # fmt: skip
    return replace(found, cat=catalogue.build(columns, measured))


def _make_maps(request: Request) -> engine.Maps:
    return engine.make_maps(request.sci, request.err, request.err_type, request.name, request.flags)


def _detected(request: Request) -> BoolImage:
    """Pixels above the threshold, those of detections that are too small among them."""
    prepared = engine.prepare_image(_make_maps(request), request.parameters)
    ny, nx = request.sci.shape
    whole = engine.Window(0, ny, 0, nx)
    filtered, threshold = prepared.filter(*prepared.read(whole), whole)
    return filtered > threshold
