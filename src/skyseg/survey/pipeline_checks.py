"""What a pipeline is asked to do, checked before anything is made."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import astropy.units as u

from skyseg import methods
from skyseg.engine.types import check_err_type
from skyseg.errors import ParameterError, SkysegError
from skyseg.imaging import MapRef
from skyseg.masks.bits import parse_excluded
from skyseg.methods import parameter_sets
from skyseg.survey.aper_corr_cols import measure_enclosed
from skyseg.survey.collection import advise_key, find_bands
from skyseg.survey.settling import in_arcsec
from skyseg.survey.stacking import StackKey, find_zero_points
from skyseg.survey.survey_cat import check_unit

if TYPE_CHECKING:
    from pathlib import Path

    from skyseg.engine.parameters import Parameters
    from skyseg.survey.band import BandData
    from skyseg.survey.data import Data
    from skyseg.survey.pipeline import PipelineSteps


def check_steps(data: Data, asked: PipelineSteps) -> None:
    """Check what a pipeline is asked to do.

    Parameters
    ----------
    data : Data
        The survey.
    asked : PipelineSteps
        What is asked for.

    Raises
    ------
    SkysegError
        If there is no such band, unit, bit, parameter set or method, the bands of a stack do not
        make one, an aperture is not allowed, no band has a known zero point, or the image of a
        PSF cannot be used.
    """
    members = []
    if "+" in asked.detect and not find_bands(data.bands, asked.detect):
        members = [data[key].maps for key in StackKey.parse(asked.detect).bands]
    else:
        data[asked.detect]
    if asked.err_type is not None:
        check_err_type(asked.err_type)
    if asked.method is not None:
        methods.check(asked.method)
    if asked.aper_diams is not None:
        in_arcsec(asked.aper_diams)
    parse_excluded(asked.exclude, has_mask=asked.mask)
    check_unit(asked.flux_unit)
    _check_zero_points(data, asked)
    if members:
        stack = StackKey.parse(asked.detect)
        find_zero_points(members, stack.method, stack.err_type)
    values = parameter_sets.find(asked.parameters).values
    _check_psfs(data, asked, of_set=values.phot_apertures is not None)


def find_measured_zero_point(band: BandData, parameters: str | Path | Parameters) -> float:
    """Find the zero point of a band's fluxes: that of the parameter set, or its own; or NaN.

    Raises
    ------
    ImageError
        If its header cannot be read.
    """
    told = parameter_sets.find(parameters).of_measured().values.mag_zeropoint
    return band.maps.known_zero_point if told is None else told


def _check_zero_points(data: Data, asked: PipelineSteps) -> None:
    """Refuse bands none of which could be in the catalogue; one that could not fails alone."""
    for band in data:
        try:
            if not math.isnan(find_measured_zero_point(band, asked.parameters)):
                return
        except SkysegError:  # which its steps say
            return
    raise ParameterError(
        f"the zero point of {', '.join(data.keys())} is unknown, and so are fluxes in units of Jy",
        hint="give {zero_point_of_each}",
    )  # fmt: skip


def _check_psfs(data: Data, asked: PipelineSteps, *, of_set: bool) -> None:
    """Check the images of PSFs, by which apertures are corrected at the very end."""
    check_psf_keys(data, asked.psfs)
    for key, psf in asked.psfs.items():
        if key.upper() in data.lost:
            continue
        band = data[key]
        diameters = band.aper_diams if asked.aper_diams is None else asked.aper_diams
        known = () if of_set and asked.aper_diams is None else in_arcsec(diameters)
        scale = float(band.pix_scale.to_value(u.arcsec))
        try:
            measure_enclosed(MapRef.parse(psf, None), known, scale)
        except SkysegError as error:
            raise error.at(key) from error


def check_psf_keys(data: Data, keys: Iterable[str]) -> None:
    """Check that PSFs are those of bands of a survey.

    Raises
    ------
    ParameterError
        If there is no such band.
    """
    known = [*data.keys(), *data.lost]
    for key in keys:
        if key.upper() not in {each.upper() for each in known}:
            raise ParameterError(
                f"has {key}, which {data.survey} {data.version} has not",
                hint=advise_key(key, known), argument="psfs",
            )  # fmt: skip
