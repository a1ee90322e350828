"""The noise as it is among the facts of a run, whatever the method, and what it speaks against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.maps import make_maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import as_rows
from skyseg.engine.sky_noise import measure_maps_for_run, tell_known
from skyseg.errors import Advice
from skyseg.imaging.noise import check_sky
from skyseg.methods.base import Method, Outcome, Request

LEAST_SIGMAS: Final = 3.0
"""Sigma of the filtered sky below which a threshold detects noise."""

MOST_OFF: Final = 1.3
"""How many times off an error map may be before it is said."""


def add_noise(outcome: Outcome, method: Method, request: Request) -> Outcome:
    """Return an outcome that tells the noise of its image, and what speaks against it.

    Parameters
    ----------
    outcome : Outcome
        What a method gave.
    method : Method
        The method.
    request : Request
        What it was given.

    Returns
    -------
    Outcome
        With the facts of `skyseg.engine.NoiseMeasure`, with ``detect_sigma``, the detection
        threshold in units of the scatter of the filtered sky, and with a caveat for each
        of `doubt_run`.
    """
    parameters, facts = request.parameters, dict(outcome.facts)
    if not getattr(method, "measures_noise", False):
        facts |= _measure(method, request)
    unit = getattr(method, "threshold_rms", None)
    thresh = parameters.detect_thresh
    if unit is not None and parameters.thresh_type == "RELATIVE" and not isinstance(thresh, tuple):
        sigma = facts.get("filtered_sigma", math.nan)
        if parameters.thresh_unit == "rms":
            thresh *= unit(request) / sigma
        facts |= tell_known({"detect_sigma": thresh})
    facts |= _tell_hot(facts, request)
    doubts = tuple(doubt.what for doubt in doubt_request(facts, request))
    return outcome.but(facts=facts, caveats=(*doubts, *outcome.caveats))


def _tell_hot(facts: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """Tell the threshold of a second pass in units of the scatter of its filtered sky."""
    thresh = None if request.hot is None else request.hot.parameters.detect_thresh
    if request.hot is None or not isinstance(thresh, float):
        return {}
    if request.hot.parameters.thresh_unit == "rms":
        thresh /= facts.get("hot_filtered_sigma", math.nan)
    return tell_known({"hot_detect_sigma": thresh})


def doubt_request(facts: Mapping[str, Any], request: Request) -> Iterator[Advice]:
    """Say what `doubt_run` does, of both passes by their names where there are two; and of the sky.

    The sky of an image whose thresholds are values of it, as of a chi stack, may be anywhere.
    """
    own = request.parameters
    if own.back_type == "MANUAL" and own.thresh_type == "RELATIVE":
        rms = request.err if request.err_type == "rms_err" else None
        off = check_sky(as_rows(request.sci), None if rms is None else as_rows(rms), own.back_value)
        if off is not None:
            yield off
    yield from doubt_run(facts, request.parameters, "" if request.hot is None else "cold pass: ")
    if request.hot is not None and "hot_detect_sigma" in facts:
        threshold = {"detect_sigma": facts["hot_detect_sigma"]}
        yield from doubt_run(threshold, request.hot.parameters, "hot pass: ")


def doubt_run(facts: Mapping[str, Any], parameters: Parameters, of: str = "") -> Iterator[Advice]:
    """Say where the noise as it is speaks against the threshold or the error map of a run.

    Parameters
    ----------
    facts : mapping
        Those of an outcome of `skyseg.methods.run`.
    parameters : Parameters
        What it was asked for.
    of : str, optional
        What stands before a sentence about the threshold.

    Examples
    --------
    >>> facts = {"detect_sigma": 1.8, "rms_scale": 2.0, "aperture_scale": 3.5}
    >>> for doubt in doubt_run(facts, Parameters()):
    ...     print(doubt.what)
    detect_thresh 1.8 is 1.80 sigma of the filtered sky, so that noise is detected too
    the sky scatters 2.00 times as far as its error map tells, and light in circles 3.50 times

    Drizzling smooths the noise of pixels, so that a map that is right for apertures tells more
    than their scatter. Where it is right for either, or for a size between, nothing is said; nor
    of an image whose thresholds are values of it, as of a chi stack, which scatters otherwise.
    """
    sigmas = facts.get("detect_sigma", math.inf)
    if sigmas < LEAST_SIGMAS:
        thresh = parameters.detect_thresh
        assert not isinstance(thresh, tuple)
        what = f"{of}detect_thresh {thresh:g} is {sigmas:.2f} sigma of the filtered sky"
        yield Advice(
            f"{what}, so that noise is detected too",
            f"give one of {LEAST_SIGMAS * thresh / sigmas:.3g} or more",
        )
    if parameters.thresh_type == "ABSOLUTE":
        return
    pixels = facts.get("rms_scale", 1.0)
    circles = facts.get("aperture_scale", pixels)
    if min(pixels, circles) > MOST_OFF or max(pixels, circles) < 1 / MOST_OFF:
        what = f"the sky scatters {pixels:.2f} times as far as its error map tells"
        yield Advice(
            f"{what}, and light in circles {circles:.2f} times",
            "errors are off by that; check the map, or have it scaled: error type wht",
        )


def _measure(method: Method, request: Request) -> dict[str, Any]:
    """Measure the noise of the maps of a request, scaled as the method scales them."""
    parameters = request.parameters
    if getattr(method, "takes_weights_as_they_are", False):
        parameters = parameters.replace(rescale_weights=False)
    maps = make_maps(request.sci, request.err, request.err_type, request.name, mask=request.mask)
    return measure_maps_for_run(maps, parameters, request.mapper or ThreadMapper()).told
