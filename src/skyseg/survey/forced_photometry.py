"""Sources of one band, or of a given SEG map, measured in other bands."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skyseg.engine.flags import Flag
from skyseg.engine.forced import measure_detected
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.maps import make_maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.segmentation import report_within
from skyseg.engine.types import ErrType, IntArray, Progress
from skyseg.errors import Advice, ParameterError, check_switch
from skyseg.imaging import BandMaps, MapRef
from skyseg.masks.bits import Bits
from skyseg.methods import catalogue, parameter_sets
from skyseg.methods import get as get_method
from skyseg.methods.base import Outcome
from skyseg.products.input_maps import InputRole
from skyseg.products.names import make_forced_path
from skyseg.products.recipe import Recipe
from skyseg.products.tables import ForcedPhot, load_or_make_table
from skyseg.survey.band_extraction import list_inputs, make_recipe, make_request
from skyseg.survey.forced_detection import Detection, SharedDetection

if TYPE_CHECKING:
    import astropy.units as u


_DET_ROLES: Final[dict[str, InputRole]] = {"SCI": "DET_SCI", "ERR": "DET_ERR", "WHT": "DET_WHT"}

logger = logging.getLogger(__name__)


def _make_recipe(
    maps: BandMaps,
    detection: Detection,
    err_type: ErrType | None,
    parameters: str | Path | Parameters | None,
    aper_diams: u.Quantity | None,
    params_name: str | Path | None,
    flag_image: str | Path | MapRef | None,
    mask: Path | None,
    exclude: Bits,
) -> Recipe:
    """Check arguments of `skyseg.BandData.perform_forced_phot`, and put down what they ask for.

    Parameters
    ----------
    maps : BandMaps
        The band to measure.
    detection : Detection
        The sources.
    err_type, parameters, aper_diams, params_name, flag_image, exclude
        As for `skyseg.BandData.perform_forced_phot`.
    mask : Path or None
        The mask of the band.

    Raises
    ------
    SkysegError
        If an argument is not allowed, or the maps do not fit.
    """
    detection.check(maps)
    run = detection.products
    if parameters is None:
        parameters = "default" if run is None else run.recipe.asked
    if run is None and (told := parameter_sets.find(parameters).list_of_two()):
        raise ParameterError(
            f"{' and '.join(told)} of the parameter set has values for two images, and the "
            "sources are of a SEG map",
            hint="give one value each, or measure the sources of a band that was segmented",
        )
    recipe = make_recipe(
        maps, err_type, "skyseg", parameters, aper_diams, params_name, flag_image, mask, exclude,
        of_another=True,
    )  # fmt: skip
    if aper_diams is None and run is not None:
        recipe = replace(recipe, aper_diams=run.recipe.aper_diams)
    noise = recipe.err_type if run is None else run.recipe.err_type
    inputs = [
        replace(each, role=_DET_ROLES[each.role]) for each in list_inputs(detection.maps, noise)
    ]
    return detection.note(replace(recipe, inputs=(*recipe.inputs, *inputs)))


def _extract(
    maps: BandMaps,
    recipe: Recipe,
    shared: SharedDetection,
    progress: Progress,
    mapper: Mapper | None = None,
) -> Outcome:
    """Measure the sources of a detection in a band.

    Parameters
    ----------
    maps : BandMaps
        The band.
    recipe : Recipe
        How it is measured.
    shared : SharedDetection
        The sources.
    progress : callable
        Called with the part that is done, 0 to 1, and what comes next.
    mapper : Mapper, optional
        How strips are worked; by default in threads.

    Returns
    -------
    Outcome
        The catalogue, without maps.

    Raises
    ------
    SkysegError
        If a map cannot be read or used.
    """
    request = make_request(maps, recipe)
    mapper = ThreadMapper() if mapper is None else mapper
    wanted = catalogue.list_measurements(request)
    detected = shared.measure(recipe, wanted, mapper, report_within(progress, 0.0, 0.5))
    measured = measure_detected(
        make_maps(
            request.sci, request.err, request.err_type, request.name, request.flags, request.mask
        ),
        detected, request.parameters, catalogue.list_circles(request), columns=wanted | {"FLAGS"},
        progress=report_within(progress, 0.5, 1.0), mapper=mapper,
    )  # fmt: skip
    if doubt := _doubt_coverage(measured.columns["FLAGS"], shared.detection):
        logger.warning(replace(doubt, where=maps.name))
    return Outcome(
        seg=None, bkg=None,
        cat=shared.detection.with_run_columns(catalogue.fill(measured.columns, request)),
        version=get_method("skyseg").version(), facts=measured.facts,
        caveats=catalogue.not_measured(measured.columns, request),
    )  # fmt: skip


def measure_band(
    maps: BandMaps,
    shared: SharedDetection,
    *,
    err_type: ErrType | None = None,
    parameters: str | Path | Parameters | None = None,
    aper_diams: u.Quantity | None = None,
    overwrite: bool = False,
    params_name: str | Path | None = None,
    flag_image: str | Path | MapRef | None = None,
    mask: Path | None = None,
    exclude: Bits = "all",
    work_dir: str | Path | None = None,
    progress: Progress,
    mapper: Mapper | None = None,
    verify: bool = False,
) -> ForcedPhot:
    """Measure the sources of a detection in a band, or load what was measured.

    Parameters
    ----------
    maps : BandMaps
        The band.
    shared : SharedDetection
        The sources.
    err_type, parameters, aper_diams, overwrite, params_name, flag_image, exclude, work_dir
        As for `skyseg.BandData.perform_forced_phot`.
    verify
        As there.
    mask : Path, optional
        The mask of the band.
    progress : callable
        Called with the part that is done, 0 to 1, and what comes next.
    mapper : Mapper, optional
        How strips are worked; by default in threads.

    Returns
    -------
    ForcedPhot

    Raises
    ------
    SkysegError
        As `skyseg.BandData.perform_forced_phot` does.
    """
    start = time.perf_counter()
    check_switch(overwrite, "overwrite")
    check_switch(verify, "verify")
    detection = shared.detection
    recipe = _make_recipe(
        maps, detection, err_type, parameters, aper_diams, params_name, flag_image, mask, exclude
    )
    paths = make_forced_path(
        instrument=maps.instrument,
        version=maps.version,
        survey=maps.survey,
        band=maps.band,
        detection=detection.name,
        err_type=recipe.err_type,
        suffix=detection.suffix(recipe.set_name),
        work_dir=work_dir,
    )
    found = load_or_make_table(
        paths,
        recipe,
        lambda: _extract(maps, recipe, shared, progress, mapper),
        overwrite=overwrite,
        verify=verify,
    )
    logger.info(
        "%s: %d sources of %s %s in %.1f s: %s",
        maps.name,
        found.n_sources,
        detection.name,
        "measured" if found.made else "loaded",
        time.perf_counter() - start,
        found.paths.cat,
    )
    return found


def _doubt_coverage(flags: IntArray, detection: Detection) -> Advice | None:
    """Say that a band covers none of the sources; they are not NaN and flagged one by one."""
    if not len(flags) or not (flags & int(Flag.NOT_COVERED)).all():
        return None
    sources = "the source" if len(flags) == 1 else f"any of the {len(flags)} sources"
    return Advice(
        f"does not cover {sources} of {detection.name}: all that would be of it is NaN, and FLAGS "
        f"has {int(Flag.NOT_COVERED)}",
        "check its maps and its mask if it should",
    )
