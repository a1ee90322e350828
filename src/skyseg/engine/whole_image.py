"""The facts of a whole image: measured strip by strip, and once while its maps stay as they are."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from skyseg.engine._arrays import as_count, as_instance, as_list, as_mapper, as_progress
from skyseg.engine.background import MeshRule
from skyseg.engine.image_facts import (
    BadPixels,
    Holes,
    ImageFacts,
    RawMeshes,
    StripFacts,
    describe_empty,
    filter_meshes,
    follow_holes,
    mark_strip,
    measure_sky,
    stack_meshes,
)
from skyseg.engine.known_facts import find_facts, keep_facts, name_facts
from skyseg.engine.mappers import Mapper, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import choose_strips_of
from skyseg.engine.thresholding import check_threshold_unit
from skyseg.engine.types import Progress
from skyseg.errors import ParameterError


class SeenStrips(NamedTuple):
    """Facts of the strips of an image, and what they depend on, as that was before."""

    name: Hashable | None
    facts: Sequence[StripFacts]


def measure_facts(
    maps: Maps, parameters: Parameters, *, strip_rows: int | None = None,
    hole_rows: Sequence[int] = (0,), mapper: Mapper = map, progress: Progress | None = None,
) -> ImageFacts:  # fmt: skip
    """Read the whole image, some rows at a time, and measure what all of its parts need.

    Of maps that tell their state this is done once while they stay as they are.

    Parameters
    ----------
    maps : Maps
        The image.
    parameters : Parameters
        Those of meshes and noise are used; see `keep_sky`.
    strip_rows : int, optional
        Rows that are read at a time, at the least; the result does not depend on it.
    hole_rows : sequence of int
        Rows at which `Holes` are to be known, ascending, the first one 0.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.

    Returns
    -------
    ImageFacts

    Raises
    ------
    ParameterError
        If an argument is not what is asked for, or ``weight_type`` contradicts the error type.
    """
    as_instance(maps, Maps, "maps")
    as_instance(parameters, Parameters, "parameters")
    as_mapper(mapper)
    rows = _as_hole_rows(hole_rows, maps.shape[0])
    if strip_rows is not None:
        strip_rows = as_count(strip_rows, "strip_rows")
    return obtain_facts(maps, parameters, strip_rows, rows, mapper, as_progress(progress))


def obtain_facts(
    maps: Maps, parameters: Parameters, strip_rows: int | None, rows: Sequence[int],
    mapper: Mapper, progress: Progress, seen: SeenStrips | None = None,
) -> ImageFacts:  # fmt: skip
    """Do as `measure_facts`; of the strips that `choose_strips_of` gives all may be measured."""
    name = name_image(maps, parameters, rows) if seen is None else seen.name
    if (known := find_facts(name)) is not None:
        return known
    strips = choose_strips_of(parameters.back_size, maps.shape, strip_rows)
    told: Iterable[StripFacts]
    if seen is None:
        source, rule = NoiseSource.of(maps.err_type, parameters), MeshRule.of(parameters)
        parts = mapper(partial(measure_sky, maps, source, rule), strips)
        told = report_each(parts, progress, len(strips), "sky")
    else:
        told = seen.facts
    return keep_facts(name, _join_facts(maps, parameters, strips, told, rows, mapper))


def name_image(maps: Maps, parameters: Parameters, rows: Sequence[int]) -> Hashable | None:
    """Return what the facts of an image depend on, as its maps are now; see `name_facts`."""
    return name_facts(maps, keep_sky(parameters), rows)


def _join_facts(
    maps: Maps, parameters: Parameters, strips: Sequence[tuple[int, int]],
    told: Iterable[StripFacts], rows: Sequence[int], mapper: Mapper,
) -> ImageFacts:  # fmt: skip
    """Put together what the strips of a whole image tell; see `measure_facts`."""
    source = NoiseSource.of(maps.err_type, parameters)
    seen: list[RawMeshes] = []
    n_bad, holes = follow_holes(maps.shape, strips, _keep_meshes(told, seen), rows)
    raw = stack_meshes(seen)
    if n_bad == math.prod(maps.shape):
        known = holes if source.has_map else Holes((), ())
        return describe_empty(raw, known, maps.shape, MeshRule.of(parameters))
    mesh, factor, noise = filter_meshes(raw, maps, parameters)
    if source.bad_depend_on_factor:
        again = mapper(partial(mark_strip, maps, source, factor), strips)
        n_bad, holes = follow_holes(maps.shape, strips, again, rows)
    known = holes if source.has_map else Holes((), ())
    found = ImageFacts(mesh, factor, noise, n_bad, known, raw)
    if parameters.thresh_unit == "rms":
        return found
    from skyseg.engine.sky_scale import measure_sky_scale

    check_threshold_unit(parameters)
    return replace(
        found, sky_scale=measure_sky_scale(PreparedImage.of(maps, found, parameters), mapper)
    )


def _keep_meshes(parts: Iterable[StripFacts], seen: list[RawMeshes]) -> Iterator[BadPixels]:
    """Yield the bad pixels of each strip, of which the rest is kept."""
    for part in parts:
        seen.append(part.meshes)
        yield part.bad


def needs_facts(source: NoiseSource, parameters: Parameters) -> bool:
    """Tell whether any fact of the whole image matters to what a part of it is prepared to."""
    is_known = parameters.back_type == "MANUAL" and source.has_map and not source.rescaled
    return not (is_known and parameters.thresh_unit == "rms")


def keep_sky(parameters: Parameters, *others: str) -> Parameters:
    """Keep the parameters that `measure_facts` uses, and others; the rest is `Parameters()`."""
    names = (
        "back_size", "back_filtersize", "back_filtthresh", "back_pearson", "weight_type",
        "rescale_weights", "weight_thresh",
    )  # fmt: skip
    if parameters.thresh_unit == "filtered":
        others += ("thresh_unit", "thresh_type", "filter", "filter_name", "back_type", "back_value")
    kept = {name: getattr(parameters, name) for name in (*names, *others)}
    return Parameters(**kept)


def _as_hole_rows(value: Sequence[int], ny: int) -> list[int]:
    """Return rows of an image, ascending, the first one 0."""
    rows = as_list(value, "hole_rows", np.int64)
    if not len(rows) or rows[0] != 0 or rows[-1] >= ny or (np.diff(rows) < 1).any():
        raise ParameterError(
            f"is {value!r}", hint=f"give rows from 0 on, ascending, below {ny}",
            argument="hole_rows",
        )  # fmt: skip
    return [int(row) for row in rows]


def prepare_image(maps: Maps, parameters: Parameters, mapper: Mapper = map) -> PreparedImage:
    """Measure an image and prepare it.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        Those of background, filter and threshold are used.
    mapper : Mapper
        Works strips of rows.

    Returns
    -------
    PreparedImage
    """
    return PreparedImage.of(maps, measure_facts(maps, parameters, mapper=mapper), parameters)
