"""From maps to sources before CLEAN, strip by strip, and to the facts of the image on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from skyseg.engine._borders import Edges, follow_borders, join_shared
from skyseg.engine._gaussian_window import WINDOW_ERRORS
from skyseg.engine._isophotes import CENTROIDS
from skyseg.engine._strips import (
    Found,
    FoundCut,
    FoundPart,
    FoundStrip,
    Work,
    deblend_cut,
    detect_and_measure,
    detect_strips,
)
from skyseg.engine.image_facts import StripFacts
from skyseg.engine.mappers import LightTasks, Mapper, can_keep, map_kept, share_out
from skyseg.engine.rows import Window
from skyseg.engine.seen_pixels import SeenPixels
from skyseg.engine.types import Progress
from skyseg.engine.whole_image import needs_facts

_MOST_TIMES: Final = 2

Strips = Sequence[tuple[int, int]]
"""First row of each strip, and the row after its last."""

Detected = Iterable[tuple[Any, tuple[int, Found, Edges]]]
"""What stands for each strip, and what is told of it."""


def can_find_at_once(work: Work, strips: Strips, meshed: Strips) -> bool:
    """Tell whether sources before CLEAN depend on nothing that all of the image tells.

    That would be the mesh, the scale of a weight map, or the global noise, which levels and the
    gain refer to. And strips of whole meshes have to be about as high as others.
    """
    parameters = work.parameters
    if meshed[0][1] > _MOST_TIMES * strips[0][1] or needs_facts(work.image.source, parameters):
        return False
    is_level = parameters.thresh_type != "RELATIVE" or isinstance(parameters.analysis_thresh, tuple)
    has_gain = parameters.weight_gain and parameters.gain > 0
    return not (is_level or has_gain) and work.columns.isdisjoint(WINDOW_ERRORS.union(CENTROIDS))


def find_in_strips(
    work: Work, within: Window, strips: Strips, mapper: Mapper, progress: Progress, *,
    spread: bool = False, pixels: SeenPixels | None = None,
) -> list[FoundPart]:  # fmt: skip
    """Detect and deblend in strips of a window; what was detected stays where the mapper works.

    So do the pixels of the sources, where they are to be ``spread``. Where all is worked here,
    ``pixels`` takes those above the threshold.
    """
    tell = FoundStrip.tell_without_pixels if spread else FoundStrip.tell
    detect = partial(detect_strips, work, within, keeps_pixels=pixels is not None)
    detected = map_kept(mapper, detect, share_out(mapper, strips), tell)
    return _follow(work, within, detected, mapper, progress, spread=spread, pixels=pixels)


def find_at_once(
    work: Work, strips: Strips, mapper: Mapper, progress: Progress, *, spread: bool = False,
    pixels: SeenPixels | None = None,
) -> tuple[list[FoundPart], list[StripFacts]]:  # fmt: skip
    """Do as `find_in_strips` in a whole image of which nothing is known, and measure its strips.

    They hold whole meshes. `can_find_at_once` says where this gives the same sources.
    """
    facts: list[StripFacts] = []
    tell = partial(_tell_with_facts, spread=spread)

    def keep_facts(
        seen: Iterable[tuple[Any, tuple[tuple[StripFacts, ...], tuple[int, Found, Edges]]]],
    ) -> Iterator[tuple[Any, tuple[int, Found, Edges]]]:
        for kept, (sky, told) in seen:
            facts.extend(sky)
            yield kept, told

    detect = partial(detect_and_measure, work, keeps_pixels=pixels is not None)
    seen = map_kept(mapper, detect, share_out(mapper, strips), tell)
    everything = Window(0, work.shape[0], 0, work.shape[1])
    found = _follow(
        work, everything, keep_facts(seen), mapper, progress, spread=spread, pixels=pixels
    )
    return found, facts


def _tell_with_facts(
    strip: FoundStrip, *, spread: bool
) -> tuple[tuple[StripFacts, ...], tuple[int, Found, Edges]]:
    return strip.facts, strip.tell_without_pixels() if spread else strip.tell()


def _follow(
    work: Work, within: Window, detected: Detected, mapper: Mapper, progress: Progress, *,
    spread: bool, pixels: SeenPixels | None,
) -> list[FoundPart]:  # fmt: skip
    """Follow regions from strip to strip, and deblend those that strips share."""
    parts: list[FoundPart] = []

    def take(strips: Detected) -> Iterator[tuple[tuple[int, Any], Edges]]:
        progress(0, "detection")
        start = within.y0
        for number, (strip, (stop, found, edges)) in enumerate(strips):
            parts.append(FoundPart(found, (start, stop), strip if spread else None))
            if pixels is not None:
                pixels.add(strip.pixels)
            start = stop
            progress((stop - within.y0) / within.shape[0], "detection")
            yield (number, strip), edges

    regions: Iterable[Any] = follow_borders(take(detected), work.shape[1])
    if can_keep(mapper):
        regions = share_out(mapper, LightTasks(regions))
    else:
        regions = ([each] for each in regions)
    tell: Callable[[FoundCut], tuple[tuple[int, int], Found]] = (
        FoundCut.tell_without_pixels if spread else FoundCut.tell
    )
    cut = map_kept(mapper, partial(deblend_cut, work), map(join_shared, regions), tell)
    # the others are known when those have been followed
    last = [FoundPart(found, rows, kept if spread else None) for kept, (rows, found) in cut]
    return parts + last
